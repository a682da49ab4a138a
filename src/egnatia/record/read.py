"""Bytes in, a record out: decoded once, checked, and never re-encoded."""

from typing import Any

import msgspec

from egnatia.record.record import Head, Invalid, Problem, Record, Reference
from egnatia.record.values import values_of
from egnatia.record.words import text_of

_PROVENANCE = frozenset({"created_by_ref", "object_marking_refs"})


class Refused(msgspec.Struct, frozen=True):
    """An object of a bundle that was not taken: its place, its id where it has one, and why."""

    index: int
    id: str | None
    problems: tuple[Problem, ...]


class BundleReading(msgspec.Struct, frozen=True):
    """What a bundle held: the records that were taken, in order, and the objects that were not."""

    records: tuple[Record, ...]
    refused: tuple[Refused, ...] = ()


class _Envelope(msgspec.Struct):
    objects: list[msgspec.Raw] = []


def version_of(created: str | None, modified: str | None) -> str:
    """The text by which versions of one id are ordered (see Record.version)."""
    moment = modified or created
    if not moment:
        return ""
    return moment[:19] + "." + moment[20:].rstrip("Zz").rstrip("0").ljust(9, "0")


def references_of(decoded: dict[str, Any]) -> tuple[Reference, ...]:
    found = []
    for key, value in decoded.items():
        if key.endswith("_ref") and key not in _PROVENANCE and isinstance(value, str):
            found.append(Reference(key, value))
        elif key.endswith("_refs") and key not in _PROVENANCE and isinstance(value, list):
            found.extend(Reference(key, v) for v in value if isinstance(v, str))
    return tuple(found)


def read(body: bytes, *, tolerant: bool = False) -> Record:
    """The record that `body` is; raises Invalid with every problem."""
    try:
        decoded = msgspec.json.decode(body)
        head = msgspec.convert(decoded, Head)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid((Problem("$", "one JSON object", str(error)),)) from None
    version = version_of(head.created, head.modified)
    return Record(bytes(body), head, version, references_of(decoded), values_of(head.type, decoded), text_of(decoded))


def read_bundle(data: bytes, *, tolerant: bool = False) -> BundleReading:
    """Every object of a bundle: the good ones taken, the others reported."""
    try:
        objects = msgspec.json.decode(data, type=_Envelope).objects
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid((Problem("$", "a STIX bundle", str(error)),)) from None
    records, refused = [], []
    for index, raw in enumerate(objects):
        try:
            records.append(read(bytes(raw), tolerant=tolerant))
        except Invalid as invalid:
            refused.append(Refused(index, None, invalid.problems))
    return BundleReading(tuple(records), tuple(refused))
