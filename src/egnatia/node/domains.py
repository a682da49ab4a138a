"""What the domains bring to a node. Those of others are looked at whole first: one that is not in order is left out."""

import logging
from collections.abc import Callable, Coroutine, Iterable, Iterator
from functools import cache
from typing import Final

from jinja2 import PackageLoader
from litestar.handlers import HTTPRouteHandler

from egnatia.casework.library import Library, general
from egnatia.casework.workplace import Workplace
from egnatia.domain import Domain, Unfit, domains, outside, parts, refuse
from egnatia.record.own import OwnType
from egnatia.record.schemas import BUILT_IN
from egnatia.web.frame import lend
from egnatia.web.mount import HOUSE_PAGES
from egnatia.web.navigation import HOUSE_ENTRIES, Entry
from egnatia.web.record.face import Face
from egnatia.web.record.faces import learn

log = logging.getLogger(__name__)

RESERVED: Final = frozenset({"", "api", "taxii2", "health", "metrics", "peer", "public", "outputs", "assets"})
"""Places that are not pages; no domain may be called so."""
Job = Callable[[Workplace], Coroutine[None, None, None]]


@cache
def admitted() -> tuple[Domain, ...]:
    """Every domain that is in order; from now on records, faces and templates of theirs are known in this process."""
    for domain in outside():
        try:
            _examine(domain)
        except Exception as error:  # noqa: BLE001  what others wrote may fail in any way: the node does without it
            refuse(domain.name, f"{type(error).__name__}: {error}")
    BUILT_IN.learn(*parts("records", OwnType))
    learn(parts("faces", Face))
    lend(package for each in domains() for package in each.templates)
    return domains()


@cache
def workflows() -> Library:
    """Every workflow that this release and the domains of others know."""
    return general().joined(*_libraries(admitted()))


def jobs() -> tuple[Job, ...]:
    """What the domains do for as long as the node works."""
    return tuple(each for domain in domains() for each in domain.functions("jobs"))


def routes(place: Workplace) -> list[HTTPRouteHandler]:
    """What the domains answer to programs."""
    found: list[HTTPRouteHandler] = []
    others = outside()
    for domain in domains():
        try:
            made = [each for make in domain.functions("routes") for each in make(place)]
            if domain in others:
                _check_places(domain, [path for each in made for path in each.paths])
        except Exception as error:
            if domain not in others:
                raise
            log.error("what %s answers to programs is left out: %s: %s", domain.name, type(error).__name__, error)
        else:
            found += made
    return found


def _libraries(of: Iterable[Domain]) -> Iterator[Library]:
    for domain in of:
        for make in domain.functions("workflows"):
            library = make()
            if not isinstance(library, Library):
                raise Unfit(f"{make.__qualname__} gives {library!r} and not a Library")
            yield library


def _examine(domain: Domain) -> None:
    """Raises whatever is wrong with a domain, and Unfit where it takes the place of another."""
    others = tuple(each for each in domains() if each is not domain)
    general().joined(*_libraries((*others, domain)))
    known = [kind for each in others for kind in each.parts("records", OwnType)]
    own = tuple(domain.parts("records", OwnType))
    BUILT_IN.with_types(*known, *own)
    if strange := {face.type for face in domain.parts("faces", Face)} ^ {each.name for each in own if each.is_record}:
        raise Unfit(f"a record type without a face, or a face without one: {', '.join(sorted(strange))}")
    house = [page for page in HOUSE_PAGES if isinstance(page, HTTPRouteHandler)]
    pages = [*house, *(page for each in others for page in each.parts("pages", HTTPRouteHandler))]
    if domain.name in RESERVED | {_place(path) for page in pages for path in page.paths}:
        raise Unfit(f"what is below /{domain.name} is not for it")
    ways = tuple(domain.parts("ways", Entry))
    _check_places(domain, [path for page in domain.parts("pages", HTTPRouteHandler) for path in page.paths])
    _check_places(domain, [way.path for way in ways])
    keys = {each.key for each in HOUSE_ENTRIES} | {way.key for each in others for way in each.parts("ways", Entry)}
    if both := {way.key for way in ways if way.key} & keys:
        raise Unfit(f"the key {', '.join(sorted(both))} leads to another page")
    for package in domain.templates:
        PackageLoader(package)
    tuple(domain.functions("routes"))
    tuple(domain.functions("jobs"))


def _check_places(domain: Domain, paths: Iterable[str]) -> None:
    """Raises Unfit where a path is not below the domain's name: so no domain takes a page from another."""
    if astray := [path for path in paths if _place(path) != domain.name]:
        raise Unfit(f"{astray[0]} is not below /{domain.name}")


def _place(path: str) -> str:
    return path.split("/")[1]
