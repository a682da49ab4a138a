"""No record type, no property and no part of a record is without words for people."""

import msgspec
import pytest
from msgspec import inspect

from egnatia.node.domains import admitted
from egnatia.record.catalog import STANDARD
from egnatia.record.common import DomainObject, ExternalReference, KillChainPhase, Observable, StixObject
from egnatia.record.record import GranularMarking
from egnatia.record.schemas import BUILT_IN
from egnatia.web.record.face import Shape
from egnatia.web.record.faces import FACES
from egnatia.web.record.parts import EXTENSIONS, HEADINGS, TECHNICAL
from egnatia.web.record.properties import COMMON, PROPERTIES
from egnatia.web.record.vocabulary import VOCABULARIES

admitted()
WHOLE = [*STANDARD, *(each.struct for each in BUILT_IN.types if each.is_record)]
SHOWN_APART = (ExternalReference, KillChainPhase, GranularMarking)
SHARED = {field.name for kind in (DomainObject, Observable) for field in msgspec.structs.fields(kind)}
FITTING = {
    inspect.BoolType: {Shape.FLAG},
    inspect.IntType: {Shape.NUMBER, Shape.SCORE},
    inspect.FloatType: {Shape.NUMBER},
    inspect.VarTupleType: {Shape.LIST, Shape.WORDS, Shape.REFS, Shape.PHASES, Shape.SOURCES, Shape.PARTS, Shape.TREE},
    inspect.DictType: {Shape.TREE, Shape.HASHES},
    inspect.StructType: {Shape.PARTS},
    inspect.LiteralType: {Shape.WORD, Shape.CODE, Shape.LINE, Shape.LIST},
}


def bare(type_: inspect.Type) -> inspect.Type:
    """A type without its limits and without None."""
    match type_:
        case inspect.Metadata():
            return bare(type_.type)
        case inspect.UnionType():
            return bare(next(one for one in type_.types if not isinstance(one, inspect.NoneType)))
        case _:
            return type_


def tag(struct: type[msgspec.Struct]) -> str:
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    return str(info.tag)


def parts_of(struct: type[msgspec.Struct]) -> set[type[msgspec.Struct]]:
    """The structs inside a struct, at any depth."""
    found: set[type[msgspec.Struct]] = set()
    for kind in getattr(struct, "extension_kinds", {}).values():
        found |= {kind, *parts_of(kind)}
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    for field in info.fields:
        inner = bare(field.type)
        if isinstance(inner, inspect.VarTupleType):
            inner = bare(inner.item_type)
        if isinstance(inner, inspect.StructType) and inner.cls not in SHOWN_APART:
            found |= {inner.cls, *parts_of(inner.cls)}
    return found


def test_every_type_has_a_face() -> None:
    assert set(FACES) == {tag(struct) for struct in WHOLE}


@pytest.mark.parametrize("struct", WHOLE, ids=tag)
def test_every_property_of_a_type_is_on_its_face_once(struct: type[StixObject]) -> None:
    names = [field.encode_name for field in msgspec.structs.fields(struct)]
    common = {each.name for each in COMMON}
    shown = [each.name for each in FACES[tag(struct)].properties]
    assert len(shown) == len(set(shown))
    assert set(names) - common == set(shown) - common
    assert set(names) <= set(shown) | common


@pytest.mark.parametrize("struct", WHOLE, ids=tag)
def test_a_property_is_shown_as_what_it_is(struct: type[StixObject]) -> None:
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    declared = {**PROPERTIES, **FACES[tag(struct)].by_name}
    for field in info.fields:
        shape = declared[field.encode_name].shape
        fitting = FITTING.get(type(bare(field.type)))
        assert fitting is None or shape in fitting, field.encode_name
        if field.encode_name.endswith("_ref"):
            assert shape is Shape.REF
        if isinstance(field.type, inspect.Metadata) and "format" in str(field.type.extra_json_schema):
            assert shape in {Shape.MOMENT, Shape.VALUE}, field.encode_name


def test_every_part_of_a_record_has_headings() -> None:
    parts = set().union(*(parts_of(struct) for struct in WHOLE))
    assert len(parts) > 15
    for part in parts:
        for field in msgspec.structs.fields(part):
            assert field.name in HEADINGS or field.name in PROPERTIES or field.name in TECHNICAL, (part, field.name)


def test_every_extension_of_the_standard_has_a_name() -> None:
    for struct in WHOLE:
        assert set(getattr(struct, "extension_kinds", {})) <= set(EXTENSIONS)


def test_what_is_shared_by_all_types_is_declared_once() -> None:
    assert {each.name for each in COMMON} >= SHARED


def test_every_vocabulary_that_a_property_names_is_there() -> None:
    named = {each.vocabulary for face in FACES.values() for each in face.properties if each.vocabulary}
    assert named <= set(VOCABULARIES)
    assert all(each.vocabulary for face in FACES.values() for each in face.properties if each.shape is Shape.WORDS)
