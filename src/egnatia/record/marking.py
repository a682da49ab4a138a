"""Markings say how a record may be handled: TLP in both its versions, PAP, statements, audiences.

A marking is never guessed at: what is not understood here stays an unresolved reference, and policy denies.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec
from msgspec import Meta

from egnatia.record.common import HANDLING, ExternalReference, StixObject
from egnatia.record.format import Instant, Some, named, to
from egnatia.record.rule import Properties, Rule, claim

EGNATIA: UUID = uuid5(NAMESPACE_URL, "urn:egnatia")
"""The namespace of the identifiers that Egnatia itself gives out (UUIDv5)."""

TlpName = Literal["clear", "green", "amber", "amber+strict", "red"]
PapName = Literal["clear", "green", "amber", "red"]

TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
TLP2_IDS: Mapping[str, TlpName] = {
    "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": "clear",
    "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": "green",
    "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": "amber",
    "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": "amber+strict",
    "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": "red",
}
TLP1_IDS: Mapping[str, TlpName] = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "clear",
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "green",
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "amber",
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "red",
}
TLP_IDS: Mapping[str, TlpName] = {**TLP2_IDS, **TLP1_IDS}
"""Every marking whose identifier alone says its TLP; TLP 1.0's white is TLP 2.0's clear."""

PAP_EXTENSION = f"extension-definition--{uuid5(EGNATIA, 'pap')}"
PAP_IDS: Mapping[str, PapName] = {
    f"marking-definition--{uuid5(EGNATIA, 'pap:clear')}": "clear",
    f"marking-definition--{uuid5(EGNATIA, 'pap:green')}": "green",
    f"marking-definition--{uuid5(EGNATIA, 'pap:amber')}": "amber",
    f"marking-definition--{uuid5(EGNATIA, 'pap:red')}": "red",
}
AUDIENCE_EXTENSION = f"extension-definition--{uuid5(EGNATIA, 'audience')}"
EXERCISE_EXTENSION = f"extension-definition--{uuid5(EGNATIA, 'exercise')}"

FIXED = "STIX 2.1 section 7.2.1.4 and OASIS TLP 2.0: this identifier has a fixed meaning"

_SPELLINGS: Mapping[str, TlpName] = {
    "clear": "clear",
    "white": "clear",
    "green": "green",
    "amber": "amber",
    "amber+strict": "amber+strict",
    "red": "red",
}


class Audience(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who alone may see what is marked: organisations and groups by identity, nobody where none is named.

    `agreement_refs` are the sharing agreements that it is shared under; `personal_data` says that it holds
    personal data, which moves only under an agreement.
    """

    recipient_refs: Some[Annotated[str, to("identity")]] = ()
    agreement_refs: Some[Annotated[str, to("sharing-agreement")]] = ()
    personal_data: bool = False


class Exercise(msgspec.Struct, frozen=True, kw_only=True):
    """That what is marked belongs to an exercise, for these of its participants alone. Nothing of it is real: it is
    never shown, counted, matched or sent on together with what is."""

    exercise: Annotated[str, named("[a-z0-9]+(-[a-z0-9]+)*", "Egnatia: lower-case words joined by hyphens")]
    recipient_refs: Some[Annotated[str, to("identity")]]


class Pap(msgspec.Struct, frozen=True, kw_only=True):
    """What a recipient may do with what is marked (Permissible Actions Protocol)."""

    pap: PapName


class Tlp(msgspec.Struct, frozen=True, kw_only=True):
    """How far what is marked may be passed on (Traffic Light Protocol 2.0)."""

    tlp_2_0: TlpName


def _means(record: Properties) -> str | None:
    """The TLP that a marking spells out, however it does, `?` for an unknown one; None for other markings."""
    extension = record.get("extensions", {}).get(TLP_EXTENSION)
    if extension is not None:
        return _SPELLINGS.get(str(extension.get("tlp_2_0")), "?")
    definition = record.get("definition", {})
    word = definition.get("tlp") if record.get("definition_type") == "tlp" else definition.get("statement")
    text = str(word).strip().lower()
    if record.get("definition_type") == "tlp":
        return _SPELLINGS.get(text.removeprefix("tlp:"), "?")
    return _SPELLINGS.get(text.removeprefix("tlp:"), "?") if text.startswith("tlp:") else None


def _known_identifiers_keep_their_meaning(record: Properties) -> bool:
    known = TLP_IDS.get(record["id"])
    return known is None or _means(record) == known


def _tlp_has_its_identifier(record: Properties) -> bool:
    return _means(record) is None or record["id"] in TLP_IDS


