"""Formats of others at the command line: how a file of each is read, and what must be settled for it."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import uuid4

import click
import msgspec

from egnatia.cli.desk import Desk, Failure, command, table
from egnatia.cyber.intel.held import BY_HAND, Waiting, wants_second
from egnatia.cyber.intel.leaving import Leavings
from egnatia.cyber.intel.warning_index import warning_lists
from egnatia.exchange.calling import guarded
from egnatia.exchange.formats.bringing import Bringing, never
from egnatia.exchange.formats.conversion import TLP_IDS, Conversion
from egnatia.exchange.formats.csaf import read_advisory
from egnatia.exchange.formats.csaf_writing import write_advisory
from egnatia.exchange.formats.extraction import draft, text_of
from egnatia.exchange.formats.fetching import document_at, is_url, unpacked
from egnatia.exchange.formats.listing import ListMapping, mapping_of, read_list
from egnatia.exchange.formats.listing import preview as preview_list
from egnatia.exchange.formats.misp import Terms, read_events
from egnatia.exchange.formats.misp.feed import read_feed, write_feed
from egnatia.exchange.formats.misp.writing import events
from egnatia.exchange.importing import Finding, Tally
from egnatia.exchange.shown import TLP_NAMES
from egnatia.exchange.submission import Handling, Right, Submitter
from egnatia.node import Node
from egnatia.settings import Settings
from egnatia.store import Row

F = TypeVar("F", bound=Callable[..., Any])


class Settled(msgspec.Struct, frozen=True):
    """What the person who imports has settled beyond the file."""

    terms: Terms = Terms()
    mapping: ListMapping | None = None
    settings: Settings = Settings()

    def document(self, file: str) -> bytes:
        """The content of a file, or of what a URL leads to. Raises OSError."""
        return document(file, self.settings)

    def list_mapping(self) -> ListMapping:
        """The mapping of a list. Raises ValueError where none was given."""
        if self.mapping is None:
            raise ValueError("A list needs --mapping FILE: what is in its columns (docs/intel.md)")
        return self.mapping


def _now() -> datetime:
    return datetime.now(UTC)


Read = Callable[[str, Settled, Callable[[Iterable[str]], Mapping[str, str]]], Iterator[Conversion]]

FORMATS: Final[Mapping[str, Read]] = {
    "misp": lambda file, settled, _: read_events(settled.document(file), settled.terms),
    "misp-feed": lambda file, settled, held: read_feed(
        lambda name: settled.document(_beside(file, name)), settled.terms, held
    ),
    "csaf": lambda file, settled, _: iter((read_advisory(settled.document(file), settled.terms.decided),)),
    "list": lambda file, settled, _: iter(
        (read_list(settled.document(file), settled.list_mapping(), _now(), settled.terms.decided),)
    ),
}
"""Every format besides STIX that `egnatia import` reads."""


def advisories(rows: Sequence[Row], creator: tuple[str, str]) -> Iterator[tuple[str, bytes]]:
    """An advisory for each report that names vulnerabilities; its file is named as CSAF asks for (section 5.1)."""
    held = {row.id: (row, msgspec.json.decode(row.body, type=dict[str, Any])) for row in rows}
    publisher = {"name": creator[1], "namespace": f"urn:uuid:{creator[0].partition('--')[2]}"}
    for row, report in held.values():
        if row.type == "report":
            found = [
                held[ref][1] for ref in report["object_refs"] if ref in held and held[ref][0].type == "vulnerability"
            ]
            strictest = max([row, *(held[each["id"]][0] for each in found)], key=lambda each: each.label.tlp)
            if found:
                name = re.sub(r"[^+\-a-z0-9]+", "_", f"egnatia-{row.id.partition('--')[2]}")
                yield f"{name}.json", write_advisory(report, found, publisher, TLP_NAMES[strictest.label.tlp])


Write = Callable[[Sequence[Row], tuple[str, str]], Iterator[tuple[str, bytes]]]

WRITERS: Final[Mapping[str, Write]] = {
    "misp": lambda rows, creator: iter([("", _response(events(rows, creator)))]),
    "misp-feed": lambda rows, creator: write_feed(events(rows, creator)),
    "csaf": advisories,
}
"""Every format besides STIX that `egnatia export` writes: files by name, the file itself for no name. The creator is an
identity and its name."""


def _response(several: Sequence[Mapping[str, Any]]) -> bytes:
    return msgspec.json.encode({"response": [{"Event": event} for event in several]})


def foreign_options(function: F) -> F:
    """The options of an import that only other formats than STIX need."""
    kind = click.option(
        "--format", "form", type=click.Choice(["stix", *FORMATS]), default="stix", show_default=True,
        help="What FILES are; `list` is CSV, text, JSON or RSS by --mapping, `misp-feed` a folder or its URL.",
    )  # fmt: skip
    mapping = click.option(
        "--mapping",
        type=click.Path(dir_okay=False, path_type=Path),
        help="What is in the columns of a list (TOML, JSON).",
    )
    understand = click.option(
        "--understand", multiple=True, metavar="TAG=MEANING",
        help="What a word that restricts means: `Intern=tlp:amber`, or `Intern=` for nothing. Else it is TLP:RED.",
    )  # fmt: skip
    community = click.option(
        "--community", multiple=True, metavar="IDENTITY",
        help="Whom `this community` of a MISP server stands for; else its events are for this organisation alone.",
    )  # fmt: skip
    return kind(mapping(understand(community(function))))


def settled(mapping: Path | None, understand: Iterable[str], community: Iterable[str], tlp: str | None) -> Settled:
    """What the options say. Raises ValueError for one that says nothing clear."""
    decided = {}
    for each in understand:
        tag, equals, meaning = each.rpartition("=")
        if not equals:
            raise ValueError(f"--understand {each!r}: expected TAG=MEANING, such as Intern=tlp:amber")
        decided[tag] = meaning
    made = mapping_of(mapping.read_bytes(), toml=mapping.suffix == ".toml") if mapping else None
    return Settled(Terms(community=tuple(community), decided=decided, tlp=tlp), made)


def bring_in(
    node: Node, file: str, form: str, what: Settled, marks: Handling, on_finding: Callable[[Finding], None]
) -> Tally:
    """Reads a file of another format and hands its records in as the node's organisation."""
    bringing, terms = by_hand(node, what.terms, marks, on_finding, form)
    what = msgspec.structs.replace(what, terms=terms, settings=node.settings)
    keys: list[str] = []
    tally = bringing.bring(_noting(FORMATS[form](file, what, bringing.versions), keys))
    # What somebody brought in by hand stays when a source that has it too has it no longer.
    Leavings(node.store).take(BY_HAND, dict.fromkeys(keys, 0))
    return tally


