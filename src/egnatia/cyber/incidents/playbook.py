"""CACAO 2.0 playbooks (OASIS, November 2023): read tolerantly with what was forgiven, written strictly.

Nothing here runs anything. A playbook is what organisations do one step after the other; who does a step is its agent,
and commands of machines wait until an authorised person approves them (see `playbook_run`).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from egnatia.cyber.incidents.cacao import NEXT, JsonObject, Strict, Unreadable, successors
from egnatia.record.instant import mend_instant

_ID: Final = re.compile(r"[a-z][a-z0-9-]*--[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "action": ("commands", "agent"),
    "playbook-action": ("playbook_id",),
    "parallel": ("next_steps",),
    "if-condition": ("condition", "on_true"),
    "while-condition": ("condition", "on_true"),
    "switch-condition": ("switch", "cases"),
}
_NEEDED: Final = ("id", "name", "created_by", "created", "modified", "workflow_start", "workflow")
HUMAN: Final = frozenset({"manual"})
"""Commands that a person carries out; all others are for machines and wait for approval."""


class Playbook(msgspec.Struct, frozen=True):
    """A playbook that can be followed: `content` is what was read, strictly formed. `forgiven` says what was not."""

    content: JsonObject
    forgiven: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return str(self.content["id"])

    @property
    def name(self) -> str:
        return str(self.content["name"])

    @property
    def start(self) -> str:
        return str(self.content["workflow_start"])

    @property
    def steps(self) -> Mapping[str, JsonObject]:
        """The steps by their ids."""
        steps: Mapping[str, JsonObject] = self.content["workflow"]
        return steps

    def agent(self, step: str) -> JsonObject:
        """Who carries a step out; empty where it is nobody in particular."""
        named = self.steps[step].get("agent", "")
        found: JsonObject = self.content.get("agent_definitions", {}).get(named, {})
        return found

    def title(self, step: str) -> str:
        """What a step is called."""
        said = self.steps[step]
        return str(said.get("name") or said.get("description") or said["type"])[:300]

    def write(self) -> bytes:
        """The playbook as OASIS's schemas want it; signatures are left out, for they were made over other bytes."""
        return msgspec.json.format(msgspec.json.encode(self.content), indent=2)


def read(body: bytes) -> Playbook:
    """A playbook from its JSON. What is not in the standard is left out and told; raises Unreadable where it cannot be
    followed: a step that is not there, a loop without a condition, no way to an end."""
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Unreadable(f"not JSON: {error}") from None
    if not isinstance(decoded, dict) or decoded.get("type") != "playbook":
        raise Unreadable("not a CACAO playbook: its type is another")
    if decoded.get("spec_version") != "cacao-2.0":
        raise Unreadable(f"CACAO 2.0 is read, not {decoded.get('spec_version')!r}")
    missing = [name for name in _NEEDED if name not in decoded]
    if missing:
        raise Unreadable(f"without {', '.join(missing)}")
    strict = Strict()
    content = strict.playbook(decoded)
    problems = list(_contradictions(content))
    if problems:
        raise Unreadable("; ".join(problems[:10]))
    return Playbook(content, tuple(strict.forgiven))


def _contradictions(content: JsonObject) -> Iterator[str]:
    steps: Mapping[str, JsonObject] = content["workflow"]
    for name in ("created", "modified"):
        if mend_instant(content[name]) is None:
            yield f"{name} is no moment"
    for id_ in (content["id"], content["created_by"], content["workflow_start"], *steps):
        if not isinstance(id_, str) or not _ID.fullmatch(id_):
            yield f"{str(id_)[:80]!r} is no identifier"
    if steps.get(content["workflow_start"], {}).get("type") != "start":
        yield "it does not start with a start step"
        return
    for id_, step in steps.items():
        yield from _of_step(content, id_, step)
    if not any(step["type"] == "end" for step in steps.values()):
        yield "it has no end"
    if (looping := _loop(steps)) is not None:
        yield f"{looping} comes round to itself without a condition"


def _of_step(content: JsonObject, id_: str, step: JsonObject) -> Iterator[str]:
    steps: Mapping[str, JsonObject] = content["workflow"]
    kind = step["type"]
    yield from (f"{id_} needs {name}" for name in _NEEDS.get(kind, ()) if not step.get(name))
    yield from (
        f"{id_} leads to {str(each)[:80]!r}, which is not there" for each in successors(step) if each not in steps
    )
    if kind == "action" and step.get("agent") not in content.get("agent_definitions", {}):
        yield f"{id_}: its agent is not defined"
    if kind == "end" and any(name in step for name in NEXT):
        yield f"{id_} is an end and goes on"
    if "on_completion" in step and ("on_success" in step or "on_failure" in step):
        yield f"{id_}: either on_completion, or on_success and on_failure"


def _loop(steps: Mapping[str, JsonObject]) -> str | None:
    """A step that leads back to itself without a condition in between; None where there is none."""
    plain = {id_: [] if "condition" in step["type"] else list(successors(step)) for id_, step in steps.items()}
    state: dict[str, int] = {}
    for root, after in plain.items():
        left = [(root, iter(after))]
        if root in state:
            continue
        state[root] = 1
        while left:
            here, further = left[-1]
            step = next(further, None)
            if step is None:
                state[here] = 2
                left.pop()
            elif state.get(step) == 1:
                return step
            elif step in plain and step not in state:
                state[step] = 1
                left.append((step, iter(plain[step])))
    return None
