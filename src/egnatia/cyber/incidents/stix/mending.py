"""What older and careless bundles say, in the suite's own words; everything that was changed or left out is told.

The older form has `event_refs` and `task_refs`, entity counts as lists of objects, categories that bear `-ext`, and
`economic` for `monetary`; the text of the suite spells `propriety-solution`, its schema `proprietary-solution`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar

import msgspec

from egnatia.cyber.incidents.stix import suite
from egnatia.record.instant import mend_instant

JsonObject = dict[str, Any]
Part = TypeVar("Part", bound=msgspec.Struct)
_SAID_MOST: Final = 200
_WORDS: Final = {
    "propriety-solution": "proprietary-solution",
    "user-report": "user-reporting",
    "user-reported": "user-reporting",
}
_STATUS: Final = {"in-progress": "open", "resolved": "closed"}
_ENVELOPE: Final = frozenset(
    {
        "type", "id", "spec_version", "created", "modified", "created_by_ref", "object_marking_refs", "extensions",
        "granular_markings", "revoked", "labels", "confidence", "lang", "external_references", "impact_category",
    }
)  # fmt: skip


class Unreadable(ValueError):
    """A document that tells no incident."""


class Mended:
    """What was forgiven, in words, each once."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, words: str) -> None:
        """One thing that was changed or left out."""
        if words not in self.said and len(self.said) < _SAID_MOST:
            self.said.append(words)

    def methods(self, given: Iterable[Any]) -> tuple[str, ...]:
        """Ways of detection in the suite's own words."""
        found = []
        for each in given:
            if not isinstance(each, str):
                continue
            if each in _WORDS:
                self.note(f"detection method {each!r} is read as {_WORDS[each]!r}")
            found.append(_WORDS.get(each, each))
        return tuple(dict.fromkeys(found))


def as_incident(said: JsonObject, mended: Mended) -> suite.IncidentCore:
    """What an incident says of itself; one without the extension is suspected and new."""
    content = _extension(said, suite.INCIDENT)
    if not content:
        mended.note("the incident bears no incident extension: it is taken as suspected and new")
    core = {name.replace("-", "_"): value for name, value in content.items()}
    for name in ("criticality", "recoverability", "detection_methods", "incident_types"):
        if name in said and name not in core:
            mended.note(f"{name} stands beside the extension, not in it")
            core[name] = said[name]
    for name, entry in (("event_refs", "event_ref"), ("task_refs", "task_ref")):
        refs = core.pop(name, None)
        target = "events" if name == "event_refs" else "tasks"
        if isinstance(refs, list) and target not in core:
            mended.note(f"{name} are of an older form of the suite")
            core[target] = [{entry: each} for each in refs if isinstance(each, str)]
    core["impacted_entity_counts"] = _counts(core.get("impacted_entity_counts"), mended)
    core["detection_methods"] = mended.methods(core.get("detection_methods") or ())
    status = str(core.get("investigation_status") or "new")
    core["investigation_status"] = _STATUS.get(status, status)
    if core.get("determination") not in _literals(suite.Determination):
        mended.note(f"the determination {str(core.get('determination'))[:60]!r} is read as suspected")
        core["determination"] = "suspected"
    core["extension_type"] = "property-extension"
    found = _converted(core, suite.IncidentCore, "the incident", mended)
    return found or suite.IncidentCore(
        extension_type="property-extension", determination="suspected", investigation_status="new"
    )


def as_event(said: JsonObject, mended: Mended) -> suite.Event:
    """What an event says."""
    found = _converted(_timed(said, mended), suite.Event, str(said["id"]), mended)
    return found or suite.Event(status="undetermined", name=_name(said))


def as_task(said: JsonObject, mended: Mended) -> suite.Task:
    """What a task says."""
    found = _converted(_timed(said, mended), suite.Task, str(said["id"]), mended)
    return found or suite.Task(outcome="unknown", name=_name(said))


