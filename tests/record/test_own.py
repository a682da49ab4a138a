"""Our own record types: declared once, readable everywhere, and never read tolerantly."""

import json
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator
from tests.record.builders import CREATED, body, properties, ref

from egnatia.record import BUILT_IN, Invalid, MarkingDefinition, OwnType, audience_of, read, reading
from egnatia.record.agreement import Recall, Receipt, SealedRecord, SharingAgreement
from egnatia.record.common import DomainObject
from egnatia.record.marking import AUDIENCE_EXTENSION, PAP_EXTENSION, PAP_IDS, TLP1_IDS, TLP2_IDS, standard_markings
from egnatia.record.schemas import AUDIENCE, OWN_TYPES, PAP, RECALL, RECEIPT, SEALED_RECORD, SHARING_AGREEMENT

COMMON: dict[str, Any] = {"created": CREATED, "modified": CREATED, "spec_version": "2.1"}
EXAMPLES = [
    (
        SHARING_AGREEMENT,
        SharingAgreement(
            id=ref("sharing-agreement"),
            name="Cyber incidents",
            parties=(ref("identity", 1), ref("identity", 2)),
            purposes=("incident response",),
            legal_basis="Memorandum of 2024",
            valid_from=CREATED,
            retention="P1Y6M",
            personal_data=True,
            **COMMON,
        ),
    ),
    (
        RECEIPT,
        Receipt(
            id=ref("receipt"),
            recipient_ref=ref("identity"),
            event="stored",
            at=CREATED,
            attestation="00ff",
            count=3,
            **COMMON,
        ),
    ),
    (RECALL, Recall(id=ref("recall"), object_ref=ref("tool"), action="withdraw", reason="wrong", **COMMON)),
    (
        SEALED_RECORD,
        SealedRecord(id=ref("sealed-record"), recipient_refs=(ref("identity"),), ciphertext="AAAA", **COMMON),
    ),
]


@pytest.mark.parametrize(("own", "example"), EXAMPLES)
def test_what_is_written_is_read_back(own: OwnType, example: DomainObject) -> None:
    raw = own.write(example)
    back = reading(read(raw))
    assert back.extensions == {own.extension_id: {"extension_type": "new-sdo"}}
    assert msgspec.structs.replace(back, extensions=None) == example
    Draft202012Validator(own.schema()).validate(json.loads(raw))


@pytest.mark.parametrize("own", OWN_TYPES, ids=lambda own: own.name)
def test_each_declaration_gives_a_sound_schema_and_a_definition_in_order(own: OwnType) -> None:
    Draft202012Validator.check_schema(own.schema())
    definition = read(own.definition())
    assert definition.head.id == own.extension_id
    assert definition.body == own.definition()
    assert own.about.endswith(".")


@pytest.mark.parametrize(
    ("own", "changes"),
    [
        (SHARING_AGREEMENT, {"parties": [ref("identity")]}),
        (SHARING_AGREEMENT, {"valid_until": CREATED}),
        (SHARING_AGREEMENT, {"retention": "a while"}),
        (SHARING_AGREEMENT, {"description": None}),
        (SHARING_AGREEMENT, {"record_types": []}),
        (RECALL, {"action": "narrow"}),
        (RECALL, {"new_marking_refs": [next(iter(TLP2_IDS))]}),
        (RECEIPT, {"attestation": ...}),
        (SEALED_RECORD, {"ciphertext": "?"}),
        (RECALL, {"extensions": ...}),
    ],
)
@pytest.mark.parametrize("tolerant", [False, True])
def test_nothing_is_forgiven_in_what_policy_rests_on(own: OwnType, changes: dict[str, Any], tolerant: bool) -> None:
    example = next(one for kind, one in EXAMPLES if kind is own)
    changed = {name: value for name, value in (json.loads(own.write(example)) | changes).items() if value is not ...}
    with pytest.raises(Invalid):
        read(json.dumps(changed).encode(), tolerant=tolerant)


def test_writing_a_record_of_another_type_is_an_error() -> None:
    with pytest.raises(TypeError, match="writes Receipt records"):
        RECEIPT.write(EXAMPLES[2][1])


def audience(**content: Any) -> bytes:
    """An audience marking."""
    extension = {"extension_type": "property-extension", **content}
    return body("marking-definition", definition=..., definition_type=..., extensions={AUDIENCE_EXTENSION: extension})


def test_an_audience_names_who_may_see() -> None:
    marking = reading(read(audience(recipient_refs=[ref("identity")], personal_data=True)))
    assert isinstance(marking, MarkingDefinition)
    named = audience_of(marking)
    assert named is not None
    assert (named.recipient_refs, named.personal_data) == ((ref("identity"),), True)


