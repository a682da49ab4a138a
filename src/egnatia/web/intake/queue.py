"""The queue of what was reported: the list, those that are open first, and how it went in the last thirty days."""

from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import ClassVar, Final

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.formats.extraction import extract
from egnatia.web.frame import Content
from egnatia.web.intake.tip import DAY, OPEN, Tip, Tips, readable
from egnatia.web.language.speech import N_
from egnatia.web.permission import Permission
from egnatia.web.portal.reporting import KINDS
from egnatia.web.record.text import defanged, visible
from egnatia.web.visit import Visit

SPAN: Final = 30 * DAY
STATES: Final[dict[str, tuple[str, str]]] = {
    "new": (N_("New"), "warn"),
    "taken": (N_("Taken"), "info"),
    "asked": (N_("Asked back"), "info"),
    "dismissed": (N_("Dismissed"), "plain"),
    "record": (N_("Made a record"), "good"),
    "case": (N_("Made a case"), "good"),
    "duplicate": (N_("Merged into another"), "plain"),
}


class TipRow(msgspec.Struct, frozen=True, kw_only=True):
    """A report in the list."""

    id: str
    title: str
    kind: str
    state: str
    state_kind: str
    at: int
    by: str
    taken_by: str
    has_file: bool


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """How it went in the last thirty days. `wait` is the median of the time until somebody looked, in words; empty
    where nobody has looked at any."""

    received: int
    kinds: tuple[tuple[str, int], ...]
    outcomes: tuple[tuple[str, int], ...]
    wait: str


class QueuePage(Content, frozen=True, kw_only=True):
    """All reports, those that are open first."""

    template: ClassVar[str] = "intake/queue.html"
    open: tuple[TipRow, ...]
    settled: tuple[TipRow, ...]
    figures: Figures
    portal: str
    now: int


@get("/triage")
async def queue(visit: NamedDependency[Visit]) -> Response[str]:
    """What was reported."""
    tips = tips_of(visit)

    def look() -> QueuePage:
        rows = [(tip, row(visit, tips, tip)) for tip in tips.latest()]
        return QueuePage(
            title=visit.speech.gettext("Reports"),
            open=tuple(row for tip, row in rows if tip.state in OPEN),
            settled=tuple(row for tip, row in rows if tip.state not in OPEN),
            figures=figures(visit, tips.all()),
            portal="/public" if visit.premises.settings.portal.open else "",
            now=visit.now,
        )

    return visit.page(await visit.ask(look))


def tips_of(visit: Visit) -> Tips:
    """The reports, for people of the organisation that operates the node; raises NotFound for everybody else."""
    visit.require(Permission.TRIAGE)
    if visit.visitor.organisation != visit.premises.own:
        raise NotFound
    return Tips(visit.store, visit.premises.secret)


def figures(visit: Visit, tips: Sequence[Tip]) -> Figures:
    """Those that came in the last thirty days, counted."""
    say = visit.speech.gettext
    fresh = [each for each in tips if visit.now - each.at < SPAN]
    kinds, outcomes = Counter[str](each.kind for each in fresh), Counter[str](each.state for each in fresh)
    waits = [each.steps[0].at - each.at for each in fresh if each.steps]
    return Figures(
        received=len(fresh),
        kinds=tuple((say(words), kinds[name]) for name, words in KINDS.items() if kinds[name]),
        outcomes=tuple((say(words), outcomes[name]) for name, (words, _) in STATES.items() if outcomes[name]),
        wait=visit.speech.length(f"PT{max(1, int(median(waits)) // 60_000_000)}M") if waits else "",
    )


def row(visit: Visit, tips: Tips, tip: Tip) -> TipRow:
    """A report as the list shows it."""
    say = visit.speech.gettext
    words, kind = STATES[tip.state]
    content = readable(tips, tip)
    subject = dict(content.mail.heads).get("Subject", "") if content.mail is not None else ""
    title = content.title or subject or content.link or content.text
    return TipRow(
        id=tip.id,
        title=visible(" ".join(harmless(title[:300]).split())[:120]),
        kind=say(KINDS[tip.kind]),
        state=say(words),
        state_kind=kind,
        at=tip.at,
        by=visible(tip.by_name) if tip.by else say("the public"),
        taken_by=visible(tip.taken_by),
        has_file=tip.has_file,
    )


def harmless(text: str) -> str:
    """The text with all that it names defanged."""
    for each in sorted(extract(text), key=lambda value: -len(value.value)):
        if each.type in {"url", "domain-name", "ipv4-addr", "ipv6-addr", "email-addr"}:
            text = text.replace(each.value, defanged(each.value))
    return text