def _noting(several: Iterable[Conversion], keys: list[str]) -> Iterator[Conversion]:
    for each in several:
        yield each
        if each.origin is not None and each.origin.form == "misp":
            keys.append(each.origin.key)


def by_hand(
    node: Node, given: Terms, marks: Handling, on_finding: Callable[[Finding], None], form: str = "stix"
) -> tuple[Bringing, Terms]:
    """What brings in what somebody imports here, and the terms with what people decided since of what was held."""
    submitter = Submitter(node.own, "command line", frozenset(Right))
    marks = msgspec.structs.replace(marks, stays_narrow=True)
    waiting = Waiting(node.store)
    bringing = Bringing(
        node.store,
        node.clearance_of(node.own),
        node.own,
        lambda bodies: node.admission.submit(bodies, submitter, handling=marks),
        on_finding,
        guard=warning_lists(node.settings.data).reason if form == "list" else never,
        doubt=waiting.doubt(BY_HAND, given, marks.applied),
    )
    return bringing, waiting.terms(BY_HAND, given, second=wants_second(node))


def document(file: str, settings: Settings) -> bytes:
    """The content of a file, of a URL, or of stdin for `-`; unpacked if it is gzip. A URL may be one of the house, for
    whoever has the machine names it; where it redirects to is called only where the node calls. Raises OSError."""
    if file == "-":
        return unpacked(sys.stdin.buffer.read())
    return document_at(file, guarded(settings, file if is_url(file) else ""))


def reached(desk: Desk, file: str) -> bytes:
    """The same at a command that needs no node: its settings count where a URL is named."""
    return document(file, desk.settings() if is_url(file) else Settings())


def _beside(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}"


@click.command("preview-list")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option(
    "--mapping", type=click.Path(dir_okay=False, path_type=Path), required=True, help="What is in its columns."
)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1_000))
@command
def preview_list_(desk: Desk, file: str, *, mapping: Path, limit: int) -> None:
    """Show what a mapping makes of the first rows of a list. Nothing is stored.

    \b
    egnatia preview-list feed.csv --mapping feed.toml
    """
    made = settled(mapping, (), (), None).list_mapping()
    found = preview_list(reached(desk, file), made, limit)
    rows = [(each.row, each.value, each.kind, each.tlp, each.problem or each.pattern) for each in found]
    desk.answer(found, table(("row", "value", "kind", "TLP", "becomes"), rows))


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--title", required=True, help="What the draft report is called.")
@click.option("--tlp", type=click.Choice(list(TLP_IDS)), default="amber", show_default=True, help="At least so strict.")
@command
def extract(desk: Desk, file: str, *, title: str, tlp: str) -> None:
    """Print the indicators that a mail, a page or a text names, as a draft bundle to look through. Nothing is stored.

    \b
    egnatia extract report.eml --title "Phishing wave" > draft.json
    egnatia submit draft.json --tlp amber
    """
    try:
        text = text_of(reached(desk, file))
    except ValueError as error:
        raise Failure(f"{file}: {error}") from error
    made = draft(text, title, datetime.now(UTC), tlp)
    if not made.records:
        raise Failure(f"{file} names nothing that could be an indicator")
    head = f'{{"type":"bundle","id":"bundle--{uuid4()}","objects":[\n'.encode()
    click.echo(head + b",\n".join(made.records) + b"\n]}")
    desk.aside(f"{len(made.records) - 1} found. Look through them: a report names benign things too.")
