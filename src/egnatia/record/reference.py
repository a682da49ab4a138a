"""The reference of record types, written from their declarations."""

from collections.abc import Iterator

import msgspec
from msgspec import inspect

from egnatia.record.catalog import STANDARD
from egnatia.record.common import DomainObject, Observable, StixObject
from egnatia.record.kind import Kind
from egnatia.record.marking import PAP_IDS, TLP_IDS
from egnatia.record.own import OwnType
from egnatia.record.schemas import OWN_TYPES

_INTRODUCTION = """\
# Record types

Every record is a STIX 2.1 object. The strict reading asks for all that is listed here; the tolerant one takes what
has one clear meaning and lists each deviation, but forgives nothing about markings and nothing in Egnatia's own types.
A UUIDv5 of an observable is compared with its content: OASIS recommends the algorithm, and whoever computes identifiers
otherwise publishes UUIDv4; a tolerant reading lists the difference.
"""


def render(own_types: tuple[OwnType, ...] = OWN_TYPES) -> str:
    """The whole page, as Markdown."""
    return "\n".join([_INTRODUCTION, *_own(own_types), *_markings(), *_standard()]).rstrip() + "\n"


def _own(types: tuple[OwnType, ...]) -> Iterator[str]:
    yield "## Egnatia's own types\n"
    for one in types:
        yield f"### {one.name}\n"
        yield f"{_about(one.struct)}\n"
        yield f"Adds: {one.adds}. Extension: `{one.extension_id}`, version {one.version}.\n"
        yield from _properties(one.struct)


def _markings() -> Iterator[str]:
    yield "## Markings with a fixed identifier\n"
    yield "| marking | identifier |\n| --- | --- |"
    for protocol, ids in (("TLP", TLP_IDS), ("PAP", PAP_IDS)):
        yield from (f"| {protocol}:{name.upper()} | `{id_}` |" for id_, name in ids.items())
    yield ""


def _standard() -> Iterator[str]:
    yield "## Common properties\n"
    for struct in (DomainObject, Observable):
        yield f"### {struct.__name__}\n"
        yield f"{_about(struct)}\n"
        yield from _properties(struct, common=False)
    yield "## Types of the standard\n"
    for one in STANDARD:
        yield f"### {one.__struct_config__.tag}\n"
        yield f"{_about(one)}\n"
        yield from _properties(one)


def _about(struct: type[msgspec.Struct]) -> str:
    return " ".join((struct.__doc__ or "").split())


def _properties(struct: type[msgspec.Struct], *, common: bool = True) -> Iterator[str]:
    kind = Kind(struct)
    inherited = _common(struct) if common else frozenset()
    fields = [field for field in kind.fields.values() if field.encode_name not in inherited]
    if fields:
        yield "| property | type | required |\n| --- | --- | --- |"
        for field in fields:
            yield f"| `{field.encode_name}` | {_described(field.type)} | {'yes' if field.required else ''} |"
        yield ""
    rules = [rule for rule in kind.rules if rule not in (_shared_rules(struct) if common else ())]
    if rules:
        yield from (f"- `{rule.property}`: {rule.says}" for rule in rules)
        yield ""


def _common(struct: type[msgspec.Struct]) -> frozenset[str]:
    bases = [base for base in (DomainObject, Observable, StixObject) if issubclass(struct, base)]
    return frozenset(Kind(bases[0]).fields) if bases else frozenset()


def _shared_rules(struct: type[msgspec.Struct]) -> tuple[object, ...]:
    bases = [base for base in (DomainObject, Observable, StixObject) if issubclass(struct, base)]
    return Kind(bases[0]).rules if bases else ()


def _described(type_: inspect.Type) -> str:
    """A type in words, with the rule of its format."""
    match type_:
        case inspect.Metadata():
            form = (type_.extra or {}).get("format")
            return f"{_described(type_.type)}: {form.rule}" if form else _described(type_.type)
        case inspect.UnionType():
            return " or ".join(_described(one) for one in type_.types if not isinstance(one, inspect.NoneType))
        case inspect.VarTupleType():
            return f"list of {_described(type_.item_type)}"
        case inspect.DictType():
            return "dictionary"
        case inspect.StructType():
            return type_.cls.__name__
        case inspect.LiteralType():
            return "one of " + ", ".join(f"`{value}`" for value in type_.values)
        case inspect.IntType() | inspect.FloatType():
            return _number(type_)
        case inspect.BoolType():
            return "true or false"
        case inspect.StrType():
            return "text"
        case _:
            return "any value"


def _number(type_: inspect.IntType | inspect.FloatType) -> str:
    word = "whole number" if isinstance(type_, inspect.IntType) else "number"
    wide = type_.le is None or type_.le >= 2**53 - 1
    return (
        f"{word} from {type_.ge:g}"
        if wide and type_.ge == 0
        else word
        if wide
        else f"{word} {type_.ge:g} to {type_.le:g}"
    )
