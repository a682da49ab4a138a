"""A kind is one struct made ready for checking: a quick verdict for the usual record, every problem for the others.

The quick check looks up the record's *shape* (its property names and their JSON types, in order), for which all that
depends on those alone was decided once: names, presence rules, most types, and which formats are left to check.
"""

import sys
from collections.abc import Callable, Mapping
from operator import itemgetter
from types import NoneType
from typing import Any, Final

import msgspec
from msgspec import inspect

from egnatia.record.common import DomainObject, Observable, StixObject
from egnatia.record.deterministic import observable_id
from egnatia.record.examination import GONE, Log, examine, found
from egnatia.record.format import Format
from egnatia.record.identifier import identifies, is_property_name, loose_type
from egnatia.record.record import Head
from egnatia.record.rule import Properties, Rule, source
from egnatia.record.shape import NESTED, TEXTS, Check, Count, Shape, row, texts, within_64_bits
from egnatia.record.values import may_hold_values

_SHAPES_KEPT: Final = 4096
_HEAD: Final = tuple(field.name for field in msgspec.structs.fields(Head))
_USUAL: Final = ("type", "id", "created", "modified", "created_by_ref", "object_marking_refs")
_COMMON = frozenset(field.name for field in msgspec.structs.fields(DomainObject))
_FLAT = (inspect.StrType, inspect.IntType, inspect.FloatType, inspect.BoolType, inspect.LiteralType)
_WITHOUT_REFERENCES = frozenset({"external_references", "kill_chain_phases", "granular_markings", "hashes"})
PROVENANCE = frozenset({"created_by_ref", "object_marking_refs", "x_mitre_modified_by_ref"})
"""References that say who made a record and how to handle it; they are in the head and make no graph."""


