"""A workflow is data: who may do what in which state, what must be known, what follows, and by when.

Everything that makes one kind of case different from another stands in one `Workflow`, written in Python or read from
a TOML file (`workflow_in`). `egnatia.casework.rulebook.Rulebook` checks it and makes it ready to fold events with.
"""

import tomllib
from typing import Any, Literal

import msgspec

from egnatia.casework.field import Field


class _Declared(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    title: str


class Role(_Declared, frozen=True, kw_only=True):
    """What an organisation is in a case. One that does not `act` reads, comments and leaves."""

    about: str = ""
    acts: bool = True


class State(_Declared, frozen=True, kw_only=True):
    """Where a case stands; in a `final` one nothing is owed any more."""

    about: str = ""
    final: bool = False


class Step(_Declared, frozen=True, kw_only=True, rename={"source": "from"}):
    """A deed of this workflow, most often from one state to another.

    Any of `roles` may do it in any of the states `from` (none named: in every one that is not final); it leads to `to`,
    or leaves the state as it is. `needs` are facts that must be known once its own fields are taken in, `takes`
    further ones that it may say. `when` is a rule over the facts. `sets` facts to values, `stamps` facts with
    its own moment where they are not known, `opens` tasks, `tells` roles. `reason` says that it needs a text.
    """

    roles: tuple[str, ...]
    source: tuple[str, ...] = ()
    to: str = ""
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    when: str = ""
    sets: dict[str, Any] = {}
    stamps: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    reason: bool = False


class Report(_Declared, frozen=True, kw_only=True):
    """What one party files and another reviews: filed by any of `roles`, reviewed by any of `reviewers`."""

    roles: tuple[str, ...]
    reviewers: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    about: str = ""


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule of a conclusion: where `when` holds it is `value`, by the authority of `source`."""

    value: bool | str
    when: str = "True"
    source: str = ""
    tells: tuple[str, ...] = ()


class Conclusion(_Declared, frozen=True, kw_only=True):
    """A fact that nobody says because it follows from others: the value of the first line whose rule holds.

    A flag where there are no `choices` (false where no line holds), else one of the choices.
    """

    lines: tuple[Line, ...]
    choices: tuple[str, ...] = ()
    about: str = ""


class Deadline(_Declared, frozen=True, kw_only=True):
    """By when somebody owes something to somebody.

    The clock `starts` with a fact (`fact:aware_at`), a step (`step:request`), the first filing of a report
    (`filed:early-warning`) or its first accepted one (`accepted:notification`). It is `met_by` a report or a
    step (`report:final`, `step:reply`). `within` is an ISO 8601 duration, or `working_days` are counted in the economy
    of whom it is owed to. It `ends` at that moment, at the end of that day, or of the next working day.

    `repeats`: each start asks anew. `deferred_by` is a fact (a moment): while it is not reached when the time is up,
    the deadline that stands `instead_of` this one falls due, and this one runs again from that fact.
    """

    owed_by: str
    owed_to: str
    starts: str
    met_by: str
    within: str = ""
    working_days: int = 0
    ends: Literal["moment", "day", "working-day"] = "moment"
    when: str = ""
    repeats: bool = False
    deferred_by: str = ""
    instead_of: str = ""
    pausable_by: tuple[str, ...] = ()
    extendable_by: tuple[str, ...] = ()
    remind: tuple[str, ...] = ()
    source: str = ""


class Duty(_Declared, frozen=True, kw_only=True):
    """A task that steps open, with who is responsible, accountable, consulted and informed (RACI), by role."""

    responsible: str
    accountable: str = ""
    consulted: tuple[str, ...] = ()
    informed: tuple[str, ...] = ()
    within: str = ""


class View(_Declared, frozen=True, kw_only=True):
    """A selection of cases that people want at hand: by states, and by a rule over the facts."""

    states: tuple[str, ...] = ()
    when: str = ""


class Workflow(_Declared, frozen=True, kw_only=True):
    """A kind of case. The first state is where a case begins.

    Cases keep the version that they were opened with. Any of `admits` may bring parties in and send them away.
    """

    version: str
    about: str
    roles: tuple[Role, ...]
    states: tuple[State, ...]
    steps: tuple[Step, ...]
    admits: tuple[str, ...]
    fields: tuple[Field, ...] = ()
    conclusions: tuple[Conclusion, ...] = ()
    reports: tuple[Report, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    tasks: tuple[Duty, ...] = ()
    views: tuple[View, ...] = ()


def workflow_in(text: str) -> Workflow:
    """The workflow that a TOML document declares; raises ValueError where it says what a workflow does not have."""
    return msgspec.convert(tomllib.loads(text), Workflow)
