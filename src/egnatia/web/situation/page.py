"""The situation: what is new in the region for this reader, at a glance, and live."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, ClassVar, Final, Literal

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from markupsafe import Markup

from egnatia.exchange.host import PeerStatus
from egnatia.exchange.peer.pairing import State
from egnatia.exchange.shown import TLP_NAMES
from egnatia.policy.directory import Agreement, in_force
from egnatia.store.entry import Row
from egnatia.store.query import LAST, Query
from egnatia.store.tally import HOUR, Tallied
from egnatia.web.card import Card, Organisations, by_id, cards, major
from egnatia.web.chart import Chart, Series
from egnatia.web.feed.saved import SavedShown, new_of
from egnatia.web.frame import Content
from egnatia.web.language import Speech
from egnatia.web.language.speech import ECONOMIES
from egnatia.web.live import stream_at
from egnatia.web.permission import Permission
from egnatia.web.record.faces import kind_words
from egnatia.web.record.vocabulary import VOCABULARIES
from egnatia.web.sieve import Sieve, address
from egnatia.web.situation.figures import SPANS, Figures, Span, figures, labels, others
from egnatia.web.situation.point import Point
from egnatia.web.situation.sector import NEWEST as LOOKED_AT
from egnatia.web.situation.sector import sectors
from egnatia.web.visit import Visit

NEWEST: Final = 8
SOON: Final = timedelta(days=30)
"""An agreement that ends within this is shown."""

TOP: Final = 4
"""Kinds that are drawn by themselves; the others are drawn together."""

SpanName = Annotated[Literal["day", "week", "month"], QueryParameter(name="span", description="How far back")]


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """One kind with its number and its course."""

    words: str
    count: int
    href: str
    spark: Markup


class Ending(msgspec.Struct, frozen=True):
    """An agreement of the reader's organisation that ends soon."""

    href: str
    until: datetime


class Exchange(msgspec.Struct, frozen=True):
    """How the exchange with the peers goes: how many there are, how many are in touch, what they still owe."""

    peers: int
    well: int
    lag: int


