"""A run of a playbook: which steps are to be done now, from what has become of those before. It does nothing itself.

A branch of a parallel step ends with its own end step; the parallel step is done when all its branches are. A condition
is answered by a person. A step that failed goes on by `on_failure`; where there is none, the run stands still until
somebody decides.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from egnatia.casework.event import Event
from egnatia.casework.fold import Fold
from egnatia.casework.registry import Deed
from egnatia.cyber.incidents.cacao import Unreadable
from egnatia.cyber.incidents.playbook import HUMAN, Playbook

Way = Literal["to-do", "answer", "approve"]
ROUNDS: Final = 100
"""How often a loop is gone round at most."""

DEPTH: Final = 50
"""How deep branches may lie within branches."""


class Outcome(msgspec.Struct, frozen=True):
    """What became of a step: done or failed; of a condition the answer (`true`, `false`, or a case)."""

    step: str
    result: str


class Next(msgspec.Struct, frozen=True):
    """A step that waits: to be done by a person, to be answered, or (commands of machines) to be approved first."""

    step: str
    title: str
    way: Way
    round: int = 1


class Run(msgspec.Struct, frozen=True):
    """How a run stands."""

    waiting: tuple[Next, ...]
    finished: bool
    stuck: tuple[str, ...] = ()


def run(playbook: Playbook, outcomes: Sequence[Outcome]) -> Run:
    """The run after these outcomes, in the order in which they came."""
    return _Runner(playbook, outcomes).run()


class _Runner:
    def __init__(self, playbook: Playbook, outcomes: Sequence[Outcome]) -> None:
        self.playbook = playbook
        self._left: dict[str, list[str]] = {}
        for each in outcomes:
            self._left.setdefault(each.step, []).append(each.result)
        self._rounds: dict[str, int] = {}
        self._depth = 0
        self._waiting: list[Next] = []
        self._stuck: list[str] = []

    def run(self) -> Run:
        finished = self._follow(self.playbook.start)
        return Run(tuple(self._waiting), finished, tuple(self._stuck))

    def _follow(self, start: str) -> bool:
        """Goes on from a step as far as outcomes lead; whether that branch came to its end."""
        if self._depth == DEPTH:
            raise Unreadable(f"branches within branches, more than {DEPTH}")
        self._depth += 1
        here: str | None = start
        while here is not None and self.playbook.steps[here]["type"] != "end":
            here = self._after(here, self.playbook.steps[here])
        self._depth -= 1
        return here is not None

    def _after(self, here: str, step: Mapping[str, Any]) -> str | None:
        """The step after this one; None where it waits."""
        go_on = step.get("on_completion") or step.get("on_success")
        match step["type"]:
            case "start":
                return go_on
            case "parallel":
                # Every branch is looked at, also when an earlier one waits.
                done = [self._follow(each) for each in step["next_steps"]]
                return go_on if all(done) else None
            case "if-condition":
                answer = self._result(here, "answer")
                branch = {"true": step["on_true"], "false": step.get("on_false")}.get(answer or "")
                return None if answer is None else self._branch(branch, go_on)
            case "while-condition":
                answer = self._result(here, "answer")
                if answer != "true":
                    return None if answer is None else go_on
                return here if self._rounds[here] < ROUNDS and self._follow(step["on_true"]) else None
            case "switch-condition":
                answer = self._result(here, "answer")
                return None if answer is None else self._branch(step["cases"].get(answer), go_on)
            case _:
                return self._acted(here, step, go_on)

    def _branch(self, branch: str | None, go_on: str | None) -> str | None:
        if branch is None:
            return go_on
        return go_on if self._follow(branch) else None

    def _acted(self, here: str, step: Mapping[str, Any], go_on: str | None) -> str | None:
        commands = {each["type"] for each in step.get("commands", ())}
        result = self._result(here, "to-do" if commands <= HUMAN else "approve")
        if result is None:
            return None
        if result == "done":
            return go_on
        if step.get("on_failure") is None and "on_completion" not in step:
            self._stuck.append(here)
            return None
        return step.get("on_failure") or step.get("on_completion")

    def _result(self, step: str, way: Way) -> str | None:
        self._rounds[step] = self._rounds.get(step, 0) + 1
        found = self._left.get(step)
        if found:
            return found.pop(0)
        self._waiting.append(Next(step, self.playbook.title(step), way, self._rounds[step]))
        return None


_STATUS: Final[Mapping[str, str]] = {"done": "done", "cancelled": "failed"}


APPROVED: Final = "approved"
"""The answer by which a command for a machine is approved, while its task is in progress."""

APPROVERS: Final = frozenset(
    {"affected-entity", "national-csirt", "competent-authority", "crisis-authority", "team-lead"}
)
"""The roles that approve commands for machines."""


def outcomes(fold: Fold, playbook: Playbook) -> list[Outcome]:
    """What became of a playbook's steps in a case: their tasks that are over, and the answers that were given. A
    command for a machine was not done, whatever its task says, where nobody approved it, or where nobody but who
    approved it says that it was done."""
    found = []
    for event, step in asked(fold, playbook):
        task = fold.state.tasks[event]
        result = _STATUS.get(task.status)
        if result is None:
            continue
        if not is_for_machines(playbook, step):
            found.append(Outcome(step, task.answer or result))
        elif result == "failed" or _is_done_by_another(fold, event):
            found.append(Outcome(step, result))
    return found


def asked(fold: Fold, playbook: Playbook) -> Iterator[tuple[str, str]]:
    """The tasks that a playbook has opened in a case, in order: the event that did, and the step."""
    for event in fold.ordering:
        is_ours = event.does == "task" and event.about[:1] == (playbook.id,) and len(event.about) > 1
        if is_ours and event.id not in fold.state.refused and event.about[1] in playbook.steps:
            yield event.id, event.about[1]


def is_for_machines(playbook: Playbook, step: str) -> bool:
    """Whether a step has commands that no person carries out by hand."""
    return not {each["type"] for each in playbook.steps[step].get("commands", ())} <= HUMAN


def approval(fold: Fold, task: str) -> Event | None:
    """The event that approved a task's commands, of a party in a role that may; None where none has."""
    for event in _words(fold, task):
        if event.fields.get("answer") == APPROVED and event.fields.get("status") == "in-progress":
            party = fold.state.parties.get(event.author)
            if party is not None and not party.roles.isdisjoint(APPROVERS):
                return event
    return None


