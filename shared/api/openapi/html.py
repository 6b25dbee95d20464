"""Making HTML: the one place where text becomes markup, so that everything is escaped, once."""

from html import escape

_VOID = frozenset({"br", "meta"})


class Html(str):
    """Markup; every other text is escaped when it is put into an element."""

    __slots__ = ()


def element(tag: str, *children: Html | str | None, **attributes: str) -> Html:
    """Return an element; an attribute that Python reserves is written with an underscore after it, like `class_`."""
    names = (f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"' for name, value in attributes.items())
    opening = f"<{tag}{''.join(names)}>"
    return Html(opening if tag in _VOID else f"{opening}{joined(*children)}</{tag}>")


def joined(*children: Html | str | None) -> Html:
    """Return the children one after the other; None is nothing."""
    return Html("".join(child if isinstance(child, Html) else escape(child) for child in children if child is not None))


def prose(text: str) -> Html:
    """Return a text, in which what stands between backticks is code."""
    return joined(*(element("code", part) if n % 2 else part for n, part in enumerate(text.split("`"))))
