"""`egnatia case summary`: the quarterly summary of incidents, anonymised."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from egnatia.casework.condition import Unsound
from egnatia.cli.desk import Desk, Wrong, command, table
from egnatia.cyber.incidents.picture import publish
from egnatia.cyber.incidents.protocol import differences, profile_in, protocol
from egnatia.cyber.incidents.summary import as_csv, folds, quarter_of, shown, summary


@click.command("summary")
@click.option("--quarter", default="", help="Such as 2026-Q4; else the one that is going on.")
@click.option("--basis", type=click.Choice(["report", "incident"]), default="report", show_default=True,
              help="What falls into it: the first report, or the incident.")  # fmt: skip
@click.option("--review", type=click.Choice(["any", "filed", "accepted"]), default="any", show_default=True,
              help="Only cases with a report that is filed, or accepted.")  # fmt: skip
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write it here, as .csv or .json.")
@command
def summary_(desk: Desk, *, quarter: str, basis: Any, review: Any, output: Path | None) -> None:
    """Count the incidents of a quarter for the authorities (NIS2 Article 23(9)): names nobody, keeps small counts back.

    \b
    egnatia case summary --quarter 2026-Q4 --basis incident --review accepted --output 2026-Q4.csv
    """
    chosen = quarter or quarter_of(datetime.now(UTC))
    with desk.node() as node:
        node.casework.catch_up()
        try:
            found = summary(folds(node.casework, node.clearance_of(node.own)), chosen, basis=basis, review=review)
        except ValueError as error:
            raise Wrong(str(error)) from error
        node.note("incident summary", chosen, f"{basis} {review}")
    if output is not None:
        written = as_csv(found).encode() if output.suffix == ".csv" else msgspec.json.encode(found)
        output.write_bytes(written)
    rows = [("", "all", shown(found.whole)), ("", "notifying entities", shown(found.entities))]
    rows += [
        (name, cell, shown(count)) for name, counts in found.breakdowns.items() for cell, count in counts.cells.items()
    ]
    desk.answer(found, table((chosen, "", "count"), rows))


@click.command("profile")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@command
def profile(desk: Desk, file: Path) -> None:
    """Check an economy's profile of the incident protocol (TOML) for contradictions, and say what it changes.

    \b
    egnatia case profile me.toml
    """
    try:
        found = profile_in(file.read_text(encoding="utf-8"))
    except (Unsound, UnicodeDecodeError) as error:
        raise Wrong(f"{file.name}: {error}") from error
    changes = list(differences(protocol(), found))
    rows = [(each.what, each.protocol, each.profile) for each in changes]
    words = table(("", "protocol", found.economy), rows) if rows else "It says what the protocol says."
    desk.answer({"economy": found.economy, "version": found.version, "changes": changes}, f"Sound.\n{words}")


@click.command("tell-picture")
@command
def tell(desk: Desk) -> None:
    """Tell those whom the settings name ([incidents] tell) now how many incidents are open here."""
    with desk.node() as node:
        if not node.settings.incidents.tell:
            raise Wrong("nobody is named in the settings: [incidents] tell")
        node.casework.catch_up()
        about = node.settings.organisation
        done = publish(node.casework, node.own, about.economy, node.settings.incidents.tell)
    desk.answer({"told": done}, "Told." if done else "They know these numbers already.")
