"""Single records: hand in, look at who would see them, find, explain, take back."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from egnatia.cli.desk import REFUSED, Desk, Failure, command, table
from egnatia.cli.handling import handling, handling_options
from egnatia.cli.receipt import own_record, own_view
from egnatia.cli.transfer import LOCAL
from egnatia.cyber.intel.warning_index import warning_lists
from egnatia.exchange.shown import Shown, shown
from egnatia.exchange.submission import Handling, Submission, Submitter
from egnatia.exchange.takeback import Action, recalling
from egnatia.node import Node
from egnatia.policy import decide
from egnatia.record import Invalid, read
from egnatia.record.split import split
from egnatia.store import Query, Row
from egnatia.store.query import LAST
from egnatia.web.card import card
from egnatia.web.language import LANGUAGES, speech

if TYPE_CHECKING:  # `table` imports it: a node that serves draws nothing
    from rich.table import Table

INDEX_SECONDS = 20.0
"""How long a search waits for the full text to catch up with the log; then it finds what it finds."""


class Ruling(msgspec.Struct, frozen=True):
    """Whether an organisation may see a record, by which rule, in plain words."""

    record: str
    organisation: str
    allowed: bool
    rule: str
    reason: str


def bodies_in(file: str) -> list[bytes]:
    """The objects in a file; `-` is stdin."""
    if file == "-":
        return list(split(sys.stdin.buffer))
    with Path(file).open("rb") as stream:
        return list(split(stream))


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@handling_options
@click.option("--tolerant", is_flag=True, help="Forgive deviations from STIX 2.1 that have one clear meaning.")
@click.option("--insist", is_flag=True, help="Publish indicators of values that are on a warning list, too.")
@command
def submit(desk: Desk, file: str, *, tlp: str | None, audience: tuple[str, ...], tolerant: bool, insist: bool) -> None:
    """Publish the records in FILE as this node's organisation: all of them or none, strictly checked; `-` is stdin.

    When it returns, they are durable, and on their way to those who may see them.

    \b
    egnatia preview report.json --tlp amber
    egnatia submit report.json --tlp amber
    """
    with desk.node() as node:
        submitter = Submitter(node.own, "command line", LOCAL)
        bodies = bodies_in(file)
        if not insist:
            _stop_benign(bodies, node)
        outcome = node.admission.submit(
            bodies, submitter, handling=handling(tlp, audience), atomic=True, tolerant=tolerant
        ).result()
    _tell(desk, outcome)


def _stop_benign(bodies: list[bytes], node: Node) -> None:
    """Raises Failure where an indicator would detect what is well known and benign."""
    lists = warning_lists(node.settings.data)
    for body in bodies:
        record = msgspec.json.decode(body)
        reason = lists.reason(record) if isinstance(record, dict) else None
        if reason is not None:
            raise Failure(
                f"{record.get('id')}: {record.get('pattern')} is {reason}; --insist publishes it all the same"
            )


def _tell(desk: Desk, outcome: Submission) -> None:
    added = [each for each in outcome.accepted if each.position]
    present = len(outcome.accepted) - len(added)
    words = [f"{len(added):,} published, {present:,} there already, {len(outcome.refused):,} refused."]
    words += [
        f"  {each.id or f'object {each.index}'}: {problem}" for each in outcome.refused for problem in each.problems
    ]
    desk.answer(outcome, "\n".join(words))
    if outcome.refused:
        raise SystemExit(REFUSED)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@handling_options
@command
def preview(desk: Desk, file: str, *, tlp: str | None, audience: tuple[str, ...]) -> None:
    """Say who would see the records in FILE if they were submitted, and by which rule. Nothing is stored.

    \b
    egnatia preview report.json --tlp amber+strict
    """
    with desk.node() as node:
        submitter = Submitter(node.own, "command line", LOCAL)
        names = {each.id: each.name for each in node.organisations()}
        marks = handling(tlp, audience)
        rulings = [each for body in bodies_in(file) for each in _rulings(node, body, submitter, marks)]
    desk.answer(rulings, _ruled(rulings, names))


def _rulings(node: Node, body: bytes, submitter: Submitter, marks: Handling) -> list[Ruling]:
    record = _id(body)
    try:
        seen = node.preview(body, submitter, marks)
    except Invalid as error:
        message = f"{record or 'a record without an id'}: {error}"
        raise Failure(message) from error
    return [
        Ruling(record, each.organisation, each.decision.allowed, each.decision.rule, each.decision.reason)
        for each in seen
    ]


def _id(body: bytes) -> str:
    return msgspec.json.decode(body, type=_Named).id


class _Named(msgspec.Struct):
    id: str = ""


def _ruled(rulings: list[Ruling], names: dict[str, str]) -> "Table":
    rows = [
        (each.record, names.get(each.organisation, each.organisation), "sees" if each.allowed else "-", each.reason)
        for each in rulings
    ]
    return table(("record", "organisation", "", "why"), rows)


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--for", "organisation", help="Identity id: search as that organisation; else as this node's own.")
@click.option("--type", "types", multiple=True, help="Only this record type; several times for several.")
@click.option("--value", is_flag=True, help="WORDS are an observable value (an address, a name, a digest).")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1_000))
@command
def search(
    desk: Desk, words: tuple[str, ...], *, organisation: str | None, types: tuple[str, ...], value: bool, limit: int
) -> None:
    """Find records by words, in any script or spelling: Skopje finds Скопје.

    \b
    egnatia search ransomware skopje
    egnatia search --value 198.51.100.7
    """
    text = " ".join(words)
    with desk.node() as node:
        clearance = node.clearance_of(organisation or node.own)
        if value:
            rows = node.store.by_value(clearance, text, limit)
        else:
            node.store.indexer.wait_for(node.store.position(), INDEX_SECONDS)
            rows = node.store.search(clearance, text, Query(types=types, versions=(LAST,)), limit)
        organisations = {each.id: each for each in node.organisations()}
        node.note("search", detail=f"{len(rows)} found")
    found = [_shown(row) for row in rows]
    cards = [card(each, organisations, speech(LANGUAGES["en"])) for each in found]
    lines = [(each.tlp.upper(), each.kind, each.title, each.owner, each.id) for each in cards]
    desk.answer(found, table(("TLP", "what", "title", "from", "id"), lines) if lines else "Nothing that you may see.")


def _shown(row: Row) -> Shown:
    return msgspec.json.decode(shown(row), type=Shown)


@click.command()
@click.argument("record")
@click.option("--for", "organisation", help="Identity id of who asks; else this node's own organisation.")
@command
def explain(desk: Desk, record: str, *, organisation: str | None) -> None:
    """Say why an organisation may or may not see RECORD (its id), as far as this node's own may see it.

    \b
    egnatia explain report--... --for identity--...
    """
    with desk.node() as node:
        rows = own_view(node, record)
        asked = organisation or node.own
        clearance = node.clearance_of(asked)
        decisions = [decide(row.label, clearance) for row in rows]
        names = {each.id: each.name for each in node.organisations()}
    rulings = [Ruling(record, asked, each.allowed, each.rule, each.reason) for each in decisions]
    desk.answer(rulings, _ruled(rulings, names))
    if not any(each.allowed for each in rulings):
        raise SystemExit(REFUSED)


@click.command()
@click.argument("record")
@click.option("--erase", is_flag=True, help="Have it deleted everywhere, not only hidden. For good.")
@click.option("--reason", default="", help="Why; everyone who has received the record will read it.")
@command
def recall(desk: Desk, record: str, *, erase: bool, reason: str) -> None:
    """Take back RECORD (its id), which this organisation has shared: every node hides it at once and says so.

    \b
    egnatia recall report--... --reason "names the wrong company"
    """
    with desk.node() as node:
        own_record(node, record, "only its owner can take it back")
        action: Action = "erase" if erase else "withdraw"
        written = recalling(record, action, owner=node.own, reason=reason, now=datetime.now(UTC))
        submitter = Submitter(node.own, "command line", LOCAL)
        outcome = node.admission.submit([written], submitter, atomic=True, tolerant=False).result()
    if outcome.refused:
        _tell(desk, outcome)
    taken = read(written).head.id
    desk.answer({"recall": taken}, f"Taken back. Who has complied: egnatia receipts {taken}")
