"""The regional incident protocol as data, and how each economy adapts it.

`protocol.toml` is the protocol; a profile under `profiles/` changes figures, clocks and sectors, and names the law.
Out of the two comes a workflow of its own (`incident-me`), which the rulebook checks like any other.
"""

import contextlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from egnatia.casework.condition import Unsound
from egnatia.casework.library import Library, shipped
from egnatia.casework.span import Span, later, span
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


def profile_in(text: str) -> Profile:
    """The profile that a TOML document holds, checked for contradictions with the protocol; raises Unsound with all
    that is wrong and where it stands."""
    try:
        profile = msgspec.convert(tomllib.loads(text), Profile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Unsound(str(error)) from error
    Library([adapted(protocol(), profile)])
    return profile


def _check(protocol: Protocol, profile: Profile) -> None:
    problems = list(_problems(protocol, profile))
    if problems:
        raise Unsound(f"the profile of {profile.economy}: {'; '.join(problems)}")


def _problems(protocol: Protocol, profile: Profile) -> Iterator[str]:
    """Everything that a profile says and cannot, each with its place in the file."""
    if profile.economy not in ECONOMIES:
        yield f"economy: {profile.economy!r} is none of {', '.join(ECONOMIES)}"
    if bool(profile.law) != bool(profile.confirmed):
        yield "law, confirmed: a law is named with who confirmed the profile, and only then"
    for name, figure in profile.figures.items():
        place = f"figures.{name} = {figure:g}"
        if name not in protocol.figures:
            yield f"{place}: the protocol knows no figure {name}"
        elif figure < 0:
            yield f"{place}: below nothing"
        elif name.endswith("_share") and figure > 100:
            yield f"{place}: a share is of a hundred"
    known = {each.name: each for each in protocol.workflow.deadlines if each.within}
    for name, within in profile.within.items():
        place = f"within.{name} = {within!r}"
        if name not in known:
            yield f"{place}: the protocol knows no deadline {name}"
            continue
        try:
            if span(within).sign < 0 or span(within) == Span():
                yield f"{place}: a deadline lies after what it starts with"
        except ValueError as error:
            yield f"{place}: {error}"
    yield from _out_of_order(protocol, profile)
    for name in profile.sectors:
        if name not in _sectors(protocol):
            yield f"sectors: the protocol knows no sector {name}"


_BEFORE: Final = (
    ("early-warning", "notification", "NIS2 Art. 23(4)(a) and (b)"),
    ("notification-trust", "notification", "NIS2 Art. 23(4), second subparagraph"),
    ("dora-initial", "dora-cap", "DORA Art. 19"),
)
"""Deadlines of which the first may not be the longer one, and the rule that says so."""


def _out_of_order(protocol: Protocol, profile: Profile) -> Iterator[str]:
    """Deadlines that come after what they have to precede."""
    lengths = {each.name: profile.within.get(each.name, each.within) for each in protocol.workflow.deadlines}
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for first, second, source in _BEFORE:
        with contextlib.suppress(ValueError):  # what is no length is told already
            one, other = (later(now, span(lengths[each]), UTC) for each in (first, second))
            if one > other:
                place = f"within.{first} = {lengths[first]!r}, within.{second} = {lengths[second]!r}"
                yield f"{place}: the first is due before the second ({source})"


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
