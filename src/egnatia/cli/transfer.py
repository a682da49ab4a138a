"""Records in from files, and out into files."""

import contextlib
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

import click
import msgspec

from egnatia.cli.desk import REFUSED, Desk, Failure, command, table
from egnatia.cli.foreign import WRITERS, bring_in, by_hand, foreign_options, settled
from egnatia.cli.handling import handling, handling_options
from egnatia.cyber.intel.held import BY_HAND
from egnatia.cyber.intel.sifting import Sifting
from egnatia.exchange.exporting import Format, export_stream, rows
from egnatia.exchange.formats.misp import Terms
from egnatia.exchange.importing import Counted, Finding, Tally, import_stream, opened
from egnatia.exchange.submission import Handling, Right, Submitter
from egnatia.node import Node
from egnatia.record.split import split
from egnatia.store.entry import Page
from egnatia.store.query import LAST, Query

PAGE = 1_000

LOCAL = frozenset(Right)
"""Who can open the data directory may do all that its organisation may."""


class Imported(msgspec.Struct, frozen=True):
    """What an import has done. `rules` are the rules that records broke, the most frequent first."""

    read: int
    added: int
    present: int
    refused: int
    deviating: int
    rules: tuple["Broken", ...]


class Broken(msgspec.Struct, frozen=True):
    """One rule that records broke: how often, in records that were refused or not, and the first as an example."""

    rule: str
    refused: bool
    count: int
    example: str


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(allow_dash=True))
@foreign_options
@handling_options
@click.option("--strict", is_flag=True, help="Refuse every record that breaks a rule of STIX 2.1.")
@click.option("--atomic", is_flag=True, help="All of a file or nothing of it; the file must fit in memory.")
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="Write every finding here, a line each."
)
@command
def import_(
    desk: Desk, files: tuple[str, ...], *, tlp: str | None, audience: tuple[str, ...], report: Path | None, **how: Any
) -> None:
    """Bring in records from FILES: STIX 2.0 or 2.1 bundles, arrays or JSON lines, gzipped or not; `-` reads stdin.
    With --format also MISP events, MISP feeds (a folder or a URL) and lists.

    Reading is tolerant: what has one clear meaning is taken and noted, what has not is refused and told. Importing a
    file again changes nothing. Unmarked records get --tlp, else the organisation's default.

    \b
    egnatia import enterprise-attack.json --tlp clear
    egnatia import feed-*.json.gz --tlp green --report findings.jsonl
    curl -s https://feed.example/bundle.json | egnatia import - --strict --atomic
    egnatia import event.json --format misp
    egnatia import domains.csv --format list --mapping domains.toml --tlp clear
    """
    total = Tally()
    marks, form = handling(tlp, audience), how["form"]
    what = settled(how["mapping"], how["understand"], how["community"], tlp)
    with desk.node() as node, _reporting(report) as on_finding:
        for file in files:
            if form == "stix":
                _add(total, _import(desk, node, file, marks, given=what.terms, how=how, on_finding=on_finding))
            else:
                _add(total, bring_in(node, file, form, what, marks, on_finding))
    rules = tuple(
        Broken(rule, refused, count, str(total.examples[rule, refused]))
        for (rule, refused), count in total.rules.most_common()
    )
    done = Imported(total.read, total.added, total.present, total.refused, total.deviating, rules)
    desk.answer(done, f"{done.added:,} added, {done.present:,} there already, {done.refused:,} refused.")
    if rules and not desk.as_json:
        shown = [
            (f"{each.count:,}", "refused" if each.refused else "noted", each.rule, each.example) for each in rules[:20]
        ]
        desk.out.print(table(("times", "", "rule", "for example"), shown))
    if done.refused:
        raise SystemExit(REFUSED)


