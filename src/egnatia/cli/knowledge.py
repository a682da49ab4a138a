"""What is known anyway: ATT&CK, DISARM, galaxies, warning lists, loaded and kept up to date."""

import time
from datetime import UTC, datetime

import click
import msgspec
from rich.table import Table

from egnatia.cli.desk import Desk, Failure, Unreachable, command, table
from egnatia.cyber.intel.knowledge import Knowledge, Shelf
from egnatia.node import Node
from egnatia.record import Invalid

KINDS = ("stix", "galaxies", "warning-lists")


@click.group()
def knowledge() -> None:
    """ATT&CK, DISARM and other galaxies, warning lists: load them once, bring them up to date with one command.

    \b
    egnatia knowledge load attack enterprise-attack.json
    egnatia knowledge load galaxies
    egnatia knowledge update
    """


@knowledge.command("load")
@click.argument("name")
@click.argument("where", required=False, default="")
@click.option("--kind", type=click.Choice(KINDS), help="What it is; follows from NAME for `galaxies`, `warning-lists`.")
@command
def load(desk: Desk, name: str, *, where: str, kind: str | None) -> None:
    """Load WHERE (a file, a folder, a URL) under NAME, and remember where it is from.

    Without WHERE, galaxies and warning lists come from the packages pymispgalaxies and pymispwarninglists, if they are
    installed. A bundle of ATT&CK is STIX. Everything is TLP:CLEAR. Loading again adds what is new.

    \b
    egnatia knowledge load attack https://attack.example/enterprise-attack.json
    egnatia knowledge load warning-lists
    """
    wanted = msgspec.convert(
        {"name": name, "kind": kind or (name if name in KINDS else "stix"), "where": where}, type=Knowledge
    )
    if wanted.kind == "stix" and not where:
        raise Failure(f"Where is {name!r} to be loaded from? Name a file or a URL")
    with desk.node() as node:
        done = _load(desk, node, wanted)
    desk.answer(done, f"{done.name}: {done.added} new, {done.present} there already, {done.refused} refused.")


OFFLINE = "Without a way out, load from a file or a package: egnatia knowledge load NAME WHERE"


@knowledge.command("update")
@command
def update(desk: Desk) -> None:
    """Load again everything that was loaded, from where it came. What cannot be had stays as it is, and stops no other.

    A node without a way out takes it from a file, a folder or an installed package: egnatia knowledge load NAME WHERE.
    """
    done, failed = [], []
    with desk.node() as node:
        held = Shelf(node.store).kept.all().values()
        for each in held:
            try:
                done.append(_load(desk, node, each))
            except (OSError, Invalid) as error:
                failed.append(f"{each.name}: {error}")
    if done or not held:
        desk.answer(done, _shown(done) if done else "Nothing was loaded yet: egnatia knowledge load --help")
    for why in failed:
        click.echo(f"Not updated, what was loaded before stays: {why}", err=True)
    if failed:
        raise Unreachable(OFFLINE)


@knowledge.command("list")
@command
def list_(desk: Desk) -> None:
    """What was loaded, from where and when."""
    with desk.node() as node:
        held = list(Shelf(node.store).kept.all().values())
    desk.answer(held, _shown(held))


def _load(desk: Desk, node: Node, wanted: Knowledge) -> Knowledge:
    begun = time.monotonic()
    with desk.progress(wanted.name, None) as moved:
        done = Shelf(node.store).load(node, wanted, moved)
    node.note("knowledge", done.name, f"{done.kind} from {done.where or 'the package'}: {done.added} new")
    desk.aside(f"{done.name}: {time.monotonic() - begun:.1f} s")
    return done


def _shown(held: list[Knowledge]) -> Table:
    rows = [
        (each.name, each.kind, each.where or "(package)", _when(each.loaded), each.added, each.present, each.refused)
        for each in held
    ]
    return table(("name", "kind", "from", "loaded", "new", "there already", "refused"), rows)


def _when(at: int) -> str:
    return datetime.fromtimestamp(at / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M")
