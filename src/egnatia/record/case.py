"""A case and the events that make it. Their ids are digests of what they say, so no version can say something else.

A case is never edited: each party appends events, and whoever holds the same events sees the same case. A newer version
of an event may bear other markings (so that a party that joined may see it); its content cannot differ.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Any, ClassVar, Final, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta

from egnatia.record.common import DomainObject
from egnatia.record.deterministic import canonical
from egnatia.record.format import Dictionary, PreciseInstant, Some, named, to
from egnatia.record.rule import Properties, Rule, claim

_ENVELOPE: Final = frozenset({"id", "spec_version", "modified", "object_marking_refs", "extensions"})
"""What a newer version may change, and what follows from the rest."""

Economy = Annotated[str, named("[A-Z]{2}|regional|other", "Egnatia: the two letters of an economy, regional or other")]
Word = Annotated[str, named("[a-z0-9]+(-[a-z0-9]+)*", "Egnatia: lower-case words joined by hyphens")]
Organisation = Annotated[str, to("identity")]


def content_id(properties: Mapping[str, Any]) -> str:
    """The id of a case or case-event with this content: UUIDv8 of the SHA-256 of its RFC 8785 form."""
    said = {name: value for name, value in properties.items() if name not in _ENVELOPE}
    digest = bytearray(sha256(canonical(said).encode()).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return f"{properties['type']}--{UUID(bytes=bytes(digest))}"


def _says_what_its_id_says(record: Properties) -> bool:
    return bool(record["id"] == content_id(record))


def _lasting(section: str) -> tuple[Rule, ...]:
    never = Rule("revoked", f"{section}: it is never revoked", ("revoked",), lambda record: not record["revoked"])
    whole = Rule("granular_markings", f"{section}: marked as a whole", ("granular_markings",), lambda _: False)
    return (claim("id", section, "the digest of its content", _says_what_its_id_says), never, whole)


class CaseParty(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An organisation that works on a case from its beginning, and in which roles."""

    party_ref: Organisation
    economy: Economy
    roles: Some[Word]


class Case(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="case"):
    """Work of several organisations on one matter, by a declared workflow. Everything later is in its case-events.

    `facts` are what is known at the beginning, by the names of the workflow's fields. `exercise` names the exercise
    that it belongs to; such a case never counts as a real one. `at` is when it was opened by that exercise's clock.
    """

    created_by_ref: Organisation
    title: Annotated[str, Meta(min_length=1, max_length=300)]
    workflow: Word
    workflow_version: Annotated[str, Meta(min_length=1)]
    parties: Some[CaseParty]
    facts: Dictionary | None = None
    exercise: Word | None = None
    at: PreciseInstant | None = None

    section: ClassVar[str] = "Egnatia case"
    rules: ClassVar[tuple[Rule, ...]] = _lasting("Egnatia case")


class CaseEvent(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="case-event"):
    """One thing that one party did in a case; whether it had the right follows from the workflow and the past.

    `after` are the latest events that its author knew. `does` is a step of the workflow or one of the deeds that
    every case knows; `about` are what it is about (a report, a deadline, a task, a party, an event). `only_roles` are
    the roles it is for besides its author, none for all parties. `by` names the person. `at` is when it was done by
    the clock of an exercise; elsewhere `created` says it.
    """

    created_by_ref: Organisation
    case_ref: Annotated[str, to("case")]
    does: Word
    after: Some[Annotated[str, to("case-event")]] = ()
    about: Some[str] = ()
    fields: Dictionary | None = None
    text: Annotated[str, Meta(min_length=1, max_length=100_000)] | None = None
    object_refs: Some[Annotated[str, to()]] = ()
    only_roles: Some[Word] = ()
    by: str | None = None
    at: PreciseInstant | None = None

    section: ClassVar[str] = "Egnatia case-event"
    rules: ClassVar[tuple[Rule, ...]] = _lasting("Egnatia case-event")


Lasting = TypeVar("Lasting", Case, CaseEvent)


def identified(record: Lasting) -> Lasting:
    """The same under the id that its content gives it."""
    return msgspec.structs.replace(record, id=content_id(msgspec.to_builtins(record)))
