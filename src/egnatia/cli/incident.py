"""`egnatia case export` and `case import`: incidents as other programs tell them."""

from datetime import UTC, datetime
from pathlib import Path

import click

from egnatia.casework.registry import Refused, Unknown
from egnatia.cli.desk import Desk, Failure, Wrong, command
from egnatia.cli.manners import several
from egnatia.cyber.incidents.stix.bundle import read
from egnatia.cyber.incidents.stix.entering import Entered, begin, enter
from egnatia.cyber.incidents.stix.mending import Unreadable
from egnatia.cyber.incidents.stix.telling import bundle_of
from egnatia.exchange.submission import Right, Submitter
from egnatia.record.case import CaseParty

_RIGHTS = frozenset({Right.READ, Right.SUBMIT})
_LARGEST = 50_000_000


@click.command("export")
@click.argument("case")
@click.option("--format", "form", type=click.Choice(["stix"]), default="stix", show_default=True, help="In which form.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write it here; else to the terminal.")
@command
def export(desk: Desk, case: str, *, form: str, output: Path | None) -> None:
    """Write CASE for other programs: a STIX bundle with the incident extension suite 2.0, under the case's own label.

    \b
    egnatia case export case--... --format stix --output incident.json
    """
    with desk.node() as node:
        try:
            fold = node.casework.fold(node.clearance_of(node.own), case)
        except Unknown as unknown:
            raise Failure(str(unknown.args[0])) from unknown
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        body = bundle_of(fold, author=node.own, at=at)
        node.note("case export", case, form)
    if output is None:
        click.echo(body)
    else:
        output.write_bytes(body)
        desk.answer({"file": str(output), "bytes": len(body)}, f"{output}: {several(len(body), 'byte')}")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--into", default="", help="Take it into this case; else a new one is opened for each incident.")
@click.option("--workflow", default="incident", show_default=True, help="Which workflow a new case follows.")
@click.option("--role", "roles", multiple=True, default=("national-csirt",), show_default=True, help="Our role in it.")
@command
def import_(desk: Desk, file: Path, *, into: str, workflow: str, roles: tuple[str, ...]) -> None:
    """Take the incidents of FILE, a STIX bundle, into cases: facts, impacts, tasks, and the records that came along.

    Both published forms of the incident extension suite are read. What is not understood is left out and told.

    \b
    egnatia case import incident.json --role national-csirt
    egnatia case import incident.json --into case--...
    """
    if file.stat().st_size > _LARGEST:
        raise Wrong(f"{file} is larger than {_LARGEST:,} bytes")
    try:
        incidents = read(file.read_bytes())
    except Unreadable as unreadable:
        raise Wrong(f"{file}: {unreadable}") from unreadable
    entered: list[Entered] = []
    with desk.node() as node:
        submitter = Submitter(node.own, "command line", _RIGHTS)
        own = CaseParty(party_ref=node.own, economy=node.settings.organisation.economy, roles=roles)
        for each in incidents:
            try:
                if into:
                    entered.append(enter(node.casework, submitter, each, into))
                else:
                    entered.append(begin(node.casework, submitter, each, workflow, own))
            except (Unknown, Refused, ValueError) as error:
                raise Failure(str(error.args[0])) from error
    lines = []
    for one in entered:
        lines.append(
            f"{one.case}: {several(one.facts, 'fact')}, {several(one.tasks, 'task')}, {several(one.records, 'record')}"
        )
        lines += [f"  left out: {words}" for words in one.left_out]
    desk.answer(entered, "\n".join(lines))