def _not_itself(record: Properties) -> bool:
    return record["id"] not in record["object_marking_refs"]


def _has_the_standard_form(record: Properties) -> bool:
    known = TLP1_IDS.get(record["id"])
    if known is None:
        return bool(record["definition_type"] != "tlp") and record["id"] not in TLP2_IDS
    word = "white" if known == "clear" else known
    return bool(record["definition_type"] == "tlp") and record["definition"].get("tlp") == word


def _states_something(record: Properties) -> bool:
    return bool(record["definition_type"] != "statement") or isinstance(record["definition"].get("statement"), str)


def _pap_keeps_its_meaning(record: Properties) -> bool:
    level = record.get("extensions", {}).get(PAP_EXTENSION, {}).get("pap")
    return bool(PAP_IDS.get(record["id"]) == level)


class MarkingDefinition(StixObject, frozen=True, kw_only=True, omit_defaults=True, tag="marking-definition"):
    """One way in which records may be handled (STIX 2.1 section 7.2.1)."""

    created: Instant
    spec_version: Literal["2.1"] = msgspec.field()
    created_by_ref: Annotated[str, to("identity")] | None = None
    external_references: Some[ExternalReference] = ()
    name: str | None = None
    definition_type: str | None = None
    definition: Annotated[dict[str, Any], Meta(min_length=1)] | None = None

    section: ClassVar[str] = "7.2.1"
    meaning: ClassVar[frozenset[str]] = HANDLING | {"definition_type", "definition", "extensions"}
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule("object_marking_refs", "STIX 2.1 section 7.2.2: no marking marks itself", ("object_marking_refs",),
             _not_itself, forgivable=False),
        Rule(
            "definition", "STIX 2.1 section 7.2.1: definition_type and definition, or extensions", (),
            lambda record: "extensions" in record or ("definition" in record and "definition_type" in record),
            by_presence=True, forgivable=False,
        ),
        Rule("id", FIXED, (),
             _known_identifiers_keep_their_meaning, forgivable=False),
        Rule("id", "STIX 2.1 section 7.2.1.4 and OASIS TLP 2.0: a TLP marking has its fixed identifier", (),
             _tlp_has_its_identifier, forgivable=False),
        Rule("definition", "STIX 2.1 section 7.2.1.3: a statement has a text", ("definition_type", "definition"),
             _states_something, forgivable=False),
        Rule("id", "Egnatia PAP: the four markings have fixed identifiers", (), _pap_keeps_its_meaning,
             forgivable=False),
        claim("definition", "7.2.1.4", "white, green, amber or red as the standard defines them",
              _has_the_standard_form, when=("definition_type", "definition")),
    )  # fmt: skip


def audience_of(marking: MarkingDefinition) -> Audience | None:
    """The audience that a marking names; None where it is not an audience."""
    extension = (marking.extensions or {}).get(AUDIENCE_EXTENSION)
    return None if extension is None else msgspec.convert(extension, Audience)


def exercise_of(marking: MarkingDefinition) -> Exercise | None:
    """The exercise that a marking is of; None where it is of none."""
    extension = (marking.extensions or {}).get(EXERCISE_EXTENSION)
    return None if extension is None else msgspec.convert(extension, Exercise)


def standard_markings() -> tuple[bytes, ...]:
    """The markings that every node knows, as records: TLP 2.0, TLP 1.0 and PAP."""
    tlp2 = [_extended(id_, f"TLP:{name.upper()}", TLP_EXTENSION, {"tlp_2_0": name}) for id_, name in TLP2_IDS.items()]
    tlp1 = [_tlp1(id_, "white" if name == "clear" else name) for id_, name in TLP1_IDS.items()]
    pap = [_extended(id_, f"PAP:{name.upper()}", PAP_EXTENSION, {"pap": name}) for id_, name in PAP_IDS.items()]
    return (*tlp2, *tlp1, *pap)


def _extended(id_: str, name: str, extension: str, content: dict[str, str]) -> bytes:
    record = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": id_,
        "created": "2022-10-01T00:00:00.000Z" if extension == TLP_EXTENSION else "2026-11-24T00:00:00.000Z",
        "name": name,
        "extensions": {extension: {"extension_type": "property-extension", **content}},
    }
    return msgspec.json.encode(record)


def _tlp1(id_: str, word: str) -> bytes:
    record = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": id_,
        "created": "2017-01-20T00:00:00.000Z",
        "definition_type": "tlp",
        "name": f"TLP:{word.upper()}",
        "definition": {"tlp": word},
    }
    return msgspec.json.encode(record)
