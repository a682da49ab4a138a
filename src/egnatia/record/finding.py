"""What was found and what is thought of it: indicators, observed data, incidents, reports, notes, opinions."""

from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from egnatia.record.common import DomainObject, KillChainPhase
from egnatia.record.format import Instant, Some, to, to_any_but
from egnatia.record.identifier import DOMAIN_OBJECTS, META, RELATIONS, target_type
from egnatia.record.pattern import check_pattern
from egnatia.record.rule import Properties, Rule, at_least_one, claim, later, not_both


class Grouping(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="grouping"):
    """Records that share a context (STIX 2.1 section 4.4)."""

    context: str
    object_refs: Some[Annotated[str, to()]]
    name: str | None = None
    description: str | None = None

    section: ClassVar[str] = "4.4"


class Incident(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="incident"):
    """An incident; the standard's own stub, which extensions fill (STIX 2.1 section 4.6)."""

    name: str
    description: str | None = None

    section: ClassVar[str] = "4.6"


def _pattern_parses(record: Properties) -> bool:
    return check_pattern(record["pattern"], record["pattern_type"]) is None


class Indicator(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="indicator"):
    """A pattern that detects suspicious or malicious activity (STIX 2.1 section 4.7)."""

    pattern: Annotated[str, Meta(min_length=1)]
    pattern_type: Annotated[str, Meta(min_length=1)]
    valid_from: Annotated[Instant, Meta(extra={"else": "created"})]
    valid_until: Instant | None = None
    name: str | None = None
    description: str | None = None
    indicator_types: Some[str] = ()
    pattern_version: str | None = None
    kill_chain_phases: Some[KillChainPhase] = ()

    section: ClassVar[str] = "4.7"
    rules: ClassVar[tuple[Rule, ...]] = (
        later("valid_until", "valid_from", "4.7"),
        claim(
            "pattern", "4.7", "a pattern that its language admits", _pattern_parses, when=("pattern", "pattern_type")
        ),
    )


class Note(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="note"):
    """Further text about other records (STIX 2.1 section 4.13)."""

    content: str
    object_refs: Some[Annotated[str, to()]]
    abstract: str | None = None
    authors: Some[str] = ()

    section: ClassVar[str] = "4.13"


def _has_an_observable(record: Properties) -> bool:
    return any(target_type(target) not in RELATIONS for target in record["object_refs"])


class ObservedData(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="observed-data"):
    """What was seen on networks and hosts, how often and when (STIX 2.1 section 4.14)."""

    first_observed: Instant
    last_observed: Instant
    number_observed: Annotated[int, Meta(ge=1, le=999_999_999)]
    object_refs: Some[Annotated[str, to_any_but(*DOMAIN_OBJECTS, *META)]] = ()
    objects: Annotated[dict[str, dict[str, Any]], Meta(min_length=1)] | None = None

    section: ClassVar[str] = "4.14"
    rules: ClassVar[tuple[Rule, ...]] = (
        later("last_observed", "first_observed", "4.14", or_equal=True),
        at_least_one("4.14", "object_refs", "objects"),
        not_both("4.14", "objects", "object_refs"),
        claim("object_refs", "4.14", "at least one observable", _has_an_observable),
    )


class Opinion(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="opinion"):
    """How far somebody agrees with another record (STIX 2.1 section 4.15)."""

    opinion: Literal["strongly-disagree", "disagree", "neutral", "agree", "strongly-agree"]
    object_refs: Some[Annotated[str, to()]]
    explanation: str | None = None
    authors: Some[str] = ()

    section: ClassVar[str] = "4.15"


class Report(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="report"):
    """Intelligence on one or more topics, published as one story (STIX 2.1 section 4.16)."""

    name: str
    published: Annotated[Instant, Meta(extra={"else": "created"})]
    object_refs: Some[Annotated[str, to()]]
    description: str | None = None
    report_types: Some[str] = ()

    section: ClassVar[str] = "4.16"
