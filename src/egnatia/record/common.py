"""What records of every type have in common (STIX 2.1 section 3)."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta

from egnatia.record.format import Hashes, MarkingRef, PreciseInstant, Some, Uri, to
from egnatia.record.record import GranularMarking
from egnatia.record.rule import Properties, Rule, at_least_one, claim, later
from egnatia.record.selector import is_selector, resolves

_NUMBERS = {
    "cve": re.compile(r"CVE-[0-9]{4}-(0[0-9]{3}|[1-9][0-9]{3,})"),
    "capec": re.compile(r"CAPEC-[0-9]+"),
}


_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")


def is_language(tag: str) -> bool:
    """Whether a tag is formed as RFC 5646 wants."""
    return _LANGUAGE.fullmatch(tag) is not None


def _numbered(reference: Properties) -> bool:
    form = _NUMBERS.get(reference["source_name"])
    return form is None or form.fullmatch(reference["external_id"]) is not None


class ExternalReference(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A pointer to what is told elsewhere (STIX 2.1 section 2.5)."""

    source_name: str
    description: str | None = None
    url: Uri | None = None
    hashes: Hashes | None = None
    external_id: str | None = None

    rules: ClassVar[tuple[Rule, ...]] = (
        at_least_one("2.5", "description", "url", "external_id"),
        claim("external_id", "2.5", "the number that its source gives (CVE-2024-1234, CAPEC-66)", _numbered),
    )


class KillChainPhase(msgspec.Struct, frozen=True, kw_only=True):
    """A phase in a kill chain (STIX 2.1 section 2.11)."""

    kill_chain_name: str
    phase_name: str


def _one_of_marking_and_lang(record: Properties) -> bool:
    return all(("marking_ref" in one) != ("lang" in one) for one in record["granular_markings"])


def _are_markings(record: Properties) -> bool:
    return all(
        "marking_ref" not in one or one["marking_ref"].startswith("marking-definition--")
        for one in record["granular_markings"]
    )


def _selectors_resolve(record: Properties) -> bool:
    return all(
        one["selectors"] and all(is_selector(selector) and resolves(selector, record) for selector in one["selectors"])
        for one in record["granular_markings"]
    )


_GRANULAR = ("granular_markings",)
COMMON_RULES = (
    Rule("granular_markings", "STIX 2.1 section 7.2.3: selectors that name what the record has", _GRANULAR,
         _selectors_resolve, forgivable=False),
    Rule("granular_markings", "STIX 2.1 section 7.2.3: either marking_ref or lang", _GRANULAR,
         _one_of_marking_and_lang, forgivable=False),
    Rule("granular_markings", "STIX 2.1 section 7.2.3: marking_ref identifies a marking-definition", _GRANULAR,
         _are_markings),
)  # fmt: skip
HANDLING = frozenset({"type", "id", "object_marking_refs", "granular_markings"})


class StixObject(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Any record (STIX 2.1 section 3.2).

    `section` is where the standard defines the type. `rules` hold between its properties. `meaning` names the
    properties in which even a tolerant reading forgives nothing. `extension_kinds` are the extensions that the
    standard itself defines for the type.
    """

    id: str
    spec_version: Literal["2.1"] | None = None
    object_marking_refs: Some[MarkingRef] = ()
    granular_markings: Some[GranularMarking] = ()
    extensions: Annotated[dict[str, dict[str, Any]], Meta(min_length=1)] | None = None

    section: ClassVar[str] = "3.2"
    rules: ClassVar[tuple[Rule, ...]] = COMMON_RULES
    meaning: ClassVar[frozenset[str]] = HANDLING
    extension_kinds: ClassVar[Mapping[str, type[msgspec.Struct]]] = {}


class DomainObject(StixObject, frozen=True, kw_only=True, omit_defaults=True):
    """A record that somebody made and may make new versions of: SDOs and SROs (STIX 2.1 sections 4 and 5)."""

    created: PreciseInstant
    modified: PreciseInstant
    spec_version: Literal["2.1"] = msgspec.field()
    created_by_ref: Annotated[str, to("identity")] | None = None
    revoked: bool = False
    labels: Some[str] = ()
    confidence: Annotated[int, Meta(ge=0, le=100)] | None = None
    lang: str | None = None
    external_references: Some[ExternalReference] = ()

    rules: ClassVar[tuple[Rule, ...]] = (
        later("modified", "created", "3.2", or_equal=True),
        claim("lang", "3.2", "a language tag of RFC 5646", lambda record: is_language(record["lang"])),
    )


class Observable(StixObject, frozen=True, kw_only=True, omit_defaults=True):
    """A fact about a network or a host: SCOs (STIX 2.1 section 6)."""

    defanged: bool = False
