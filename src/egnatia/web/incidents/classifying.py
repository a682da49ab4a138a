"""The facts of an incident, a part at a time: classification, impact, thresholds, moments."""

import re
from collections.abc import Mapping
from typing import ClassVar, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.casework.fold import Fold
from egnatia.casework.registry import Deed
from egnatia.cyber.incidents.protocol import is_incident
from egnatia.cyber.intel.matrix import technique_names
from egnatia.exchange.api.problem import NotFound
from egnatia.web.cases.doing import Asking, acting, done
from egnatia.web.cases.form import asked, filled
from egnatia.web.cases.reading import party_of
from egnatia.web.incidents.parts import PARTS, Part
from egnatia.web.visit import Visit

_TECHNIQUE: Final = re.compile(r"\s*(T\d{4}(?:\.\d{3})?)\b.*", re.DOTALL | re.IGNORECASE)
OFFERED: Final = 1_000
"""Techniques that are offered at most while one writes."""


class PartPage(Asking, frozen=True, kw_only=True):
    """One part of the facts as a form. `techniques` are offered while one writes."""

    template: ClassVar[str] = "incidents/part.html"
    parts: tuple[tuple[str, str], ...]
    techniques: Mapping[str, str]


@get("/cases/{case:str}/facts/{part:str}")
async def part(visit: NamedDependency[Visit], case: FromPath[str], part: FromPath[str]) -> Response[str]:
    """The form."""
    fold = await acting(visit, case)
    return visit.page(await _page(visit, fold, _part(fold, part)))


@post("/cases/{case:str}/facts/{part:str}")
async def say(visit: NamedDependency[Visit], case: FromPath[str], part: FromPath[str]) -> Response[str]:
    """Say what was filled in anew."""
    fold = await acting(visit, case)
    page = await _page(visit, fold, _part(fold, part))
    fields, text = await filled(visit, page.fields)
    if "techniques" in fields:
        fields["techniques"] = [_number(each) for each in fields["techniques"]]
    if not fields:
        return visit.go(f"/cases/{case}", visit.speech.gettext("Nothing was changed."))
    return await done(visit, case, Deed(does="set", fields=fields, text=text), page)


def _part(fold: Fold, name: str) -> Part:
    if name not in PARTS or not is_incident(fold.book.workflow.name):
        raise NotFound
    return PARTS[name]


async def _page(visit: Visit, fold: Fold, part: Part) -> PartPage:
    party = party_of(visit, fold)
    roles = party.roles if party else frozenset[str]()
    names: Mapping[str, str] = {}
    if "techniques" in part.fields:
        clearance = visit.clearance()
        names = await visit.ask(lambda: technique_names(visit.store, clearance))
    case = f"/cases/{fold.case.id}"
    return PartPage(
        title=visit.speech.gettext(part.title),
        case=fold.case.id,
        case_title=fold.case.title,
        action=f"{case}/facts/{part.name}",
        about=visit.speech.gettext(part.about),
        fields=asked(fold.book, roles, (), part.fields, fold.state),
        parts=tuple((f"{case}/facts/{each.name}", visit.speech.gettext(each.title)) for each in PARTS.values()),
        techniques=dict(list(names.items())[:OFFERED]),
    )


def _number(given: str) -> str:
    """The number of a technique where one stands first (a list offers it with its name), else what was written."""
    found = _TECHNIQUE.fullmatch(given)
    return found[1].upper() if found else given
