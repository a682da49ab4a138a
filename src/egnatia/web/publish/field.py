"""The text of a form field and the value of a property: one is made from the other, by the property's shape.

Lists are written one item on each line, so that every form works without a script.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from egnatia.record.format import is_uri
from egnatia.record.instant import is_instant
from egnatia.web.language.speech import N_
from egnatia.web.record.face import Property, Shape

OTHER: Final = "__other"
"""Ends the name of the field for terms that a vocabulary does not have."""

_IN_LINES: Final = frozenset({Shape.LIST, Shape.REFS, Shape.HASHES, Shape.PHASES, Shape.SOURCES})

_LOCAL: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?)?")
_PLAIN: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z")
_WHOLE: Final = re.compile(r"-?\d{1,18}")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")


class Wrong(ValueError):
    """A field that cannot be understood; its message is marked for translation."""


NOT_A_MOMENT: Final = N_("Write a date and time in UTC, such as 2026-11-24 13:00")
NOT_A_NUMBER: Final = N_("Write a number")
NOT_JSON: Final = N_("Write a JSON object, or leave it empty")
NOT_A_HASH: Final = N_("Write the algorithm, a colon and the digest, such as SHA-256: 9f86…")
NOT_A_PHASE: Final = N_("Write the chain, a slash and the phase, such as mitre-attack / initial-access")
NOT_A_SOURCE: Final = N_("Write the source, and after a bar its number, address or description")


def value_of(declared: Property, given: str, ticked: Sequence[str] = ()) -> Any:
    """The value that a field stands for; None for an empty one. Raises Wrong."""
    given = given.strip()
    if declared.shape is Shape.WORDS:
        return [*ticked, *(each for each in _parts(given, ",") if each not in ticked)] or None
    if not given:
        return None
    if declared.shape in _IN_LINES and (found := _as_json(given)) is not None:
        return found
    match declared.shape:
        case Shape.MOMENT:
            return moment(given)
        case Shape.NUMBER | Shape.SCORE:
            return _number(given)
        case Shape.FLAG:
            return given == "yes"
        case Shape.LIST | Shape.REFS:
            return _parts(given, "\n")
        case Shape.HASHES:
            return dict(_pair(line, ":", NOT_A_HASH) for line in _parts(given, "\n"))
        case Shape.PHASES:
            return [_phase(line) for line in _parts(given, "\n")]
        case Shape.SOURCES:
            return [_source(line) for line in _parts(given, "\n")]
        case Shape.TREE | Shape.PARTS:
            return _json(given)
        case Shape.PROSE | Shape.PATTERN:
            return given.replace("\r\n", "\n")
    return given


def text_of(declared: Property, value: Any) -> str:
    """What the field of a value holds: `value_of` gives the value back. What lines cannot say is said as JSON."""
    if value is None:
        return ""
    lines = _lines(declared, value)
    if lines is not None and _reads_as(declared, lines, value):
        return lines
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _lines(declared: Property, value: Any) -> str | None:
    """The value as people write it; None where it is not of its shape."""
    match declared.shape, value:
        case Shape.FLAG, bool():
            return "yes" if value else "no"
        case Shape.MOMENT, str() if _PLAIN.fullmatch(value):
            return f"{value[:10]} {value[11:16] if value[17:19] == '00' else value[11:19]}"
        case ((Shape.LIST | Shape.REFS), list()):
            return "\n".join(map(str, value))
        case Shape.HASHES, dict():
            return "\n".join(f"{name}: {digest}" for name, digest in value.items())
        case Shape.PHASES, list() if all(isinstance(each, dict) for each in value):
            return "\n".join(f"{each.get('kill_chain_name', '')} / {each.get('phase_name', '')}" for each in value)
        case Shape.SOURCES, list() if all(isinstance(each, dict) for each in value):
            return "\n".join(" | ".join(str(each[part]) for part in _SOURCE if part in each) for each in value)
        case ((Shape.TREE | Shape.PARTS), _):
            return None
    return str(value) if isinstance(value, str | int | float) else None


def _reads_as(declared: Property, text: str, value: Any) -> bool:
    try:
        return bool(value_of(declared, text) == value) or declared.shape not in _IN_LINES
    except Wrong:
        return declared.shape not in _IN_LINES


def moment(given: str) -> str:
    """A moment as STIX writes it, of one as people or browsers do; raises Wrong."""
    if is_instant(given):
        return given
    found = _LOCAL.fullmatch(given.rstrip("Z").strip())
    if found is None:
        raise Wrong(NOT_A_MOMENT)
    written = f"{found[1]}T{found[2] or '00:00'}{found[3] or ':00'}.000Z"
    if not is_instant(written):
        raise Wrong(NOT_A_MOMENT)
    return written


_SOURCE: Final = ("source_name", "external_id", "url", "description")


def _parts(given: str, separator: str) -> list[str]:
    return [part.strip() for part in given.split(separator) if part.strip()]


def _number(given: str) -> int | float:
    if _WHOLE.fullmatch(given):
        return int(given)
    if _NUMBER.fullmatch(given) and len(given) < 40:
        return float(given)
    raise Wrong(NOT_A_NUMBER)


def _pair(line: str, separator: str, wrong: str) -> tuple[str, str]:
    name, found, rest = line.partition(separator)
    if not found or not name.strip() or not rest.strip():
        raise Wrong(wrong)
    return name.strip(), rest.strip()


def _phase(line: str) -> dict[str, str]:
    chain, phase = _pair(line, "/", NOT_A_PHASE)
    return {"kill_chain_name": chain, "phase_name": phase}


def _source(line: str) -> dict[str, Any]:
    """`source | number | address | description`: an address has a scheme, a number has no blank; the rest describes."""
    name, *rest = (part.strip() for part in line.split("|"))
    found: dict[str, Any] = {"source_name": name}
    for part in filter(None, rest):
        if is_uri(part) and "url" not in found:
            found["url"] = part
        elif " " not in part and "external_id" not in found and "description" not in found:
            found["external_id"] = part
        else:
            found["description"] = f"{found['description']} | {part}" if "description" in found else part
    if not name or len(found) == 1:
        raise Wrong(NOT_A_SOURCE)
    return found


def _as_json(given: str) -> Any:
    """A list or object where the field holds one as JSON; None where it holds lines."""
    if given[0] not in "[{":
        return None
    try:
        found = msgspec.json.decode(given)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    return found if isinstance(found, dict | list) else None


def _json(given: str) -> Any:
    try:
        found = msgspec.json.decode(given)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise Wrong(NOT_JSON) from error
    if not isinstance(found, dict | list):
        raise Wrong(NOT_JSON)
    return found
