"""The slow look at a value that the quick check refused: what is wrong with it, and what it can only mean."""

from typing import Any, Final

import msgspec
from msgspec import inspect

from egnatia.record.record import Problem

GONE: Final = msgspec.UNSET
"""Stands for a value that has no one clear meaning: a tolerant reading goes on without it."""

_SIMPLE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


def found(value: Any) -> str:
    """`value` as JSON, shortened to 80 characters."""
    try:
        text = msgspec.json.encode(value).decode()
    except (TypeError, RecursionError, UnicodeEncodeError, OverflowError):
        text = repr(type(value))
    return text if len(text) <= 80 else text[:79] + "…"


class Log:
    """The problems of one record in document order.

    `lost` counts the values that had to be dropped; `fatal` says that the record cannot be taken even tolerantly.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.lost = 0
        self.fatal = False

    def add(self, path: str, rule: str, value: Any, *, lost: bool = False, literal: bool = False) -> None:
        """Note a problem; `literal` where `value` is already the text to show."""
        self.problems.append(Problem(path, rule, value if literal else found(value)))
        self.lost += lost

    @staticmethod
    def step(path: str, name: str) -> str:
        """The JSON path of a property of what is at `path`."""
        return f"{path}.{name}" if name and _SIMPLE.issuperset(name) else f"{path}[{name[:80]!r}]"


def examine(type_: inspect.Type, value: Any, path: str, log: Log) -> Any:
    """`value` as it can only be meant, or GONE; every problem goes to the log."""
    match type_:
        case inspect.Metadata():
            return _formatted(type_, value, path, log)
        case inspect.UnionType():
            (only,) = (one for one in type_.types if not isinstance(one, inspect.NoneType))
            return examine(only, value, path, log)
        case inspect.VarTupleType():
            return _list(type_, value, path, log)
        case inspect.DictType():
            return _dictionary(type_, value, path, log)
        case inspect.StructType():
            from egnatia.record.kind import kind_of  # noqa: PLC0415  (a kind examines parts, a part is a kind)

            return kind_of(type_.cls).examine(value, path, log)
        case inspect.LiteralType():
            return _literal(type_, value, path, log)
        case _:
            return _scalar(type_, value, path, log)


def _formatted(type_: inspect.Metadata, value: Any, path: str, log: Log) -> Any:
    kept = examine(type_.type, value, path, log)
    form = (type_.extra or {}).get("format")
    if form is None or kept is GONE or form.holds(kept):
        return kept
    mended = form.mend(kept)
    log.add(path, form.rule, value, lost=mended is None)
    return GONE if mended is None else mended


def _list(type_: inspect.VarTupleType, value: Any, path: str, log: Log) -> Any:
    if not isinstance(value, list):
        log.add(path, "STIX 2.1 section 2.12: a list", value, lost=True)
        return GONE
    if len(value) < (type_.min_length or 0):
        log.add(path, "STIX 2.1 section 2.12: a list that is not empty", value)
        return GONE
    kept = [examine(type_.item_type, item, f"{path}[{index}]", log) for index, item in enumerate(value)]
    return [item for item in kept if item is not GONE] or (GONE if value else value)


def _dictionary(type_: inspect.DictType, value: Any, path: str, log: Log) -> Any:
    if not isinstance(value, dict):
        log.add(path, "STIX 2.1 section 2.3: a dictionary", value, lost=True)
        return GONE
    if len(value) < (type_.min_length or 0):
        log.add(path, "STIX 2.1 section 2.3: a dictionary that is not empty", value)
        return GONE
    kept = {name: examine(type_.value_type, item, log.step(path, name), log) for name, item in value.items()}
    return {name: item for name, item in kept.items() if item is not GONE} or (GONE if value else value)


def _literal(type_: inspect.LiteralType, value: Any, path: str, log: Log) -> Any:
    if value in type_.values and isinstance(value, str):
        return value
    meant = next((one for one in type_.values if str(one).lower() == str(value).strip().lower()), GONE)
    allowed = ", ".join(map(str, type_.values))
    log.add(path, f"STIX 2.1 section 2.4: one of {allowed}", value, lost=meant is GONE)
    return meant


def _scalar(type_: inspect.Type, value: Any, path: str, log: Log) -> Any:
    try:
        msgspec.convert(value, _PYTHON[type(type_)], strict=True)
    except msgspec.ValidationError:
        log.add(path, _EXPECTED[type(type_)], value, lost=True)
        return GONE
    if (rule := _out_of_range(type_, value)) is not None:
        log.add(path, rule, value, lost=True)
        return GONE
    return value


def _out_of_range(type_: inspect.Type, value: Any) -> str | None:
    match type_:
        case inspect.IntType() | inspect.FloatType():
            if (type_.ge is not None and value < type_.ge) or (type_.le is not None and value > type_.le):
                return f"a number from {type_.ge if type_.ge is not None else 'any'} to {type_.le or 'any'}"
        case inspect.StrType():
            if type_.min_length is not None and len(value) < type_.min_length:
                return f"text of at least {type_.min_length} characters"
            if type_.max_length is not None and len(value) > type_.max_length:
                return f"text of at most {type_.max_length} characters"
    return None


_PYTHON: dict[type[inspect.Type], Any] = {
    inspect.StrType: str,
    inspect.IntType: int,
    inspect.FloatType: float,
    inspect.BoolType: bool,
    inspect.AnyType: object,
}
_EXPECTED: dict[type[inspect.Type], str] = {
    inspect.StrType: "STIX 2.1 section 2.14: text",
    inspect.IntType: "STIX 2.1 section 2.10: a whole number between -(2**53)+1 and 2**53-1",
    inspect.FloatType: "STIX 2.1 section 2.6: a number",
    inspect.BoolType: "STIX 2.1 section 2.2: true or false",
    inspect.AnyType: "any value",
}
