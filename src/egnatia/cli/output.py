"""Outputs: what devices fetch, and which device may."""

import time
from datetime import UTC, datetime

import click
import msgspec

from egnatia.cli.desk import Desk, Failure, command, table
from egnatia.cyber.intel.consuming import Consumer, Outputs
from egnatia.cyber.intel.output import DEVICES, TAXII, Output, make
from egnatia.cyber.intel.searching import known_to
from egnatia.cyber.intel.source import Sources
from egnatia.cyber.intel.warning_index import warning_lists


class Granted(msgspec.Struct, frozen=True):
    """A device that may fetch. `token` is shown this once and nowhere kept."""

    id: str
    token: str
    url: str


@click.group()
def output() -> None:
    """Outputs for defences: lists, zones and rules that devices fetch at /outputs/NAME.

    \b
    egnatia output save resolver --format rpz --least 60
    egnatia output grant resolver --name "resolver 1"
    """


@output.command("save")
@click.argument("name")
@click.option("--format", "form", type=click.Choice(list(DEVICES)), required=True, help="What the device reads.")
@click.option("--search", default="", help="Only what matches, in the search language (docs/intel.md).")
@click.option("--least", default=20, show_default=True, type=click.IntRange(1, 100), help="The least score.")
@click.option("--allow", multiple=True, metavar="VALUE", help="Never give this address, network, domain or digest.")
@click.option("--limit", default=0, type=click.IntRange(0, 1_000_000), help="At most so many entries; the best stay.")
@command
def save(desk: Desk, name: str, *, form: str, search: str, least: int, allow: tuple[str, ...], limit: int) -> None:
    """Keep the output NAME, in the place of one of that name.

    \b
    egnatia output save resolver --format rpz --search "economy:me" --least 60
    egnatia output grant resolver --name "resolver 1"
    """
    fields = {"name": name, "form": form, "search": search, "least": least, "allow": allow, "limit": limit}
    made = msgspec.convert(fields, Output)
    with desk.node() as node:
        Outputs(node.store).save(made)
        node.note("output", name, f"{form} {search}")
    desk.answer(made, f"{name} is at {_address(desk, made)}")


@output.command("list")
@command
def list_(desk: Desk) -> None:
    """Every output, and the devices that may fetch it."""
    with desk.node() as node:
        kept = Outputs(node.store)
        outputs, consumers = kept.outputs.all(), kept.consumers.all()
    rows = [
        (each.name, each.form, each.search, each.least, ", ".join(
            f"{who.name} ({who.id}{_state(who)})"
            for who in consumers.values() if who.output == each.name
        ))
        for each in outputs.values()
    ]  # fmt: skip
    desk.answer(list(outputs.values()), table(("name", "format", "search", "least", "devices"), rows))


@output.command("remove")
@click.argument("name")
@command
def remove(desk: Desk, name: str) -> None:
    """Keep the output NAME no longer; devices that ask for it find nothing."""
    with desk.node() as node:
        kept = Outputs(node.store)
        if kept.outputs.get(name) is None:
            raise Failure(f"There is no output {name!r}")
        kept.remove(name)
        node.note("output", name, "removed")
    desk.answer({"removed": name}, f"{name} is gone.")


@output.command("show")
@click.argument("name")
@click.option("--for", "organisation", help="Identity id: what that organisation would get; else this node's own.")
@click.option("--public", is_flag=True, help="What everyone would get.")
@click.option("--summary", is_flag=True, help="Only how many entries, and what was left out and why.")
@command
def show(desk: Desk, name: str, *, organisation: str | None, public: bool, summary: bool) -> None:
    """Print the output NAME as one reader would get it now."""
    with desk.node() as node:
        saved = Outputs(node.store).outputs.get(name)
        if saved is None:
            raise Failure(f"There is no output {name!r}")
        clearance = node.clearance_of(None if public else organisation or node.own)
        known = known_to(node.store, clearance, node.facts.organisations())
        warnings = warning_lists(node.settings.data)
        grades = Sources(node.store).reliabilities()
        now = datetime.now(UTC)
        made = make(saved, node.store, clearance, now, warnings=warnings, known=known, reliabilities=grades)
    if summary or desk.as_json:
        told = {"entries": made.entries, "left_out": dict(made.left_out), "tag": made.tag}
        rows = sorted(made.left_out.items())
        desk.answer(told, table(("left out for", "entries"), [("(given)", made.entries), *rows]))
    else:
        click.echo(made.content, nl=False)


@output.command("grant")
@click.argument("name")
@click.option("--for", "organisation", help="Identity id of whose device it is; else this node's own.")
@click.option("--name", "device", required=True, help="What the device is called.")
@click.option("--days", default=0, type=click.IntRange(0, 3_650), help="For so many days; else until it is revoked.")
@command
def grant(desk: Desk, name: str, *, organisation: str | None, device: str, days: int) -> None:
    """Let a device fetch the output NAME, and nothing else: shows its token, this once.

    The device sends it as `Authorization: Bearer`, or as the password of the user `token`.
    """
    with desk.node() as node:
        kept = Outputs(node.store)
        try:
            minted = kept.grant(name, organisation or node.own, device, days=days)
        except KeyError as error:
            raise Failure(f"There is no output {name!r}") from error
        address = _address(desk, kept.outputs.get(name))
        node.note("output granted", name, f"{minted.id} {device}")
    made = Granted(minted.id, minted.text, address)
    desk.answer(made, f"{made.token}\nfetches {made.url}. It is shown this once.")


def _state(who: Consumer) -> str:
    """How a device stands, as far as there is something to say."""
    if who.revoked:
        return ", revoked"
    last = "" if who.last_use is None else f", fetched {datetime.fromtimestamp(who.last_use / 1e6, UTC):%Y-%m-%d %H:%M}"
    return f"{last}{'' if who.may_fetch(time.time_ns() // 1_000) else ', expired'}"


def _address(desk: Desk, saved: Output | None) -> str:
    """Where a device fetches an output, which for a TAXII collection is where a program discovers it."""
    if saved is None:
        raise Failure("The output is gone")
    return f"{desk.settings().public_url}/outputs/{saved.name}{'/taxii2/' if saved.form == TAXII else ''}"


@output.command("revoke")
@click.argument("consumer")
@command
def revoke(desk: Desk, consumer: str) -> None:
    """End the access of the device with this id."""
    with desk.node() as node:
        if not Outputs(node.store).revoke(consumer):
            raise Failure(f"There is no device {consumer!r}")
        node.note("output revoked", consumer)
    desk.answer({"revoked": consumer}, f"{consumer} can fetch nothing any more.")
