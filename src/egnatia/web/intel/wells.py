"""Where intelligence comes from, and how each source goes."""

from typing import ClassVar

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from egnatia.cyber.intel.source import Health, Source, Sources
from egnatia.web.frame import Content
from egnatia.web.permission import Permission
from egnatia.web.visit import Visit


class SourceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A source and how it goes; times in microseconds UTC."""

    source: Source
    health: Health


class SourcesPage(Content, frozen=True, kw_only=True):
    """Every source of the node."""

    template: ClassVar[str] = "intel/sources.html"
    rows: tuple[SourceRow, ...]


@get("/intel/sources")
async def sources(visit: NamedDependency[Visit]) -> Response[str]:
    """Every source, and how it goes."""
    visit.require(Permission.SEE_SETTINGS)
    kept = Sources(visit.store)
    held, healths = await visit.ask(lambda: (kept.sources.all(), kept.healths.all()))
    rows = tuple(SourceRow(source=each, health=healths.get(each.name, Health())) for each in held.values())
    return visit.page(SourcesPage(title=visit.speech.gettext("Sources"), rows=rows))
