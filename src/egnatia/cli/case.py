"""`egnatia case`: cases that several organisations work on, and what is due in them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from egnatia.casework.agenda import agenda
from egnatia.casework.clock import Owed, owed
from egnatia.casework.fold import Fold
from egnatia.casework.registry import Deed, Opening, Refused, Unknown
from egnatia.casework.rulebook import Rulebook
from egnatia.cli.casefile import shown_of, told
from egnatia.cli.casework import attach_, fetch, files, merge, report, verify
from egnatia.cli.desk import Desk, Failure, Wrong, command, table
from egnatia.cli.incident import export, import_
from egnatia.cli.playbook import playbook
from egnatia.cli.summary import profile, summary_, tell
from egnatia.exchange.submission import Right, Submitter
from egnatia.node import Node
from egnatia.record.case import CaseParty
from egnatia.store.casebook import Due

_RIGHTS = frozenset({Right.READ, Right.SUBMIT})


@click.group("case")
def case_() -> None:
    """Work on cases with other organisations: incidents, requests; every step is signed.

    \b
    egnatia case open incident --title "Ransomware" --party identity--...:ME:affected-entity
    egnatia case due --own
    """


def _party(text: str) -> CaseParty:
    parts = text.split(":")
    if len(parts) != 3 or not all(parts):
        raise Wrong(f"{text!r} is not ORGANISATION:ECONOMY:ROLE[,ROLE], such as identity--...:ME:national-csirt")
    return CaseParty(party_ref=parts[0], economy=parts[1], roles=tuple(parts[2].split(",")))


def _fields(given: Sequence[str], book: Rulebook | None) -> dict[str, Any]:
    """NAME=VALUE as the workflow's fields say: numbers, yes and no, lists with commas, else texts."""
    found: dict[str, Any] = {}
    for each in given:
        name, equals, text = each.partition("=")
        if not equals:
            raise Wrong(f"{each!r} is not NAME=VALUE")
        field = book.fields.get(name) if book else None
        found[name] = _value(name, field.kind if field else "", text)
    return found


def _value(name: str, kind: str, text: str) -> Any:
    match kind:
        case "number":
            try:
                return int(text) if text.lstrip("-").isdigit() else float(text)
            except ValueError:
                raise Wrong(f"{name}: {text!r} is no number") from None
        case "flag":
            if text.lower() not in {"yes", "no", "true", "false"}:
                raise Wrong(f"{name}: {text!r} is neither yes nor no")
            return text.lower() in {"yes", "true"}
        case "choices" | "texts" | "records":
            return [one for one in text.split(",") if one]
        case _:
            return _roles(text) if name == "roles" else text


def _roles(text: str) -> list[str]:
    return [one for one in text.split(",") if one]


@case_.command("open")
@click.argument("workflow")
@click.option("--title", required=True, help="What it is about, in a few words.")
@click.option("--role", "roles", multiple=True, required=True, help="Role of this node's organisation; repeatable.")
@click.option("--party", "parties", multiple=True, help="ORGANISATION:ECONOMY:ROLE[,ROLE] of another one; repeatable.")
@click.option("--fact", "facts", multiple=True, help="NAME=VALUE of what is known already; repeatable.")
@click.option("--tlp", default="amber+strict", show_default=True, help="TLP of the case and its events.")
@command
def open_(
    desk: Desk,
    workflow: str,
    *,
    title: str,
    roles: tuple[str, ...],
    parties: tuple[str, ...],
    facts: tuple[str, ...],
    tlp: str,
) -> None:
    """Open a case that follows WORKFLOW (incident, incident-me, information-request) with its parties.

    \b
    egnatia case open information-request --title "Whose address is this?" --role asking \\
      --party identity--...:AL:asked --fact urgency=urgent --fact asked_at=2026-03-01T12:00:00Z
    """
    with desk.node() as node:
        book = node.casework.library.newest(workflow)
        economy = node.settings.organisation.economy
        own = CaseParty(party_ref=node.own, economy=economy, roles=roles)
        opening = Opening(
            workflow=workflow,
            title=title,
            parties=(own, *map(_party, parties)),
            facts=_fields(facts, book),
            tlp=tlp,
        )
        try:
            opened = node.casework.open(_officer(node), opening)
        except Unknown as unknown:
            known = ", ".join(dict.fromkeys(each.workflow.name for each in node.casework.library))
            raise Wrong(f"{unknown.args[0]}; there are {known}") from unknown
    desk.answer({"case": opened}, f"Opened {opened}")


@case_.command()
@click.argument("case")
@click.argument("does")
@click.option("--about", multiple=True, help="What it is about: a report, a deadline, a party, an event; repeatable.")
@click.option("--field", "fields", multiple=True, help="NAME=VALUE; repeatable.")
@click.option("--text", default="", help="Words: a comment, a reason.")
@click.option("--ref", "refs", multiple=True, help="Id of a record that belongs to it; repeatable.")
@click.option("--only", multiple=True, help="Only for parties in this role (of comments and the like); repeatable.")
@command
def event(  # noqa: PLR0913  one for each option
    desk: Desk,
    case: str,
    does: str,
    *,
    about: tuple[str, ...],
    fields: tuple[str, ...],
    text: str,
    refs: tuple[str, ...],
    only: tuple[str, ...],
) -> None:
    """Do something in CASE: a step of its workflow, or comment, set, submit, review, join, leave, task, extend ...

    \b
    egnatia case event case--... triage --field kind=incident --field severity=red
    egnatia case event case--... submit --about early-warning --field suspected_malicious=yes --field cross_border=yes
    egnatia case event case--... join --about identity--... --field economy=AL --field roles=national-csirt
    """
    with desk.node() as node:
        fold = _found(node, case)
        deed = Deed(does=does, about=about, fields=_fields(fields, fold.book), text=text, refs=refs, only=only)
        try:
            made = node.casework.act(_officer(node), case, deed)
        except Refused as refused:
            raise Failure(f"Refused ({refused.refusal.rule}): {refused.refusal.reason}") from refused
        state = _found(node, case).state.state
    desk.answer({"event": made.id, "state": state}, f"Done; the case is {state}. {made.id}")


