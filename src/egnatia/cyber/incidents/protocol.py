"""The regional incident protocol as data, and how each economy adapts it.

`protocol.toml` is the protocol; a profile under `profiles/` changes figures, clocks and sectors, and names the law.
Out of the two comes a workflow of its own (`incident-me`), which the rulebook checks like any other.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from egnatia.casework.condition import Unsound
from egnatia.casework.library import Library, shipped
from egnatia.casework.workflow import Workflow

Figure = int | float
ECONOMIES: Final = ("AL", "BA", "XK", "ME", "MK", "RS")
_FIGURE: Final = re.compile(r"\{(\w+)\}")


class Protocol(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A workflow whose rules name figures in braces, and what the figures are."""

    figures: Mapping[str, Figure]
    workflow: Workflow


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an economy does otherwise. `confirmed` is who said so and when; empty while nobody has: then the law is not
    known here, and the profile must not be relied on.

    `within` are the lengths of deadlines by their names, `sectors` those that the economy lists, all where none.
    """

    economy: str
    version: str
    title: str
    law: str = ""
    confirmed: str = ""
    note: str = ""
    figures: Mapping[str, Figure] = {}
    within: Mapping[str, str] = {}
    sectors: tuple[str, ...] = ()


class Difference(msgspec.Struct, frozen=True):
    """Something that a profile says otherwise than the protocol."""

    what: str
    protocol: str
    profile: str


def is_incident(workflow: str) -> bool:
    """Whether a workflow is the protocol or an economy's profile of it."""
    return workflow == "incident" or workflow.startswith("incident-")


def adapted(protocol: Protocol, profile: Profile | None = None) -> Workflow:
    """The workflow of a profile, or of the protocol itself; raises Unsound where the profile speaks of what is not
    there."""
    figures = dict(protocol.figures)
    workflow = protocol.workflow
    if profile is not None:
        _check(protocol, profile)
        figures.update(profile.figures)
        workflow = replace(
            workflow,
            name=f"{workflow.name}-{profile.economy.lower()}",
            title=profile.title,
            version=f"{workflow.version}.{profile.version}",
            deadlines=tuple(
                replace(each, within=profile.within.get(each.name, each.within)) for each in workflow.deadlines
            ),
            fields=tuple(
                replace(each, choices=profile.sectors) if each.name == "sectors" and profile.sectors else each
                for each in workflow.fields
            ),
        )
    return msgspec.convert(_filled(msgspec.to_builtins(workflow), figures), Workflow)


def differences(protocol: Protocol, profile: Profile) -> Iterator[Difference]:
    """What a profile says otherwise, in the order of its file."""
    for name, figure in profile.figures.items():
        if figure != protocol.figures[name]:
            yield Difference(f"figure {name}", f"{protocol.figures[name]:g}", f"{figure:g}")
    lengths = {each.name: each.within for each in protocol.workflow.deadlines}
    for name, within in profile.within.items():
        if within != lengths[name]:
            yield Difference(f"deadline {name}", lengths[name], within)
    listed = _sectors(protocol)
    if profile.sectors and profile.sectors != listed:
        yield Difference("sectors", ", ".join(listed), ", ".join(profile.sectors))


def _check(protocol: Protocol, profile: Profile) -> None:
    unknown = [f"figure {name}" for name in profile.figures if name not in protocol.figures]
    lengths = {each.name: each.within for each in protocol.workflow.deadlines}
    unknown += [f"deadline {name}" for name in profile.within if not lengths.get(name)]
    unknown += [f"sector {name}" for name in profile.sectors if name not in _sectors(protocol)]
    if unknown:
        raise Unsound(f"the profile of {profile.economy}: the protocol knows no {', no '.join(unknown)}")
    negative = [name for name, figure in profile.figures.items() if figure < 0]
    if negative:
        raise Unsound(f"the profile of {profile.economy}: {', '.join(negative)} below nothing")


def _sectors(protocol: Protocol) -> tuple[str, ...]:
    return next(each.choices for each in protocol.workflow.fields if each.name == "sectors")


def _filled(value: Any, figures: Mapping[str, Figure]) -> Any:
    """`value` with every figure in braces put in, wherever a rule stands."""
    match value:
        case dict():
            return {key: _put(one, figures) if key == "when" else _filled(one, figures) for key, one in value.items()}
        case list() | tuple():
            return [_filled(one, figures) for one in value]
        case _:
            return value


def _put(rule: str, figures: Mapping[str, Figure]) -> str:
    def figure(found: re.Match[str]) -> str:
        if found[1] not in figures:
            raise Unsound(f"there is no figure {found[1]!r}, in the rule {rule!r}")
        return f"{figures[found[1]]}"

    return _FIGURE.sub(figure, rule)


def _text(path: str) -> str:
    return files("egnatia.cyber.incidents").joinpath(path).read_text(encoding="utf-8")


@cache
def protocol() -> Protocol:
    """The protocol that ships."""
    return msgspec.convert(tomllib.loads(_text("protocol.toml")), Protocol)


@cache
def profiles() -> tuple[Profile, ...]:
    """The profiles that ship, one for each economy."""
    return tuple(msgspec.convert(tomllib.loads(_text(f"profiles/{each.lower()}.toml")), Profile) for each in ECONOMIES)


@cache
def incidents() -> Library:
    """The protocol and its profiles, checked."""
    assistance = shipped("egnatia.cyber.incidents", "assistance.toml")
    return Library([adapted(protocol()), *(adapted(protocol(), each) for each in profiles()), assistance])
