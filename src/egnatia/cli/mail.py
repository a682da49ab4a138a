"""Letters at the command line: try the mail server, see what was given up, try it again."""

import secrets
import time

import click

from egnatia.cli.desk import Desk, Failure, Unreachable, command, table
from egnatia.exchange.letter import Call, Letter, Mail, Undeliverable
from egnatia.exchange.mail import Connection


@click.group()
def mail() -> None:
    """Letters that this node sends: e-mails, and calls of webhooks.

    \b
    egnatia mail test duty@csirt.example
    egnatia mail dead
    egnatia mail again --all
    """


@mail.command("test")
@click.argument("address")
@command
def test_(desk: Desk, address: str) -> None:
    """Send a letter to ADDRESS now, and say what the mail server answers."""
    settings = desk.settings()
    if not settings.mail.host:
        raise Failure("mail.host is empty: this node sends no mail")
    words = "This node can write to you. Nothing has happened."
    content = Mail(to=address, subject=f"{settings.organisation.name}: a test", text=words)
    letter = Letter(id=secrets.token_hex(20), at=time.time_ns() // 1_000, content=content)
    try:
        with Connection(settings) as connection:
            connection.send(letter, content)
    except Undeliverable as error:
        raise Failure(f"{settings.mail.host} refuses it: {error}") from error
    except OSError as error:
        raise Unreachable(f"{settings.mail.host}: {error}") from error
    desk.answer({"sent": address}, f"{settings.mail.host} has taken a letter to {address}.")


@mail.command("dead")
@command
def dead(desk: Desk) -> None:
    """Letters that were given up after three days, or that can never be sent: to whom, and why."""
    with desk.node() as node:
        found = node.outbox.dead()
    rows = [(each.id, _receiver(each), each.tries, each.error) for each in found]
    listed = [{"id": id_, "to": to, "tries": tries, "error": error} for id_, to, tries, error in rows]
    desk.answer(listed, table(("letter", "to", "tries", "why"), rows) if rows else "None was given up.")


@mail.command("again")
@click.argument("letters", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that were given up.")
@command
def again(desk: Desk, letters: tuple[str, ...], every: bool) -> None:
    """Try LETTERS once more; a running node sends them within seconds."""
    with desk.node() as node:
        chosen = [each.id for each in node.outbox.dead(10_000)] if every else letters
        tried = [each for each in chosen if node.outbox.again(each, time.time_ns() // 1_000)]
        node.note("letters again", detail=f"{len(tried)}")
    if not tried and not every:
        raise Failure("No such letter was given up")
    desk.answer({"again": len(tried)}, f"{len(tried):,} are tried again.")


def _receiver(letter: Letter) -> str:
    match letter.content:
        case Mail(to=to):
            return to
        case Call(hook=hook):
            return f"webhook {hook}"
        case None:
            return ""
