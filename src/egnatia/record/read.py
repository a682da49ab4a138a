"""Bytes in, a record out: decoded once, checked, and never re-encoded."""

import json
import re
from typing import Any, Final

import msgspec

from egnatia.record.common import StixObject
from egnatia.record.examination import GONE, Log
from egnatia.record.identifier import is_type_name, target_type
from egnatia.record.instant import version_of
from egnatia.record.kind import Kind
from egnatia.record.record import Head, Invalid, Problem, Record, Reference, Value
from egnatia.record.schemas import BUILT_IN, Schemas
from egnatia.record.shape import NESTED, Shape, strings_in
from egnatia.record.values import values_of, vulnerabilities

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_escaped = re.compile(rb"\\(.)", re.DOTALL).findall
_QUOTE: Final = ord('"')
_COLON: Final = ord(":")
_BACKSLASH: Final = ord("\\")
"""Numbers, for bytes are looked through for a number at once, for bytes only after these were tried as a number."""

_ALONE_KEPT: Final = 1_024

NOT_JSON: Final = "RFC 8259 and RFC 7493: one JSON object in UTF-8"


def read(body: bytes, *, tolerant: bool = False, schemas: Schemas = BUILT_IN) -> Record:
    """The record that `body` is; raises Invalid with every problem.

    The strict reading asks for all that the standard says MUST be. The tolerant one takes what has one clear
    meaning and lists each deviation; of how a record is to be handled (markings) it forgives nothing.
    """
    try:
        decoded = _object(body)
        kind = schemas.kind(decoded["type"])
        shape = kind.shape(decoded)
        strings = shape.count(decoded) if shape.fit and (shape.settled or kind.is_typed(decoded)) else 0
        quotes = body.count(_QUOTE)
        if 2 * strings != (quotes if _BACKSLASH not in body else quotes - _escaped(body).count(b'"')):
            # Decoding keeps the last of two equal names of an object: then fewer strings came out than went in.
            _refuse_ambiguous(body, decoded)
        deviations: tuple[Problem, ...] = ()
        if not strings or (("extensions" in decoded or kind.unforgiving) and not _extended(decoded, kind, schemas)):
            decoded, deviations = _examined(decoded, kind, schemas, tolerant=tolerant)
            shape = kind.shape(decoded)
        return _record(body, decoded, shape, deviations)
    except RecursionError:
        raise Invalid((Problem("$", f"{NOT_JSON}, not nested beyond reason", "too deep a nesting"),)) from None
    except OverflowError:
        raise Invalid((Problem("$", "RFC 7493 section 2.2: numbers within 64 bits", "a greater number"),)) from None


def reading(record: Record, *, schemas: Schemas = BUILT_IN) -> StixObject:
    """The record's properties as the struct of its type; Custom for a type that nobody here knows."""
    kind = schemas.kind(record.head.type)
    if not record.deviations:
        return _typed(msgspec.json.decode(record.body, type=kind.struct))
    return _typed(msgspec.convert(kind.examine(_object(record.body), "$", Log()), kind.struct))


def _typed(struct: msgspec.Struct) -> StixObject:
    assert isinstance(struct, StixObject)  # noqa: S101  (kinds of whole records are made of nothing else)
    return struct


class _Alone(dict[str, tuple[str]]):
    """A marking alone, as most records have one and the same: the one tuple of each is kept once."""

    def __missing__(self, marking: str) -> tuple[str]:
        if len(self) >= _ALONE_KEPT:
            self.clear()
        alone = self[marking] = (marking,)
        return alone


_ALONE: Final = _Alone()


