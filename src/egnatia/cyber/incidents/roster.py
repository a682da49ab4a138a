"""Whom an organisation can send: people with skills, languages and times on call. Who sees it is in its markings."""

from typing import Annotated, ClassVar, Final

import msgspec
from msgspec import Meta

from egnatia.record.case import Economy, Organisation
from egnatia.record.common import DomainObject
from egnatia.record.format import Instant, Some
from egnatia.record.own import OwnType

Line = Annotated[str, Meta(min_length=1, max_length=200)]


class Responder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One person, by name or by a sign that the organisation understands; `on_call_until` is the end of the time in
    which the person can be called, absent where there is none."""

    name: Line
    skills: Some[Line] = ()
    languages: Some[Line] = ()
    on_call_from: Instant | None = None
    on_call_until: Instant | None = None


class ResponseRoster(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="response-roster"):
    """The people of one organisation who may join a response team; a newer version takes its place."""

    created_by_ref: Organisation
    economy: Economy
    responders: Some[Responder]
    contact: Annotated[str, Meta(max_length=300)] | None = None

    section: ClassVar[str] = "Egnatia response-roster"


RESPONSE_ROSTER: Final = OwnType(struct=ResponseRoster, name="response-roster")
