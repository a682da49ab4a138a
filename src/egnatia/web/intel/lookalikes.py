"""Domains among the newest records that look like protected ones, and which ones the node protects; what enrichers
know of a record is kept when a person says so."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar, Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.cyber.intel.enrichment import (
    Protected,
    ProtectedNames,
    Resemblance,
    digest_of,
    note,
    resemblance,
    tied,
    values_in,
)
from egnatia.cyber.intel.enrichment.domain import HOSTS, host_in
from egnatia.cyber.intel.enrichment.lookalike import BUILT_IN, WORDS
from egnatia.policy import Clearance
from egnatia.store import Batch, Note, Query, Row, Store
from egnatia.store.query import LAST
from egnatia.web.card import Card, by_id, cards
from egnatia.web.frame import Content
from egnatia.web.intel.remembered import remembered
from egnatia.web.permission import Permission
from egnatia.web.publish.desk import submitted
from egnatia.web.record.enriching import MANNERS, found_for
from egnatia.web.record.subject import subject
from egnatia.web.record.text import defanged, visible
from egnatia.web.visit import Misread, Visit

LOOKED_AT: Final = 3_000
"""The newest records with names that one page looks at."""
LARGE: Final = 500
"""Where more were looked at, which ones look alike is kept for a minute."""
MOST: Final = 100
OWN: Final = 500
"""Domains of its own that a node protects at most."""
_TYPES: Final = ("indicator", "domain-name", "url")


class Found(msgspec.Struct, frozen=True):
    """One look-alike: the domain, whom it imitates and how, the newest record that names it."""

    domain: str
    protected: str
    manner: str
    card: Card


class LookalikesPage(Content, frozen=True, kw_only=True):
    """Look-alikes, the newest first; `own` are the domains that the node protects besides the built-in ones."""

    template: ClassVar[str] = "intel/lookalikes.html"
    found: tuple[Found, ...]
    own: tuple[Protected, ...]
    built_in: tuple[str, ...]
    manages: bool


class Domain(msgspec.Struct, frozen=True):
    """The form that protects a domain, or does so no longer."""

    domain: str = ""
    whose: str = ""
    gone: bool = False


class Accepted(msgspec.Struct, frozen=True):
    """The form that accepts a fact as a relationship; `fact` is its digest."""

    fact: str = ""


class Nothing(msgspec.Struct, frozen=True):
    """A form without fields."""


@get("/intel/lookalikes")
async def lookalikes(visit: NamedDependency[Visit]) -> Response[str]:
    """Look-alikes among the newest records."""
    clearance = visit.clearance()
    names = ProtectedNames(visit.store)

    def read() -> tuple[list[tuple[Row, Resemblance]], dict[str, Protected]]:
        return list(_alike(visit.store, clearance, names.all())), names.kept.all()

    found, own = await visit.ask(read)
    await visit.surface.releases.note(visit.visitor.caller, "page", tuple(row for row, _ in found))
    shown = cards([row for row, _ in found], by_id(await visit.ask(visit.premises.organisations)), visit.speech)
    content = LookalikesPage(
        title=visit.speech.gettext("Look-alikes"),
        found=tuple(
            Found(
                visible(defanged(each.domain)),
                each.protected,
                visit.speech.gettext(MANNERS[WORDS[each.kind]]),
                card,
            )
            for card, (_, each) in zip(shown, found, strict=True)
        ),
        own=tuple(own.values()),
        built_in=BUILT_IN,
        manages=visit.visitor.may(Permission.MANAGE_SOURCES) and visit.visitor.organisation == visit.premises.own,
    )
    return visit.page(content)


class Alike(msgspec.Struct, frozen=True):
    """Where the newest record of each look-alike stands, among so many that were `looked` at."""

    places: tuple[tuple[int, Resemblance], ...]
    looked: int


def _alike(store: Store, clearance: Clearance, protected: tuple[str, ...]) -> Iterator[tuple[Row, Resemblance]]:
    """The newest record of each look-alike; which ones look alike is a while old where many were looked at."""
    ask = partial(_looked, store, clearance, protected)
    question = ("look-alikes", protected)
    places = remembered(store, clearance, question, ask, is_large=lambda made: made.looked > LARGE).made.places
    rows = {row.position: row for row in store.at(clearance, sorted({position for position, _ in places}))}
    for position, found in places:
        if position in rows:  # it may have been taken back meanwhile
            yield rows[position], found


def _looked(store: Store, clearance: Clearance, protected: tuple[str, ...]) -> Alike:
    newest = Query(types=_TYPES, versions=(LAST,), newest_first=True)
    rows = store.bodies(clearance, 0, LOOKED_AT, newest).rows
    given: dict[str, tuple[int, Resemblance]] = {}
    hosts: set[str] = set()
    for row in rows:
        for kind, value in values_in(msgspec.json.decode(row.body)):
            host = host_in(kind, value) if kind in HOSTS else ""
            if not host or host in hosts:
                continue
            hosts.add(host)
            found = resemblance(host, protected)
            if found is not None and found.domain not in given and len(given) < MOST:
                given[found.domain] = (row.position, found)
    return Alike(tuple(given.values()), len(rows))


@post("/intel/lookalikes/protect")
async def protect(visit: NamedDependency[Visit]) -> Response[str]:
    """Protect a domain, or protect it no longer."""
    form = await visit.form(Domain)
    visit.require(Permission.MANAGE_SOURCES)
    if visit.visitor.organisation != visit.premises.own:
        raise Misread("The node's own organisation says which names it protects")
    domain = form.domain.strip().rstrip(".").lower()
    try:
        made = msgspec.convert({"domain": domain, "whose": form.whose}, Protected)
    except msgspec.ValidationError as error:
        raise Misread(str(error)) from error
    kept = ProtectedNames(visit.store).kept

    def write() -> None:
        if form.gone:
            kept.remove(domain)
        elif len(kept.all()) < OWN:
            kept.put(domain, made)
        audited = Note(visit.actor, "protected name", domain, "removed" if form.gone else made.whose)
        visit.store.append(Batch(notes=(audited,))).result()

    await visit.ask(write)
    return visit.go("/intel/lookalikes", visit.speech.gettext("The protected names are kept."))


@post("/intel/enrich/{record:str}")
async def keep_enrichment(visit: NamedDependency[Visit], record: FromPath[str]) -> Response[str]:
    """Keep what enrichers know of a record as a note on it."""
    await visit.form(Nothing)
    visit.require(Permission.PUBLISH)
    about = await subject(visit, record)
    found = await visit.ask(lambda: found_for(visit, about))
    if not found:
        raise Misread("Nothing is known of it")
    outcome = await submitted(visit, [note(about.row, visit.visitor.organisation or "", found, datetime.now(UTC))])
    if outcome.refused:
        return visit.go(f"/records/{record}", str(outcome.refused[0].problems[0]))
    return visit.go(f"/records/{record}#remarks", visit.speech.gettext("Kept as a note on the record."))


@post("/intel/enrich/{record:str}/accept")
async def accept_enrichment(visit: NamedDependency[Visit], record: FromPath[str]) -> Response[str]:
    """Accept what an enricher knows as a relationship, under the record's own markings."""
    form = await visit.form(Accepted)
    visit.require(Permission.PUBLISH)
    about = await subject(visit, record)
    found = await visit.ask(lambda: found_for(visit, about))
    facts = [(each, fact) for each in found for fact in each.facts if fact.tie and digest_of(each, fact) == form.fact]
    if not facts:
        raise Misread("This is not known of it any more: look again")
    each, fact = facts[0]
    outcome = await submitted(visit, tied(about.row, visit.visitor.organisation or "", each, fact, datetime.now(UTC)))
    if outcome.refused:
        return visit.go(f"/records/{record}", str(outcome.refused[0].problems[0]))
    return visit.go(f"/records/{record}", visit.speech.gettext("Accepted: it is a relationship of the record now."))
