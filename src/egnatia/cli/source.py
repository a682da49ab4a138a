"""Sources of intelligence: where from, how often, how they go."""

import time
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from egnatia.cli.desk import REFUSED, Desk, Failure, command, table
from egnatia.cli.manners import several
from egnatia.cyber.intel.source import Health, Source, Sources, run


class State(msgspec.Struct, frozen=True):
    """A source and how it goes."""

    source: Source
    health: Health


@click.group()
def source() -> None:
    """Sources: feeds, lists, MISP servers and TAXII collections that this node reads by itself.

    \b
    egnatia source save misp-regional.toml
    egnatia source list
    """


@source.command("save")
@click.argument("file", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@command
def save(desk: Desk, file: Path) -> None:
    """Keep the source that FILE (TOML or JSON) describes, in the place of one of its name (docs/intel.md).

    \b
    egnatia source save misp-regional.toml
    egnatia source run misp-regional
    """
    decode = msgspec.toml.decode if file.suffix == ".toml" else msgspec.json.decode
    try:
        # Whoever has the machine may have a server of the house read; where that redirects to is still checked.
        made = msgspec.structs.replace(decode(file.read_bytes(), type=Source), inside=True)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Failure(f"{file}: {error}") from error
    with desk.node() as node:
        Sources(node.store).save(made)
        node.note("source", made.name, f"{made.kind} {made.url}")
    desk.answer(made, f"{made.name} is read every {several(made.every_minutes, 'minute')} while the node serves.")


@source.command("list")
@command
def list_(desk: Desk) -> None:
    """Every source: when it was last read well, what it brought last, what went wrong."""
    with desk.node() as node:
        kept = Sources(node.store)
        states = [State(each, kept.health(each.name)) for each in kept.sources.all().values()]
    rows = [
        (
            each.source.name, each.source.kind, each.source.reliability, each.source.licence,
            _when(each.health.succeeded), each.health.added, each.health.refused, each.health.error,
        )
        for each in states
    ]  # fmt: skip
    columns = ("name", "kind", "reliability", "licence", "last read", "added", "refused", "error")
    desk.answer(states, table(columns, rows))


def _when(at: int) -> str:
    return datetime.fromtimestamp(at / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M") if at else "never"


@source.command("run")
@click.argument("name", required=False)
@command
def run_(desk: Desk, name: str | None) -> None:
    """Read the source NAME now, or all that are due."""
    with desk.node() as node:
        kept = Sources(node.store)
        if name is None:
            due = kept.due(time.time_ns() // 1_000)
        else:
            held = kept.sources.get(name)
            if held is None:
                raise Failure(f"There is no source {name!r}")
            due = [held]
        done = {each.name: run(node, each) for each in due}
    rows = [(each, health.added, health.present, health.refused, health.error) for each, health in done.items()]
    desk.answer(done, table(("name", "added", "there already", "refused", "error"), rows) if rows else "None is due.")
    if any(health.error for health in done.values()):
        raise SystemExit(REFUSED)


@source.command("remove")
@click.argument("name")
@command
def remove(desk: Desk, name: str) -> None:
    """Read the source NAME no more. What it brought stays."""
    with desk.node() as node:
        kept = Sources(node.store)
        if kept.sources.get(name) is None:
            raise Failure(f"There is no source {name!r}")
        kept.sources.remove(name)
        kept.healths.remove(name)
        node.note("source", name, "removed")
    desk.answer({"removed": name}, f"{name} is gone.")
