"""A domain is one declaration of what it adds to a node; the entry point group `egnatia.domains` is how it is found.

    DOMAIN = Domain(
        name="incidents",
        about="Incidents that cross borders/boundaries",
        workflows=("egnatia.cyber.incidents.protocol:incidents",),
        pages=("egnatia.web.incidents:PAGES",),
    )

Every part is named by where it is, and loaded by the surface that needs it: so a declaration in a low room can name a
page of a high one without importing it, and who types one command loads no pages.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Final, Literal, TypeVar

import msgspec

log = logging.getLogger(__name__)

GROUP: Final = "egnatia.domains"
"""The group of entry points; each names the package whose `DOMAIN` is the declaration."""
OURS: Final = ("egnatia.cyber.intel", "egnatia.cyber.incidents", "egnatia.cyber.exercises")
"""The domains that ship with every node, in the order in which they are loaded."""

Part = Literal["records", "faces", "pages", "ways"]
Work = Literal["workflows", "routes", "jobs"]
T = TypeVar("T")


class Unfit(ValueError):
    """What a domain declares is not there, or is not what it says."""


class Domain(msgspec.Struct, frozen=True, kw_only=True):
    """What one domain adds. A place is written `package.module:name` and holds one thing or a tuple of them.

    `records` are `OwnType`s and `faces` how people see them; `workflows` are functions that give a `Library`; `pages`
    are route handlers, `ways` the navigation to them, and `templates` names packages with a folder `templates`.
    `routes` are functions that give handlers for programs, and `jobs` coroutine functions that work until they are
    cancelled; both are given a `Workplace`. `commands` are the places of click commands by the names that people type.
    """

    name: str
    about: str
    records: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()
    faces: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    ways: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    commands: Mapping[str, str] = {}

    def parts(self, part: Part, kind: type[T]) -> Iterator[T]:
        """What it declares of one sort, loaded. Raises Unfit where something is not there or is of another kind."""
        for place in getattr(self, part):
            yield from at(place, kind)

    def functions(self, work: Work) -> Iterator[Callable[..., Any]]:
        """The functions that it declares of one sort, loaded. Raises Unfit like `parts`."""
        for place in getattr(self, work):
            for each in at(place, object):
                if not callable(each):
                    raise Unfit(f"{place} holds {each!r} and not a function")
                yield each


def at(place: str, kind: type[T]) -> Iterator[T]:
    """What a place holds, one thing or several. Raises Unfit where it is not there or is of another kind."""
    module, _, name = place.partition(":")
    try:
        there = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise Unfit(f"{place} is not there: {error}") from error
    for each in there if isinstance(there, tuple) else (there,):
        if not isinstance(each, kind):
            raise Unfit(f"{place} holds {each!r} and not a {kind.__name__}")
        yield each


_refused: dict[str, str] = {}


def domains() -> tuple[Domain, ...]:
    """Every domain that is installed and in order, ours first."""
    return tuple(each for name, each in _declared().items() if name not in _refused)


def parts(part: Part, kind: type[T]) -> Iterator[T]:
    """What all domains declare of one sort, loaded, in their order."""
    for each in domains():
        yield from each.parts(part, kind)


def outside() -> tuple[Domain, ...]:
    """Those of others, which may be anything."""
    return domains()[len(OURS) :]


def refuse(name: str, reason: str) -> None:
    """From now on the node does without that domain."""
    log.error("the domain %s is left out: %s", name, reason)
    _refused[name] = reason


def refused() -> Mapping[str, str]:
    """Why domains that are installed were left out, by their names."""
    return dict(_refused)


@cache
def _declared() -> Mapping[str, Domain]:
    found: dict[str, Domain] = {}
    for package in OURS:
        (domain,) = at(f"{package}:DOMAIN", Domain)
        found[domain.name] = domain
    for point in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        if point.value in OURS:
            continue
        try:
            found[point.name] = _outsider(point.name, point.value, found)
        except Exception as error:  # noqa: BLE001  what others wrote may fail in any way: the node does without it
            refuse(point.name, f"{type(error).__name__}: {error}")
    return found


def _outsider(name: str, package: str, others: Mapping[str, Domain]) -> Domain:
    (domain,) = at(f"{package}:DOMAIN", Domain)
    msgspec.convert(msgspec.to_builtins(domain), Domain)  # what is made in code was not checked
    if domain.name != name:
        raise Unfit(f"it calls itself {domain.name!r}, and its entry point {name!r}")
    if name in others:
        raise Unfit(f"there is another domain {name!r}")
    taken = {command for each in others.values() for command in each.commands}
    if both := taken & domain.commands.keys():
        raise Unfit(f"another domain has the command {', '.join(sorted(both))}")
    return domain
