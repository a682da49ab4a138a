"""Looks for contradictions in a scenario before anybody plays it."""

import ipaddress
import re
from collections.abc import Container, Iterator
from typing import Final
from urllib.parse import urlsplit

from egnatia.casework.condition import Unsound
from egnatia.casework.deed import DEEDS
from egnatia.casework.library import Library
from egnatia.cyber.exercises.scenario import PLACES, Expectation, Inject, Observable, Scenario, span
from egnatia.record.instant import is_instant

ECONOMIES: Final = ("AL", "BA", "XK", "ME", "MK", "RS", "regional")
_TECHNIQUE: Final = re.compile(r"T\d{4}(\.\d{3})?")
_DOCUMENTATION: Final = [
    ipaddress.ip_network(each) for each in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]
_RESERVED: Final = (".example", ".test", ".invalid", "example.com", "example.net", "example.org")


def examined(scenario: Scenario, library: Library) -> Scenario:
    """The scenario, if it can be played; raises Unsound with everything that is wrong with it. `library` holds the
    workflows that its expectations speak of."""
    problems = list(dict.fromkeys(Examination(scenario, library).problems()))
    if problems:
        raise Unsound(f"{scenario.name} {scenario.version}: " + "; ".join(problems))
    return scenario


class Examination:
    """One look at one scenario."""

    def __init__(self, scenario: Scenario, library: Library) -> None:
        self.scenario, self.library = scenario, library
        self.teams = {each.name for each in scenario.teams}
        self.injects = {each.name: each for each in scenario.injects}
        self.expectations = {each.name: each for each in scenario.expectations}
        self.steps = {step for book in library for step in book.steps}
        self.reports = {report for book in library for report in book.reports}
        self.fields = {name for book in library for name in book.fields}
        self.workflows = {book.workflow.name for book in library}
        self.roles = {role for book in library for role in book.roles}

    def problems(self) -> Iterator[str]:
        """Everything that is wrong, in the order of the document."""
        yield from self._whole()
        yield from self._teams()
        for inject in self.scenario.injects:
            yield from self._inject(inject)
        yield from self._reach()
        for expectation in self.scenario.expectations:
            yield from self._expectation(expectation)
        yield from self._handovers()

    def _whole(self) -> Iterator[str]:
        scenario = self.scenario
        for what in ("objectives", "teams", "injects", "expectations", "handovers"):
            names = [each.name for each in getattr(scenario, what)]
            yield from (f"{what}: {name!r} is there twice" for name in {n for n in names if names.count(n) > 1})
        if not is_instant(scenario.starts_at):
            yield f"starts_at: a moment in UTC such as 2027-03-04T08:00:00Z, not {scenario.starts_at!r}"
        yield from self._span("length", scenario.length)
        aims = {each.objective for each in scenario.expectations} | {each.objective for each in scenario.handovers}
        yield from (f"the objective {each.name!r} has no expectation" for each in scenario.objectives
                    if each.name not in aims)  # fmt: skip

    def _teams(self) -> Iterator[str]:
        scenario = self.scenario
        if not 1 <= len(scenario.teams) <= PLACES:
            yield f"there is room for 1 to {PLACES} teams, not {len(scenario.teams)}"
        for team in scenario.teams:
            if not team.organisation.strip():
                yield f"the team {team.name!r} has no organisation"
            if team.economy not in ECONOMIES:
                yield f"the team {team.name!r}: {team.economy!r} is none of {', '.join(ECONOMIES)}"
            yield from (f"the team {team.name!r}: no workflow has a role {role!r}"
                        for role in team.roles if role not in self.roles)  # fmt: skip
            if not any(team.name in each.to for each in scenario.injects):
                yield f"nothing happens to the team {team.name!r}"

    def _inject(self, inject: Inject) -> Iterator[str]:
        place = f"the inject {inject.name!r}"
        if sum(map(bool, (inject.at, inject.after, inject.hand))) != 1:
            yield f"{place} has exactly one of `at`, `after` and `hand`"
        if not inject.to:
            yield f"{place} is for nobody"
        yield from (f"{place}: there is no team {team!r}" for team in inject.to if team not in self.teams)
        for text in (inject.at, inject.delay):
            yield from self._span(place, text, within=True)
        yield from (f"{place}: {each!r} is no technique of ATT&CK or DISARM" for each in inject.techniques
                    if not _TECHNIQUE.fullmatch(each))  # fmt: skip
        yield from (f"{place}: {each.value!r} is not from a range kept for documentation (RFC 5737, 3849, 2606)"
                    for each in inject.observables if not _is_fictional(each))  # fmt: skip

    def _reach(self) -> Iterator[str]:
        """Every inject can happen: what it comes after is there, and does not wait for it."""
        reached = {name for name, each in self.injects.items() if not each.after}
        waiting = {name: each for name, each in self.injects.items() if each.after}
        for name, each in waiting.items():
            kind, _, what = each.after.partition(":")
            places: dict[str, Container[str]] = {
                "inject": self.injects,
                "expectation": self.expectations,
                "step": self.steps,
            }
            if what not in places.get(kind, ()):
                yield f"the inject {name!r} comes after {each.after!r}, which is nothing that happens"
        while found := {name for name, each in waiting.items() if name not in reached and self._follows(each, reached)}:
            reached |= found
        yield from (f"the inject {name!r} can never be reached" for name in self.injects if name not in reached)

    def _follows(self, inject: Inject, reached: set[str]) -> bool:
        kind, _, what = inject.after.partition(":")
        if kind == "expectation" and what in self.expectations:
            since = self.expectations[what].since
            return not since or since in reached
        return kind == "step" or what in reached

    def _expectation(self, each: Expectation) -> Iterator[str]:
        place = f"the expectation {each.name!r}"
        if each.objective not in {one.name for one in self.scenario.objectives}:
            yield f"{place} serves no objective: there is no {each.objective!r}"
        if each.team not in self.teams:
            yield f"{place}: there is no team {each.team!r}"
        if bool(each.by) == bool(each.within):
            yield f"{place} has exactly one of `by` and `within`"
        if bool(each.since) != bool(each.within):
            yield f"{place}: `since` and `within` go together"
        given = self.injects.get(each.since)
        if each.since and (given is None or each.team not in given.to):
            yield f"{place}: its team is given no inject {each.since!r}"
        for text in (each.by, each.within):
            yield from self._span(place, text, within=True)
        yield from self._met_by(place, each)

    def _met_by(self, place: str, each: Expectation) -> Iterator[str]:
        kind, _, name = each.met_by.partition(":")
        named = {
            "report": self.reports, "step": self.steps, "deed": DEEDS, "says": self.fields, "informs": self.teams,
            "opens": self.workflows,
        }.get(kind)  # fmt: skip
        if kind in {"observer", "shares"}:
            if (kind == "shares") != bool(name):
                yield f"{place}: {each.met_by!r} is neither `observer` nor `shares:` and a type of record"
        elif named is None:
            yield f"{place}: nothing tells whether {each.met_by!r} was done"
        elif name not in named:
            yield f"{place}: {each.met_by!r} names nothing that is there"

    def _handovers(self) -> Iterator[str]:
        for each in self.scenario.handovers:
            place = f"the hand-over {each.name!r}"
            yield from (f"{place}: there is no team {team!r}" for team in (each.giver, each.taker)
                        if team not in self.teams)  # fmt: skip
            if each.giver == each.taker:
                yield f"{place} goes nowhere"
            if each.objective and each.objective not in {one.name for one in self.scenario.objectives}:
                yield f"{place}: there is no objective {each.objective!r}"
            yield from self._span(place, each.within, within=True)

    def _span(self, place: str, text: str, *, within: bool = False) -> Iterator[str]:
        if not text:
            return
        try:
            length = span(text)
        except ValueError as error:
            yield f"{place}: {error}"
            return
        try:
            if within and length > span(self.scenario.length):
                yield f"{place}: {text} is beyond the end of the exercise"
        except ValueError:
            return


def _is_fictional(each: Observable) -> bool:
    match each.type:
        case "ipv4-addr" | "ipv6-addr":
            return _is_documentation(each.value)
        case "domain-name":
            return _is_reserved(each.value)
        case "url":
            host = urlsplit(each.value).hostname or ""
            return _is_reserved(host) or _is_documentation(host)
        case "email-addr":
            return _is_reserved(each.value.rpartition("@")[2])
        case "file":
            return bool(re.fullmatch(r"[0-9a-f]{64}", each.value))


def _is_documentation(value: str) -> bool:
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    return any(address in network for network in _DOCUMENTATION if network.version == address.version)


def _is_reserved(host: str) -> bool:
    return any(host == each.lstrip(".") or host.endswith("." + each.lstrip(".")) for each in _RESERVED)
