"""The after-action report as a document for print; every page of it says that it is of an exercise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from egnatia.cyber.exercises.game import Game
from egnatia.paper import Bar, Bars, Block, Document, Facts, Heading, Items, Note, Paragraph, Table, pdf
from egnatia.web.visit import Visit

if TYPE_CHECKING:
    from egnatia.web.exercises.console import Hand
    from egnatia.web.exercises.reporting import ReportPage


def composed(visit: Visit, game: Game, page: ReportPage) -> bytes:
    """The report as PDF in the visitor's language."""
    return pdf(document(visit, game, page))


def document(visit: Visit, game: Game, page: ReportPage) -> Document:
    """The report as a document."""
    say = visit.speech.gettext
    return Document(
        title=say("After-action report"),
        subtitle=say(game.title),
        language=visit.language.code,
        made_at=datetime.now(UTC),
        marking="TLP:AMBER",
        banner=say("EXERCISE"),
        author=visit.premises.settings.organisation.name,
        blocks=tuple(_blocks(visit, game, page)),
        footnotes=(say("Kosovo*: this designation is without prejudice to positions on status, and is in line with "
                       "UNSCR 1244/1999 and the ICJ Opinion on the Kosovo declaration of independence."),),
    )  # fmt: skip


def _blocks(visit: Visit, game: Game, page: ReportPage) -> Iterator[Block]:
    say = visit.speech.gettext
    yield Note(f"{say('EXERCISE')}: {say(game.title)}. {say('Nothing on this page is real.')}", "warn")
    if page.story:
        yield Paragraph(" ".join(say(page.story).split()))
    facts = [(say("Result"), _percent(page.overall))]
    facts += [(say(each.title), ", ".join(_names(visit, each.organisations))) for each in game.places]
    yield Facts(facts)
    yield Heading(say("Objectives"))
    yield Bars([Bar(say(each.title), each.percent or 0, _percent(each.percent)) for each in page.objectives])
    yield Heading(say("Teams"))
    yield Bars([Bar(say(each.title), each.percent or 0, _percent(each.percent)) for each in page.teams])
    if page.people:
        yield Table(
            [say("Person"), say("Team"), say("Actions"), say("Result of the team")],
            [[each.login, say(each.team), str(each.acts), _percent(each.percent)] for each in page.people],
        )
    yield Heading(say("Hand-overs"))
    yield Table(
        [say("Hand-over"), say("From, to"), say("How it stands"), say("Minutes")],
        [[say(each.title), each.way, say(each.words), _minutes(each)]
         for each in page.hands],
        empty=say("None."),
    )  # fmt: skip
    yield Heading(say("Expectations"))
    yield Table(
        [say("Expectation"), say("Team"), say("Due"), say("Done"), say("How it stands")],
        [[say(each.title), say(each.team), _moment(visit, each.due), _moment(visit, each.met), say(each.words)]
         for each in page.expected],
        widths=(5, 3, 3, 3, 2),
    )  # fmt: skip
    yield Heading(say("Findings"))
    yield Items([each.text for each in page.findings] or [say("None.")])
    yield Heading(say("Follow-up actions"))
    yield Items([each.text for each in page.actions] or [say("None.")])
    yield Heading(say("What happened"))
    yield Table(
        [say("Time"), say("Inject"), say("For"), say("Why then")],
        [[_moment(visit, each.at), say(each.title), ", ".join(map(say, each.to)), each.why] for each in page.happened],
        widths=(3, 5, 4, 3),
    )
    yield Heading(say("Notes of the observers"))
    yield Items(
        [f"{_names(visit, [each.author])[0]}, {each.person}: {each.text}" for each in page.notes] or [say("None.")]
    )


def _minutes(hand: Hand) -> str:
    return "–" if hand.minutes is None else f"{hand.minutes:.0f} / {hand.within}"


def _percent(value: int | None) -> str:
    return "–" if value is None else f"{value} %"


def _moment(visit: Visit, at: int | None) -> str:
    return "–" if at is None else visit.speech.moment(at, "short")


def _names(visit: Visit, organisations: Iterable[str]) -> list[str]:
    names = {each.id: each.name for each in visit.premises.organisations()}
    return sorted(names.get(each, each) for each in organisations)