def as_impact(said: JsonObject, mended: Mended) -> suite.Impact | None:
    """What an impact says; None where its category says nothing that the suite knows."""
    place = str(said["id"])
    category = str(said.get("impact_category", "")).removesuffix("-ext")
    held = said.get("extensions")
    extensions: JsonObject = held if isinstance(held, dict) else {}
    content = next((extensions[name] for name in (f"{category}-ext", category) if name in extensions), None)
    if category == "economic":
        mended.note(f"{place}: economic is of an older form of the suite; read as monetary")
        category = "monetary"
    kind = suite.NESTED.get(category)
    if kind is None or not isinstance(content, dict):
        mended.note(f"{place}: an impact of the category {category[:60]!r} says nothing that is known")
        return None
    if category == "monetary" and isinstance(content.get("currency"), str):
        content = {**content, "currency": content["currency"].upper()}
    says = _converted(content, kind, place, mended)
    if says is None:
        return None
    timed = _timed(said, mended)
    recoverability = said.get("recoverability")
    criticality = said.get("criticality")
    return suite.Impact(
        category=category,
        says=says,
        description=str(said.get("description") or "")[:20_000],
        criticality=criticality if type(criticality) is int and 0 <= criticality <= 100 else None,
        impacted_refs=tuple(each for each in said.get("impacted_refs") or () if isinstance(each, str)),
        impacted_entity_counts=_counts(said.get("impacted_entity_counts"), mended),
        recoverability=recoverability if recoverability in _literals(suite.Recoverability) else None,
        start_time=timed.get("start_time", ""),
        end_time=timed.get("end_time", ""),
        superseded_by_ref=str(said.get("superseded_by_ref") or ""),
    )


def _counts(given: Any, mended: Mended) -> dict[str, int]:
    """Counts by kind of entity, whichever form they came in."""
    if isinstance(given, dict) and "entity_type" not in given:
        pairs = list(given.items())
    else:
        parts = given if isinstance(given, list) else [given] if isinstance(given, dict) else []
        if parts:
            mended.note("entity counts are of an older form of the suite")
        pairs = []
        for each in parts:
            if isinstance(each, dict):
                pairs += [(each["entity_type"], each.get("count"))] if "entity_type" in each else list(each.items())
    return {
        str(name): count
        for name, count in pairs
        if type(count) is int and count >= 0 and str(name).replace("-", "").isascii() and str(name).islower()
    }


def _timed(said: JsonObject, mended: Mended) -> JsonObject:
    """What a record says of itself, its moments as STIX writes them; those that are none are left out."""
    content = {name: value for name, value in said.items() if name not in _ENVELOPE and value not in ("", [], None)}
    for name in ("start_time", "end_time"):
        if name in content:
            moment = mend_instant(content[name])
            if moment is None:
                mended.note(f"{said['id']}: {name} is no moment")
                del content[name]
            else:
                content[name] = moment
    return content


def _converted(content: Mapping[str, Any], kind: type[Part], place: str, mended: Mended) -> Part | None:
    """The part as far as the suite allows it: what is not known or not allowed goes, one property after the other;
    None where what must be there is wrong."""
    fields = {each.name: each for each in msgspec.structs.fields(kind)}
    for name in sorted(content.keys() - fields.keys()):
        mended.note(f"{place}: {name[:60]} is not in the suite")
    kept: dict[str, Any] = {}
    for name, field in fields.items():
        if name not in content or content[name] is None:
            continue
        try:
            kept[name] = msgspec.to_builtins(msgspec.convert(_softer(content[name]), field.type))
        except msgspec.ValidationError as error:
            mended.note(f"{place}: {name}: {error}")
    try:
        return msgspec.convert(kept, kind)
    except msgspec.ValidationError as error:
        mended.note(f"{place}: {error}")
        return None


def _softer(value: Any) -> Any:
    """Lists without what is no object or text of use: an empty next step in one entry does not cost the entry."""
    return [each for each in value if each not in ("", None, {})] if isinstance(value, list) else value


def _extension(said: JsonObject, id_: str) -> JsonObject:
    extensions = said.get("extensions")
    found = extensions.get(id_) if isinstance(extensions, dict) else None
    return found if isinstance(found, dict) else {}


def _name(said: JsonObject) -> str:
    return str(said.get("name") or "")[:300]


def _literals(kind: Any) -> tuple[str, ...]:
    return tuple(kind.__args__)
