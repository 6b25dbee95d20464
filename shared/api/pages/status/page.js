// Refreshes what the server has drawn, and sends what the buttons ask for. Reading works without it.
"use strict";

const REFRESH_MS = 10000;
const TYPING_MS = 300;
const key = new URLSearchParams(location.search).get("code");
const headers = key ? { "x-functions-key": key } : {};
const banner = document.getElementById("banner");
const done = document.getElementById("done");

function trouble(sentence) {
  banner.textContent = sentence;
  banner.hidden = !sentence;
}

function arm(root) {
  for (const actions of root.querySelectorAll(".actions")) actions.hidden = false;
}

async function refresh() {
  const asked = location.href;
  try {
    const answer = await fetch(asked, { headers, cache: "no-store" });
    if (!answer.ok) throw new Error(`the app answers ${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (asked !== location.href) return;
    replace("main", page);
    replace(".overall", page);
    replace(".asked", page);
    trouble("");
  } catch (error) {
    trouble(`Not refreshed: ${error.message}. What is shown may be old.`);
  }
}

function replace(selector, page) {
  const there = document.querySelector(selector);
  const fresh = page.querySelector(selector);
  if (!there || !fresh) throw new Error("the app answers with another page");
  for (const opened of there.querySelectorAll("details[open]")) {
    const same = page.getElementById(opened.id);
    if (same) same.open = true;
  }
  const focused = there.contains(document.activeElement) ? document.activeElement.id : "";
  arm(fresh);
  there.replaceWith(document.adoptNode(fresh));
  if (focused) document.getElementById(focused)?.focus();
}

async function act(button) {
  button.disabled = true;
  try {
    const answer = await fetch(button.dataset.url, { method: "POST", headers });
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.detail || `the app answers ${answer.status}`);
    done.textContent = `${button.textContent.trim()}: done.`;
    trouble("");
    await refresh();
  } catch (error) {
    trouble(`${button.textContent.trim()} did not work: ${error.message}.`);
  }
  button.disabled = false;
}

let typing;
function search(form) {
  clearTimeout(typing);
  typing = setTimeout(() => {
    history.replaceState(null, "", `?${new URLSearchParams(new FormData(form))}`);
    refresh();
  }, TYPING_MS);
}

document.addEventListener("input", (event) => {
  if (event.target.type === "search") search(event.target.form);
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-url]");
  if (button) act(button);
});
setInterval(() => document.hidden || refresh(), REFRESH_MS);
arm(document);
