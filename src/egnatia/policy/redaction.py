"""What is left of a record when every field with a marking of its own is taken out.

What stays keeps its bytes; what goes leaves no trace, not even of how much went. Where that cannot be done safely
there is no such variant, and who may not see the whole sees nothing.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final

import msgspec

from egnatia.record import Invalid, read
from egnatia.record.deterministic import CONTRIBUTING
from egnatia.record.record import GranularMarking, Record
from egnatia.record.schemas import BUILT_IN, Schemas
from egnatia.record.selector import is_selector, resolves

Path = tuple[str | int, ...]

UNTOUCHABLE: Final = frozenset(
    {"type", "id", "spec_version", "created", "modified", "object_marking_refs", "granular_markings"}
)
"""Without these it is no record, or one under other markings."""

NOT_IN_ID: Final = frozenset({"description", "external_references", "labels", "confidence", "lang", "created_by_ref"})
"""What no producer known to us computes an id from."""

_STEP: Final = re.compile(r"\[(0|[1-9][0-9]*)\]")
_CONTENT_ID: Final = re.compile(r"--[0-9a-f]{8}-[0-9a-f]{4}-[35]", re.IGNORECASE)


class _NoVariantError(Exception):
    """Not to be redacted safely. Never leaves this module."""


def redact(record: Record, *, schemas: Schemas = BUILT_IN) -> bytes | None:
    """The record without the fields that have a marking of their own, or None where no valid, safe one is left.

    None if: nothing is marked; a whole property named by a selector is not there; what is left would break the rules
    of its type, or has no id, times or markings of its own any more; or the id may be computed from what would go,
    so that trying values until it fits would find it. A list or object that loses its last item goes with it, and a
    whole property where the rest of it would not do. A language stays named for what stays where it was.
    """
    marked = [entry for entry in record.head.granular_markings if entry.marking_ref is not None]
    if not marked:
        return None
    selectors = {selector for entry in marked for selector in entry.selectors}
    paths = {_path(selector) for selector in selectors}
    if not all(map(is_selector, selectors)) or any(
        path[0] in UNTOUCHABLE or _shows_in_id(record, path) for path in paths
    ):
        return None
    return _variant(record, paths, schemas) or _variant(record, {path[:1] for path in paths}, schemas)


def _variant(record: Record, paths: Collection[Path], schemas: Schemas) -> bytes | None:
    """What is left without these paths, if that is a valid record: no worse than the one it comes from."""
    try:
        left = _without(msgspec.Raw(record.body), paths)
        if left is None:
            return None
        body = _with_languages(left, record.head.granular_markings, paths)
        variant = read(body, tolerant=bool(record.deviations), schemas=schemas)
    except (_NoVariantError, Invalid):
        return None
    forgiven = {deviation.rule for deviation in record.deviations}
    return body if all(deviation.rule in forgiven for deviation in variant.deviations) else None


def _path(selector: str) -> Path:
    """`external_references.[0].url` -> ("external_references", 0, "url") (STIX 2.1 section 7.2.3.1)."""
    steps = selector.split(".")
    return tuple(int(step[1:-1]) if _STEP.fullmatch(step) else step for step in steps)


def _shows_in_id(record: Record, path: Path) -> bool:
    """Whether the id may be computed from what the path points at: then trying values until it fits finds it."""
    if not _CONTENT_ID.search(record.head.id):
        return False
    contributing = CONTRIBUTING.get(record.head.type)
    return path[0] not in NOT_IN_ID if contributing is None else path[0] in contributing


def _without(value: msgspec.Raw, paths: Iterable[Path]) -> bytes | None:
    """The JSON value without what the paths point at; None where nothing is left of it."""
    by_step: dict[str | int, list[Path]] = {}
    for path in paths:
        if not path:
            return None
        by_step.setdefault(path[0], []).append(path[1:])
    left: dict[str, msgspec.Raw] | list[msgspec.Raw]
    match bytes(value)[:1]:
        case b"{":
            properties = msgspec.json.decode(value, type=dict[str, msgspec.Raw])
            kept = {step: _step(each, by_step.pop(step, None)) for step, each in properties.items()}
            left = {step: msgspec.Raw(each) for step, each in kept.items() if each is not None}
        case b"[":
            items = msgspec.json.decode(value, type=list[msgspec.Raw])
            remaining = [_step(each, by_step.pop(place, None)) for place, each in enumerate(items)]
            left = [msgspec.Raw(each) for each in remaining if each is not None]
        case _:
            raise _NoVariantError("a selector goes into what has no parts")
    if by_step:
        raise _NoVariantError("a selector points at nothing")
    return msgspec.json.encode(left) if left else None


def _step(value: msgspec.Raw, paths: list[Path] | None) -> bytes | None:
    return bytes(value) if paths is None else _without(value, paths)


def _with_languages(left: bytes, markings: Sequence[GranularMarking], removed: Collection[Path]) -> bytes:
    """What is left, with those of its granular markings that name the language of something left."""
    document = msgspec.json.decode(left)
    kept = []
    for entry in markings:
        if entry.lang is not None:
            selectors = [each for each in entry.selectors if _holds(_path(each), removed) and resolves(each, document)]
            if selectors:
                kept.append({"lang": entry.lang, "selectors": selectors})
    properties = msgspec.json.decode(left, type=dict[str, msgspec.Raw])
    del properties["granular_markings"]
    if kept:
        properties["granular_markings"] = msgspec.Raw(msgspec.json.encode(kept))
    return msgspec.json.encode(properties)


def _holds(path: Path, removed: Iterable[Path]) -> bool:
    """Whether a path still leads where it led: not into what is gone, nor through a list that lost an item."""
    for other in removed:
        if path[: len(other)] == other:
            return False
        for place, step in enumerate(path[: len(other)]):
            if isinstance(step, int) and path[:place] == other[:place]:
                return False
    return True
