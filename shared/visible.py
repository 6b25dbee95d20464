"""Characters that would make a text look like something else: names come from a folder that others write to."""

# They turn the direction of the text after them, so that a name looks like another one.
_TURNING = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
# They end a line of a log, or control a terminal that shows it.
_CONTROLS = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)


def _escapes(codes: tuple[int, ...]) -> dict[int, str]:
    return {code: chr(code).encode("unicode_escape").decode() for code in codes}


_TURNS_ESCAPED = _escapes(_TURNING)
_ALL_ESCAPED = _escapes(_TURNING + _CONTROLS)


def with_visible_turns(text: str) -> str:
    """Return a text in which nothing turns the direction of writing; what would is escaped as in Python."""
    return text.translate(_TURNS_ESCAPED)


def on_one_line(text: str) -> str:
    """Return a text on one line and without characters that control a terminal; they are escaped as in Python."""
    return text.translate(_ALL_ESCAPED)
