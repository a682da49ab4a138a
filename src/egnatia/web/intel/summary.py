"""A threat landscape in words: figures with their trend, tables, what is new, who says so, how it may be passed on.

The page and the PDF say the same: both are made from this.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

import msgspec

from egnatia.cyber.intel.landscape import Counted, Landscape
from egnatia.cyber.intel.matrix import every_technique_name
from egnatia.exchange.shown import TLP_NAMES
from egnatia.policy.clearance import Clearance
from egnatia.policy.meet import strictest_tlp
from egnatia.store import Row, Store
from egnatia.web.card import UNKNOWN, Organisations
from egnatia.web.language import Speech
from egnatia.web.record.faces import kind_words
from egnatia.web.record.name import Names, decoded, name_of
from egnatia.web.record.text import visible
from egnatia.web.record.vocabulary import VOCABULARIES

SECTORS: Final = VOCABULARIES["industry-sector"]
FEW: Final = 5
"""Of fewer records before, a share would say nothing."""


class Reader(msgspec.Struct, frozen=True):
    """Who reads it: from which store, with which clearance, in which language."""

    store: Store
    clearance: Clearance
    speech: Speech


class Figure(msgspec.Struct, frozen=True):
    """One figure with its trend in words."""

    words: str
    value: int
    trend: str


class Line(msgspec.Struct, frozen=True):
    """One row of a table: what it is and where it leads, how many records and organisations tell of it, the trend."""

    words: str
    href: str
    count: int
    organisations: int
    trend: str


class Part(msgspec.Struct, frozen=True):
    """One table."""

    title: str
    head: str
    lines: tuple[Line, ...]


class Fresh(msgspec.Struct, frozen=True):
    """A record that was made in the period."""

    name: str
    kind: str
    owner: str
    tlp: str
    at: datetime
    href: str


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, in the reader's language. `marking` is the strictest TLP of what is in it."""

    title: str
    subtitle: str
    compared: str
    start: datetime
    figures: tuple[Figure, ...]
    parts: tuple[Part, ...]
    fresh: tuple[Fresh, ...]
    more: int
    sources: tuple[Line, ...]
    marking: str
    named: bool
    complete: bool
    kosovo: bool


def summary(reader: Reader, found: Landscape, economy: str, sector: str, organisations: Organisations) -> Summary:
    """A landscape in words. Asks the store for names: call it from a thread."""
    speech, clearance = reader.speech, reader.clearance
    say = speech.gettext
    named = Names.of(reader.store, clearance, [each.key for each in (*found.actors, *found.means)], speech)
    techniques: Mapping[str, str] = every_technique_name(reader.store, clearance)
    rows = {row.id: row for row in reversed(reader.store.get(clearance, [each.id for each in found.new]))}
    period, before = found.period, found.period.before

    def name(key: str) -> str:
        return named.named(key).name if key in named.rows else ""

    def sector_of(key: str) -> str:
        return visible(say(SECTORS.get(key, key)))

    def part(title: str, head: str, counts: Sequence[Counted], words: Callable[[str], str], href: str) -> Part:
        return Part(title, head, _lines(reader, counts, words, href))

    where = [speech.economy(economy.upper())] if economy else []
    where += [sector_of(sector)] if sector else []
    parts = (
        part(
            say("Techniques"),
            say("Technique"),
            found.techniques,
            lambda key: _technique(key, techniques),
            "/intel?q=technique:{}",
        ),
        part(say("Adversaries and campaigns"), say("Name"), found.actors, name, "/intel/actors/{}"),
        part(say("Malware and tools"), say("Name"), found.means, name, "/records/{}"),
        part(say("Sectors"), say("Sector"), found.sectors, sector_of, "/intel?q=sector:{}"),
        part(
            say("Economies"),
            say("Economy"),
            found.economies,
            lambda key: speech.economy(key.upper() if len(key) == 2 else key),
            "/intel?q=economy:{}",
        ),
        part(say("Indicators by kind"), say("Kind"), found.kinds, lambda key: visible(say(kind_words(key))), ""),
    )
    owners = (organisations.get(each.key) for each in found.sources)
    shown = {each.key for each in found.economies} | {economy} | {each.economy.lower() for each in owners if each}
    return Summary(
        title=say("Threat landscape"),
        subtitle=" · ".join([*where, f"{speech.day(period.start)} – {speech.day(_last(period.end))}"]),
        compared=say(
            "Compared with %(start)s – %(end)s", start=speech.day(before.start), end=speech.day(_last(before.end))
        ),
        start=period.start,
        figures=(
            Figure(say("Records"), found.records.now, trend(reader, found.records)),
            Figure(say("Indicators"), found.indicators.now, trend(reader, found.indicators)),
            Figure(say("Reports"), found.reports.now, trend(reader, found.reports)),
            Figure(say("Techniques told of"), found.technique_count, ""),
        ),
        parts=tuple(part for part in parts if part.lines),
        fresh=tuple(
            _fresh(reader, rows[each.id], each.at, organisations) for each in found.new if each.id in rows
        ),
        more=max(0, found.new_count - len(found.new)),
        sources=_lines(reader, found.sources, lambda key: _owner(reader, key, organisations), ""),
        marking=f"TLP:{TLP_NAMES[found.tlp].upper()}",
        named=found.named,
        complete=found.complete,
        kosovo="xk" in shown,
    )  # fmt: skip


def trend(reader: Reader, counted: Counted) -> str:
    """How it compares with the period before."""
    change = counted.now - counted.before
    if not counted.before:
        return reader.speech.gettext("new") if counted.now else ""
    if change == 0:
        return reader.speech.gettext("as before")
    sign = "+" if change > 0 else "−"
    said = f"{sign}{reader.speech.number(abs(change))}"
    if counted.before < FEW:
        return said
    return f"{said} ({sign}{reader.speech.percent(abs(change) / counted.before)})"


def _last(end: datetime) -> datetime:
    """The last day of a period, whose end is not part of it."""
    return end - timedelta(microseconds=1)


def _lines(reader: Reader, counts: Sequence[Counted], words: Callable[[str], str], href: str) -> tuple[Line, ...]:
    """Rows of a table, those left out whose names the reader may not see."""
    return tuple(
        Line(said, href.format(quote(each.key)) if href else "", each.now, each.organisations, trend(reader, each))
        for each in counts
        if (said := words(each.key))
    )


def _technique(number: str, names: Mapping[str, str]) -> str:
    return f"{number} {visible(names[number])}" if number in names else number


def _owner(reader: Reader, key: str, organisations: Organisations) -> str:
    known = organisations.get(key)
    return visible(known.name) if known else reader.speech.gettext(UNKNOWN)


def _fresh(reader: Reader, row: Row, at: datetime, organisations: Organisations) -> Fresh:
    return Fresh(
        name_of(decoded(row), reader.speech),
        reader.speech.gettext(kind_words(row.type)),
        _owner(reader, row.owner, organisations),
        TLP_NAMES[strictest_tlp(row.label)],
        at,
        f"/records/{row.id}",
    )
