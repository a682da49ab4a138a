"""Whom this node exchanges with."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from egnatia.cli.desk import Desk, Failure, command, table
from egnatia.exchange.peer.frame import Scope
from egnatia.exchange.peer.pairing import Pairing, Prospect
from egnatia.node import Node


@click.group()
def peer() -> None:
    """Join other nodes: invite, accept, compare five words, confirm.

    \b
    here:   egnatia peer invite > invitation.txt     (send it; receive theirs)
    there:  egnatia peer accept invitation.txt       (shows five words)
    both:   compare the words by telephone, then
            egnatia peer confirm NODE
    """


class Known(msgspec.Struct, frozen=True):
    """One node that this one knows."""

    node: str
    name: str
    state: str
    scope: str
    since: str


@peer.command("invite")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this file; else to stdout.")
@command
def invite(desk: Desk, *, out: Path | None) -> None:
    """Write an invitation: a signed text to give to the other operator. It holds no secret."""
    with desk.node() as node:
        text = node.pairings.invite()
    if out is not None:
        out.write_text(text, encoding="utf-8")
        desk.answer({"file": str(out)}, f"Invitation written to {out}.")
    else:
        desk.answer({"invitation": text}, text)


@peer.command("accept")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--relayed", is_flag=True, help="Ask it for what it relays for others too (a member behind its CSIRT).")
@click.option("--endpoint", default="", help="Reach it here instead of at the address in its card.")
@command
def accept(desk: Desk, file: str, *, relayed: bool, endpoint: str) -> None:
    """Read another node's invitation from FILE (`-`: stdin) and show the words to compare. Nothing is exchanged yet."""
    text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    scope: Scope = "all" if relayed else "own"
    with desk.node() as node:
        prospect = node.pairings.accept(text, scope=scope, endpoint=endpoint)
    desk.answer(prospect, _introduced(prospect))


def _introduced(prospect: Prospect) -> str:
    return (
        f"{prospect.name} ({prospect.economy}) at {prospect.endpoint}\n  node         {prospect.node}\n"
        f"  fingerprint  {prospect.fingerprint.groups}\n\nBoth sides must read the same five words:\n\n"
        f"    {prospect.words}\n\nIf they are: egnatia peer confirm {prospect.node}"
    )


@peer.command("confirm")
@click.argument("node_id", metavar="NODE")
@command
def confirm(desk: Desk, node_id: str) -> None:
    """The words were the same on both sides: exchange with NODE from now on."""
    with desk.node() as node:
        _turned(desk, node.pairings.confirm(_known(node, node_id)))


@peer.command("pause")
@click.argument("node_id", metavar="NODE")
@command
def pause(desk: Desk, node_id: str) -> None:
    """Neither send to NODE nor ask it, until resumed."""
    with desk.node() as node:
        _turned(desk, node.pairings.pause(_known(node, node_id)))


@peer.command("resume")
@click.argument("node_id", metavar="NODE")
@command
def resume(desk: Desk, node_id: str) -> None:
    """Go on with NODE where the pause began; nothing is lost."""
    with desk.node() as node:
        _turned(desk, node.pairings.resume(_known(node, node_id)))


@peer.command("remove")
@click.argument("node_id", metavar="NODE")
@command
def remove(desk: Desk, node_id: str) -> None:
    """End the exchange with NODE. What was received stays, under its owners' rules."""
    with desk.node() as node:
        known = _known(node, node_id)
        node.pairings.remove(known)
    desk.answer({"removed": known}, f"{known} is no peer any more.")


@peer.command("list")
@command
def list_(desk: Desk) -> None:
    """Every node that this one knows, and how far pairing has come."""
    with desk.node() as node:
        known = [_shown(node, each) for each in node.pairings.all()]
    rows = [(each.name, each.state, each.scope, each.since, each.node) for each in known]
    desk.answer(known, table(("name", "state", "asked for", "since", "node"), rows) if rows else "No peers yet.")


@peer.command("status")
@command
def status(desk: Desk) -> None:
    """How the exchange with every peer stands: lag, last contact, counts, the last error."""
    with desk.node() as node:
        peers = tuple(node.peers())
    rows = [
        (each.name, each.state, each.lag, each.received, each.sent, _seconds(each.last_contact), each.error)
        for each in peers
    ]
    columns = ("peer", "state", "lag", "received", "sent", "last contact (UTC)", "error")
    desk.answer(peers, table(columns, rows) if rows else "No peers yet: egnatia peer invite")


def _seconds(instant: str | None) -> str:
    """A moment as the other tables show it, for people; programs get it whole."""
    return (instant or "never")[:19].replace("T", " ")


def _known(node: Node, node_id: str) -> str:
    """The full id of the node that was named, by its id or the beginning of it."""
    found = [each.node for each in node.pairings.all() if each.node.removeprefix("node--").startswith(node_id)]
    found += [each.node for each in node.pairings.all() if each.node.startswith(node_id) and each.node not in found]
    if len(found) != 1:
        what = "no node" if not found else "more than one node"
        raise Failure(f"{node_id!r} is {what} here; see: egnatia peer list")
    return found[0]


def _turned(desk: Desk, pairing: Pairing) -> None:
    desk.answer({"node": pairing.node, "state": pairing.state}, f"{pairing.node} is {pairing.state} now.")


def _shown(node: Node, pairing: Pairing) -> Known:
    since = datetime.fromtimestamp(pairing.since / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M")
    return Known(pairing.node, node.pairings.prospect(pairing.node).name, pairing.state, pairing.scope, since)