class Kind:
    """All that checking needs of one struct, a record's or a part's."""

    def __init__(self, struct: type[msgspec.Struct], *, unforgiving: bool = False) -> None:
        info = inspect.type_info(struct)
        assert isinstance(info, inspect.StructType)  # noqa: S101  (msgspec says so of every struct)
        self.struct = struct
        self.type = info.tag if isinstance(info.tag, str) else None
        self.fields = {field.encode_name: field for field in info.fields}
        self.required = frozenset(name for name, field in self.fields.items() if field.required)
        self.whole = issubclass(struct, StixObject)
        self.section: str = getattr(struct, "section", "2")
        self.rules = _rules(struct)
        self.meaning: frozenset[str] = (
            frozenset(self.fields) if unforgiving else getattr(struct, "meaning", frozenset())
        )
        self.unforgiving = unforgiving
        self.extension_kinds = {name: Kind(part) for name, part in getattr(struct, "extension_kinds", {}).items()}
        self.checks = {name: check for name, field in self.fields.items() if (check := _check(field.type)) is not None}
        self.lists = {name: count for name, field in self.fields.items() if (count := _count(field.type)) is not None}
        if self.type is not None:
            self.checks["id"] = identifies(self.type).fullmatch
        self._shapes: dict[tuple[object, ...], Shape] = {}
        self._of_texts: dict[tuple[str, ...], Shape] = {}

    def shape(self, decoded: Mapping[str, Any]) -> Shape:
        """The shape of a record, worked out once for all that have it."""
        key = (*decoded, *map(type, decoded.values()))
        shape = self._shapes.get(key)
        if shape is None:
            if len(self._shapes) >= _SHAPES_KEPT:
                self._shapes.clear()
            shape = self._shapes[key] = self._shape({name: type(value) for name, value in decoded.items()})
        return shape

    def _shape(self, types: Mapping[str, type]) -> Shape:
        present = dict.fromkeys(types)
        fit = self.required <= present.keys() and not any(self.misnamed(name) for name in types)
        relevant = [rule for rule in self.rules if all(name in present for name in rule.when)]
        fit = fit and NoneType not in types.values()
        fit = fit and all(rule.holds(present) for rule in relevant if rule.by_presence)
        targets = [name for name in types if name not in PROVENANCE]
        lists = [name for name in types if name in self.lists and types[name] is list]
        wide = [name for name, json in types.items() if json is int]
        checks = [(name, self.checks[name]) for name in types if name in self.checks and name not in lists]
        checks += [(name, within_64_bits) for name in wide]
        settled = all(
            name not in self.fields or _is_settled(self.fields[name].type, json) for name, json in types.items()
        )
        many = tuple(name for name in targets if name.endswith("_refs") and name in self.fields)
        hiding = [name for name in targets if self._is_deep(name)]
        loose = tuple(name for name in hiding if name.endswith("_ref") and types[name] is str)
        deep = tuple(name for name in hiding if types[name] in NESTED)
        return Shape(
            fit,
            fit and settled,
            len(types) + list(types.values()).count(str),
            tuple(checks),
            tuple((name, self.lists[name]) for name in lists),
            tuple(name for name, json in types.items() if json in NESTED and name not in lists),
            tuple(rule.holds for rule in relevant if not rule.by_presence),
            row([(name, name) for name in targets if name.endswith("_ref") and name in self.fields]),
            many,
            loose,
            deep,
            bool(many or loose or deep),
            may_hold_values(self.type or "", present),
            "external_references" in types,
            itemgetter(*_USUAL) if {name for name in _HEAD if name in types} - {"revoked"} == {*_USUAL} else None,
        )

    def _is_deep(self, name: str) -> bool:
        field = self.fields.get(name)
        if field is None:
            return name != "type"
        return name not in _WITHOUT_REFERENCES and not _is_flat(field.type)

    def misnamed(self, name: str) -> str | None:
        """The rule that forbids this property's name here, if one does."""
        if not self.whole or name in self.fields or name == "type":
            return None
        if name in _COMMON:
            return f"STIX 2.1 section 3.2: not a property of {self.type}"
        return None if is_property_name(name) else "STIX 2.1 section 11.1: 3 to 250 of a-z, 0-9 and _"

    def is_typed(self, decoded: Mapping[str, Any]) -> bool:
        """Whether the defined properties have the JSON types that they must have."""
        try:
            msgspec.convert(decoded, self.struct)
        except msgspec.ValidationError:
            return False
        return True

    def count(self, decoded: Mapping[str, Any], shape: Shape) -> int:
        """How many strings a record holds, names among them; 0 where anything about it is not in order."""
        if not shape.fit or not (shape.settled or self.is_typed(decoded)):
            return 0
        return shape.count(decoded)

    def passes(self, part: Mapping[str, Any]) -> bool:
        """Whether everything about a part is in order."""
        return self.count(part, self.shape(part)) > 0

    def count_all(self, parts: list[Any]) -> int:
        """As `count`, of all parts in a list; 0 as well where one of them is no object. Most parts are texts by their
        names: then the names alone tell the shape."""
        strings = 0
        of_texts = self._of_texts
        for part in parts:
            if type(part) is not dict:
                return 0
            if {*map(type, part.values())} != TEXTS:
                found = self.count(part, self.shape(part))
                if not found:
                    return 0
                strings += found
                continue
            names = (*part,)
            shape = of_texts.get(names) or self._shape_of_texts(names, part)
            if not shape.settled:
                return 0
            for name, holds in shape.checks:
                if not holds(part[name]):
                    return 0
            for rule in shape.rules:
                if not rule(part):
                    return 0
            strings += shape.strings
        return strings

    def _shape_of_texts(self, names: tuple[str, ...], part: Mapping[str, str]) -> Shape:
        if len(self._of_texts) >= _SHAPES_KEPT:
            self._of_texts.clear()
        shape = self._of_texts[names] = self.shape(part)
        return shape

    def examine(self, decoded: Any, path: str, log: Log) -> Any:
        """`decoded` as a tolerant reading takes it, or GONE; every problem goes to the log."""
        if not isinstance(decoded, dict):
            log.add(path, f"{source(self.section)}: an object", decoded, lost=True)
            return GONE
        mended: dict[str, Any] = {}
        for name, value in decoded.items():
            kept = self._property(name, value, path, log)
            if kept is not GONE:
                mended[name] = kept
        return mended if self._complete(mended, decoded, path, log) else GONE

    def _property(self, name: str, value: Any, path: str, log: Log) -> Any:
        where = log.step(path, name)
        before = log.lost
        if (rule := self.misnamed(name)) is not None:
            log.add(where, rule, value)
            return GONE if name in _COMMON else value
        field = self.fields.get(name)
        if value is None:
            log.add(where, "STIX 2.1 section 2: null is not a value", None)
            kept: Any = GONE
        elif name == "type" and self.type is not None:
            return value
        elif name == "id" and self.whole and self.type is not None:
            kept = self._identifier(value, where, log)
        else:
            kept = value if field is None else examine(field.type, value, where, log)
        if name in self.meaning and log.lost > before:
            log.fatal = True
        return kept

    def _identifier(self, value: Any, where: str, log: Log) -> Any:
        if isinstance(value, str) and self.checks["id"](value):
            return value
        meant = isinstance(value, str) and loose_type(value) == self.type
        log.add(where, f"STIX 2.1 section 2.9: {self.type}-- and an RFC 4122 UUID in lower case", value, lost=not meant)
        return value if meant else GONE

    def _complete(self, mended: dict[str, Any], decoded: Mapping[str, Any], path: str, log: Log) -> bool:
        """Fill in what may be inferred, apply the rules; False where something required stays missing."""
        missing = [name for name in self.fields if name in self.required and name not in mended]
        for name in missing:
            if name not in decoded:
                log.add(log.step(path, name), f"{source(self.section)}: required", "nothing", literal=True)
            log.fatal = log.fatal or self.unforgiving
            if (value := self._inferred(name, mended)) is not None:
                mended[name] = value
        if not self.required <= mended.keys():
            log.lost += 1
            log.fatal = log.fatal or self.whole
            return False
        for rule in self.rules:
            if all(name in mended for name in rule.when) and not rule.holds(mended):
                log.add(log.step(path, rule.property), rule.says, found(mended.get(rule.property)), literal=True)
                log.fatal = log.fatal or not rule.forgivable
        return True

    def _inferred(self, name: str, mended: Mapping[str, Any]) -> Any:
        """What a missing required property can only mean."""
        match name:
            case "spec_version":
                return "2.1"
            case "created" | "modified":
                return mended.get("modified") or mended.get("created")
        type_ = self.fields[name].type
        source = (type_.extra or {}).get("else") if isinstance(type_, inspect.Metadata) else None
        return mended.get(source) if source else None


