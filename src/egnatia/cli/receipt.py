"""Who has a record of ours, and who has complied with its recall."""

import time
from datetime import UTC, datetime
from typing import Final

import click

from egnatia.cli.desk import Desk, Failure, command, table
from egnatia.node import Node
from egnatia.store import Row
from egnatia.web.record.receipt import Compliance, Receipt, compliance, receipts

ANSWERS: Final = 1_000
"""Records naming one record that are looked through for receipts."""


@click.command("receipts")
@click.argument("record")
@command
def receipts_(desk: Desk, record: str) -> None:
    """Say which nodes have RECORD (its id), one of this organisation's; of a recall, who has complied.

    \b
    egnatia receipts report--...
    egnatia receipts recall--...
    """
    with desk.node() as node:
        row = own_record(node, record, "only its owner is told who has it")
        naming = node.store.neighbours(node.clearance_of(node.own), row.id, "in", ANSWERS)
        if row.type == "recall":
            _standings(desk, compliance(node, row, naming, now=time.time_ns() // 1_000))
        else:
            known = {each.id: each.name for each in node.organisations()}
            _receipts(desk, receipts(node, row, naming, known))


def own_view(node: Node, record: str) -> tuple[Row, ...]:
    """What this organisation may see of a record."""
    rows = node.store.get(node.clearance_of(node.own), [record])
    if not rows:
        raise Failure(f"There is no record {record!r} here that this node's organisation may see")
    return rows


def own_record(node: Node, record: str, rule: str) -> Row:
    """This organisation's own record of that id; `rule` says why nobody else's will do."""
    for row in own_view(node, record):
        if row.owner == node.own:
            return row
    raise Failure(f"{record} is another organisation's: {rule}")


def _standings(desk: Desk, found: tuple[Compliance, ...]) -> None:
    rows = [(each.name, each.state, _time(each.at), _time(each.last_contact), each.error) for each in found]
    columns = ("node", "how it stands", "since (UTC)", "last contact", "error")
    desk.answer(found, table(columns, rows) if rows else "No other node could have had the record.")


def _receipts(desk: Desk, found: tuple[Receipt, ...]) -> None:
    rows = [(each.who, each.event, _time(each.at), "signed" if each.signed else "acknowledged") for each in found]
    columns = ("who", "what", "at (UTC)", "how")
    desk.answer(found, table(columns, rows) if rows else "No other node has said yet that it has the record.")


def _time(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1_000_000, UTC):%Y-%m-%d %H:%M:%S}" if at else "-"
