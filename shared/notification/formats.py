"""The bodies that receivers take: Standard Webhooks' own, Slack's, Teams'.

What is not ours to say (ARM's words, names of files) is put only where the receiver reads no markup: in Slack's
`plain_text` and in Teams' `TextRun`. Slack resolves `&`, `<` and `>` even there.
"""

import json
from collections.abc import Callable
from typing import Any, Literal

from shared.notification.message import Message, put_into_words
from shared.route import Route
from shared.sync.state import Alert

Format = Literal["standard", "slack", "teams"]

_SLACK_TITLE = 150
_SLACK_TEXT = 3000


def body(format_name: Format, route: Route, alert: Alert, origin: str) -> bytes:
    """Return the body of the POST, the same for every attempt to deliver this alert."""
    payload = _FORMATS[format_name](route, alert, put_into_words(route, alert, origin))
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def _standard(route: Route, alert: Alert, message: Message) -> dict[str, Any]:
    """Return what the specification suggests: type, the time of the event, and the event itself."""
    return {
        "type": f"route.{alert.kind}",
        "timestamp": alert.at.isoformat(),
        "data": {
            "route": route.name,
            "environment": route.environment.name,
            "syncId": alert.sync_id,
            "revision": alert.revision,
            "since": alert.since.isoformat(),
            "code": alert.code,
            "message": alert.sentence,
            "transient": alert.transient,
            "count": alert.count,
            "names": alert.names,
            "title": message.title,
            "text": "\n".join(message.lines),
            "link": message.link,
        },
    }


def _slack(_route: Route, alert: Alert, message: Message) -> dict[str, Any]:
    """Return blocks, and `text` for notifications and clients that show none."""
    link, what = message.link, _link_text(alert)
    where = f"<{link}|{what}>" if link.startswith("http") else f"{what}: `{link}`"
    return {
        "text": _escaped(message.title, _SLACK_TEXT),
        "blocks": [
            {"type": "header", "text": _slack_text(message.title, _SLACK_TITLE)},
            {"type": "section", "text": _slack_text("\n".join(message.lines), _SLACK_TEXT)},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": where}]},
        ],
    }


def _link_text(alert: Alert) -> str:
    return "Record of the sync" if alert.sync_id else "Status of the route"


def _slack_text(text: str, length: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": _escaped(text, length), "emoji": False}


def _escaped(text: str, length: int) -> str:
    """Cut the text so that it is no longer than `length` once it is escaped."""
    parts = [{"&": "&amp;", "<": "&lt;", ">": "&gt;"}.get(character, character) for character in text]
    while sum(map(len, parts)) > length:
        parts[-2:] = ["…"]
    return "".join(parts)


def _teams(_route: Route, alert: Alert, message: Message) -> dict[str, Any]:
    """Return an Adaptive Card, the only thing that Teams' Workflows take."""
    colour = _COLOURS[alert.kind]
    card: dict[str, Any] = {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": [
            _run(message.title, weight="Bolder", size="Medium", color=colour),
            *(_run(line) for line in message.lines),
        ],
    }
    if message.link.startswith("http"):
        card["actions"] = [{"type": "Action.OpenUrl", "title": _link_text(alert), "url": message.link}]
    else:
        card["body"].append(_run(f"{_link_text(alert)}: {message.link}", isSubtle=True))
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _run(text: str, **look: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON values
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **look}]}


_COLOURS = {
    "failed": "Attention",
    "held": "Warning",
    "removed": "Warning",
    "recovered": "Good",
    "importErrors": "Attention",
    "importErrorsResolved": "Good",
    "eventsNotArriving": "Warning",
    "eventsArriving": "Good",
}
_FORMATS: dict[Format, Callable[[Route, Alert, Message], dict[str, Any]]] = {
    "standard": _standard,
    "slack": _slack,
    "teams": _teams,
}
