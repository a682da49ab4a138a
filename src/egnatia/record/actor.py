"""Who acts and where: identities, adversaries, campaigns, places."""

from typing import Annotated, ClassVar

from msgspec import Meta

from egnatia.record.common import DomainObject
from egnatia.record.format import Instant, Some
from egnatia.record.rule import Rule, at_least_one, later, needs


class Campaign(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="campaign"):
    """A set of malicious activities over time against specific targets (STIX 2.1 section 4.2)."""

    name: str
    description: str | None = None
    aliases: Some[str] = ()
    first_seen: Instant | None = None
    last_seen: Instant | None = None
    objective: str | None = None

    section: ClassVar[str] = "4.2"
    rules: ClassVar[tuple[Rule, ...]] = (later("last_seen", "first_seen", "4.2", or_equal=True),)


class Identity(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="identity"):
    """An individual, an organisation, a group or a class of them (STIX 2.1 section 4.5)."""

    name: str
    description: str | None = None
    roles: Some[str] = ()
    identity_class: str | None = None
    sectors: Some[str] = ()
    contact_information: str | None = None

    section: ClassVar[str] = "4.5"


class IntrusionSet(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="intrusion-set"):
    """Adversary behaviour believed to be the work of one organisation (STIX 2.1 section 4.9)."""

    name: str
    description: str | None = None
    aliases: Some[str] = ()
    first_seen: Instant | None = None
    last_seen: Instant | None = None
    goals: Some[str] = ()
    resource_level: str | None = None
    primary_motivation: str | None = None
    secondary_motivations: Some[str] = ()

    section: ClassVar[str] = "4.9"
    rules: ClassVar[tuple[Rule, ...]] = (later("last_seen", "first_seen", "4.9", or_equal=True),)


class Location(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="location"):
    """A place: region, economy, coordinates (STIX 2.1 section 4.10). `precision` is in metres."""

    name: str | None = None
    description: str | None = None
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None
    precision: Annotated[float, Meta(ge=0)] | None = None
    region: str | None = None
    country: str | None = None
    administrative_area: str | None = None
    city: str | None = None
    street_address: str | None = None
    postal_code: str | None = None

    section: ClassVar[str] = "4.10"
    rules: ClassVar[tuple[Rule, ...]] = (
        at_least_one("4.10", "region", "country", "latitude"),
        needs("4.10", "latitude", "longitude"),
        needs("4.10", "longitude", "latitude"),
        needs("4.10", "precision", "latitude", "longitude"),
    )


class ThreatActor(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="threat-actor"):
    """An individual, group or organisation believed to act with malicious intent (STIX 2.1 section 4.17)."""

    name: str
    description: str | None = None
    threat_actor_types: Some[str] = ()
    aliases: Some[str] = ()
    first_seen: Instant | None = None
    last_seen: Instant | None = None
    roles: Some[str] = ()
    goals: Some[str] = ()
    sophistication: str | None = None
    resource_level: str | None = None
    primary_motivation: str | None = None
    secondary_motivations: Some[str] = ()
    personal_motivations: Some[str] = ()

    section: ClassVar[str] = "4.17"
    rules: ClassVar[tuple[Rule, ...]] = (later("last_seen", "first_seen", "4.17", or_equal=True),)