def _object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`, with a usable `type`."""
    try:
        decoded = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Invalid((Problem("$", NOT_JSON, str(error)[:80]),)) from None
    if type(decoded) is not dict:
        raise Invalid((Problem("$", NOT_JSON, f"a JSON {type(decoded).__name__}"),))
    type_ = decoded.get("type")
    if type(type_) is not str or not is_type_name(type_):
        _refuse_ambiguous(body, decoded)
        raise Invalid((Problem("$.type", "STIX 2.1 section 3.2: a record type", repr(type_)[:80]),))
    if type_ == "bundle":
        raise Invalid(
            (Problem("$.type", "STIX 2.1 section 8: a bundle is not a record; it is read as a bundle", "bundle"),)
        )
    return decoded


def _refuse_ambiguous(body: bytes, decoded: dict[str, Any]) -> None:
    """Raises Invalid for a name that stands twice in an object, OverflowError for a number beyond 64 bits."""
    strings_in(decoded)
    again = _encode(decoded)
    # Decoding keeps the last of two equal names. Then fewer colons come out than went in, unless some were escapes.
    if body != again and (body.count(_COLON) != again.count(_COLON) or (_BACKSLASH in body and b"\\u003" in body)):
        _refuse_repeated_names(body)


def _refuse_repeated_names(body: bytes) -> None:
    repeated: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> None:
        names = [name for name, _ in pairs]
        repeated.extend(name for name in dict.fromkeys(names) if names.count(name) > 1)

    try:
        json.loads(body, object_pairs_hook=note)
    except ValueError as error:
        raise Invalid((Problem("$", NOT_JSON, str(error)[:80]),)) from None
    if repeated:
        raise Invalid(
            tuple(Problem("$", "RFC 7493 section 2.3: each name once in an object", name[:80]) for name in repeated)
        )


def _extended(decoded: dict[str, Any], kind: Kind, schemas: Schemas) -> bool:
    """Whether the extensions are in order."""
    log = Log()
    schemas.examine_extensions(decoded, kind, log)
    return not log.problems


def _examined(
    decoded: dict[str, Any], kind: Kind, schemas: Schemas, *, tolerant: bool
) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    log = Log()
    mended = kind.examine(decoded, "$", log)
    if mended is not GONE:
        schemas.examine_extensions(mended, kind, log)
    problems = tuple(log.problems)
    if problems and (not tolerant or log.fatal or mended is GONE or kind.unforgiving):
        raise Invalid(problems)
    return mended, problems


def _record(body: bytes, decoded: dict[str, Any], shape: Shape, deviations: tuple[Problem, ...]) -> Record:
    if shape.usual is None or deviations:
        head = msgspec.convert(decoded, Head)
        version = version_of(head.modified or head.created)
    else:
        type_, id_, created, modified, maker, markings = shape.usual(decoded)
        applied = _ALONE[markings[0]] if len(markings) == 1 else tuple(markings)
        version = version_of(modified)
        head = Head(type_, id_, created, modified, maker, applied, (), decoded.get("revoked", False))
    values: tuple[Value, ...] = ()
    if shape.valued:
        values = values_of(head.type, decoded)
    elif shape.pointing:
        values = vulnerabilities(decoded)
    return Record(body, head, version, _references(decoded, shape), values, deviations)


def _references(decoded: dict[str, Any], shape: Shape) -> tuple[Reference, ...]:
    single = shape.single
    found = [*map(Reference, single.each, single.of(decoded))] if single.each else []
    if not shape.linked:
        return tuple(found)
    for name in shape.many:
        found += [Reference(name, target) for target in decoded[name]]
    for name in shape.loose:
        if target_type(decoded[name]) is not None:
            found.append(Reference(name, decoded[name]))
    for name in shape.deep:
        _search(name, name, decoded[name], found)
    return tuple(found)


def _search(path: str, name: str, value: Any, found: list[Reference]) -> None:
    """References in a list or an object that no struct describes; `path` is without indexes, `name` its last step."""
    if type(value) is dict:
        for inner, item in value.items():
            if type(item) is str:
                if inner.endswith("_ref") and target_type(item) is not None:
                    found.append(Reference(f"{path}.{inner}", item))
            elif type(item) in NESTED:
                _search(f"{path}.{inner}", inner, item, found)
    elif name.endswith("_refs"):
        found.extend([Reference(path, one) for one in value if type(one) is str and target_type(one)])
    else:
        for item in value:
            if type(item) in NESTED:
                _search(path, "", item, found)
