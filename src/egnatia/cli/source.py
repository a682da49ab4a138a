"""Sources of intelligence: where from, how often, how they go."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import click
import msgspec

from egnatia.cli.desk import REFUSED, Desk, Failure, command, table
from egnatia.cli.manners import several
from egnatia.cyber.intel.leaving import Gone
from egnatia.cyber.intel.overlap import Glance, glance
from egnatia.cyber.intel.source import Health, Source, Sources
from egnatia.cyber.intel.tapping import client_for, part_of, run
from egnatia.exchange.formats.listing import preview


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
    made = _described(file)
    with desk.node() as node:
        Sources(node.store).save(made)
        node.note("source", made.name, f"{made.kind} {made.url}")
    desk.answer(made, f"{made.name} is read every {several(made.every_minutes, 'minute')} while the node serves.")


def _described(file: Path) -> Source:
    """Whoever has the machine may have a server of the house read; where that redirects to is still checked."""
    decode = msgspec.toml.decode if file.suffix == ".toml" else msgspec.json.decode
    try:
        made = msgspec.structs.replace(decode(file.read_bytes(), type=Source), inside=True)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise Failure(f"{file}: {error}") from error
    made.check()
    return made


@source.command("preview")
@click.argument("file", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@command
def preview_(desk: Desk, file: Path) -> None:
    """Look at the MISP feed or the list that FILE describes before it is kept. Nothing is stored.

    Of a feed: how many events it has, how many of its values (hashes.csv) are known here already. Of a list: what
    its mapping makes of the first rows.

    \b
    egnatia source preview osint.toml
    """
    made = _described(file)
    with desk.node() as node:
        client = client_for(node, made)
        if made.kind == "misp-feed":
            with client:
                found = glance(node.store, node.clearance_of(node.own), part_of(client, made))
            desk.answer(found, "\n".join(_glanced(found)))
        elif made.mapping is not None:
            with client:
                rows = preview(part_of(client, made)(""), made.mapping, applied=made.tlp)
            shown = [(each.row, each.value, each.kind, each.tlp, each.problem or each.pattern) for each in rows]
            desk.answer(rows, table(("row", "value", "kind", "TLP", "becomes"), shown))
        else:
            raise Failure(f"{file}: only a list or a MISP feed can be looked at before")


def _glanced(found: Glance) -> Iterator[str]:
    yield f"{several(found.events, 'event')}, {found.new} of them not here yet"
    if found.overlap is not None:
        about, told = "" if found.overlap.exact else "about ", found.overlap
        share = f" ({told.known / told.values:.0%})" if told.values else ""
        yield f"{about}{several(told.values, 'value')}, {about}{told.known} of them known here already{share}"
        if told.broken:
            yield f"{several(told.broken, 'line')} of hashes.csv cannot be read: {'; '.join(told.examples)}"
    else:
        yield f"how many of its values are known cannot be told: {found.trouble}"
    yield from (f"  {_when(at * 1_000_000)}  {title}" for title, at in found.newest)


@source.command("settle")
@click.argument("name")
@click.argument("what", type=click.Choice(["withdraw", "keep"]))
@command
def settle(desk: Desk, name: str, what: Literal["withdraw", "keep"]) -> None:
    """Say what becomes of the events that are gone from the source NAME, where most of them were at once.

    \b
    egnatia source settle osint keep
    """
    with desk.node() as node:
        kept = Sources(node.store)
        try:
            kept.settle(name, what, "command line")
        except LookupError as error:
            raise Failure(f"{error}: {name!r}") from error
        node.note("source", name, f"what is gone there: {what}")
    desk.answer({"source": name, "do": what}, "The next reading of the source does so.")


@source.command("list")
@command
def list_(desk: Desk) -> None:
    """Every source: when it was last read well, what it brought last, what went wrong."""
    with desk.node() as node:
        kept = Sources(node.store)
        states = [State(each, kept.health(each.name)) for each in kept.sources.all().values()]
        gone = kept.leavings.gone.all()
    rows = [
        (
            each.source.name, each.source.kind, each.source.reliability, each.source.licence,
            _when(each.health.succeeded), each.health.added, each.health.refused,
            "; ".join(_wrong(each, gone.get(each.source.name))),
        )
        for each in states
    ]  # fmt: skip
    columns = ("name", "kind", "reliability", "licence", "last read", "added", "refused", "what is wrong")
    desk.answer(states, table(columns, rows))


def _wrong(state: State, gone: Gone | None) -> Iterator[str]:
    health = state.health
    if state.source.paused:
        yield "paused"
    if health.error:
        yield health.error
    if health.broken:
        first = health.broken[0]
        yield f"{several(health.broken_in_all, 'event')} could not be read ({first.uuid}: {first.why}, ...)"
    if gone is not None and not gone.decided:
        yield f"{len(gone.events)} of {gone.of} events are gone at once: egnatia source settle {state.source.name}"


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
        kept.remove(name)
        node.note("source", name, "removed")
    desk.answer({"removed": name}, f"{name} is gone.")
