"""An incident with its events, impacts and tasks as one bundle: written as the suite says, and read from both forms
that were published of it.

What a bundle says and the suite does not know is left out and told (`forgiven`); records of other types pass through.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import uuid5

import msgspec

from egnatia.cyber.incidents.stix import suite
from egnatia.cyber.incidents.stix.mending import Mended, Unreadable, as_event, as_impact, as_incident, as_task
from egnatia.record.marking import EGNATIA

JsonObject = dict[str, Any]
MOST: Final = 5_000
"""Records of a bundle that are read."""


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """An incident as the suite tells it: what belongs to it by the ids that it has in the bundle. `others` are the
    records of other types, as they came."""

    id: str
    name: str
    core: suite.IncidentCore
    description: str = ""
    created: str = ""
    labels: tuple[str, ...] = ()
    events: Mapping[str, suite.Event] = {}
    impacts: Mapping[str, suite.Impact] = {}
    tasks: Mapping[str, suite.Task] = {}
    others: tuple[JsonObject, ...] = ()
    forgiven: tuple[str, ...] = ()


def write(
    incident: Incident, *, author: str, at: str, markings: Sequence[str] = (), first: Sequence[bytes] = ()
) -> bytes:
    """The bundle, strictly: what the suite does not allow raises msgspec.ValidationError. `first` are records that the
    others need (marking-definitions)."""
    head = {"spec_version": "2.1", "created": incident.created or at, "modified": at, "created_by_ref": author}
    if markings:
        head["object_marking_refs"] = list(markings)  # type: ignore[assignment]  # the one list among texts
    objects: list[Any] = [msgspec.Raw(each) for each in first]
    core = _strict(incident.core, suite.IncidentCore)
    objects.append(
        _without_blanks(
            {
                "type": "incident",
                "id": incident.id,
                **head,
                "name": incident.name,
                "description": incident.description,
                "labels": list(incident.labels),
                "extensions": {suite.INCIDENT: core},
            }
        )
    )
    for id_, event in incident.events.items():
        objects.append(_new("event", id_, head, _strict(event, suite.Event), suite.EVENT))
    for id_, impact in incident.impacts.items():
        objects.append(_impact(id_, head, impact))
    for id_, task in incident.tasks.items():
        objects.append(_new("task", id_, head, _strict(task, suite.Task), suite.TASK))
    objects += incident.others
    bundle = {"type": "bundle", "id": f"bundle--{uuid5(EGNATIA, f'{incident.id} {at}')}", "objects": objects}
    return msgspec.json.format(msgspec.json.encode(bundle), indent=2)


def read(body: bytes) -> tuple[Incident, ...]:
    """Every incident of a bundle with what belongs to it. Raises Unreadable where there is none or it cannot be told
    what it is."""
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Unreadable(f"not JSON: {error}") from None
    objects = decoded.get("objects") if isinstance(decoded, dict) else None
    if not isinstance(objects, list) or not objects:
        raise Unreadable("not a bundle: it has no objects")
    if len(objects) > MOST:
        raise Unreadable(f"at most {MOST} records are read, not {len(objects)}")
    by_id, twice = _by_id(objects)
    found = tuple(_incident(each, by_id, twice) for each in by_id.values() if each.get("type") == "incident")
    if not found:
        raise Unreadable("there is no incident in it")
    return found


_OWN: Final = frozenset({"incident", "event", "impact", "task"})


def _by_id(objects: Sequence[Any]) -> tuple[dict[str, JsonObject], list[str]]:
    """The records by their ids, of several versions the newest, of equals the first; and which ids are there twice."""
    found: dict[str, JsonObject] = {}
    twice = []
    for each in objects:
        if not isinstance(each, dict) or not isinstance(each.get("id"), str):
            continue
        present = found.setdefault(each["id"], each)
        if present is not each:
            twice.append(each["id"])
            if str(each.get("modified", "")) > str(present.get("modified", "")):
                found[each["id"]] = each
    return found, twice


def _incident(said: JsonObject, by_id: Mapping[str, JsonObject], twice: Sequence[str]) -> Incident:
    mended = Mended()
    for each in twice:
        mended.note(f"{each[:100]} is there twice: the newest counts, of equals the first")
    core = as_incident(said, mended)
    events: dict[str, suite.Event] = {}
    tasks: dict[str, suite.Task] = {}
    impacts: dict[str, suite.Impact] = {}
    noticed: list[str] = []
    for event_entry in core.events:
        if (held := _held(event_entry.event_ref, "event", by_id, mended)) is not None:
            events[event_entry.event_ref] = as_event(held, mended)
            noticed += [each for each in held.get("detection_methods", ()) if isinstance(each, str)]
    for task_entry in core.tasks:
        if (held := _held(task_entry.task_ref, "task", by_id, mended)) is not None:
            tasks[task_entry.task_ref] = as_task(held, mended)
    for ref in core.impact_refs:
        held = _held(ref, "impact", by_id, mended)
        impact = None if held is None else as_impact(held, mended)
        if impact is not None:
            impacts[ref] = impact
    core = msgspec.structs.replace(
        core,
        events=tuple(each for each in core.events if each.event_ref in events),
        tasks=tuple(each for each in core.tasks if each.task_ref in tasks),
        impact_refs=tuple(each for each in core.impact_refs if each in impacts),
        detection_methods=core.detection_methods or mended.methods(noticed),
    )
    return Incident(
        id=str(said["id"]),
        name=str(said.get("name") or "Incident")[:300],
        core=core,
        description=_text(said.get("description")),
        created=_text(said.get("created")),
        labels=tuple(each for each in said.get("labels") or () if isinstance(each, str)),
        events=events,
        impacts=impacts,
        tasks=tasks,
        others=tuple(each for each in by_id.values() if each.get("type") not in _OWN),
        forgiven=tuple(mended.said),
    )


def _held(ref: str, kind: str, by_id: Mapping[str, JsonObject], mended: Mended) -> JsonObject | None:
    found = by_id.get(ref)
    if found is None or found.get("type") != kind:
        mended.note(f"{ref[:100]} is not in the bundle")
        return None
    return found


def _impact(id_: str, head: Mapping[str, Any], impact: suite.Impact) -> JsonObject:
    kind = suite.NESTED[impact.category]
    record = _new("impact", id_, head, {}, suite.IMPACT)
    record["impact_category"] = impact.category
    for name in msgspec.structs.fields(suite.Impact):
        if name.name not in {"category", "says"} and (value := getattr(impact, name.name)) not in (None, "", (), {}):
            record[name.name] = value
    record["extensions"][f"{impact.category}-ext"] = _strict(impact.says, kind)
    return record


def _new(kind: str, id_: str, head: Mapping[str, Any], content: JsonObject, extension: str) -> JsonObject:
    return {"type": kind, "id": id_, **head, **content, "extensions": {extension: {"extension_type": "new-sdo"}}}


def _strict(part: msgspec.Struct, kind: type[msgspec.Struct]) -> JsonObject:
    """What a part says, once it is what the suite allows."""
    return msgspec.to_builtins(msgspec.convert(msgspec.to_builtins(part), kind))  # type: ignore[no-any-return]


def _without_blanks(record: JsonObject) -> JsonObject:
    return {name: value for name, value in record.items() if value not in ("", [], ())}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