def test_an_audience_that_names_nobody_is_one_and_a_statement_is_none() -> None:
    empty = reading(read(audience()))
    assert isinstance(empty, MarkingDefinition)
    assert audience_of(empty) is not None
    statement = reading(read(body("marking-definition")))
    assert isinstance(statement, MarkingDefinition)
    assert audience_of(statement) is None


@pytest.mark.parametrize(
    "content",
    [{"recipient_refs": "all"}, {"recipient_refs": []}, {"recipient_refs": [ref("tool")]}, {"personal_data": "no"}],
)
def test_an_audience_is_never_read_tolerantly(content: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        read(audience(**content), tolerant=True)


def test_the_standard_markings_are_in_order_and_have_their_identifiers() -> None:
    markings = [read(raw) for raw in standard_markings()]
    assert [one.head.id for one in markings] == [*TLP2_IDS, *TLP1_IDS, *PAP_IDS]


def test_a_pap_marking_keeps_its_identifier() -> None:
    red, green = (next(id_ for id_, level in PAP_IDS.items() if level == wanted) for wanted in ("red", "green"))
    extensions = {PAP_EXTENSION: {"extension_type": "property-extension", "pap": "red"}}
    for id_ in (green, ref("marking-definition")):
        with pytest.raises(Invalid):
            read(
                body("marking-definition", id=id_, definition=..., definition_type=..., extensions=extensions),
                tolerant=True,
            )
    assert red != green


def test_identifiers_of_our_extensions_never_change() -> None:
    assert (AUDIENCE.extension_id, PAP.extension_id) == (AUDIENCE_EXTENSION, PAP_EXTENSION)


class BorderQueue(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="x-border-queue"):
    """How long the queue at a crossing is.

    As a third party would declare it.
    """

    crossing: str
    minutes: int


def test_a_third_party_declares_its_type_in_the_same_way() -> None:
    queue = OwnType(struct=BorderQueue, name="x-border-queue")
    schemas = BUILT_IN.with_types(queue)
    raw = queue.write(BorderQueue(id=ref("x-border-queue"), crossing="Preševo", minutes=95, **COMMON))
    assert isinstance(reading(read(raw, schemas=schemas), schemas=schemas), BorderQueue)
    assert read(raw).head.type == "x-border-queue"
    with pytest.raises(Invalid, match=r"\$\.minutes"):
        read(raw.replace(b":95", b':"long"'), schemas=schemas)
    with pytest.raises(ValueError, match="tag that no other record type has"):
        schemas.with_types(queue)


EXTENSION = ref("extension-definition")
LEVEL = {
    "type": "object",
    "properties": {"level": {"$ref": "#/$defs/level"}},
    "$defs": {"level": {"enum": ["low", "high"]}},
}


def extended(**content: Any) -> bytes:
    """A tool with an extension."""
    return body("tool", extensions={EXTENSION: {"extension_type": "property-extension", **content}})


def test_an_extension_is_checked_by_its_schema_where_that_is_known() -> None:
    schemas = BUILT_IN.with_extension(EXTENSION, LEVEL)
    assert read(extended(level="low"), schemas=schemas).deviations == ()
    with pytest.raises(Invalid) as refused:
        read(extended(level="x"), schemas=schemas)
    assert [one.path for one in refused.value.problems] == [f"$.extensions['{EXTENSION}'].level"]
    assert read(extended(level="x")).deviations == ()


def test_a_new_object_is_checked_as_a_whole() -> None:
    schemas = BUILT_IN.with_extension(EXTENSION, {"required": ["depth"]})
    thing = properties("x-thing", extensions={EXTENSION: {"extension_type": "new-sdo"}})
    with pytest.raises(Invalid, match="depth"):
        read(json.dumps(thing).encode(), schemas=schemas)


@pytest.mark.parametrize(
    ("id_", "schema"),
    [
        ("x", {}),
        (EXTENSION, {"type": "nothing"}),
        (EXTENSION, {"$ref": "https://example.com/schema.json"}),
        (EXTENSION, {"properties": {"a": [{"$ref": "file:///etc/passwd"}]}}),
    ],
)
def test_an_unsound_schema_or_one_that_would_fetch_is_refused(id_: str, schema: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        BUILT_IN.with_extension(id_, schema)


@pytest.mark.parametrize("content", [{}, {"extension_type": "new"}])
def test_an_extension_says_what_it_adds(content: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        read(body("tool", extensions={EXTENSION: content}))
