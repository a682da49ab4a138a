"""The threat landscape of a period, as a PDF or as figures."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from egnatia.cli.desk import Desk, Failure, command, table
from egnatia.cyber.intel.landscape import landscape as counted
from egnatia.cyber.intel.searching import known_to
from egnatia.exchange.api.problem import BadRequest
from egnatia.web.card import by_id
from egnatia.web.intel.landscaping import Asked
from egnatia.web.intel.summary import Reader, summary
from egnatia.web.language import LANGUAGES, speech

ECONOMIES = ("al", "ba", "xk", "me", "mk", "rs")
_DAY = click.DateTime(formats=["%Y-%m-%d"])
LEVELS = ("clear", "green", "amber", "amber+strict", "red")


@click.command()
@click.option("--economy", type=click.Choice(ECONOMIES, case_sensitive=False), default=None, help="Of one economy.")
@click.option("--sector", default="", help="Of one sector, as in STIX (`energy`).")
@click.option("--from", "since", type=_DAY, default=None, help="The first day; else thirty days are told of.")
@click.option("--to", "until", type=_DAY, default=None, help="The last day; else today (UTC).")
@click.option("--most", type=click.Choice(LEVELS), default="red", show_default=True, help="Up to which TLP.")
@click.option("--language", type=click.Choice(list(LANGUAGES)), default="en", show_default=True)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write a PDF here.")
@click.option("--for", "organisation", help="Identity id: as that organisation; else as this node's own.")
@command
def landscape(desk: Desk, *, organisation: str | None, output: Path | None, language: str, **asked: Any) -> None:
    """Tell what threatens an economy or a sector in a period: techniques, adversaries, what is new, who says so.

    \b
    egnatia landscape --economy ME --from 2026-01-01 --to 2026-03-31 -o landscape.pdf
    egnatia landscape --sector energy --language sq -o energjia.pdf --most green
    """
    now = datetime.now(UTC)
    days = {name: f"{asked.pop(name):%Y-%m-%d}" for name in ("since", "until") if asked[name]}
    try:
        wanted = msgspec.convert({name: said for name, said in asked.items() if said} | days, Asked)
        period = wanted.period(now)
    except BadRequest as error:
        raise Failure(str(error)) from error
    except msgspec.ValidationError as error:
        message = f"A sector is written as in STIX, `energy` or `financial-services`: {asked['sector']!r} is none"
        raise Failure(message) from error
    with desk.node() as node:
        who = organisation or node.own
        reader = Reader(node.store, node.clearance_of(who), speech(LANGUAGES[language]))
        known = known_to(node.store, reader.clearance, node.facts.organisations())
        found = counted(node.store, reader.clearance, known, period, wanted.scope, now)
        told = summary(reader, found, wanted.economy, wanted.sector, by_id(node.organisations()))
        node.note("landscape", who, f"{len(found.rows)} records")
        name = node.settings.organisation.name
    if output is not None:
        from egnatia.paper import pdf  # noqa: PLC0415  other commands do without it
        from egnatia.web.intel.printing import document  # noqa: PLC0415  as above

        output.write_bytes(pdf(document(told, reader.speech, name)))
        desk.aside(f"Written to {output}; {told.marking} holds for the whole.")
    rows = [(part.title, line.words, f"{line.count:,}", line.trend) for part in told.parts for line in part.lines[:5]]
    figures = [("", each.words, f"{each.value:,}", each.trend) for each in told.figures]
    desk.answer(told, table((told.subtitle, "", "records", "trend"), [*figures, *rows]))
