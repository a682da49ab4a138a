"""A case as `egnatia case show` tells it: for programs, and in words."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from egnatia.casework.clock import owed
from egnatia.casework.fold import Fold
from egnatia.cli.desk import table
from egnatia.cli.manners import several

if TYPE_CHECKING:  # `table` imports it: a node that serves draws nothing
    from rich.table import Table


class Shown(msgspec.Struct, frozen=True):
    """A case as `case show` answers it."""

    id: str
    title: str
    workflow: str
    version: str
    state: str
    facts: dict[str, Any]
    entered: dict[str, str]
    parties: list[dict[str, Any]]
    owed: list[dict[str, Any]]
    events: list[dict[str, Any]]
    conflicts: list[dict[str, str]]
    missing: list[str]
    may: list[str]


def shown_of(fold: Fold, who: str) -> Shown:
    """The case as somebody who takes part in it is answered."""
    now = datetime.now(UTC)
    state = fold.state
    return Shown(
        id=fold.case.id,
        title=fold.case.title,
        workflow=fold.case.workflow,
        version=fold.case.workflow_version,
        state=state.state,
        facts=fold.known(),
        entered=dict(state.entered),
        parties=[
            {"party": name, "economy": each.economy, "roles": sorted(each.roles), "left": each.left}
            for name, each in state.parties.items()
        ],
        owed=[
            {
                "deadline": each.deadline,
                "what": each.title,
                "due": each.due.isoformat() if each.due else None,
                "met": each.met.isoformat() if each.met else None,
                "timeliness": each.timeliness(now).value,
                "review": each.review.value,
                "by": each.by,
            }
            for each in owed(fold)
        ],
        events=[
            {
                "id": each.id,
                "at": each.at,
                "author": each.author,
                "does": each.does,
                "about": each.about,
                "fields": dict(each.fields),
                "text": each.text,
                "refused": state.refused[each.id].rule.value if each.id in state.refused else None,
                "reason": state.refused[each.id].reason if each.id in state.refused else None,
            }
            for each in fold.ordering
        ],
        conflicts=[msgspec.to_builtins(each) for each in state.conflicts.values()],
        missing=sorted(state.missing),
        may=[each.name for each in fold.may(who)],
    )


def told(fold: Fold, shown: Shown, names: dict[str, str]) -> "list[str | Table]":
    """The same for a person, part by part."""
    state = fold.book.states[shown.state].title
    parts: list[str | Table] = [f"{shown.title}\n{fold.book.workflow.title} {shown.version}: {state}\n{shown.id}\n"]
    rows = [
        (names.get(each["party"], each["party"]), each["economy"], ", ".join(each["roles"]), each["left"] and "left")
        for each in shown.parties
    ]
    parts.append(table(("party", "economy", "roles", ""), rows))
    facts = [
        (name, f"{value} (said as {shown.entered[name]})" if name in shown.entered else value)
        for name, value in shown.facts.items()
        if value not in (None, False, [])
    ]
    parts += ["", table(("fact", "value"), facts)]
    if shown.owed:
        dues = [
            (each["what"], each["due"] or "-", each["timeliness"], "" if each["review"] == "none" else each["review"])
            for each in shown.owed
        ]
        parts += ["", table(("owed", "due", "", "review"), dues)]
    done = [
        (each["at"][:19], names.get(each["author"], each["author"]), each["does"], each["text"],
         f"REFUSED: {each['reason']}" if each["refused"] else "")
        for each in shown.events
    ]  # fmt: skip
    parts += ["", table(("when", "who", "did", "words", ""), done)]
    parts += [f"Conflict: {each['fact']} was said twice without knowing of each other." for each in shown.conflicts]
    if shown.missing:
        parts.append(f"Others refer to {several(len(shown.missing), 'event')} not here, or not for this organisation.")
    return parts
