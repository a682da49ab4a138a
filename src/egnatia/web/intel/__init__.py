"""The analyst's workbench: questions, what records have in common, techniques, outputs for defences, sources."""

from typing import Final

from litestar.types import ControllerRouterHandler

from egnatia.web.intel.adversaries import actor, actors
from egnatia.web.intel.asking import asking, common, suggest
from egnatia.web.intel.coverage import compared, coverage, navigator
from egnatia.web.intel.exploring import bundle, graph, picture, pixels, tables
from egnatia.web.intel.filling import FILLING
from egnatia.web.intel.holding import HOLDING
from egnatia.web.intel.judging import judge
from egnatia.web.intel.landscaping import overview, print_overview
from egnatia.web.intel.logs import LOGS
from egnatia.web.intel.lookalikes import accept_enrichment, keep_enrichment, lookalikes, protect
from egnatia.web.intel.siding import SIDING
from egnatia.web.intel.supply import file, grant, output, outputs, remove, revoke, save
from egnatia.web.intel.wells import SOURCES
from egnatia.web.language.speech import N_
from egnatia.web.navigation import WORK, Entry
from egnatia.web.permission import Permission

PAGES: tuple[ControllerRouterHandler, ...] = (
    asking, suggest, common, coverage, navigator, compared, graph, bundle, picture, pixels, tables,
    actors, actor, judge,
    overview, print_overview, lookalikes, protect, keep_enrichment, accept_enrichment,
    outputs, output, file, save, remove, grant, revoke,
    *SOURCES, *FILLING, *HOLDING, *SIDING, *LOGS,
)  # fmt: skip
"""Every page of this folder."""

WAYS: Final = (
    Entry(
        path="/intel",
        words=N_("Workbench"),
        permission=Permission.READ,
        group=WORK,
        icon="intel",
        key="w",
        after="/search",
    ),
)
"""The way to them in the navigation."""
