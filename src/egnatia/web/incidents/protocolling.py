"""The regional protocol in the product: roles, levels, clocks, thresholds; and what each economy does otherwise."""

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import ClassVar

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from markupsafe import Markup

from egnatia.casework.condition import Unsound
from egnatia.casework.diagram import diagram
from egnatia.casework.library import Library
from egnatia.casework.rulebook import Rulebook
from egnatia.casework.workflow import Conclusion, Deadline, Role
from egnatia.cyber.incidents.protocol import Profile, adapted, differences, profiles, protocol
from egnatia.exchange.api.problem import NotFound
from egnatia.web.frame import Content
from egnatia.web.incidents.tabs import TABS
from egnatia.web.incidents.words import FIGURES, spoken
from egnatia.web.language import Speech
from egnatia.web.language.speech import N_
from egnatia.web.permission import Permission
from egnatia.web.visit import Visit


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a conclusion: its value, by which rule, by whose authority, and who is told."""

    value: str
    when: str
    source: str
    tells: tuple[str, ...]


class Compared(msgspec.Struct, frozen=True):
    """One thing that a profile may say otherwise: what it is, what the protocol says, and each profile in order; empty
    where it says the same."""

    what: str
    protocol: str
    profiles: tuple[str, ...]


class ProfileState(msgspec.Struct, frozen=True, kw_only=True):
    """How a profile stands: `problem` is the contradiction that was found in it, empty for none."""

    economy: str
    version: str
    law: str
    confirmed: str
    note: str
    differs: int
    problem: str


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """One deadline in words: how long, from what, and whether something else has to hold."""

    title: str
    owed_by: str
    owed_to: str
    within: str
    starts: str
    when: str
    source: str


class ProtocolPage(Content, frozen=True, kw_only=True):
    """The protocol, or one economy's profile of it."""

    template: ClassVar[str] = "incidents/protocol.html"
    tabs: tuple[tuple[str, str], ...] = TABS
    version: str
    about: str
    economy: str
    drawing: Markup
    roles: tuple[Role, ...]
    titles: dict[str, str]
    levels: tuple[Level, ...]
    significance: tuple[Level, ...]
    major: tuple[Level, ...]
    deadlines: tuple[Clock, ...]
    states: tuple[ProfileState, ...]
    compared: tuple[Compared, ...]


@get("/incidents/protocol")
async def page(visit: NamedDependency[Visit], economy: FromQuery[str] = "") -> Response[str]:
    """The protocol; with an economy, its profile."""
    visit.require(Permission.READ)
    book = _book(economy)
    if book is None:
        raise NotFound
    workflow = book.workflow
    return visit.page(
        ProtocolPage(
            title=visit.speech.gettext("The regional protocol"),
            version=workflow.version,
            about=workflow.about,
            economy=economy,
            drawing=Markup(diagram(book, say=visit.speech.gettext)),  # noqa: S704  our own drawing; its words are escaped
            roles=workflow.roles,
            titles={each.name: each.title for each in workflow.roles},
            levels=tuple(_levels(visit, book.conclusions["level"])),
            significance=tuple(_levels(visit, book.conclusions["significant"])),
            major=tuple(_levels(visit, book.conclusions["dora_major"])),
            deadlines=tuple(_clock(visit, book, each) for each in workflow.deadlines),
            states=_states(),
            compared=tuple(side_by_side(visit.speech, profiles())),
        )
    )


@lru_cache(maxsize=16)
def _book(economy: str) -> Rulebook | None:
    """The protocol as an economy has it, or for all; None where there is no profile."""
    chosen = next((each for each in profiles() if each.economy == economy), None)
    return None if economy and chosen is None else Rulebook(adapted(protocol(), chosen))


@cache
def _states() -> tuple[ProfileState, ...]:
    """How each profile stands. They come with the program, so they are checked for contradictions once."""
    return tuple(state_of(each) for each in profiles())


def state_of(profile: Profile) -> ProfileState:
    """How a profile stands, checked for contradictions now."""
    problem, count = "", 0
    try:
        Library([adapted(protocol(), profile)])
        count = len(list(differences(protocol(), profile)))
    except (Unsound, ValueError) as error:
        problem = str(error)
    return ProfileState(
        economy=profile.economy,
        version=profile.version,
        law=profile.law,
        confirmed=profile.confirmed,
        note=profile.note,
        differs=count,
        problem=problem,
    )


def side_by_side(speech: Speech, compared: tuple[Profile, ...]) -> Iterator[Compared]:
    """Every figure and every length of a deadline, and the sectors: what each profile says otherwise."""
    base = protocol()
    for name, figure in base.figures.items():
        said = tuple(speech.number(each.figures[name]) if name in each.figures else "" for each in compared)
        yield Compared(FIGURES[name], speech.number(figure), _same_left_out(speech.number(figure), said))
    for deadline in base.workflow.deadlines:
        if deadline.within:
            lengths = [each.within.get(deadline.name, "") for each in compared]
            own, said = speech.length(deadline.within), tuple(each and speech.length(each) for each in lengths)
            yield Compared(deadline.title, own, _same_left_out(own, said))
    sectors = next(each.choices for each in base.workflow.fields if each.name == "sectors")
    said = tuple(", ".join(spoken(speech, one) for one in each.sectors) for each in compared)
    own = ", ".join(spoken(speech, one) for one in sectors)
    yield Compared(N_("Affected sectors"), own, _same_left_out(own, said))


def _same_left_out(base: str, said: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("" if each == base else each for each in said)


def _clock(visit: Visit, book: Rulebook, each: Deadline) -> Clock:
    """A deadline as people read it; what it starts with by its title."""
    say = visit.speech.gettext
    kind, _, name = each.starts.partition(":")
    title = say(
        (book.fields[name] if kind == "fact" else book.steps[name] if kind == "step" else book.reports[name]).title
    )
    starts = {"filed": say("%(report)s, filed", report=title), "accepted": say("%(report)s, accepted", report=title)}
    return Clock(
        title=each.title,
        owed_by=book.roles[each.owed_by].title,
        owed_to=book.roles[each.owed_to].title,
        within=visit.speech.length(each.within) if each.within else str(each.working_days),
        starts=starts.get(kind, title),
        when=each.when,
        source=each.source,
    )


def _levels(visit: Visit, conclusion: Conclusion) -> Iterator[Level]:
    for line in conclusion.lines:
        value = line.value if isinstance(line.value, str) else ("yes" if line.value else "no")
        when = "" if line.when == "True" else line.when
        yield Level(value=spoken(visit.speech, value), when=when, source=line.source, tells=line.tells)