def _rules(struct: type[msgspec.Struct]) -> tuple[Rule, ...]:
    """The rules of a struct and of those it inherits from."""
    own = [rule for cls in struct.__mro__ for rule in vars(cls).get("rules", ())]
    rules = tuple(dict.fromkeys(own))
    return (*rules, _DETERMINISTIC) if issubclass(struct, Observable) else rules


def _follows_from_content(record: Properties) -> bool:
    """A UUIDv5 says that the content made it. Who makes it in another way has versions 4 and 8 for that."""
    if record["id"][-22] != "5":
        return True
    return observable_id(record["type"], record) in {record["id"], None}


_DETERMINISTIC = Rule(
    "id", "STIX 2.1 section 2.9: a UUIDv5 over what identifies the observable", ("id",), _follows_from_content
)


def _is_flat(type_: inspect.Type) -> bool:
    match type_:
        case inspect.Metadata():
            return _is_flat(type_.type)
        case inspect.UnionType():
            return all(_is_flat(one) for one in type_.types if not isinstance(one, inspect.NoneType))
        case inspect.VarTupleType():
            return _is_flat(type_.item_type)
        case _:
            return isinstance(type_, _FLAT)


def _check(type_: inspect.Type) -> Check | None:
    """The check of all formats within a type; None where its JSON type says everything."""
    match type_:
        case inspect.Metadata():
            form: Format | None = (type_.extra or {}).get("format")
            inner = _check(type_.type)
            if form is None or inner is None:
                return inner if form is None else (form.quick or form.holds)
            return lambda value: form.holds(value) and inner(value)
        case inspect.UnionType():
            (only,) = (one for one in type_.types if not isinstance(one, inspect.NoneType))
            return _check(only)
        case inspect.VarTupleType():
            item = _check(type_.item_type)
            return None if item is None else lambda value: all(map(item, value))
        case inspect.LiteralType():
            return frozenset(type_.values).__contains__
        case inspect.StrType(min_length=least, max_length=most) if least is not None or most is not None:
            return _between(least or 0, sys.maxsize if most is None else most, len)
        case inspect.IntType(ge=int() as least, le=int() as most):
            return _between(least, most, int)
        case inspect.DictType():
            entry = _check(type_.value_type)
            return None if entry is None else lambda value: all(map(entry, value.values()))
        case inspect.StructType():
            return kind_of(type_.cls).passes
        case _:
            return None


def _between(least: int, most: int, measure: Callable[[Any], int]) -> Check:
    return lambda value: least <= measure(value) <= most


def _is_settled(type_: inspect.Type, json: type) -> bool:
    """Whether a value of a JSON type is of this type, but for what its check or count will tell."""
    match type_:
        case inspect.Metadata():
            return _is_settled(type_.type, json)
        case inspect.UnionType():
            (only,) = (one for one in type_.types if not isinstance(one, inspect.NoneType))
            return _is_settled(only, json)
        case inspect.StrType(pattern=None):
            return json is str
        case inspect.LiteralType():
            return json is str
        case inspect.BoolType():
            return json is bool
        case inspect.IntType(gt=None, lt=None, multiple_of=None, ge=least, le=most):
            return json is int and least is not None and most is not None
        case inspect.VarTupleType(max_length=None):
            return json is list and _count(type_) is not None
        case _:
            return isinstance(type_, inspect.AnyType)


def _count(type_: inspect.Type) -> Count | None:
    """What checks a list and counts its strings; None for what is no list of texts or parts."""
    match type_:
        case inspect.Metadata() if "format" not in (type_.extra or {}):
            return _count(type_.type)
        case inspect.UnionType():
            (only,) = (one for one in type_.types if not isinstance(one, inspect.NoneType))
            return _count(only)
        case inspect.VarTupleType(item_type=inspect.StructType(cls=part)):
            return kind_of(part).count_all
        case inspect.VarTupleType(item_type=item) if _is_settled(item, str):
            return texts(type_.min_length or 0, _check(item))
        case _:
            return None


_PARTS: dict[type[msgspec.Struct], Kind] = {}


def kind_of(struct: type[msgspec.Struct]) -> Kind:
    """The kind of a part (an external reference, a kill chain phase), made once."""
    if struct not in _PARTS:
        _PARTS[struct] = Kind(struct)
    return _PARTS[struct]
