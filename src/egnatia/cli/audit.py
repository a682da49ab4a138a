"""The audit log: what has happened here, and whether anybody has changed the account of it."""

from datetime import UTC, datetime

import click
import msgspec

from egnatia.cli.desk import REFUSED, Desk, command, table


@click.group()
def audit() -> None:
    """The tamper-evident account of what this node has done."""


class Verified(msgspec.Struct, frozen=True):
    """What a check of the whole log has found."""

    rows: int
    findings: tuple["Found", ...]


class Found(msgspec.Struct, frozen=True):
    """Something is wrong at row `seq`."""

    seq: int
    wrong: str
    why: str


class Line(msgspec.Struct, frozen=True):
    """One thing that happened."""

    seq: int
    at: str
    actor: str
    action: str
    subject: str
    detail: str


@audit.command("verify")
@command
def verify(desk: Desk) -> None:
    """Read the whole log, and check the chain, the node's own checkpoints and what the peers have signed.

    Finds any changed, missing, inserted, moved or cut-off row; exit code 1 if there is one.
    """
    with desk.node() as node:
        findings = tuple(Found(each.seq, each.wrong.value, each.why) for each in node.audit_findings())
        rows = len(list(node.store.audit_rows()))
    if not findings:
        desk.answer(Verified(rows, ()), f"{rows:,} rows, whole and in order.")
        return
    desk.answer(Verified(rows, findings), table(("row", "", "what"), [(f.seq, f.wrong, f.why) for f in findings]))
    raise SystemExit(REFUSED)


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
