"""Adversaries and campaigns: who they are, what they do, to whom, with what, and by which signs they are found."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar, Final
from urllib.parse import quote

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from egnatia.cyber.intel.matrix import ATTACK, DISARM
from egnatia.cyber.intel.profile import ACTORS, Profile, Way, profile
from egnatia.cyber.intel.sameness import Chorus, choruses
from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.taxii.filter import is_identifier
from egnatia.store import Page, Query, Row
from egnatia.store.query import LAST
from egnatia.web.card import Card, by_id, cards
from egnatia.web.frame import Content
from egnatia.web.intel.grid import Column, Mark, columns
from egnatia.web.intel.moments import Times, began_at, ended_at, times
from egnatia.web.record.name import decoded, name_of
from egnatia.web.record.sides import micros
from egnatia.web.record.text import defanged, visible
from egnatia.web.record.vocabulary import VOCABULARIES
from egnatia.web.visit import Visit

SECTORS: Final = VOCABULARIES["industry-sector"]
PAGE: Final = 40
SCORED: Final = 20
"""How many of the newest indicators are scored on the page."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """An adversary in the list; times in microseconds UTC."""

    card: Card
    aliases: tuple[str, ...]
    began: int | None
    ended: int | None


class ActorsPage(Content, frozen=True, kw_only=True):
    """Adversaries and campaigns, the newest first or by words."""

    template: ClassVar[str] = "intel/actors.html"
    q: str
    kind: str
    kinds: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]
    older: str


class Sign(msgspec.Struct, frozen=True, kw_only=True):
    """One indicator: the value that it finds, what that is worth, and how many say it."""

    href: str
    kind: str
    value: str
    score: int
    sources: int
    until: int | None


class ActorPage(Content, frozen=True, kw_only=True):
    """One adversary or campaign."""

    template: ClassVar[str] = "intel/actor.html"
    id: str
    card: Card
    names: tuple[str, ...]
    text: str
    lang: str
    facts: tuple[tuple[str, tuple[str, ...]], ...]
    began: int | None
    ended: int | None
    behind: tuple[Card, ...]
    campaigns: tuple[Card, ...]
    same: tuple[Card, ...]
    means: tuple[Card, ...]
    reports: tuple[Card, ...]
    attack: tuple[Column, ...]
    disarm: tuple[Column, ...]
    loose: tuple[Mark, ...]
    economies: tuple[str, ...]
    sectors: tuple[str, ...]
    others: tuple[Card, ...]
    signs: tuple[Sign, ...]
    indicators: int
    times: Times | None


@get("/intel/actors")
async def actors(
    visit: NamedDependency[Visit], q: FromQuery[str] = "", kind: FromQuery[str] = "", before: FromQuery[str] = ""
) -> Response[str]:
    """Adversaries and campaigns."""
    clearance = visit.clearance()
    words, kind = q.strip()[:400], kind if kind in ACTORS else ""
    after = visit.surface.resume(before) if before else 0
    query = Query(types=(kind,) if kind else ACTORS, versions=(LAST,), newest_first=True)

    def read() -> Page:
        if words:
            return Page(visit.store.search(clearance, words, query, PAGE), 0, more=False)
        return visit.store.changes(clearance, after, PAGE, query)

    page = await visit.ask(read)
    await visit.surface.releases.note(visit.visitor.caller, "page", page.rows)
    shown = cards(page.rows, by_id(await visit.ask(visit.premises.organisations)), visit.speech)
    say = visit.speech.gettext
    content = ActorsPage(
        title=say("Adversaries and campaigns"),
        q=words,
        kind=kind,
        kinds=(
            ("", say("All")),
            ("intrusion-set", say("Intrusion set")),
            ("threat-actor", say("Threat actor")),
            ("campaign", say("Campaign")),
        ),
        lines=tuple(_line(card, row) for card, row in zip(shown, page.rows, strict=True)),
        older=f"/intel/actors?kind={kind}&before={visit.surface.mark(page.next)}" if page.more else "",
    )
    return visit.page(content)


@get("/intel/actors/{record:str}")
async def actor(visit: NamedDependency[Visit], record: FromPath[str]) -> Response[str]:
    """One adversary or campaign."""
    clearance = visit.clearance()
    asked = record if is_identifier(record) else ""
    now = datetime.now(UTC)

    def read() -> tuple[Profile, tuple[tuple[Row, tuple[Chorus, ...]], ...]] | None:
        made = profile(visit.store, clearance, asked)
        if made is None:
            return None
        return made, tuple((row, choruses(visit.store, clearance, row, now)) for row in made.signs[:SCORED])

    answer = await visit.ask(read)
    if answer is None:
        raise NotFound
    made, scored = answer
    shown = (made.row, *made.behind, *made.campaigns, *made.means, *made.targets, *made.signs, *made.reports)
    voices = [voice.row for _, several in scored for each in several for voice in each.voices]
    rows = {row.position: row for row in (*shown, *made.same, *voices)}
    await visit.surface.releases.note(visit.visitor.caller, "page", tuple(rows.values()))
    return visit.page(_page(visit, made, scored))


def _page(visit: Visit, made: Profile, scored: Sequence[tuple[Row, tuple[Chorus, ...]]]) -> ActorPage:
    stix, speech = decoded(made.row), visit.speech
    organisations = by_id(visit.premises.organisations())

    def carded(rows: Sequence[Row]) -> tuple[Card, ...]:
        return cards(rows, organisations, speech)

    began, ended = began_at(stix), ended_at(stix)
    loose = tuple(each for each in made.techniques if not each.tactics)
    dated = (made.row, *made.campaigns, *made.means, *made.signs, *made.reports)
    return ActorPage(
        title=name_of(stix, speech),
        id=made.row.id,
        card=carded((made.row,))[0],
        names=tuple(map(visible, made.names)),
        text=visible(str(stix.get("description", "")))[:5_000],
        lang=str(stix.get("lang", ""))[:20],
        facts=tuple(_facts(visit, stix)),
        began=None if began is None else int(began.timestamp() * 1_000_000),
        ended=None if ended is None else int(ended.timestamp() * 1_000_000),
        behind=carded(made.behind),
        campaigns=carded(made.campaigns),
        same=carded(made.same),
        means=carded(made.means),
        reports=carded(made.reports),
        attack=columns(ATTACK, _marks(made.techniques, ATTACK)),
        disarm=columns(DISARM, _marks(made.techniques, DISARM)),
        loose=tuple(_mark(each) for each in loose),
        economies=made.economies,
        sectors=tuple(visible(speech.gettext(SECTORS.get(each, each))) for each in made.sectors),
        others=carded(tuple(row for row in made.targets if row.type not in {"location", "identity"})),
        signs=tuple(sorted(_signs(visit, scored), key=lambda each: -each.score)),
        indicators=made.indicators,
        times=times(dated, speech),
    )


def _facts(visit: Visit, stix: dict[str, object]) -> list[tuple[str, tuple[str, ...]]]:
    """What its record says of it in words of vocabularies, and its goals."""
    say = visit.speech.gettext
    asked = (
        ("threat_actor_types", "threat-actor-type", say("Kind")),
        ("roles", "threat-actor-role", say("Roles")),
        ("sophistication", "threat-actor-sophistication", say("Sophistication")),
        ("resource_level", "attack-resource-level", say("Resources")),
        ("primary_motivation", "attack-motivation", say("Motivation")),
        ("goals", "", say("Goals")),
        ("objective", "", say("Goals")),
    )
    told = []
    for name, vocabulary, words in asked:
        value = stix.get(name)
        several = (
            [value] if isinstance(value, str) else [str(each) for each in value] if isinstance(value, list) else []
        )
        known = VOCABULARIES.get(vocabulary, {})
        if several:
            told.append((words, tuple(visible(say(known[each]) if each in known else each) for each in several)))
    return told


def _marks(ways: Sequence[Way], order: tuple[str, ...]) -> dict[str, list[Mark]]:
    marks: dict[str, list[Mark]] = {}
    for way in ways:
        for _, tactic in way.tactics:
            if tactic in order:
                marks.setdefault(tactic, []).append(_mark(way))
    return marks


def _mark(way: Way) -> Mark:
    return Mark(number=way.number, name=visible(way.name), href=f"/records/{way.id}")


def _line(card: Card, row: Row) -> Line:
    stix = decoded(row)
    aliases = stix.get("aliases")
    names = tuple(visible(str(each)) for each in aliases[:6]) if isinstance(aliases, list) else ()
    return Line(card=card, aliases=names, began=micros(stix.get("first_seen")), ended=micros(stix.get("last_seen")))


def _signs(visit: Visit, scored: Sequence[tuple[Row, tuple[Chorus, ...]]]) -> list[Sign]:
    made: dict[object, Sign] = {}
    for row, several in scored:
        for each in several:
            made.setdefault(
                each.detected,
                Sign(
                    href=f"/records/{quote(row.id)}",
                    kind=each.detected.about,
                    value=visible(defanged(each.detected.value))[:200],
                    score=each.score.value,
                    sources=len(each.sources),
                    until=max((int(v.until.timestamp() * 1_000_000) for v in each.voices if v.until), default=None),
                ),
            )
    return list(made.values())
