"""Where intelligence comes from, and how each source goes: read now, paused and removed by the node's operator; what
becomes of what a source has no longer is decided by who may publish."""

from collections.abc import Callable, Mapping
from typing import ClassVar, Final, Literal
from urllib.parse import urlsplit

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.cyber.intel.giving import Conflicts
from egnatia.cyber.intel.leaving import Gone
from egnatia.cyber.intel.overlap import Overlap
from egnatia.cyber.intel.source import Health, Source, Sources
from egnatia.exchange.api.problem import NotFound
from egnatia.store import Batch, Note
from egnatia.web.frame import Content
from egnatia.web.intel.holding import of_the_house
from egnatia.web.intel.troubles import advice
from egnatia.web.language.speech import N_
from egnatia.web.permission import Permission
from egnatia.web.record.text import visible
from egnatia.web.visit import Visit

KINDS_OF_SOURCES: Final[Mapping[str, str]] = {
    "list": N_("A list of values (CSV, text, JSON, RSS)"),
    "misp-feed": N_("A MISP feed (a folder with a manifest)"),
    "misp": N_("MISP events in one file"),
    "taxii21": N_("A TAXII 2.1 collection"),
    "taxii20": N_("A TAXII 2.0 collection"),
    "stix": N_("A STIX bundle"),
    "csaf": N_("A CSAF advisory"),
    "misp-server": N_("A MISP server"),
}


class SourceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A source and how it goes; times in microseconds UTC; `advice` is what to do; so many of its documents are
    `held` at TLP:RED. What is `gone` from it waits for a person; `overlap` is how much of a feed is known here."""

    source: Source
    kind: str
    address: str
    health: Health
    advice: str = ""
    held: int = 0
    gone: Gone | None = None
    overlap: Overlap | None = None

    @property
    def lacks(self) -> bool:
        """Whether something of it could not be read, or waits for a person."""
        return bool(self.health.broken) or (self.gone is not None and not self.gone.decided)


class SourcesPage(Content, frozen=True, kw_only=True):
    """Every source of the node; so many documents are `held` at TLP:RED in all, and so many of ours were changed on
    servers."""

    template: ClassVar[str] = "intel/sources.html"
    rows: tuple[SourceRow, ...]
    may_change: bool
    decides: bool
    held: int
    conflicts: int


class Leave(msgspec.Struct, frozen=True):
    """The form that says what becomes of what a source has no longer."""

    do: Literal["withdraw", "keep"]


class Nothing(msgspec.Struct, frozen=True):
    """A form without fields."""


@get("/intel/sources")
async def sources(visit: NamedDependency[Visit]) -> Response[str]:
    """Every source, and how it goes: for who keeps the node, and for who judges what comes."""
    if not visit.visitor.may(Permission.TRIAGE):
        visit.require(Permission.SEE_SETTINGS)
    kept, say = Sources(visit.store), visit.speech.gettext
    may_change = visit.visitor.may(Permission.MANAGE_SOURCES)
    held, conflicts = await visit.ask(lambda: (kept.sources.all(), Conflicts(visit.store).kept.all()))
    healths, counts = await visit.ask(lambda: (kept.healths.all(), kept.waiting.counts()))
    gone, overlaps = await visit.ask(lambda: (kept.leavings.gone.all(), kept.overlaps.all()))
    rows = tuple(
        SourceRow(
            source=each,
            kind=say(KINDS_OF_SOURCES[each.kind]),
            address=each.url if may_change else _open(each.url),
            health=_shown(healths.get(each.name, Health()), each, may_change=may_change),
            advice=_advised(say, healths.get(each.name)),
            held=counts.get(each.name, 0),
            gone=gone.get(each.name),
            overlap=overlaps.get(each.name),
        )
        for each in sorted(held.values(), key=lambda each: each.name)
    )
    return visit.page(
        SourcesPage(
            title=say("Sources"),
            rows=tuple(sorted(rows, key=lambda row: (not _fails(row), not row.lacks))),
            may_change=may_change,
            decides=visit.visitor.may(Permission.PUBLISH) and visit.visitor.may(Permission.TRIAGE),
            held=sum(counts.values()),
            conflicts=sum(not each.side for each in conflicts.values()),
        )
    )


@post("/intel/sources/{name:str}/read")
async def read_source(visit: NamedDependency[Visit], name: FromPath[str]) -> Response[str]:
    """Read it as soon as the node looks what is due."""
    await visit.form(Nothing)
    visit.require(Permission.MANAGE_SOURCES)
    await held_source(visit, name)
    kept = Sources(visit.store)
    await visit.ask(lambda: kept.healths.put(name, msgspec.structs.replace(kept.health(name), tried=0, failures=0)))
    await noted(visit, name, "to be read now")
    return visit.go("/intel/sources", visit.speech.gettext("It is read within a minute."))


@post("/intel/sources/{name:str}/pause")
async def pause_source(visit: NamedDependency[Visit], name: FromPath[str]) -> Response[str]:
    """Read it no more for now, or again."""
    await visit.form(Nothing)
    visit.require(Permission.MANAGE_SOURCES)
    held = await held_source(visit, name)
    changed = msgspec.structs.replace(held, paused=not held.paused)
    await visit.ask(lambda: Sources(visit.store).save(changed))
    await noted(visit, name, "paused" if changed.paused else "read again")
    say = visit.speech.gettext
    said = say("The source is paused.") if changed.paused else say("The source is read again.")
    return visit.go("/intel/sources", said)


@post("/intel/sources/{name:str}/remove")
async def remove_source(visit: NamedDependency[Visit], name: FromPath[str]) -> Response[str]:
    """Read it no more; what it brought stays."""
    await visit.form(Nothing)
    visit.require(Permission.MANAGE_SOURCES)
    await held_source(visit, name)
    await visit.ask(lambda: Sources(visit.store).remove(name))
    await noted(visit, name, "removed")
    return visit.go("/intel/sources", visit.speech.gettext("The source is gone; what it brought stays."))


@post("/intel/sources/{name:str}/gone")
async def settle_gone(visit: NamedDependency[Visit], name: FromPath[str]) -> Response[str]:
    """Take back what a source has no longer, or keep it; with its next reading."""
    form = await visit.form(Leave)
    of_the_house(visit, Permission.PUBLISH)
    await held_source(visit, name)
    try:
        await visit.ask(lambda: Sources(visit.store).settle(name, form.do, visit.actor))
    except LookupError as error:
        raise NotFound from error
    await noted(visit, name, f"what is gone there: {form.do}")
    return visit.go("/intel/sources", visit.speech.gettext("Decided: the next reading of the source does so."))


async def held_source(visit: Visit, name: str) -> Source:
    """One that is kept. Raises NotFound."""
    held = await visit.ask(lambda: Sources(visit.store).sources.get(name))
    if held is None:
        raise NotFound
    return held


async def noted(visit: Visit, name: str, detail: str) -> None:
    """What was done to a source is in the audit log."""
    note = Note(visit.actor, "source", name, detail)
    await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result())


def _fails(row: SourceRow) -> bool:
    return row.health.failures > 0 and not row.source.paused


def _advised(say: Callable[[str], str], health: Health | None) -> str:
    return say(advice(health.trouble)) if health is not None and health.trouble else ""


def _open(url: str) -> str:
    """An address without what may be a key in it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="…" if parts.query else "").geturl()


def _shown(health: Health, source: Source, *, may_change: bool) -> Health:
    """How it goes, in letters that can be seen, and without what may be a key in the address."""
    error = health.error if may_change else health.error.replace(source.url, _open(source.url))
    broken = tuple(
        msgspec.structs.replace(each, title=visible(each.title), why=visible(each.why)) for each in health.broken
    )
    return msgspec.structs.replace(
        health, error=visible(error), broken=broken, reasons=tuple(map(visible, health.reasons))
    )


SOURCES = (sources, read_source, pause_source, remove_source, settle_gone)
