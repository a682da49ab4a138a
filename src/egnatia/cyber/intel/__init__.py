"""Threat intelligence at work: how much an indicator is worth, what it has to do with others, and what defences get."""

from typing import Final

from egnatia.domain import Domain

DOMAIN: Final = Domain(
    name="intel",
    about="Threat intelligence at work",
    pages=("egnatia.web.intel:PAGES", "egnatia.web.product:PAGES"),
    ways=("egnatia.web.intel:WAYS", "egnatia.web.product:WAYS"),
    routes=("egnatia.cyber.intel.delivery:outputs",),
    jobs=("egnatia.cyber.intel.keeping:keep",),
    commands={
        "find": "egnatia.cli.intel:find",
        "correlate": "egnatia.cli.intel:correlate",
        "path": "egnatia.cli.intel:path",
        "matrix": "egnatia.cli.intel:matrix",
        "landscape": "egnatia.cli.landscape:landscape",
        "vote": "egnatia.cli.intel:vote",
        "enrich": "egnatia.cli.intel:enrich",
        "match": "egnatia.cli.match:match",
        "knowledge": "egnatia.cli.knowledge:knowledge",
        "source": "egnatia.cli.source:source",
        "output": "egnatia.cli.output:output",
    },
)
