"""The regional protocol in the product: roles, levels, clocks, thresholds; and what each economy does otherwise."""

from collections.abc import Iterator
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
from egnatia.web.incidents.words import spoken
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
    deadlines: tuple[Deadline, ...]
    states: tuple[ProfileState, ...]
    compared: tuple[Compared, ...]


@get("/incidents/protocol")
async def page(visit: NamedDependency[Visit], economy: FromQuery[str] = "") -> Response[str]:
    """The protocol; with an economy, its profile."""
    visit.require(Permission.READ)
    chosen = next((each for each in profiles() if each.economy == economy), None)
    if economy and chosen is None:
        raise NotFound
    book = Rulebook(adapted(protocol(), chosen))
    workflow = book.workflow
    return visit.page(
        ProtocolPage(
            title=visit.speech.gettext("The regional protocol"),
            version=workflow.version,
            about=workflow.about,
            economy=economy,
            drawing=Markup(diagram(book)),  # noqa: S704  our own drawing; its words are escaped
            roles=workflow.roles,
            titles={each.name: each.title for each in workflow.roles},
            levels=tuple(_levels(visit, book.conclusions["level"])),
            significance=tuple(_levels(visit, book.conclusions["significant"])),
            deadlines=workflow.deadlines,
            states=tuple(state_of(each) for each in profiles()),
            compared=tuple(side_by_side(profiles())),
        )
    )


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


def side_by_side(compared: tuple[Profile, ...]) -> Iterator[Compared]:
    """Every figure and every length of a deadline, and the sectors: what each profile says otherwise."""
    base = protocol()
    for name, figure in base.figures.items():
        said = tuple(f"{each.figures[name]:g}" if name in each.figures else "" for each in compared)
        yield Compared(name.replace("_", " "), f"{figure:g}", _same_left_out(f"{figure:g}", said))
    for deadline in base.workflow.deadlines:
        if deadline.within:
            said = tuple(each.within.get(deadline.name, "") for each in compared)
            yield Compared(deadline.title, deadline.within, _same_left_out(deadline.within, said))
    sectors = next(each.choices for each in base.workflow.fields if each.name == "sectors")
    said = tuple(", ".join(each.sectors) for each in compared)
    yield Compared("sectors", str(len(sectors)), _same_left_out(", ".join(sectors), said))


def _same_left_out(base: str, said: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("" if each == base else each for each in said)


def _levels(visit: Visit, conclusion: Conclusion) -> Iterator[Level]:
    for line in conclusion.lines:
        value = line.value if isinstance(line.value, str) else ("yes" if line.value else "no")
        when = "" if line.when == "True" else line.when
        yield Level(value=spoken(visit.speech, value), when=when, source=line.source, tells=line.tells)
