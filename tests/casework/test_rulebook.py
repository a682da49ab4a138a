"""Contradictions in a workflow are found when it is declared, all at once."""

from typing import Any

import pytest
from msgspec import ValidationError
from msgspec.structs import replace
from tests.casework.builders import SMALL

from egnatia.casework.condition import Unsound
from egnatia.casework.field import Field
from egnatia.casework.library import Library, general
from egnatia.casework.rulebook import Rulebook
from egnatia.casework.workflow import Conclusion, Deadline, Line, Report, Role, State, Step, Workflow, workflow_in

STEP = Step(name="go", title="Go", roles=("csirt",), source=("declared",), to="closed")
DEADLINE = SMALL.deadlines[0]


def with_step(**changes: Any) -> Workflow:
    return replace(SMALL, steps=(*SMALL.steps, replace(STEP, **changes)))


def with_deadline(**changes: Any) -> Workflow:
    return replace(SMALL, deadlines=(*SMALL.deadlines, replace(DEADLINE, **{"name": "extra", **changes})))


@pytest.mark.parametrize(
    ("workflow", "said"),
    [
        (with_step(roles=("king",)), "there is no role 'king'"),
        (with_step(roles=()), "can be done by nobody"),
        (with_step(roles=("observer",)), "only by roles that do not act"),
        (with_step(to="heaven"), "there is no state 'heaven'"),
        (with_step(needs=("mood",)), "there is no field 'mood'"),
        (with_step(sets={"severity": "worst"}), "sets severity: one of low, medium, high"),
        (with_step(stamps=("severity",)), "stamps 'severity', which is no moment"),
        (with_step(opens=("nap",)), "there is no task 'nap'"),
        (with_step(when="severity == 'worst'"), "'worst' is none of low, medium, high"),
        (with_step(when="state == 'nowhere'"), "'nowhere' is none of"),
        (with_step(name="comment"), "bears the name of a deed"),
        (with_step(name="close"), "steps: 'close' is there twice"),
        (with_deadline(within="a day"), "not an ISO 8601 duration"),
        (with_deadline(within="-PT1H"), "over before it starts"),
        (with_deadline(within=""), "says no length of time"),
        (with_deadline(working_days=3), "both a duration and working days"),
        (with_deadline(starts="fact:severity"), "names nothing that is declared"),
        (with_deadline(starts="moon:full"), "is none of accepted, fact, filed, step"),
        (with_deadline(met_by="report:none"), "names nothing that is declared"),
        (with_deadline(owed_by="king"), "there is no role 'king'"),
        (with_deadline(remind=("soon",)), "not an ISO 8601 duration"),
        (with_deadline(instead_of="first"), "which nothing defers"),
        (with_deadline(starts="filed:first"), "the deadline 'extra' waits for itself"),
        (replace(SMALL, admits=()), "nobody admits parties"),
        (replace(SMALL, states=(*SMALL.states, State(name="limbo", title="Limbo"))), "'limbo' cannot be reached"),
        (replace(SMALL, states=(*SMALL.states, State(name="limbo", title="Limbo"))), "'limbo' no case can end"),
        (replace(SMALL, states=SMALL.states[:2], steps=SMALL.steps[:1]), "no state is final"),
        (replace(SMALL, fields=(*SMALL.fields, Field(name="x", title="X", kind="choice"))), "'x' needs choices"),
        (replace(SMALL, fields=(*SMALL.fields, Field(name="state", title="X"))), "'state' is built in"),
        (replace(SMALL, fields=(*SMALL.fields, Field(name="y", title="Y", by=("king",)))), "no role 'king'"),
        (replace(SMALL, reports=(*SMALL.reports, Report(name="r", title="R", roles=("entity",)))), "is never owed"),
        (replace(SMALL, roles=(*SMALL.roles, Role(name="csirt", title="again"))), "roles: 'csirt' is there twice"),
        (
            replace(SMALL, conclusions=(Conclusion(name="g", title="G", lines=(Line(value="yes"),)),)),
            "g: yes or no, not 'yes'",
        ),
        (
            replace(
                SMALL, conclusions=(Conclusion(name="grave", title="", lines=(Line(value=True), Line(value=False))),)
            ),
            "no line after True can ever count",
        ),
    ],
)
def test_contradictions_are_told(workflow: Workflow, said: str) -> None:
    with pytest.raises(Unsound) as caught:
        Rulebook(workflow)
    assert said in str(caught.value)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(Unsound) as caught:
        Rulebook(with_step(roles=("king",), to="heaven", needs=("mood",)))
    assert str(caught.value).count(";") == 3


def test_a_conclusion_knows_only_those_before_it() -> None:
    ahead = Conclusion(name="ahead", title="", lines=(Line(value=True, when="behind"),))
    behind = Conclusion(name="behind", title="", lines=(Line(value=True, when="known(users)"),))
    with pytest.raises(Unsound, match="there is no fact 'behind'"):
        Rulebook(replace(SMALL, conclusions=(*SMALL.conclusions, ahead, behind)))
    book = Rulebook(replace(SMALL, conclusions=(*SMALL.conclusions, behind, ahead)))
    assert book.concluded({"users": 1})["ahead"] is True


def test_a_deadline_of_its_own_is_sound() -> None:
    assert isinstance(DEADLINE, Deadline)
    Rulebook(with_deadline())


def test_a_file_that_says_what_a_workflow_does_not_have_is_refused() -> None:
    with pytest.raises(ValidationError, match="colour"):
        workflow_in('name = "x"\ntitle = "X"\nversion = "1"\nabout = ""\nadmits = []\nstates = []\nroles = []\n'
                    'steps = [{name = "s", title = "S", roles = [], colour = "red"}]')  # fmt: skip


def test_a_library_holds_every_version_and_knows_the_newest() -> None:
    two = Library([SMALL, replace(SMALL, version="2")]).joined(general())
    newest = two.newest("small")
    assert newest is not None
    assert newest.workflow.version == "2"
    assert two.get("small", "1") is not None
    assert two.get("small", "3") is None
    with pytest.raises(ValueError, match="declared twice"):
        Library([SMALL, SMALL])
