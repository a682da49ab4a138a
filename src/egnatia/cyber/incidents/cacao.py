"""CACAO 2.0 as its schemas know it: what a playbook may say, and what is left of one that says more."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

JsonObject = dict[str, Any]

_STEP: Final = frozenset(
    {
        "type", "name", "description", "external_references", "delay", "timeout", "step_variables", "owner",
        "on_completion", "on_success", "on_failure", "step_extensions",
    }
)  # fmt: skip
_STEPS: Final[Mapping[str, frozenset[str]]] = {
    "start": frozenset(),
    "end": frozenset(),
    "action": frozenset({"commands", "agent", "targets", "in_args", "out_args"}),
    "playbook-action": frozenset({"playbook_id", "playbook_version", "in_args", "out_args"}),
    "parallel": frozenset({"next_steps"}),
    "if-condition": frozenset({"condition", "on_true", "on_false"}),
    "while-condition": frozenset({"condition", "on_true"}),
    "switch-condition": frozenset({"switch", "cases"}),
}
_COMMAND: Final = frozenset({"type", "description", "external_references", "playbook_activity", "version"})
_COMMANDS: Final[Mapping[str, frozenset[str]]] = {
    **{name: frozenset({"command", "command_b64"}) for name in ("manual", "bash", "caldera-cmd", "powershell", "ssh")},
    **{name: frozenset({"command_b64"}) for name in ("elastic", "jupyter", "kestrel", "sigma", "yara")},
    "http-api": frozenset({"command", "headers", "content", "content_b64"}),
    "openc2-http": frozenset({"command", "headers", "content_b64"}),
}
_AGENT: Final = frozenset({"type", "name", "description", "location", "agent_target_extensions"})
_AGENTS: Final[Mapping[str, frozenset[str]]] = {
    **{name: frozenset({"contact"}) for name in ("individual", "group", "organization")},
    **{
        name: frozenset({"address", "port", "authentication_info", "category"}) for name in ("http-api", "linux", "ssh")
    },
    "net-address": frozenset({"address", "authentication_info", "category"}),
    "location": frozenset({"logical"}),
    "sector": frozenset({"sector"}),
    "security-category": frozenset({"category"}),
}
_PLAYBOOK: Final = frozenset(
    {
        "type", "spec_version", "id", "name", "description", "playbook_types", "playbook_activities",
        "playbook_processing_summary", "created_by", "created", "modified", "revoked", "valid_from", "valid_until",
        "derived_from", "related_to", "priority", "severity", "impact", "industry_sectors", "labels",
        "external_references", "markings", "playbook_variables", "workflow_start", "workflow_exception", "workflow",
        "authentication_info_definitions", "agent_definitions", "target_definitions", "extension_definitions",
        "data_marking_definitions", "playbook_extensions",
    }
)  # fmt: skip
_SHAPES: Final[Mapping[str, type]] = {
    **dict.fromkeys(("on_completion", "on_success", "on_failure", "on_true", "on_false"), str),
    **dict.fromkeys(("name", "description", "owner", "agent", "condition", "switch", "playbook_id"), str),
    **dict.fromkeys(("targets", "in_args", "out_args", "next_steps"), list),
    "cases": dict,
}
_SOMEBODY: Final = f"group--{uuid5(NAMESPACE_URL, 'cacao whom it concerns')}"
NEXT: Final = ("on_completion", "on_success", "on_failure", "on_true", "on_false")
STEPS_LIMIT: Final = 2_000


class Unreadable(ValueError):
    """A document that is no playbook, or one that cannot be followed."""


def successors(step: Mapping[str, Any]) -> Iterator[str]:
    """The steps that a step leads to, by any way out."""
    for name in NEXT:
        if isinstance(step.get(name), str):
            yield step[name]
    yield from step.get("next_steps", ())
    yield from step.get("cases", {}).values()


class Strict:
    """Keeps what the standard knows; the rest is `forgiven`, in words."""

    def __init__(self) -> None:
        self.forgiven: list[str] = []

    def playbook(self, decoded: JsonObject) -> JsonObject:
        """The playbook with nothing in it that the standard does not know."""
        content = self._only("the playbook", decoded, _PLAYBOOK)
        for name in ("id", "name", "created_by", "created", "modified", "workflow_start", "workflow_exception"):
            if not isinstance(content.get(name, ""), str):
                raise Unreadable(f"{name} is no text")
        steps = decoded["workflow"]
        if not isinstance(steps, dict) or not 0 < len(steps) <= STEPS_LIMIT:
            raise Unreadable(f"a workflow of 1 to {STEPS_LIMIT} steps is followed")
        renamed: dict[str, str] = {}
        for name in ("agent_definitions", "target_definitions"):
            if name in content:
                content[name] = self._agents(content[name], renamed)
        content["workflow"] = {id_: self._step(id_, step, renamed) for id_, step in steps.items()}
        self._completed(content)
        self._closed(content["workflow"])
        self._pruned(content)
        return content

    def _completed(self, content: JsonObject) -> None:
        """A step that says no more than its name is for a person, and for whom it concerns."""
        for id_, step in content["workflow"].items():
            words = str(step.get("name") or step.get("description") or step["type"])
            if step["type"] == "action" and not step.get("commands"):
                self.forgiven.append(f"{id_} says no commands; read as something that a person does")
                step["commands"] = [{"type": "manual", "command": words}]
            if step["type"] == "action" and not step.get("agent"):
                self.forgiven.append(f"{id_} says no agent; read as a group")
                step["agent"] = _SOMEBODY
                content.setdefault("agent_definitions", {})[_SOMEBODY] = {"type": "group", "name": "Whom it concerns"}
            needed = {"switch-condition": "switch", "if-condition": "condition", "while-condition": "condition"}
            asks = needed.get(step["type"])
            if asks and not step.get(asks):
                self.forgiven.append(f"{id_} does not say what it asks; read as its name")
                step[asks] = words

    def _closed(self, steps: JsonObject) -> None:
        """A step that does not say how it goes on is followed by an end."""
        for id_, step in list(steps.items()):
            if step["type"] != "end" and not step.get("on_completion") and not step.get("on_success"):
                end = f"end--{uuid5(NAMESPACE_URL, id_)}"
                self.forgiven.append(f"{id_} does not say how it goes on; read as the end of its branch")
                step.pop("on_failure", None)
                step["on_completion"] = end
                steps[end] = {"type": "end"}

    def _pruned(self, content: JsonObject) -> None:
        """Without the steps that nothing leads to."""
        steps = content["workflow"]
        if content.get("workflow_exception") not in steps:
            content.pop("workflow_exception", None)
        there = reached(steps, str(content["workflow_start"]))
        there |= reached(steps, content.get("workflow_exception", ""))
        for id_ in steps.keys() - there:
            self.forgiven.append(f"{id_} is never reached")
            del steps[id_]

    def _agents(self, defined: Any, renamed: dict[str, str]) -> JsonObject:
        found: JsonObject = {}
        for id_, agent in _mapping(defined, "agents").items():
            said = _mapping(agent, id_)
            kind = str(said.get("type"))
            if kind not in _AGENTS:
                # Whoever it is, a group of that name: who reads it knows whom to ask.
                self.forgiven.append(f"{id_}: agents of the type {kind!r} are not in CACAO 2.0; read as a group")
                new = f"group--{id_.partition('--')[2]}"
                renamed[id_] = new
                found[new] = {"type": "group", "name": str(said.get("name") or kind)}
            else:
                found[id_] = self._only(id_, said, _AGENT | _AGENTS[kind])
                found[id_].setdefault("name", kind)
        return found

    def _step(self, id_: str, step: Any, renamed: Mapping[str, str]) -> JsonObject:
        said = _mapping(step, id_)
        kind = str(said.get("type"))
        if kind not in _STEPS:
            raise Unreadable(f"{id_}: there is no step of the type {kind!r}")
        found = self._only(id_, said, _STEP | _STEPS[kind])
        for name, shape in _SHAPES.items():
            if name in found and not _is(found[name], shape):
                raise Unreadable(f"{id_}: {name} has another form")
        if "commands" in found:
            commands = found["commands"]
            if not isinstance(commands, list):
                raise Unreadable(f"{id_}: commands are a list")
            found["commands"] = [self._command(id_, each) for each in commands]
        if found.get("agent") in renamed:
            found["agent"] = renamed[found["agent"]]
        if "targets" in found:
            found["targets"] = [renamed.get(each, each) for each in found["targets"]]
        return found

    def _command(self, id_: str, command: Any) -> JsonObject:
        said = _mapping(command, id_)
        kind = str(said.get("type"))
        if kind not in _COMMANDS:
            self.forgiven.append(f"{id_}: commands of the type {kind!r} are not in CACAO 2.0; read as manual")
            return {"type": "manual", "command": str(said.get("command") or said.get("description") or kind)}
        return self._only(id_, said, _COMMAND | _COMMANDS[kind])

    def _only(self, place: str, said: JsonObject, known: frozenset[str]) -> JsonObject:
        for name in said.keys() - known:
            self.forgiven.append(f"{place}: {name} is not in CACAO 2.0")
        self.forgiven.sort()
        return {name: value for name, value in said.items() if name in known}


def _is(value: Any, shape: type) -> bool:
    """Whether a value is a text, a list of texts or a dictionary of texts."""
    if shape is str:
        return isinstance(value, str)
    parts = value.values() if isinstance(value, dict) and shape is dict else value
    return isinstance(value, shape) and all(isinstance(each, str) for each in parts)


def _mapping(value: Any, place: str) -> JsonObject:
    if not isinstance(value, dict):
        raise Unreadable(f"{place}: an object is expected")
    return value


def reached(steps: Mapping[str, JsonObject], start: str) -> set[str]:
    """The steps that a step leads to, itself among them."""
    found: set[str] = set()
    left = [start]
    while left:
        here = left.pop()
        if here in steps and here not in found:
            found.add(here)
            left += successors(steps[here])
    return found
