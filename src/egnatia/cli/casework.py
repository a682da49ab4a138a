"""Files of cases, and cases that are merged, at the command line."""

from pathlib import Path

import click
import msgspec

from egnatia.casework.attaching import File, Incomplete, attach, content, described, known_for
from egnatia.casework.evidence import check, evidence_in
from egnatia.casework.registry import Refused, Unknown
from egnatia.cli.desk import Desk, Failure, Wrong, command, table
from egnatia.cli.manners import several
from egnatia.exchange.submission import Right, Submitter
from egnatia.node import Node
from egnatia.web.cases.report import Form, report_of
from egnatia.web.language import speech
from egnatia.web.language.declared import ENGLISH

_RIGHTS = frozenset({Right.READ, Right.SUBMIT})


def _officer(node: Node) -> Submitter:
    return Submitter(node.own, "command line", _RIGHTS)


@click.command("attach")
@click.argument("case")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--text", default="", help="What it is.")
@click.option("--only", multiple=True, help="Only for parties in this role; repeatable.")
@command
def attach_(desk: Desk, case: str, file: Path, *, text: str, only: tuple[str, ...]) -> None:
    """Attach FILE to CASE: it goes to the parties, sealed past whoever relays it.

    \b
    egnatia case attach case--... disk-image-hashes.txt --text "hashes of the images"
    """
    with desk.node() as node:
        new = File(name=file.name, content=file.read_bytes())
        try:
            made = attach(node.casework, _officer(node), case, new, text=text, only=only)
        except Refused as refused:
            raise Failure(f"Refused ({refused.refusal.rule}): {refused.refusal.reason}") from refused
        except Unknown as unknown:
            raise Failure(str(unknown.args[0])) from unknown
        node.note("case file attached", made.refs[0], case)
        record = described(node.casework, node.clearance_of(node.own), made.refs)[made.refs[0]]
    desk.answer({"file": record.id, "sha256": record.sha256}, f"Attached {record.id}, SHA-256 {record.sha256}.")


@click.command("files")
@click.argument("case")
@command
def files(desk: Desk, case: str) -> None:
    """The files of CASE: who added them, their hashes, and whether other records speak of those."""
    with desk.node() as node:
        clearance = node.clearance_of(node.own)
        try:
            fold = node.casework.fold(clearance, case)
        except Unknown as unknown:
            raise Failure(str(unknown.args[0])) from unknown
        found = list(described(node.casework, clearance, list(fold.state.refs)).values())
        known = {each.id: len(known_for(node.casework, clearance, each.sha256)) for each in found}
    rows = [(each.id, each.name, each.size, each.sha256, each.created_by_ref, known[each.id]) for each in found]
    columns = ("file", "name", "bytes", "SHA-256", "added by", "records that speak of it")
    listed = [dict(zip(("id", "name", "size", "sha256", "by", "known"), row, strict=True)) for row in rows]
    desk.answer(listed, table(columns, rows) if rows else "The case has no files.")


@click.command("fetch")
@click.argument("case")
@click.argument("file")
@click.argument("to", type=click.Path(dir_okay=False, path_type=Path))
@command
def fetch(desk: Desk, case: str, file: str, to: Path) -> None:
    """Write a copy of the file FILE of CASE to TO, checked against its hash; the audit log notes it first."""
    if to.exists():
        raise FileExistsError(f"{to} is there already")
    with desk.node() as node:
        clearance = node.clearance_of(node.own)
        record = described(node.casework, clearance, [file]).get(file)
        if record is None or record.case_ref != case:
            raise Failure(f"{case} has no file {file}")
        try:
            whole = content(node.casework, clearance, record)
        except Incomplete as error:
            raise Failure(str(error)) from error
        node.note("case file downloaded", file, f"{case} sha256 {record.sha256}")
        to.write_bytes(whole)
    desk.answer({"file": str(to), "sha256": record.sha256}, f"{several(len(whole), 'byte')} written to {to}.")


@click.command("merge")
@click.argument("case")
@click.argument("into")
@click.option("--text", required=True, help="Why.")
@click.option("--undo", is_flag=True, help="Take it back.")
@command
def merge(desk: Desk, case: str, into: str, *, text: str, undo: bool) -> None:
    """Let CASE go on in the case INTO: both keep all that they have, and it can be taken back."""
    with desk.node() as node:
        work = node.casework.unmerge if undo else node.casework.merge
        try:
            work(_officer(node), case, into, text)
        except Refused as refused:
            raise Failure(f"Refused ({refused.refusal.rule}): {refused.refusal.reason}") from refused
        except Unknown as unknown:
            raise Failure(str(unknown.args[0])) from unknown
    desk.answer({"case": case, "into": into, "merged": not undo}, "Done.")


@click.command("report")
@click.argument("case")
@click.argument("to", type=click.Path(dir_okay=False, path_type=Path))
@command
def report(desk: Desk, case: str, to: Path) -> None:
    """Write the report of CASE, as this node's organisation may see it, to TO: a `.pdf`, `.html` or `.json` file.

    Its proof of integrity is inside; `egnatia case verify` checks it anywhere.
    """
    forms: dict[str, Form] = {".pdf": "pdf", ".html": "html"}
    if to.suffix not in {*forms, ".json"}:
        raise Wrong(f"{to}: the name ends with .pdf, .html or .json")
    with desk.node() as node:
        clearance = node.clearance_of(node.own)
        try:
            fold = node.casework.fold(clearance, case)
        except Unknown as unknown:
            raise Failure(str(unknown.args[0])) from unknown
        names = {each.id: each.name for each in node.organisations()}
        made = report_of(node.casework, clearance, fold, speech(ENGLISH), names, node.own)
        form = forms.get(to.suffix)
        to.write_bytes(made.written(form) if form else msgspec.json.encode(made.evidence))
        node.note("case report", case, to.suffix)
    desk.answer({"report": str(to), "records": len(made.evidence.pieces)}, f"Written to {to}.")


@click.command("verify")
@click.argument("file", metavar="REPORT", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@command
def verify(desk: Desk, file: Path) -> None:
    """Check the proof in REPORT (PDF, HTML or JSON): every record's bytes, tree and signatures, and the state.

    The nodes that attested must be known here by their cards. Exit code 1 where anything does not hold.
    """
    held = evidence_in(file.read_bytes())
    with desk.node() as node:
        found = check(held, node.casework.library, node.card_of)
    if found:
        rows = [(each.subject, each.wrong) for each in found]
        desk.answer({"holds": False, "findings": found}, table(("record", "what is wrong"), rows))
        raise Failure(f"{len(found)} of {several(len(held.pieces), 'record')} not whole")
    desk.answer(
        {"holds": True, "case": held.case, "state": held.state, "records": len(held.pieces)},
        f"{several(len(held.pieces), 'record')}, all whole; {held.case} stood at {held.state!r} on {held.made_at}.",
    )
