"""A small workflow, cases and events that read well in a test."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from egnatia.casework.event import Event
from egnatia.casework.field import Field
from egnatia.casework.fold import Fold
from egnatia.casework.rulebook import Rulebook
from egnatia.casework.workflow import (
    Conclusion,
    Deadline,
    Duty,
    Line,
    Report,
    Role,
    State,
    Step,
    View,
    Workflow,
)
from egnatia.record.case import Case, CaseParty, identified
from egnatia.record.instant import version_of

ENTITY = "identity--00000000-0000-4000-8000-0000000000a1"
CSIRT = "identity--00000000-0000-4000-8000-0000000000b2"
OTHER = "identity--00000000-0000-4000-8000-0000000000c3"
WATCHER = "identity--00000000-0000-4000-8000-0000000000d4"
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

SMALL = Workflow(
    name="small",
    title="A small matter",
    version="1",
    about="For tests.",
    roles=(
        Role(name="entity", title="Entity"),
        Role(name="csirt", title="CSIRT"),
        Role(name="observer", title="Observer", acts=False),
    ),
    states=(
        State(name="received", title="Received"),
        State(name="declared", title="Declared"),
        State(name="closed", title="Closed", final=True),
    ),
    fields=(
        Field(name="severity", title="Severity", kind="choice", choices=("low", "medium", "high")),
        Field(name="users", title="Users", kind="number"),
        Field(name="aware_at", title="Aware", kind="instant"),
        Field(name="handled_at", title="Handled", kind="instant"),
        Field(name="verdict", title="Verdict", by=("csirt",)),
    ),
    conclusions=(Conclusion(name="grave", title="Grave", lines=(Line(value=True, when="severity >= 'high'"),)),),
    steps=(
        Step(name="declare", title="Declare", roles=("entity", "csirt"), source=("received",), to="declared",
             needs=("severity",), stamps=("aware_at",), opens=("look",)),
        Step(name="close", title="Close", roles=("csirt",), source=("declared",), to="closed", when="not grave",
             reason=True),
        Step(name="reopen", title="Open again", roles=("csirt",), source=("closed",), to="declared"),
        Step(name="calm", title="Calm", roles=("csirt",), sets={"severity": "low"}),
        Step(name="ask", title="Ask", roles=("csirt",)),
        Step(name="answer", title="Answer", roles=("csirt",)),
    ),
    reports=(
        Report(name="first", title="First report", roles=("entity",), reviewers=("csirt",), needs=("severity",),
               takes=("users",)),
        Report(name="last", title="Last report", roles=("entity",), reviewers=("csirt",)),
        Report(name="more", title="Further report", roles=("entity",)),
        Report(name="so-far", title="Progress report", roles=("entity",)),
    ),
    deadlines=(
        Deadline(name="first", title="First report", owed_by="entity", owed_to="csirt", starts="fact:aware_at",
                 within="PT24H", met_by="report:first", pausable_by=("csirt",), extendable_by=("csirt",),
                 remind=("-PT4H", "PT0S", "PT24H")),
        Deadline(name="reply", title="Reply", owed_by="csirt", owed_to="entity", starts="filed:first",
                 working_days=2, met_by="step:answer"),
        Deadline(name="last", title="Last report", owed_by="entity", owed_to="csirt", starts="accepted:first",
                 within="P1M", met_by="report:last", deferred_by="handled_at"),
        Deadline(name="so-far", title="Progress report", owed_by="entity", owed_to="csirt", starts="accepted:first",
                 within="P1M", met_by="report:so-far", instead_of="last"),
        Deadline(name="more", title="Further report", owed_by="entity", owed_to="csirt", starts="step:ask",
                 within="PT12H", met_by="report:more", repeats=True, when="known(severity)"),
    ),
    tasks=(Duty(name="look", title="Look into it", responsible="csirt", accountable="entity"),),
    views=(View(name="grave", title="Grave ones", when="grave"),),
    admits=("csirt",),
)  # fmt: skip


def case(**more: Any) -> Case:
    """A case of an entity in ME and a CSIRT in AL."""
    said: dict[str, Any] = {
        "id": "",
        "spec_version": "2.1",
        "created": stamp(0),
        "modified": stamp(0),
        "created_by_ref": CSIRT,
        "title": "Trouble",
        "workflow": "small",
        "workflow_version": "1",
        "parties": (
            CaseParty(party_ref=ENTITY, economy="ME", roles=("entity",)),
            CaseParty(party_ref=CSIRT, economy="AL", roles=("csirt",)),
        ),
    }
    return identified(Case(**{**said, **more}))


def moment(hours: float) -> datetime:
    """Some hours after the case was opened."""
    return START + timedelta(hours=hours)


def stamp(hours: float) -> str:
    return moment(hours).strftime("%Y-%m-%dT%H:%M:%S.%f")[:23] + "Z"


def event(author: str, does: str, hours: float, *about: str, after: tuple[Event, ...] = (), **more: Any) -> Event:
    """What an organisation does some hours after the case was opened."""
    known = tuple(each.id for each in after)
    text, only = more.pop("text", ""), more.pop("only", ())
    said = f"{author}{does}{hours}{about}{known}{sorted(more.items(), key=str)}{text}{only}"
    name = f"case-event--{uuid.uuid5(uuid.NAMESPACE_URL, said)}"
    refs, answered = more.pop("refs", ()), more.pop("answered", True)
    return Event(name, author, does, version_of(stamp(hours)), known, about, more, text, refs, only, answered=answered)


def fold(*events: Event, book: Rulebook | None = None, of: Case | None = None) -> Fold:
    return Fold(book or Rulebook(SMALL), of or case(), events)
