"""A case as an incident of the suite: its facts, its impacts, what was done and what happened, in order.

Only what changed the case is told; comments, attachments and what is for some roles only stay in the case.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import uuid5

import msgspec

from egnatia.casework.audience import marking
from egnatia.casework.fold import Fold
from egnatia.cyber.incidents.stix import suite, words
from egnatia.cyber.incidents.stix.bundle import Incident, write
from egnatia.record.marking import EGNATIA

Facts = Mapping[str, Any]
_TITLES: Final = {
    "began": "The incident began",
    "detected": "The incident was detected",
    "aware": "The entity became aware of a significant incident",
    "handled": "The incident was handled",
}


def incident_id(case: str) -> str:
    """The incident record that stands for a case, wherever it is made."""
    return f"incident--{uuid5(EGNATIA, case)}"


def told(fold: Fold) -> Incident:
    """The case as an incident."""
    facts = fold.known()
    impacts = {_id(fold, "impact", f"{each.category} {number}"): each for number, each in enumerate(_impacts(facts))}
    events = {_id(fold, "event", name): each for name, each in _events(fold, facts)}
    tasks = dict(_tasks(fold))
    chained = _chained(list(tasks))
    core = suite.IncidentCore(
        extension_type="property-extension",
        determination=_determination(fold, facts),
        investigation_status=words.INVESTIGATION.get(fold.state.state, "open"),
        criticality=words.SEVERITY.get(facts.get("severity", "")),
        detection_methods=tuple(facts.get("detection_methods") or ()),
        events=tuple(suite.EventEntry(event_ref=each) for each in events),
        tasks=chained,
        impact_refs=tuple(impacts),
        impacted_entity_counts=_counts(facts),
        incident_types=_types(facts),
        recoverability=facts.get("recoverability"),
    )
    return Incident(
        id=incident_id(fold.case.id),
        name=fold.case.title,
        core=core,
        description=str(facts.get("description") or ""),
        created=fold.case.created,
        labels=tuple(_labels(facts)),
        events=events,
        impacts=impacts,
        tasks=tasks,
        others=tuple(_others(fold, facts)),
    )


def record_of(fold: Fold, *, author: str, at: str) -> dict[str, Any]:
    """The incident alone, without its events, impacts and tasks: what findings are related to."""
    whole = told(fold)
    core = msgspec.structs.replace(whole.core, events=(), tasks=(), impact_refs=())
    alone = msgspec.structs.replace(whole, core=core, events={}, tasks={}, impacts={}, others=())
    objects = msgspec.json.decode(write(alone, author=author, at=at))["objects"]
    found: dict[str, Any] = objects[0]
    return found


def bundle_of(fold: Fold, *, author: str, at: str) -> bytes:
    """The case as a bundle under its own label: its TLP, and its parties as the audience."""
    id_, definition = marking(fold.state.active(), fold.case.exercise or "")
    tlps = [each for each in fold.case.object_marking_refs if each.startswith("marking-definition--")][:1]
    return write(told(fold), author=author, at=at, markings=(*tlps, id_), first=(definition,))


def _determination(fold: Fold, facts: Facts) -> suite.Determination:
    said: suite.Determination | None = facts.get("determination")
    if said:
        return said
    if fold.state.state == "rejected":
        return "false-positive"
    return "confirmed" if fold.state.state in words.CONFIRMED else "suspected"


def _impacts(facts: Facts) -> Iterator[suite.Impact]:
    kind = str(facts.get("information_type") or words.UNKNOWN)
    records = _whole(facts.get("record_count"))
    if (percent := _whole(facts.get("availability_impact"))) is not None:
        yield suite.Impact(category="availability", says=suite.Availability(availability_impact=min(percent, 100)))
    if (loss := facts.get("confidentiality_impact")) is not None:
        says = suite.Confidentiality(
            loss_type=loss, information_type="" if loss == "none" else kind, record_count=records
        )
        yield suite.Impact(category="confidentiality", says=says)
    if (alteration := facts.get("integrity_impact")) is not None:
        changed = suite.Integrity(
            alteration=alteration, information_type="" if alteration == "none" else kind, record_count=records
        )
        yield suite.Impact(category="integrity", says=changed)
    for each in facts.get("external_impacts") or ():
        yield suite.Impact(category="external", says=suite.External(impact_type=each))
    if (least := _amount(facts.get("loss_eur"))) is not None or facts.get("loss_variety"):
        yield suite.Impact(category="monetary", says=_monetary(facts, least))
    if (damage := facts.get("physical_impact")) is not None:
        asset = str(facts.get("physical_asset") or ("" if damage == "none" else words.UNKNOWN))
        yield suite.Impact(category="physical", says=suite.PhysicalDamage(impact_type=damage, asset_type=asset))
    if (trace := facts.get("traceability_impact")) is not None:
        yield suite.Impact(category="traceability", says=suite.Trace(traceability_impact=trace))


def _monetary(facts: Facts, least: float | None) -> suite.Monetary:
    variety = str(facts.get("loss_variety") or "uncategorized")
    if least is None:
        return suite.Monetary(variety=variety)
    most = max(_amount(facts.get("loss_most_eur")) or least, least)
    return suite.Monetary(variety=variety, min_amount=least, max_amount=most, currency="EUR")


def _counts(facts: Facts) -> dict[str, int]:
    named = {"individual": facts.get("users"), "organization": facts.get("entities")}
    return {name: count for name, value in named.items() if (count := _whole(value)) is not None}


def _types(facts: Facts) -> tuple[str, ...]:
    found = [*(facts.get("malware_effects") or ()), *(each.partition(":")[2] for each in facts.get("rsit") or ())]
    return tuple(dict.fromkeys(found))


def _labels(facts: Facts) -> Iterator[str]:
    for each in facts.get("rsit") or ():
        predicate, _, value = each.partition(":")
        yield f'rsit:{predicate}="{value}"'
    for name, word in words.LABELS.items():
        value = facts.get(name)
        for one in value if isinstance(value, list | tuple) else [value] if value else []:
            yield f"{word}:{one}"
    if (flag := facts.get("cross_border")) is not None:
        yield f"cross-border:{'yes' if flag else 'no'}"


def _events(fold: Fold, facts: Facts) -> Iterator[tuple[str, suite.Event]]:
    over = facts.get("handled_at") is not None or fold.state.state in fold.book.final
    for name, kind in words.MOMENTS.items():
        if (at := facts.get(name)) is not None:
            status: suite.EventStatus = "ongoing" if kind == "began" and not over else "occurred"
            yield kind, suite.Event(status=status, name=_TITLES[kind], event_types=(kind,), start_time=at)
    for id_, at in fold.state.done.get("flare-up", ()):
        words_ = fold.ordering.events[id_].text[:20_000]
        yield (
            id_,
            suite.Event(
                status="occurred",
                name=fold.book.steps["flare-up"].title,
                description=words_,
                event_types=("flare-up",),
                start_time=_moment(at),
            ),
        )


def _tasks(fold: Fold) -> Iterator[tuple[str, suite.Task]]:
    """What was done by steps and reports, and what is asked of somebody, in the order of time."""
    found: list[tuple[str, str, suite.Task]] = []
    for step, kind in words.STEPS.items():
        for id_, at in fold.state.done.get(step, ()):
            done = suite.Task(
                outcome="successful", name=fold.book.steps[step].title, task_types=(kind,), end_time=_moment(at)
            )
            found.append((at, f"{id_} {step}", done))
    for name, filings in fold.state.submissions.items():
        for filing in filings:
            title = fold.book.reports[name].title
            filed = suite.Task(
                outcome="successful", name=title, task_types=(words.REPORTED,), end_time=_moment(filing.at)
            )
            found.append((filing.at, f"{filing.event} {name}", filed))
    for id_, task in fold.state.tasks.items():
        outcome: Any = words.OUTCOMES[task.status]
        asked = suite.Task(outcome=outcome, name=task.title, description=task.answer, start_time=_moment(task.opened))
        found.append((task.opened, id_, asked))
    for _, key, made in sorted(found, key=lambda each: each[:2]):
        yield _id(fold, "task", key), made


def _chained(ids: list[str]) -> tuple[suite.TaskEntry, ...]:
    """One after the other, as the timeline has them."""
    entries = []
    for number, id_ in enumerate(ids):
        following = ids[number + 1 : number + 2]
        steps = tuple(
            suite.Following(task_ref=each, condition_type="unknown", transition_type="unknown") for each in following
        )
        entries.append(suite.TaskEntry(task_ref=id_, sequence_start=number == 0, next_steps=steps))
    return tuple(entries)


def _others(fold: Fold, facts: Facts) -> Iterator[dict[str, Any]]:
    """The techniques as attack-patterns that ATT&CK numbers, and which party a task was given to."""
    head = {
        "spec_version": "2.1",
        "created": fold.case.created,
        "modified": fold.case.created,
        "created_by_ref": fold.case.created_by_ref,
        "object_marking_refs": list(fold.case.object_marking_refs[:1]),
    }
    head = {name: value for name, value in head.items() if value}
    incident = incident_id(fold.case.id)
    for technique in facts.get("techniques") or ():
        pattern = _id(fold, "attack-pattern", technique)
        number = {"source_name": "mitre-attack", "external_id": technique}
        yield {"type": "attack-pattern", "id": pattern, **head, "name": technique, "external_references": [number]}
        yield _related(fold, head, incident, "related-to", pattern)
    for id_, task in fold.state.tasks.items():
        if task.responsible.startswith("identity--"):
            yield _related(fold, head, task.responsible, "assigned", _id(fold, "task", id_))


def _related(fold: Fold, head: Facts, source: str, verb: str, target: str) -> dict[str, Any]:
    id_ = _id(fold, "relationship", f"{source} {verb} {target}")
    ends = {"relationship_type": verb, "source_ref": source, "target_ref": target}
    return {"type": "relationship", "id": id_, **head, **ends}


def _id(fold: Fold, kind: str, key: str) -> str:
    return f"{kind}--{uuid5(EGNATIA, f'{fold.case.id} {key}')}"


def _moment(at: str) -> str:
    return f"{at[:23]}Z" if at else ""


def _whole(value: Any) -> int | None:
    return max(int(value), 0) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _amount(value: Any) -> float | None:
    return max(float(value), 0.0) if isinstance(value, int | float) and not isinstance(value, bool) else None