def _import(
    desk: Desk, node: Node, file: str, marks: Handling, *, given: Terms, how: dict[str, Any], on_finding: "OnFinding"
) -> Tally:
    submitter, tally = Submitter(node.own, "command line", LOCAL), Tally()
    bringing, terms = by_hand(node, given, marks, on_finding)
    others = msgspec.structs.replace(marks, stays_narrow=True)
    sifting = Sifting(node, BY_HAND, terms, bringing, tally, on_finding)
    if file != "-":  # what bears a marking may stand before what says what it means
        with Path(file).open("rb") as first, suppress(EOFError):
            sifting.learn(split(opened(cast("BinaryIO", Counted(first)))))
    with _source(file) as (stream, size), desk.progress(Path(file).name, size) as moved:
        counted = Counted(stream)
        try:
            import_stream(
                opened(cast("BinaryIO", counted)),
                lambda bodies: node.admission.submit(
                    bodies, submitter, handling=others, atomic=how["atomic"], tolerant=not how["strict"]
                ),
                atomic=how["atomic"],
                on_finding=on_finding,
                on_batch=lambda _: moved(counted.count),
                sift=sifting.sift,
                tally=tally,
            )
        except EOFError as error:
            message = f"{file}: the gzip data ends before its end; what came before is in"
            raise Failure(message) from error
    sifting.finish()
    return tally


class OnFinding:
    """Writes findings to a file, or nowhere."""

    def __init__(self, out: BinaryIO | None) -> None:
        self._out = out

    def __call__(self, finding: Finding) -> None:
        """Writes one finding as a line of JSON."""
        if self._out is not None:
            self._out.write(msgspec.json.encode(finding) + b"\n")


@contextlib.contextmanager
def _reporting(path: Path | None) -> Iterator[OnFinding]:
    if path is None:
        yield OnFinding(None)
        return
    with path.open("wb") as out:
        yield OnFinding(out)


@contextlib.contextmanager
def _source(file: str) -> Iterator[tuple[BinaryIO, int | None]]:
    if file == "-":
        yield sys.stdin.buffer, None
        return
    path = Path(file)
    with path.open("rb") as stream:
        yield stream, path.stat().st_size


def _add(total: Tally, tally: Tally) -> None:
    total.read += tally.read
    total.added += tally.added
    total.present += tally.present
    total.refused += tally.refused
    total.deviating += tally.deviating
    total.rules.update(tally.rules)
    total.examples = {**tally.examples, **total.examples}


@click.command("export")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--for", "organisation", help="Identity id: what that organisation may see; else this node's own.")
@click.option("--public", is_flag=True, help="Only what everyone may see.")
@click.option("--type", "types", multiple=True, help="Only this record type; several times for several.")
@click.option("--since", type=click.DateTime(), help="Only what was added here after this moment, UTC.")
@click.option("--versions", type=click.Choice(["last", "all"]), default="last", show_default=True)
@click.option("--lines", is_flag=True, help="JSON lines instead of a bundle.")
@click.option(
    "--format",
    "to",
    type=click.Choice(["stix", *WRITERS]),
    default="stix",
    show_default=True,
    help="What FILE shall be.",
)
@command
def export_(desk: Desk, file: str, *, organisation: str | None, public: bool, lines: bool, **asked: object) -> None:
    """Write the records that one reader may see into FILE as a STIX 2.1 bundle; `-` writes to stdout. As `misp` FILE
    becomes MISP events with labels as tags, as `misp-feed` a folder with a manifest, as `csaf` a folder of advisories.

    \b
    egnatia export all.json
    egnatia export public.jsonl --public --lines
    egnatia export bank.json --for identity--... --type indicator --since 2026-11-01
    """
    since = cast("datetime | None", asked["since"])
    query = Query(
        types=cast("tuple[str, ...]", asked["types"]),
        since=None if since is None else int(since.replace(tzinfo=UTC).timestamp() * 1_000_000),
        versions=(LAST,) if asked["versions"] == LAST else (),
    )
    form: Format = "lines" if lines else "bundle"
    with desk.node() as node:
        clearance = node.clearance_of(None if public else organisation or node.own)

        def changes(after: int) -> Page:
            return node.store.changes(clearance, after, PAGE, query)

        if asked["to"] == "stix":
            with _sink(file) as out:
                count = export_stream(changes, out, form=form)
        else:
            count = 0
            for path, content in WRITERS[str(asked["to"])](
                list(rows(changes)), (node.own, node.settings.organisation.name)
            ):
                count += 1
                with _sink(str(Path(file, path)) if path else file) as out:
                    out.write(content)
        node.note("export", f"{'public' if public else organisation or node.own} {count}")
    if file != "-":
        what = "records" if asked["to"] == "stix" else "files"
        desk.answer({what: count, "file": file}, f"{count:,} {what} written to {file}.")


@contextlib.contextmanager
def _sink(file: str) -> Iterator[BinaryIO]:
    """A file that appears when it is whole, or stdout."""
    if file == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as out:
            yield out
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
