"""The audit log: what has happened here, and whether anybody has changed the account of it."""

from datetime import UTC, datetime

import click
import msgspec

from egnatia.cli.desk import REFUSED, Desk, command, table
from egnatia.cli.manners import several


@click.group()
def audit() -> None:
    """The tamper-evident account of what this node has done."""


class Verified(msgspec.Struct, frozen=True):
    """What a check of the whole log has found, and which peers were asked."""

    rows: int
    findings: tuple["Found", ...]
    peers: tuple["Asked", ...] = ()


class Found(msgspec.Struct, frozen=True):
    """Something is wrong at row `seq`."""

    seq: int
    wrong: str
    why: str


class Asked(msgspec.Struct, frozen=True):
    """A peer handed back so many heads of the log that it has signed, or none because of `trouble`."""

    node: str
    signed: int
    trouble: str


class Line(msgspec.Struct, frozen=True):
    """One thing that happened."""

    seq: int
    at: str
    actor: str
    action: str
    subject: str
    detail: str


@audit.command("verify")
@click.option("--offline", is_flag=True, help="Ask no peer: check against the signatures that are kept here alone.")
@command
def verify(desk: Desk, *, offline: bool) -> None:
    """Read the whole log, and check the chain, the node's own checkpoints and what the peers have signed.

    Finds any changed, missing, inserted, moved or cut-off row; exit code 1 if there is one. The peers are asked for
    what they have kept: an administrator of this node can rewrite the log here and delete signatures here, but not
    there. What no peer answers for is only as good as what is kept here.
    """
    with desk.node() as node:
        heard = () if offline else node.hear_witnesses()
        findings = tuple(Found(each.seq, each.wrong.value, each.why) for each in node.audit_findings(heard))
        rows = len(list(node.store.audit_rows()))
        names = {each.node: node.pairings.name(each) for each in node.pairings.all()}
    asked = tuple(Asked(each.node, len(each.given), each.trouble) for each in heard)
    verified = Verified(rows, findings, asked)
    for each in asked:
        if each.trouble:
            desk.aside(f"{names[each.node]} has not told what it signed: {each.trouble}")
    agreeing = sum(1 for each in asked if each.signed)
    if not findings:
        desk.answer(verified, f"{several(rows, 'row')}, whole and in order; {_agreed(agreeing, len(asked))}.")
        return
    desk.answer(verified, table(("row", "", "what"), [(f.seq, f.wrong, f.why) for f in findings]))
    raise SystemExit(REFUSED)


def _agreed(agreeing: int, asked: int) -> str:
    if not agreeing:
        return "no peer was heard, so that a rewrite by this node's own administrator would not show"
    return f"{agreeing} of {asked} peers have signed heads of it and agree"


@audit.command("show")
@click.option("--actor", default="", help="Only what names this actor.")
@click.option("--action", default="", help="Only this action.")
@click.option("--subject", default="", help="Only what is about this subject.")
@click.option("--since", type=click.DateTime(), help="Only from this moment on, UTC.")
@click.option("--last", default=50, show_default=True, type=click.IntRange(1), help="At most so many, the newest.")
@command
def show(desk: Desk, *, since: datetime | None, last: int, **names: str) -> None:
    """Show what has happened, newest last.

    \b
    egnatia audit show --action release --since 2026-11-01
    """
    least = 0 if since is None else int(since.replace(tzinfo=UTC).timestamp() * 1_000_000)
    with desk.node() as node:
        lines = [
            Line(row.seq, _moment(row.at), row.actor, row.action, row.subject, row.detail)
            for row in node.store.audit_rows()
            if row.at >= least and all(text in getattr(row, name) for name, text in names.items())
        ][-last:]
    rows = [(each.seq, each.at, each.actor, each.action, each.subject, each.detail) for each in lines]
    desk.answer(
        lines, table(("row", "at (UTC)", "who", "what", "about", ""), rows) if rows else "Nothing of that kind."
    )


def _moment(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")