def is_same_person(approved: Event, organisation: str, person: str) -> bool:
    """Whether somebody is who approved: two people of one organisation are told apart by name, and nobody without."""
    return approved.author == organisation and (approved.by == person or not approved.by or not person)


def _is_done_by_another(fold: Fold, task: str) -> bool:
    """Four eyes: a command was approved, and then somebody else said that it was done."""
    approved = approval(fold, task)
    if approved is None:
        return False
    said = list(_words(fold, task))
    return any(
        event.fields.get("status") == "done" and not is_same_person(approved, event.author, event.by)
        for event in said[said.index(approved) + 1 :]
    )


def _words(fold: Fold, task: str) -> Iterator[Event]:
    """What was said of a task, in order."""
    for event in fold.ordering:
        if event.does == "progress" and task in event.about and event.id not in fold.state.refused:
            yield event


def deeds(fold: Fold, playbook: Playbook) -> Iterator[Deed]:
    """The tasks to be opened in a case now: what waits and has no task yet. Parties do them like any task."""
    opened: dict[str, int] = {}
    for _, step in asked(fold, playbook):
        opened[step] = opened.get(step, 0) + 1
    for each in run(playbook, outcomes(fold, playbook)).waiting:
        if opened.get(each.step, 0) >= each.round:
            continue
        words = {"to-do": each.title, "approve": f"Approve, then do: {each.title}", "answer": f"Decide: {each.title}"}
        yield Deed(
            does="task",
            about=(playbook.id, each.step),
            fields={"title": words[each.way][:300], **_responsible(fold, playbook, each.step)},
            text=_instructions(playbook, each.step),
        )


def _responsible(fold: Fold, playbook: Playbook, step: str) -> dict[str, str]:
    """The party or role that a step's owner or agent names, if it is one of the case's."""
    owner = playbook.steps[step].get("owner", "")
    if owner in fold.state.active():
        return {"responsible": owner}
    name = str(playbook.agent(step).get("name", "")).lower().replace(" ", "-")
    return {"responsible": name} if name in fold.book.roles else {}


def _instructions(playbook: Playbook, step: str) -> str:
    said = playbook.steps[step]
    parts = [str(said.get("description", "")), str(said.get("condition") or said.get("switch") or "")]
    parts += [f"{each['type']}: {each.get('command') or '(encoded)'}" for each in said.get("commands", ())]
    return "\n".join(part for part in parts if part)[:20_000]
