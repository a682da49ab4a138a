"""Who says what an indicator says, side by side, and what that is worth now; what each organisation thinks of it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

import msgspec

from egnatia.cyber.intel.board import Detected
from egnatia.cyber.intel.course import course
from egnatia.cyber.intel.sameness import Chorus, Voice, choruses
from egnatia.cyber.intel.score import Reliability
from egnatia.cyber.intel.source import Sources
from egnatia.cyber.intel.warning_index import WarningLists, warning_lists
from egnatia.exchange.shown import TLP_NAMES
from egnatia.policy.meet import strictest_tlp
from egnatia.record import Invalid
from egnatia.store import Row
from egnatia.web.record.aging import Aging, aging
from egnatia.web.record.name import Names
from egnatia.web.record.subject import Subject
from egnatia.web.record.text import defanged, visible
from egnatia.web.record.vocabulary import RELIABILITIES
from egnatia.web.visit import Visit

DRAWN: Final = 3
"""Of a record with more values than these, the others have no picture of their course."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One record that says it; times in microseconds UTC; the reliability of its source in words
    (empty for whom that is not)."""

    href: str
    owner: str
    author: str
    tlp: str
    confidence: int | None
    at: int
    until: int | None
    revoked: bool
    here: bool
    reliability: str


class Worth(msgspec.Struct, frozen=True, kw_only=True):
    """One value: what it is worth from 0 to 100, who says so, how many saw it, who doubts and who confirms it, and
    what the visitor's own organisation said last (an opinion of STIX, empty for none); how its worth goes over time;
    the warning list that it is on (empty for none)."""

    value: str
    score: int
    sources: int
    seen: int
    doubts: tuple[str, ...]
    agrees: tuple[str, ...]
    own: str
    lines: tuple[Line, ...]
    aging: Aging | None = None
    warned: str = ""


def worths(visit: Visit, about: Subject) -> tuple[tuple[Worth, ...], tuple[Row, ...]]:
    """What each value of an indicator is worth, with the rows that this releases. Asks the store."""
    now = datetime.now(UTC)
    grades = Sources(visit.store).reliabilities() if about.row.type == "indicator" else {}
    found = choruses(visit.store, about.clearance, about.row, now, grades)
    ids = [each for chorus in found for voice in chorus.voices for each in (voice.row.owner, voice.source)]
    others = [vote.organisation for chorus in found for vote in chorus.votes]
    others += [seen.organisation for chorus in found for seen in chorus.seen]
    names = Names.of(visit.store, about.clearance, [*ids, *others], visit.speech, about.known)
    rows = tuple(voice.row for chorus in found for voice in chorus.voices)
    lists = _lists(visit) if found else None
    made = tuple(
        msgspec.structs.replace(
            _worth(visit, about, each, names, grades),
            warned=_warned(lists, each.detected),
            aging=_aging(visit, each, names, now, grades) if number < DRAWN else None,
        )
        for number, each in enumerate(found)
    )
    return made, (*rows, *names.rows.values())


def _lists(visit: Visit) -> WarningLists | None:
    """The warning lists of the node; None where a file among them cannot be read, which publishing tells."""
    try:
        return warning_lists(visit.premises.settings.data)
    except Invalid:
        return None


def _warned(lists: WarningLists | None, detected: Detected) -> str:
    """The warning list that a value is on; a rule of another language is on none."""
    found = None if lists is None or ":" not in detected.kind else lists.warned(detected.kind, detected.value)
    return "" if found is None else found.list


def _aging(
    visit: Visit, chorus: Chorus, names: Names, now: datetime, grades: Mapping[str, Reliability]
) -> Aging | None:
    found = course(chorus, now, grades)
    if found is None:
        return None
    return aging(visit.speech, found, chorus.detected.about, {each.by: _called(names, each.by) for each in found.marks})


def _called(names: Names, source: str) -> str:
    """A list that somebody brought in is a source by its name, everybody else by their identity."""
    return visible(names.named(source).name if "--" in source else source)


def _worth(visit: Visit, about: Subject, chorus: Chorus, names: Names, grades: Mapping[str, Reliability]) -> Worth:
    last = {vote.organisation: vote.opinion for vote in chorus.votes}

    def who(*opinions: str) -> tuple[str, ...]:
        return tuple(visible(names.named(each).name) for each, said in last.items() if said in opinions)

    return Worth(
        value=visible(defanged(chorus.detected.value))[:300],
        score=chorus.score.value,
        sources=len(chorus.sources),
        seen=len({each.organisation for each in chorus.seen}),
        doubts=who("strongly-disagree", "disagree"),
        agrees=who("strongly-agree", "agree"),
        own=last.get(visit.visitor.organisation or "", ""),
        lines=tuple(_line(about, voice, names, _grade(visit, grades, voice.source)) for voice in chorus.voices),
    )


def _grade(visit: Visit, grades: Mapping[str, Reliability], source: str) -> str:
    """How reliable the operator of the node finds a source, in words; for its own people, who are told nothing by it
    of what the source should not hear."""
    if visit.visitor.organisation != visit.premises.settings.organisation.id:
        return ""
    return visit.speech.gettext(RELIABILITIES[grades.get(source, "F")])


def _line(about: Subject, voice: Voice, names: Names, reliability: str) -> Line:
    row = voice.row
    return Line(
        href=f"/records/{row.id}?owner={quote(row.owner)}",
        owner=visible(names.named(row.owner).name),
        author=_called(names, voice.source) if voice.source != row.owner else "",
        tlp=TLP_NAMES[strictest_tlp(row.label)],
        confidence=voice.confidence,
        at=int(voice.at.timestamp() * 1_000_000),
        until=None if voice.until is None else int(voice.until.timestamp() * 1_000_000),
        revoked=voice.revoked,
        here=row.id == about.row.id and row.owner == about.row.owner,
        reliability=reliability,
    )
