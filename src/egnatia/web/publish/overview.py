"""The figures of a period as text, for a situation report: only what everybody who will read it may know is counted."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from egnatia.cyber.intel.exploited import exploited
from egnatia.cyber.intel.product import Kind, kind_of
from egnatia.policy import PUBLIC, Clearance, Tlp
from egnatia.store.entry import Row
from egnatia.store.query import LAST, Query
from egnatia.web.language import Speech
from egnatia.web.record.faces import kind_words
from egnatia.web.record.name import decoded, name_of
from egnatia.web.record.text import visible
from egnatia.web.visit import Visit

MOST: Final = 10_000
TYPES: Final = ("report", "incident", "campaign", "indicator", "malware", "vulnerability", "sighting")
TOP: Final = 5


class Overview(msgspec.Struct, frozen=True):
    """A title for the period, and what happened in it as lines."""

    title: str
    text: str


def overview(visit: Visit, spoken: Speech, tlp: str, since: datetime, until: datetime) -> Overview:
    """What came between the two moments, in one language. What is for everyone counts public records alone; what is
    for the community those up to GREEN; what is for fewer besides those the organisation's own."""
    say = spoken.gettext
    clearance, rows = _counted(visit, tlp, since, until)
    kinds = Counter(row.type for row in rows)
    lines = [
        say(
            "In the period from %(since)s to %(until)s the exchange received:",
            since=spoken.day(since),
            until=spoken.day(until),
        ),
        *(f"- {say(kind_words(each))}: {spoken.number(kinds[each])}" for each in TYPES if kinds[each]),
    ]
    if not kinds:
        lines.append(f"- {say('nothing new')}")
    parts = ["\n".join(lines)]
    parts += _list(say("Alerts and advisories"), [name_of(stix, spoken) for stix in _products(rows)])
    parts += _list(say("Techniques named most often"), _most(rows, "attack-pattern", spoken))
    parts += _list(say("Malware named most often"), _most(rows, "malware", spoken))
    seen = [each for each in exploited(visit.store, clearance) if f"{since:%Y-%m-%d}" <= each.dateAdded]
    parts += _list(
        say("Newly exploited vulnerabilities"),
        [visible(f"{each.cveID or each.vulnerabilityName} {each.vendorProject}") for each in seen[:20]],
    )
    title = say("Situation report, %(since)s to %(until)s", since=spoken.day(since), until=spoken.day(until))
    return Overview(title, "\n\n".join(parts))


def _counted(visit: Visit, tlp: str, since: datetime, until: datetime) -> tuple[Clearance, Sequence[Row]]:
    span = Query(
        types=(*TYPES, "attack-pattern"),
        versions=(LAST,),
        since=int(since.timestamp() * 1_000_000),
        until=int(until.timestamp() * 1_000_000),
    )
    store = visit.store
    public = store.changes(PUBLIC, 0, MOST, span).rows
    if tlp not in {"green", "amber", "amber+strict", "red"}:
        return PUBLIC, public
    own = visit.clearance()
    open_ = store.changes(own, 0, MOST, replace(span, tlps=(Tlp.CLEAR, Tlp.GREEN))).rows
    rows = [row for row in open_ if not row.label.audiences and not row.label.agreements and not row.label.personal]
    if tlp != "green":
        level = {"amber": Tlp.AMBER, "amber+strict": Tlp.AMBER_STRICT, "red": Tlp.RED}[tlp]
        mine = store.changes(own, 0, MOST, replace(span, owners=(visit.visitor.organisation or "",))).rows
        rows += [row for row in mine if row.label.tlp <= level and not row.label.personal and not row.label.audiences]
    return PUBLIC, list({(row.id, row.owner): row for row in rows}.values())


def _products(rows: Sequence[Row]) -> list[dict[str, Any]]:
    reports = [decoded(row) for row in rows if row.type == "report"]
    return [stix for stix in reports if kind_of(stix) in {Kind.ALERT, Kind.ADVISORY}][:20]


def _most(rows: Sequence[Row], type_: str, spoken: Speech) -> list[str]:
    named = Counter(name_of(decoded(row), spoken) for row in rows if row.type == type_)
    return [f"{name}: {spoken.number(count)}" for name, count in named.most_common(TOP)]


def _list(title: str, lines: Sequence[str]) -> list[str]:
    return ["\n".join([f"{title}:", *(f"- {line}" for line in lines)])] if lines else []
