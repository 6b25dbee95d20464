// Preloaded into Azurite: its clock differs from the machine's by CLOCK_SHIFT_S seconds.
"use strict";

const shift = Number(process.env.CLOCK_SHIFT_S) * 1000;
const now = Date.now;

globalThis.Date = new Proxy(Date, {
  apply: () => new Date().toString(),
  construct: (real, given, target) => Reflect.construct(real, given.length ? given : [now() + shift], target),
  get: (real, name) => (name === "now" ? () => now() + shift : real[name]),
});

// Node's own `Date` header, which Azurite's errors have, comes from a clock of Node's.
const { ServerResponse } = require("node:http");
const writeHead = ServerResponse.prototype.writeHead;

ServerResponse.prototype.writeHead = function (...given) {
  if (!this.hasHeader("date")) this.setHeader("Date", new Date().toUTCString());
  return writeHead.apply(this, given);
};
