"""A scenario is data: the story, who plays, what happens when, and what is expected of whom by when.

It is written as TOML and checked for contradictions before it is played (`examination`).
"""

import re
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from egnatia.casework.condition import Unsound

Name = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\Z", max_length=60)]
Title = Annotated[str, Meta(min_length=1, max_length=200)]
Kind = Literal["message", "e-mail", "call", "article", "finding", "task"]
_SPAN: Final = re.compile(r"PT(?:(\d{1,3})H)?(?:(\d{1,4})M)?")
PLACES: Final = 8
"""Teams that an exercise has room for."""


class _Declared(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name
    title: Title


class Objective(_Declared, frozen=True, kw_only=True):
    """What is to be learnt or shown."""

    about: str = ""


class Team(_Declared, frozen=True, kw_only=True):
    """Who plays together: a fictional `organisation` of an economy, in `roles` of the protocol, with its `people`."""

    economy: str
    organisation: str
    roles: tuple[Name, ...] = ()
    people: tuple[str, ...] = ()
    brief: str = ""


class Observable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A technical value, from the ranges that are kept for documentation (RFC 5737, 3849 and 2606)."""

    type: Literal["ipv4-addr", "ipv6-addr", "domain-name", "url", "email-addr", "file"]
    value: Annotated[str, Meta(min_length=1, max_length=500)]


class Inject(_Declared, frozen=True, kw_only=True, rename={"sender": "from"}):
    """Something that happens to the teams `to`: `at` a time since the beginning, or `delay` after something else
    (`inject:x`, `expectation:x`, `step:x` in any case of the exercise), or only by the facilitator's `hand`."""

    kind: Kind
    to: tuple[Name, ...]
    text: Annotated[str, Meta(min_length=1, max_length=8_000)]
    sender: str = ""
    at: str = ""
    after: str = ""
    delay: str = ""
    hand: bool = False
    observables: tuple[Observable, ...] = ()
    techniques: tuple[str, ...] = ()


class Expectation(_Declared, frozen=True, kw_only=True):
    """What a team should do: `by` a time since the beginning, or `within` a time of an inject that it was given
    (`since`). `met_by` says what counts, by the events of the cases: `report:x`, `step:x`, `deed:x`, `says:x` (a fact),
    `informs:team`, `opens:workflow`, `shares:type`, or `observer`, who scores by hand. `points` weigh it."""

    team: Name
    objective: Name
    met_by: str
    by: str = ""
    since: str = ""
    within: str = ""
    points: Annotated[int, Meta(ge=1, le=100)] = 10
    about: str = ""


class Handover(_Declared, frozen=True, kw_only=True, rename={"giver": "from", "taker": "to"}):
    """Work that passes a border/boundary: `from` brings `to` into a case, which then acts in it, `within` a time."""

    giver: Name
    taker: Name
    within: str
    objective: Name = ""


class Scenario(_Declared, frozen=True, kw_only=True):
    """A whole scenario; `starts_at` is the moment in simulated time at which it begins, `length` how long it is."""

    version: str
    about: str
    starts_at: str
    length: str
    speed: Annotated[float, Meta(gt=0, le=600)] = 1
    objectives: tuple[Objective, ...]
    teams: tuple[Team, ...]
    injects: tuple[Inject, ...]
    expectations: tuple[Expectation, ...]
    handovers: tuple[Handover, ...] = ()

    def team(self, name: str) -> Team | None:
        """The team of that name."""
        return next((each for each in self.teams if each.name == name), None)

    def place(self, team: str) -> str:
        """The role that a team has in the exercise's own case: by its place in the scenario."""
        return f"team-{[each.name for each in self.teams].index(team) + 1}"


def span(text: str) -> timedelta:
    """A length of simulated time (`PT1H30M`); raises ValueError for what is none."""
    found = _SPAN.fullmatch(text)
    if found is None or text == "PT":
        raise ValueError(f"{text!r} is not a duration of hours and minutes such as PT1H30M")
    return timedelta(hours=int(found[1] or 0), minutes=int(found[2] or 0))


def scenario_in(text: str) -> Scenario:
    """The scenario that a TOML document declares; raises Unsound where it says what a scenario does not have."""
    try:
        return msgspec.convert(tomllib.loads(text), Scenario)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Unsound(str(error)) from error


SHIPPED: Final = ("ransomware-data-centre", "hybrid-election")


@cache
def shipped() -> Mapping[str, str]:
    """The scenarios that come with every node, as TOML by name."""
    folder = files("egnatia.cyber.exercises").joinpath("scenarios")
    return {name: folder.joinpath(f"{name}.toml").read_text(encoding="utf-8") for name in SHIPPED}