class Awaits(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for this reader."""

    saved: tuple[SavedShown, ...]
    ending: tuple[Ending, ...]
    unsigned: int
    exchange: Exchange | None


class SituationPage(Content, frozen=True, kw_only=True):
    """The situation of one span. `since` is set where not all of it is counted yet, microseconds UTC."""

    template: ClassVar[str] = "situation/page.html"
    script: ClassVar[str] = "live.js"
    span: str
    spans: tuple[tuple[str, str], ...]
    here: str
    figures: Figures
    since: int | None
    spark: Markup
    tiles: tuple[Tile, ...]
    picture: Markup
    points: tuple[Point, ...]
    newest_by_code: Mapping[str, int]
    course: Chart
    handling: Chart
    sectors: tuple[tuple[str, int], ...]
    looked_at: int
    cards: tuple[Card, ...]
    awaits: Awaits
    stream: str
    days: int


class Read(msgspec.Struct, frozen=True):
    """What one look at the store gave."""

    tallied: Tallied
    rows: tuple[Row, ...]
    sectors: Counter[str]
    awaits: Awaits


@get("/")
async def situation(visit: NamedDependency[Visit], span: SpanName = "week") -> Response[str]:
    """The region now."""
    looked = SPANS[span]
    organisations = by_id(await visit.ask(visit.premises.organisations))
    here = visit.surface.live.position
    read = await visit.ask(lambda: _read(visit, looked))
    await visit.surface.releases.note(visit.visitor.caller, "page", read.rows)
    return visit.page(_page(visit, looked, read, organisations, here))


def _read(visit: Visit, span: Span) -> Read:
    clearance, store = visit.clearance(), visit.store
    start = visit.now - span.hours * HOUR
    return Read(
        store.tally.counts(clearance, start - span.hours * HOUR),
        store.changes(clearance, 0, NEWEST, Query(types=major(), versions=(LAST,), newest_first=True)).rows,
        sectors(store, clearance, start),
        awaits(visit),
    )


def _page(visit: Visit, span: Span, read: Read, organisations: Organisations, here: int) -> SituationPage:
    from egnatia.web.drawing import sparkline  # noqa: PLC0415  drawing is heavy, and an idle node draws nothing
    from egnatia.web.situation.picture import drawn  # noqa: PLC0415

    speech = visit.speech
    counted = figures(read.tallied, span, visit.now, organisations)
    steps = labels(span, visit.now, speech.moment)
    days = span.hours // 24
    points = _points(counted, speech, days)
    start = visit.now - span.hours * HOUR
    return SituationPage(
        title=speech.gettext("Situation"),
        span=span.name,
        spans=_spans(speech),
        here=f"/?span={span.name}",
        figures=counted,
        since=read.tallied.since if read.tallied.since > start else None,
        spark=sparkline(speech.gettext("New records over time"), counted.steps),
        tiles=_tiles(counted, speech, days),
        picture=drawn(points, speech.gettext("Where new records come from")),
        points=points,
        newest_by_code=counted.newest,
        course=_course(counted, steps, speech),
        handling=_handling(counted, speech),
        sectors=_sectors(read.sectors, speech),
        looked_at=LOOKED_AT,
        cards=cards(read.rows, organisations, speech),
        awaits=read.awaits,
        stream=stream_at(visit, here, Sieve()),
        days=days,
    )


def _spans(speech: Speech) -> tuple[tuple[str, str], ...]:
    words = {"day": speech.gettext("24 hours"), "week": speech.gettext("7 days"), "month": speech.gettext("30 days")}
    return tuple((f"/?span={name}", words[name]) for name in SPANS)


def _tiles(counted: Figures, speech: Speech, days: int) -> tuple[Tile, ...]:
    from egnatia.web.drawing import sparkline  # noqa: PLC0415

    def tile(kind: str, count: int, row: Sequence[int]) -> Tile:
        words = speech.gettext(kind_words(kind))
        return Tile(words=words, count=count, href=_feed(Sieve(type=kind), days), spark=sparkline(words, row))

    return tuple(tile(*each) for each in counted.kinds[:TOP])


def _points(counted: Figures, speech: Speech, days: int) -> tuple[Point, ...]:
    codes = [code for code, _ in speech.economies(ECONOMIES)]
    return tuple(
        Point(
            code=code,
            name=speech.economy(code),
            count=counted.economies[code],
            said=speech.ngettext("%(count)s record", "%(count)s records", counted.economies[code]),
            href=_feed(Sieve(economy=code), days),
        )
        for code in (*codes, "regional")
    )


def _feed(sieve: Sieve, days: int) -> str:
    return address("/feed", msgspec.convert({**msgspec.structs.asdict(sieve), "days": days}, Sieve))


def _course(counted: Figures, steps: tuple[str, ...], speech: Speech) -> Chart:
    from egnatia.web.drawing import bars  # noqa: PLC0415

    series = [Series(speech.gettext(kind_words(kind)), row) for kind, _, row in counted.kinds[:TOP]]
    if rest := others(counted.kinds[TOP:]):
        series.append(Series(speech.gettext("Others"), rest))
    return bars(speech, speech.gettext("New records over time, by type"), steps, series)


def _handling(counted: Figures, speech: Speech) -> Chart:
    from egnatia.web.drawing import donut  # noqa: PLC0415

    parts = [(f"TLP:{name.upper()}", float(counted.tlps[name])) for name in TLP_NAMES.values()]
    return donut(speech, speech.gettext("By handling (TLP)"), parts)


def _sectors(found: Counter[str], speech: Speech) -> tuple[tuple[str, int], ...]:
    words = VOCABULARIES["industry-sector"]
    named = [(speech.gettext(words[each]) if each in words else each, count) for each, count in found.items()]
    return tuple(sorted(named, key=lambda each: (-each[1], each[0]))[:8])


def awaits(visit: Visit) -> Awaits:
    """What waits for the visitor. Asks the store."""
    now = datetime.fromtimestamp(visit.now / 1_000_000, UTC)
    own = visit.visitor.organisation
    agreements = [each for each in visit.premises.directory().agreements if own is not None and own in each.parties]
    peers = visit.premises.peers() if visit.visitor.may(Permission.SEE_PEERS) else ()
    return Awaits(
        saved=new_of(visit),
        ending=tuple(sorted(_ending(agreements, now), key=lambda each: each.until)),
        unsigned=sum(own not in each.signed and not each.terminated for each in agreements),
        exchange=_exchange(peers) if peers else None,
    )


def _ending(agreements: Sequence[Agreement], now: datetime) -> list[Ending]:
    return [
        Ending(f"/records/{each.id}", each.valid_until)
        for each in agreements
        if each.valid_until is not None and in_force(each, now) and each.valid_until - now < SOON
    ]


def _exchange(peers: Sequence[PeerStatus]) -> Exchange:
    well = sum(each.state == State.CONFIRMED and each.last_contact is not None and not each.error for each in peers)
    return Exchange(len(peers), well, sum(each.lag for each in peers))
