"""A MISP event as it is written: numbers as texts, flags as numbers, and whatever a version of MISP leaves out."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from egnatia.record.record import Invalid, Problem

Loose = str | int | float | bool | None


class Tag(msgspec.Struct, frozen=True):
    """One tag, of a taxonomy, a galaxy or nobody's."""

    name: str = ""


class Organisation(msgspec.Struct, frozen=True):
    """An organisation of a MISP server."""

    uuid: str = ""
    name: str = ""


class SharingGroupMember(msgspec.Struct, frozen=True, rename={"organisation": "Organisation"}):
    """One organisation in a sharing group."""

    organisation: Organisation | None = None


class SharingGroup(msgspec.Struct, frozen=True, rename={"members": "SharingGroupOrg"}):
    """Organisations that a thing is shared with. All organisations of a server may be in it: who these are is not
    known here, so they are not."""

    uuid: str = ""
    name: str = ""
    active: Loose = True
    members: list[SharingGroupMember] | None = None


class Sighting(msgspec.Struct, frozen=True, rename={"organisation": "Organisation"}):
    """Somebody saw it (type 0), says that it is a false positive (1), or that it is over (2)."""

    uuid: str = ""
    type: Loose = "0"
    date_sighting: Loose = None
    source: str | None = ""
    organisation: Organisation | None = None


class Cluster(msgspec.Struct, frozen=True):
    """One entry of a galaxy: a technique, an actor, a malware."""

    value: str = ""
    uuid: str | None = ""
    collection_uuid: str | None = ""
    type: str = ""
    tag_name: str | None = ""
    description: str | None = ""
    default: Loose = None
    distribution: Loose = None
    meta: dict[str, Any] | list[Any] | None = None


class Galaxy(msgspec.Struct, frozen=True, rename={"clusters": "GalaxyCluster"}):
    """A knowledge base and the entries of it that apply."""

    type: str = ""
    clusters: list[Cluster] | None = None


class Attribute(
    msgspec.Struct, frozen=True, rename={"tags": "Tag", "galaxies": "Galaxy", "sightings": "Sighting",
                                         "sharing_group": "SharingGroup"}
):  # fmt: skip
    """One value with its type."""

    type: str
    value: Loose
    uuid: str = ""
    category: str | None = ""
    to_ids: Loose = False
    deleted: Loose = False
    timestamp: Loose = None
    first_seen: str | None = None
    last_seen: str | None = None
    comment: str | None = ""
    distribution: Loose = "5"
    sharing_group: SharingGroup | None = None
    object_relation: str | None = None
    tags: list[Tag] | None = None
    galaxies: list[Galaxy] | None = None
    sightings: list[Sighting] | None = None

    @property
    def text(self) -> str:
        """The value as text."""
        return "" if self.value is None else str(self.value)


class ObjectReference(msgspec.Struct, frozen=True):
    """An object names another object or an attribute."""

    uuid: str = ""
    referenced_uuid: str = ""
    relationship_type: str | None = ""
    comment: str | None = ""
    deleted: Loose = False


class Object(
    msgspec.Struct, frozen=True, rename={"attributes": "Attribute", "references": "ObjectReference",
                                         "meta_category": "meta-category", "sharing_group": "SharingGroup"}
):  # fmt: skip
    """Attributes that describe one thing together, after a template."""

    name: str
    uuid: str = ""
    meta_category: str | None = ""
    comment: str | None = ""
    deleted: Loose = False
    timestamp: Loose = None
    first_seen: str | None = None
    last_seen: str | None = None
    distribution: Loose = "5"
    sharing_group: SharingGroup | None = None
    attributes: list[Any] | None = None
    references: list[ObjectReference] | None = None


class EventReport(msgspec.Struct, frozen=True, rename={"sharing_group": "SharingGroup"}):
    """A text about the event, in Markdown."""

    name: str = ""
    content: str | None = ""
    uuid: str = ""
    timestamp: Loose = None
    deleted: Loose = False
    distribution: Loose = "5"
    sharing_group: SharingGroup | None = None


class Event(
    msgspec.Struct,
    frozen=True,
    rename={
        "creator": "Orgc", "holder": "Org", "attributes": "Attribute", "objects": "Object", "tags": "Tag",
        "galaxies": "Galaxy", "reports": "EventReport", "sharing_group": "SharingGroup", "proposals": "ShadowAttribute",
    },
):  # fmt: skip
    """One event."""

    uuid: str
    info: str = ""
    date: str | None = ""
    timestamp: Loose = None
    publish_timestamp: Loose = None
    published: Loose = False
    distribution: Loose = None
    threat_level_id: Loose = None
    analysis: Loose = None
    extends_uuid: str | None = ""
    sharing_group: SharingGroup | None = None
    creator: Organisation | None = None
    holder: Organisation | None = None
    tags: list[Tag] | None = None
    galaxies: list[Galaxy] | None = None
    attributes: list[Any] | None = None
    objects: list[Any] | None = None
    reports: list[EventReport] | None = None
    proposals: list[Any] | None = None


def events_in(document: bytes) -> Iterator[Any]:
    """The events of a document, not yet checked: of an export, of a search, of a feed, or one alone. Raises Invalid."""
    try:
        decoded = msgspec.json.decode(document)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Invalid((Problem("$", "JSON", str(error)),)) from error
    waiting = [decoded]
    found = False
    while waiting:
        match waiting.pop():
            case {"Event": dict(event)}:
                found = True
                yield event
            case {"response": list() | dict() as inner}:
                waiting.append(inner)
            case list(several):
                waiting.extend(reversed(several))
            case {"uuid": _, "info": _} as event:
                found = True
                yield event
            case other:
                problem = Problem(
                    "$", "a MISP event: an object with Event, or a response with events", repr(other)[:80]
                )
                raise Invalid((problem,))
    if not found and decoded not in ([], {"response": []}):
        raise Invalid((Problem("$", "a MISP event", repr(decoded)[:80]),))


def flag(value: Loose) -> bool:
    """Whether a flag is set, however it is written; what cannot be told is not set."""
    return value is True or str(value).strip().casefold() in {"1", "true", "yes"}


def number(value: Loose) -> int | None:
    """A whole number, however it is written."""
    try:
        return int(float(str(value)))
    except (ValueError, OverflowError):
        return None


def seconds(value: Loose) -> int | None:
    """A time in seconds since the epoch that can be one; None for 0, which stands for never."""
    found = number(value)
    return found if found is not None and 0 < found < 32_503_680_000 else None


def day(text: str | None) -> int | None:
    """A date as seconds since the epoch."""
    try:
        return int(datetime.strptime((text or "").strip()[:10], "%Y-%m-%d").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None
