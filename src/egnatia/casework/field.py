"""A fact of a case: its name, its kind and which values it may have."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import msgspec

from egnatia.record.identifier import target_type
from egnatia.record.instant import is_instant, utc_of

FieldKind = Literal["text", "number", "flag", "instant", "choice", "choices", "texts", "record", "records"]


class Field(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fact that a case, a step or a report has.

    A `choice` is one of `choices`, in rising order where it is a scale: rules compare it by that order. `choices` and
    `texts` are lists, `records` lists of record ids. Only the roles in `by` may say it, every one where none is named.
    An `instant` may be said with the offset of a zone; it is known in UTC (`known_as`), and as it was said beside that.
    """

    name: str
    title: str
    kind: FieldKind = "text"
    choices: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    unit: str = ""
    help: str = ""


def complaint(field: Field, value: Any) -> str:
    """What is wrong with a value for the field; empty where nothing is. None takes a fact back."""
    if value is None or _HOLDS[field.kind](field, value):
        return ""
    wanted = f"one of {', '.join(field.choices)}" if field.choices else _WANTED[field.kind]
    return f"{field.name}: {wanted}, not {str(value)[:80]!r}"


def known_as(field: Field, value: Any) -> Any:
    """The value as rules and clocks know it: a moment that was said with an offset in UTC, anything else as it is."""
    return (utc_of(value) or value) if field.kind == "instant" and isinstance(value, str) else value


def _is_text(_: Field, value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_number(_: Field, value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_record(_: Field, value: Any) -> bool:
    return isinstance(value, str) and target_type(value) is not None


def _all(holds: Callable[[Field, Any], bool]) -> Callable[[Field, Any], bool]:
    def each(field: Field, value: Any) -> bool:
        return isinstance(value, list | tuple) and len(value) <= 1_000 and all(holds(field, one) for one in value)

    return each


def _is_choice(field: Field, value: Any) -> bool:
    return isinstance(value, str) and value in field.choices


_HOLDS: Final[Mapping[FieldKind, Callable[[Field, Any], bool]]] = {
    "text": _is_text,
    "number": _is_number,
    "flag": lambda _, value: isinstance(value, bool),
    "instant": lambda _, value: isinstance(value, str) and (is_instant(value) or utc_of(value) is not None),
    "choice": _is_choice,
    "choices": _all(_is_choice),
    "texts": _all(_is_text),
    "record": _is_record,
    "records": _all(_is_record),
}

_WANTED: Final[Mapping[FieldKind, str]] = {
    "text": "a text",
    "number": "a number",
    "flag": "yes or no",
    "instant": "a moment such as 2026-03-01T12:00:00Z or 2026-03-01T13:00:00+01:00",
    "choice": "a choice",
    "choices": "a list of choices",
    "texts": "a list of texts",
    "record": "the id of a record",
    "records": "a list of ids of records",
}