@case_.command()
@click.argument("case")
@click.option("--for", "organisation", help="Identity id: as that organisation sees it; else as this node's own.")
@command
def show(desk: Desk, case: str, *, organisation: str | None) -> None:
    """Show CASE: where it stands, who takes part, what is owed, everything that was done and what was refused.

    \b
    egnatia case show case--...
    """
    with desk.node() as node:
        who = organisation or node.own
        try:
            fold = node.casework.fold(node.clearance_of(who), case)
        except Unknown as unknown:
            raise Failure(str(unknown.args[0])) from unknown
        names = {each.id: each.name for each in node.organisations()}
    shown = shown_of(fold, who)
    desk.answer(shown)
    if not desk.as_json:
        for part in told(fold, shown, names):
            desk.out.print(part)


@case_.command("list")
@click.option("--closed", is_flag=True, help="Those that are over.")
@click.option("--view", default="", help="A view of a workflow, as WORKFLOW:VIEW.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1_000))
@command
def list_(desk: Desk, *, closed: bool, view: str, limit: int) -> None:
    """List the cases that this node's organisation takes part in, the last changed first.

    \b
    egnatia case list
    egnatia case list --view incident:regional
    """
    with desk.node() as node:
        node.casework.catch_up()
        found = node.casework.standings(node.clearance_of(node.own), is_open=not closed, limit=limit)
        if view:
            name, _, wanted = view.partition(":")
            book = node.casework.library.newest(name)
            if book is None or wanted not in {each.name for each in book.workflow.views}:
                raise Wrong(f"there is no view {view!r}: name one as WORKFLOW:VIEW")
            chosen = next(each for each in book.workflow.views if each.name == wanted)
            folds = {each.id: _found(node, each.id) for each in found if each.workflow == name}
            rule = book.rule("view", wanted)
            found = tuple(
                each
                for each in found
                if (fold := folds.get(each.id)) is not None
                and (not chosen.states or fold.state.state in chosen.states)
                and (rule is None or rule.holds(fold.known()))
            )
    rows = [(_day(each.updated), each.workflow, each.state, each.title, each.id) for each in found]
    desk.answer(found, table(("changed", "workflow", "state", "title", "id"), rows) if rows else "No case.")


@case_.command()
@click.option("--own", is_flag=True, help="Only what this node's organisation owes itself.")
@click.option("--days", type=click.IntRange(0, 3_650), help="Only what is due within so many days.")
@click.option("--calendar", type=click.Path(dir_okay=False, path_type=Path), help="Write it as iCalendar too.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000))
@command
def due(desk: Desk, *, own: bool, days: int | None, calendar: Path | None, limit: int) -> None:
    """List what is owed in all open cases, the earliest first.

    \b
    egnatia case due --own --days 3
    """
    now = datetime.now(UTC)
    until = _micros(now + timedelta(days=days)) if days is not None else 1 << 62
    with desk.node() as node:
        node.casework.catch_up()
        found = node.casework.dues(node.clearance_of(node.own), own=own, until=until, limit=limit)
        names = {each.id: each.name for each in node.organisations()}
        if calendar is not None:
            calendar.write_bytes(agenda(_entries(node, found), now))
    desk.answer(
        found, table(("due", "", "what", "by", "case", "id"), _rows(found, names, now)) if found else "Nothing."
    )


case_.add_command(playbook)
case_.add_command(export)
case_.add_command(import_)
case_.add_command(summary_)
case_.add_command(tell)
case_.add_command(profile)


def _rows(found: Sequence[Due], names: dict[str, str], now: datetime) -> list[tuple[str, ...]]:
    late = _micros(now)
    return [
        (
            _day(each.due),
            "OVERDUE" if each.due < late else "",
            each.what,
            ", ".join(names.get(who, who) for who in each.by),
            each.title,
            each.case,
        )
        for each in found
    ]


def _entries(node: Node, found: Sequence[Due]) -> list[tuple[str, str, Owed, Rulebook]]:
    entries = []
    for case in dict.fromkeys(each.case for each in found):
        fold = _found(node, case)
        wanted = {(each.deadline, each.start) for each in found if each.case == case}
        entries += [
            (case, fold.case.title, each, fold.book)
            for each in owed(fold)
            if (each.deadline, _micros(each.start)) in wanted
        ]
    return entries


def _found(node: Node, case: str) -> Fold:
    try:
        return node.casework.fold(node.clearance_of(node.own), case)
    except Unknown as unknown:
        raise Failure(str(unknown.args[0])) from unknown


def _officer(node: Node) -> Submitter:
    return Submitter(node.own, "command line", _RIGHTS)


def _day(micros: int) -> str:
    return datetime.fromtimestamp(micros / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M")


def _micros(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000)


for each_ in (attach_, files, fetch, merge, report, verify):
    case_.add_command(each_)
