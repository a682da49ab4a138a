"""The node's keys: who it is to others."""

import time

import click
import msgspec

from egnatia.cli.desk import Desk, command
from egnatia.node import Node
from egnatia.trust.fingerprint import fingerprint


@click.group()
def key() -> None:
    """The node's keys: show them, replace them, give up lost ones.

    Peers believe new keys that the old ones signed; nobody has to pair anew.

    \b
    egnatia key rotate
    egnatia key revoke 3fa9c2 --reason "a laptop was stolen"
    """


class Shown(msgspec.Struct, frozen=True):
    """The keys of a node: fingerprints, the current one first; how many were replaced and revoked."""

    node: str
    fingerprint: str
    words: str
    replaced: int
    revoked: int


@key.command("show")
@command
def show(desk: Desk) -> None:
    """Say the node's id and the fingerprint of its current keys, as others see it."""
    with desk.node() as node:
        _say(desk, node)


@key.command("rotate")
@command
def rotate(desk: Desk) -> None:
    """Give the node new keys, signed by the old ones. A running node notices, and so do its peers.

    Once a year, and whenever somebody who could read the keystore leaves.
    """
    with desk.node() as node:
        node.residence.rotate()
        node.note("keys rotated", node.node_id, node.card.keys.current.id)
        _say(desk, node)
    desk.aside("A running node takes them up within seconds, and shows its peers.")


@key.command("revoke")
@click.argument("fingerprint_start", metavar="FINGERPRINT")
@click.option("--reason", required=True, help="Why; everybody who exchanges with this node can read it.")
@command
def revoke(desk: Desk, *, fingerprint_start: str, reason: str) -> None:
    """Give up replaced keys (rotate first) that somebody else may hold, named by the start of their FINGERPRINT.

    From then on nothing that they signed is believed, whatever date it claims.
    """
    with desk.node() as node:
        found = [each for each in node.card.keys.all[:-1] if each.id.startswith(fingerprint_start.lower())]
        if len(found) != 1:
            raise ValueError(f"{fingerprint_start!r} names {len(found)} replaced keys; name exactly one (rotate first)")
        node.residence.revoke(found[0].id, reason)
        node.note("keys revoked", node.node_id, found[0].id)
        _say(desk, node)
    desk.aside("A running node tells its peers within seconds.")


def _say(desk: Desk, node: Node) -> None:
    history = node.card.keys
    mark = fingerprint(history.current.id)
    shown = Shown(node.node_id, history.current.id, mark.words, len(history.rotations), len(history.revocations))
    since = time.strftime("%Y-%m-%d", time.gmtime(node.card.issued / 1_000_000))
    desk.answer(
        shown,
        f"{node.node_id}\n  fingerprint {shown.fingerprint}\n  in words    {shown.words}\n"
        f"  card of     {since}, {shown.replaced} keys replaced, {shown.revoked} revoked",
    )
