"""What a setting may hold: readers of a value, and of a dataclass whose fields have one each.

A reader takes a variable's text, or any JSON value of a list of routes, and returns what it means. Whatever it does not
take it refuses with a ValueError that says what was expected and never repeats the value, which may be a secret.
Dataclasses and no pydantic: the index of the app would take half as long again (docs/benchmarks.md, "Start").
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, Protocol, TypeVar

Reader = Callable[[object], Any]


class _WithFields(Protocol):
    """A dataclass, as the standard library tells one."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


_Value = TypeVar("_Value")
_Parts = TypeVar("_Parts", bound=_WithFields)

_FLAGS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong: where it is, from the outermost name inwards, and what was expected."""

    path: tuple[str, ...]
    message: str


class ValuesError(ValueError):
    """All that is wrong with a value that has parts."""

    def __init__(self, wrong: Iterable[Wrong]) -> None:
        self.wrong = tuple(wrong)
        super().__init__(*(each.message for each in self.wrong))


@dataclass(frozen=True, slots=True)
class SecretText:
    """A secret that no `repr` shows; where it is used it is asked for."""

    _text: str = field(repr=False)

    def reveal(self) -> str:
        """Return the secret itself."""
        return self._text


def setting(read: Reader, default: object = MISSING, *, name: str = "", shown: bool = True) -> Any:  # noqa: ANN401 - stands for the field
    """Return the field of a setting that is called `name`, or as the field is, and is in the `repr` if it is shown."""
    return field(default=default, repr=shown, metadata={"read": read, "name": name})


def names_of(kind: type[_WithFields]) -> tuple[str, ...]:
    """Return what the settings are called that a dataclass is read from."""
    return tuple(each.metadata["name"] or each.name for each in fields(kind))


def read(kind: type[_Parts], given: Mapping[str, object], unknown: str) -> _Parts:
    """Return a dataclass of what is given; `unknown` is what to say of a name that it does not have.

    Raises ValuesError with everything that is wrong.
    """
    known = dict(zip(names_of(kind), fields(kind), strict=True))
    values: dict[str, Any] = {}
    wrong: list[Wrong] = []
    for name, member in known.items():
        if name in given:
            with _noted(name, wrong):
                values[member.name] = member.metadata["read"](given[name])
        elif member.default is MISSING:
            wrong.append(Wrong((name,), "has to be set"))
    wrong += [Wrong((name,), unknown) for name in given if name not in known]
    if wrong:
        raise ValuesError(wrong)
    return kind(**values)


def read_each(elements: Iterable[object], read_one: Callable[[object], _Value]) -> tuple[_Value, ...]:
    """Return what each element means; raise ValuesError with everything that is wrong, by the element's place."""
    values: list[_Value] = []
    wrong: list[Wrong] = []
    for place, element in enumerate(elements):
        with _noted(str(place), wrong):
            values.append(read_one(element))
    if wrong:
        raise ValuesError(wrong)
    return tuple(values)


@contextmanager
def _noted(where: str, wrong: list[Wrong]) -> Iterator[None]:
    try:
        yield
    except ValuesError as refused:
        wrong += [Wrong((where, *each.path), each.message) for each in refused.wrong]
    except ValueError as error:
        wrong.append(Wrong((where,), str(error)))


def text(value: object) -> str:
    """Read any text."""
    if not isinstance(value, str) or _is_broken(value):
        raise ValueError("expected text")
    return value


def _is_broken(value: str) -> bool:
    """Whether UTF-8 cannot hold a text: a variable with other bytes becomes one."""
    return any("\ud800" <= character <= "\udfff" for character in value)


def secret(value: object) -> SecretText:
    """Read a text that nothing shows."""
    return SecretText(text(value))


def text_as(parse: Callable[[str], _Value]) -> Callable[[object], _Value]:
    """Return a reader of texts for which `parse` raises no ValueError."""
    return lambda value: parse(text(value))


def text_like(pattern: str, expected: str) -> Callable[[object], str]:
    """Return a reader of texts that match a pattern, which is described by `expected`."""

    def read_text(value: object) -> str:
        if not re.fullmatch(pattern, text(value)):
            raise ValueError(f"expected {expected}")
        return text(value)

    return read_text


def one_of(*words: str) -> Callable[[object], str]:
    """Return a reader of some words."""

    def read_word(value: object) -> str:
        if value not in words:
            raise ValueError(f"expected one of: {', '.join(words)}")
        return str(value)

    return read_word


def true_or_false(value: object) -> bool:
    """Read true or false, and in a variable the usual words for them."""
    found = value if isinstance(value, bool) else _FLAGS.get(str(value).strip().lower())
    if found is None:
        raise ValueError("expected true or false")
    return found


def number(*, most: float, above: float | None = None, least: float | None = None) -> Callable[[object], float]:
    """Return a reader of numbers up to `most`, which are more than `above` or not less than `least`."""
    lowest = f"more than {above:g}" if least is None else f"at least {least:g}"

    def read_number(value: object) -> float:
        found = _float(value)
        if found is None or not (
            found <= most and (least is None or found >= least) and (above is None or found > above)
        ):
            raise ValueError(f"expected a number that is {lowest} and at most {most:g}")
        return found

    return read_number


def whole_number(*, least: int, most: int) -> Callable[[object], int]:
    """Return a reader of whole numbers within limits."""

    def read_number(value: object) -> int:
        found = _float(value)
        if found is None or not (least <= found <= most and found.is_integer()):
            raise ValueError(f"expected a whole number from {least} to {most}")
        return int(found)

    return read_number


def _float(value: object) -> float | None:
    try:
        return float(text(value))
    except ValueError:
        return None
