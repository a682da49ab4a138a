"""The analyst's questions: find by the search language, correlate, the matrix of techniques; and opinions."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import click
import msgspec

from egnatia.cli.desk import REFUSED, Desk, Failure, command, table
from egnatia.cli.record import INDEX_SECONDS
from egnatia.cli.transfer import LOCAL
from egnatia.cyber.intel.correlation import Shared
from egnatia.cyber.intel.correlation import correlate as correlated
from egnatia.cyber.intel.enrichment import ProtectedNames, Surroundings, enriched, enrichers, note
from egnatia.cyber.intel.language import parse
from egnatia.cyber.intel.matrix import ATTACK, DISARM, Extent
from egnatia.cyber.intel.matrix import matrix as matrix_of
from egnatia.cyber.intel.path import way
from egnatia.cyber.intel.searching import Stretch, known_to
from egnatia.cyber.intel.searching import search as searched
from egnatia.cyber.intel.vote import OPINIONS, WORDS, opinion
from egnatia.exchange.shown import Shown, shown
from egnatia.exchange.submission import Submitter
from egnatia.store import Row
from egnatia.web.card import by_id, cards
from egnatia.web.language import LANGUAGES, speech
from egnatia.web.record.name import name_of


class Common(msgspec.Struct, frozen=True):
    """A record with what it has in common with another."""

    id: str
    weight: float
    shared: tuple[str, ...]


def _shown(row: Row) -> Shown:
    return msgspec.json.decode(shown(row), type=Shown)


@click.command()
@click.argument("query", nargs=-1, required=True)
@click.option("--for", "organisation", help="Identity id: search as that organisation; else as this node's own.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1_000))
@command
def find(desk: Desk, query: tuple[str, ...], *, organisation: str | None, limit: int) -> None:
    """Find records by a query: words in any script, and type: tag: economy: sector: technique: value: since: ...

    \b
    egnatia find 'ransomware type:indicator economy:me since:30d'
    egnatia find '(technique:T1566 OR sector:energy) -tlp:clear'
    """
    term = parse(" ".join(query))
    with desk.node() as node:
        node.store.indexer.wait_for(node.store.position(), INDEX_SECONDS)
        clearance = node.clearance_of(organisation or node.own)
        known = known_to(node.store, clearance, node.facts.organisations())
        stretch = Stretch(limit=limit, budget=10_000_000)
        found = searched(node.store, clearance, term, known, datetime.now(UTC), stretch)
        organisations = by_id(node.organisations())
        node.note("search", detail=f"{len(found.rows)} found")
    shown_cards = cards(found.rows, organisations, speech(LANGUAGES["en"]))
    lines = [(each.tlp.upper(), each.kind, each.title, each.owner, each.id) for each in shown_cards]
    drawn = table(("TLP", "what", "title", "from", "id"), lines) if lines else "Nothing that you may see."
    desk.answer([_shown(row) for row in found.rows], drawn)
    if not found.complete and lines:
        desk.aside("There may be more; --limit shows more.")


@click.command()
@click.argument("record")
@click.option("--for", "organisation", help="Identity id: as that organisation; else as this node's own.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 500))
@command
def correlate(desk: Desk, record: str, *, organisation: str | None, limit: int) -> None:
    """Show what RECORD (its id) has in common with others: values, adversaries, malware, techniques.

    \b
    egnatia correlate report--...
    """
    with desk.node() as node:
        clearance = node.clearance_of(organisation or node.own)
        found = correlated(node.store, clearance, record, limit)
        called = _called(node.store.get(clearance, found.names)) if found is not None else {}
    if found is None:
        raise Failure(f"There is no record {record!r} here that this organisation may see")
    rows = [
        Common(each.row.id, round(each.weight, 3), tuple(f"{one.kind} {one.value}" for one in each.shared))
        for each in found.related
    ]
    shown_ = [
        (f"{each.weight:.2g}", each.row.id, "; ".join(_thing(one, called) for one in each.shared[:5]))
        for each in found.related
    ]
    desk.answer(rows, table(("weight", "record", "in common"), shown_) if rows else "Nothing in common with others.")
    for one in found.popular:
        desk.aside(f"{_thing(one, called)} is in more than {one.of} records: too common to tell anything.")


def _called(rows: Iterable[Row]) -> dict[str, str]:
    """What records are called, by their ids."""
    words = speech(LANGUAGES["en"])
    return {row.id: name_of(msgspec.json.decode(row.body), words) for row in rows}


def _thing(said: Shared, called: Mapping[str, str]) -> str:
    """A value under its STIX path, or what both name by its type and name."""
    if said.kind != "names":
        return f"{said.kind} {said.value}"
    return f"{said.value.partition('--')[0]} {called.get(said.value, said.value)}"


@click.command()
@click.argument("first")
@click.argument("last")
@command
def path(desk: Desk, first: str, last: str) -> None:
    """Show a shortest way of references between two records (their ids).

    \b
    egnatia path report--... intrusion-set--...
    """
    with desk.node() as node:
        clearance = node.clearance_of(node.own)
        found = way(node.store, clearance, first, last)
        organisations = by_id(node.organisations())
    if found is None:
        raise Failure("One of these records is not here, or not for this organisation")
    shown_cards = cards(found.rows, organisations, speech(LANGUAGES["en"]))
    nothing = "There is no way between them." if found.complete else "No way was found; there may be a longer one."
    rows = [(each.kind, each.title, each.id) for each in shown_cards]
    desk.answer([row.id for row in found.rows], table(("what", "title", "id"), rows) if rows else nothing)


@click.command()
@click.argument("query", nargs=-1)
@click.option("--disarm", is_flag=True, help="In the order of DISARM instead of ATT&CK.")
@click.option("--all", "with_empty", is_flag=True, help="Also techniques that no record tells of.")
@command
def matrix(desk: Desk, query: tuple[str, ...], *, disarm: bool, with_empty: bool) -> None:
    """Count the records that tell of each technique, by tactic; QUERY narrows them.

    \b
    egnatia matrix 'economy:rs sector:energy since:90d'
    """
    term = parse(" ".join(query))
    with desk.node() as node:
        clearance = node.clearance_of(node.own)
        known = known_to(node.store, clearance, node.facts.organisations())
        order = DISARM if disarm else ATTACK
        extent = Extent(order, with_empty, 10_000_000)
        made = matrix_of(node.store, clearance, term, known, datetime.now(UTC), extent)
    rows = [
        (tactic, cell.number, cell.name, cell.records, cell.organisations)
        for tactic in made.tactics
        for cell in made.cells[tactic]
    ]
    desk.answer(made, table(("tactic", "technique", "name", "records", "organisations"), rows))


@click.command()
@click.argument("record")
@click.argument("said", type=click.Choice([*WORDS, *OPINIONS]))
@click.option("--because", default="", help="Why, for those who may see the record.")
@command
def vote(desk: Desk, record: str, said: str, *, because: str) -> None:
    """Say what this organisation thinks of RECORD (its id); saying it again replaces it.

    \b
    egnatia vote indicator--... false-positive --because "our own scanner"
    """
    with desk.node() as node:
        rows = node.store.get(node.clearance_of(node.own), [record])
        if not rows:
            raise Failure(f"There is no record {record!r} here that this organisation may see")
        body = opinion(rows[0], node.own, said, datetime.now(UTC), explanation=because)
        submitter = Submitter(node.own, "command line", LOCAL)
        outcome = node.admission.submit([body], submitter, atomic=True, tolerant=False).result()
    if outcome.refused:
        desk.answer(outcome, str(outcome.refused[0].problems[0]))
        raise SystemExit(REFUSED)
    desk.answer({"opinion": outcome.accepted[0].id}, f"Said: {WORDS.get(said, said)}.")


@click.command()
@click.argument("record")
@click.option("--keep", is_flag=True, help="Keep what was found as a note on the record.")
@command
def enrich(desk: Desk, record: str, *, keep: bool) -> None:
    """Show what enrichers know of the values of RECORD (its id); nobody else is asked for ours.

    \b
    egnatia enrich indicator--...
    """
    with desk.node() as node:
        rows = node.store.get(node.clearance_of(node.own), [record])
        if not rows:
            raise Failure(f"There is no record {record!r} here that this organisation may see")
        around = Surroundings(node.settings.data, ProtectedNames(node.store).all())
        found = enriched(msgspec.json.decode(rows[0].body), enrichers(around))
        lines = [(each.value, fact.words, fact.value, each.enricher) for each in found for fact in each.facts]
        if keep and found:
            submitter = Submitter(node.own, "command line", LOCAL)
            body = note(rows[0], node.own, found, datetime.now(UTC))
            outcome = node.admission.submit([body], submitter, atomic=True, tolerant=False).result()
            if outcome.refused:
                desk.answer(outcome, str(outcome.refused[0].problems[0]))
                raise SystemExit(REFUSED)
    desk.answer(found, table(("value", "what", "is", "by"), lines) if lines else "Nothing is known of it.")
