"""Records that connect others: relationships and sightings (STIX 2.1 section 5)."""

from typing import Annotated, ClassVar

from msgspec import Meta

from egnatia.record.common import DomainObject
from egnatia.record.format import Instant, Some, named, to, to_any_but
from egnatia.record.identifier import META, OBSERVABLES, RELATIONS
from egnatia.record.rule import Rule, later

_NO_END = ("bundle", "language-content", "marking-definition", *sorted(RELATIONS))


class Relationship(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="relationship"):
    """One record stands in a relation to another (STIX 2.1 section 5.1)."""

    relationship_type: Annotated[str, named("[a-z0-9-]+", "STIX 2.1 section 5.1: letters a-z, digits and hyphens")]
    source_ref: Annotated[str, to_any_but(*_NO_END)]
    target_ref: Annotated[str, to_any_but(*_NO_END)]
    description: str | None = None
    start_time: Instant | None = None
    stop_time: Instant | None = None

    section: ClassVar[str] = "5.1"
    rules: ClassVar[tuple[Rule, ...]] = (later("stop_time", "start_time", "5.1"),)


class Sighting(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="sighting"):
    """Something was seen: an indicator, a malware, a campaign (STIX 2.1 section 5.2)."""

    sighting_of_ref: Annotated[str, to_any_but(*OBSERVABLES, *RELATIONS, *META)]
    description: str | None = None
    first_seen: Instant | None = None
    last_seen: Instant | None = None
    count: Annotated[int, Meta(ge=0, le=999_999_999)] | None = None
    observed_data_refs: Some[Annotated[str, to("observed-data")]] = ()
    where_sighted_refs: Some[Annotated[str, to("identity", "location")]] = ()
    summary: bool = False

    section: ClassVar[str] = "5.2"
    rules: ClassVar[tuple[Rule, ...]] = (later("last_seen", "first_seen", "5.2", or_equal=True),)
