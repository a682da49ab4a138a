"""An incident of the suite as a case of ours: the facts that it tells, and the deeds that its tasks are."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from egnatia.casework.field import complaint
from egnatia.casework.registry import Deed
from egnatia.casework.rulebook import Rulebook
from egnatia.cyber.incidents.stix import suite, words
from egnatia.cyber.incidents.stix.bundle import Incident

MOST_TASKS: Final = 100
_TECHNIQUE: Final = re.compile(r"T\d{4}(\.\d{3})?")
_TAG: Final = re.compile(r'rsit:([a-z0-9-]+)="?([a-z0-9-]+)"?')
_LARGEST: Final = 10**15


class Adopted(msgspec.Struct, frozen=True):
    """What a case can take of an incident, and what was left out, in words."""

    facts: Mapping[str, Any]
    left_out: tuple[str, ...] = ()


def adopted(incident: Incident, book: Rulebook) -> Adopted:
    """The facts, as far as the workflow has a field for them and allows their values."""
    said = {"kind": "incident", **_said(incident, book)}
    facts: dict[str, Any] = {}
    left_out = list(incident.forgiven)
    for name, told in said.items():
        field = book.fields.get(name)
        if field is None or told in (None, "", [], ()):
            continue
        value = told
        if field.kind == "choices":
            left_out += [f"{name}: {each!r} has no place here" for each in told if each not in field.choices]
            value = [each for each in told if each in field.choices]
        if problem := complaint(field, value):
            left_out.append(problem)
        elif value != []:
            facts[name] = value
    left_out += _foreign_money(incident)
    return Adopted(facts, tuple(left_out))


def deeds(incident: Incident) -> Iterator[tuple[Deed, str]]:
    """Its tasks as tasks of a case, each with how it stands; empty where it is to be done."""
    for task in list(incident.tasks.values())[:MOST_TASKS]:
        title = (task.name or task.description or "Task")[:300].strip() or "Task"
        text = task.description if task.description != title else ""
        yield Deed(does="task", fields={"title": title}, text=text[:20_000]), words.PROGRESS.get(task.outcome, "")


def _said(incident: Incident, book: Rulebook) -> dict[str, Any]:
    core = incident.core
    counts = core.impacted_entity_counts
    found: dict[str, Any] = {
        "description": incident.description.strip(),
        "determination": core.determination,
        "detection_methods": list(core.detection_methods),
        "recoverability": core.recoverability,
        "severity": None if core.criticality is None else words.severity_of(core.criticality),
        "users": counts.get("individual", counts.get("individuals")),
        "entities": counts.get("organization", counts.get("organizations")),
        "techniques": list(_techniques(incident)),
        **_labelled(incident.labels),
        **_moments(incident.events.values()),
        **_impacts(incident.impacts.values(), book),
    }
    tags = [f"{each[1]}:{each[2]}" for label in incident.labels if (each := _TAG.fullmatch(label))]
    found["rsit"] = tags or list(_typed(core.incident_types, book, "rsit"))
    found.setdefault("malware_effects", list(_typed(core.incident_types, book, "malware_effects")))
    return found


def _labelled(labels: Iterable[str]) -> dict[str, Any]:
    """The facts that stand in labels."""
    found: dict[str, Any] = {}
    of = {word: name for name, word in words.LABELS.items()}
    for label in labels:
        word, _, value = label.partition(":")
        if word == "cross-border":
            found["cross_border"] = value == "yes"
        elif (name := of.get(word)) is not None:
            if name in {"kind", "root_cause", "outlook"}:
                found[name] = value
            else:
                found.setdefault(name, []).append(value)
    return found


def _typed(types: Iterable[str], book: Rulebook, field: str) -> Iterator[str]:
    """Types of incident that one of the field's choices is or ends with."""
    known = {each.rpartition(":")[2]: each for each in book.fields[field].choices} if field in book.fields else {}
    return (known[each] for each in dict.fromkeys(types) if each in known)


def _moments(events: Iterable[suite.Event]) -> dict[str, str]:
    of = {kind: name for name, kind in words.MOMENTS.items()}
    found: dict[str, str] = {}
    starts: list[str] = []
    for event in events:
        if not event.start_time:
            continue
        ours = [of[each] for each in event.event_types if each in of]
        for name in ours:
            found.setdefault(name, event.start_time)
        starts += [] if ours else [event.start_time]
    if starts:
        found.setdefault("started_at", min(starts))
    return found


def _techniques(incident: Incident) -> Iterator[str]:
    for other in incident.others:
        if other.get("type") != "attack-pattern":
            continue
        for reference in other.get("external_references") or ():
            number = reference.get("external_id") if isinstance(reference, dict) else None
            if isinstance(number, str) and _TECHNIQUE.fullmatch(number):
                yield number


def _impacts(impacts: Iterable[suite.Impact], book: Rulebook) -> dict[str, Any]:
    """Of several impacts of one kind the worst; amounts are added up. What was superseded counts no more."""
    found: dict[str, Any] = {}
    for impact in impacts:
        if impact.superseded_by_ref:
            continue
        match impact.says:
            case suite.Availability(availability_impact=percent):
                found["availability_impact"] = max(percent, found.get("availability_impact", 0))
            case suite.Confidentiality(loss_type=loss, information_type=kind, record_count=records):
                _worse(found, book, "confidentiality_impact", loss)
                _concerned(found, kind, records)
            case suite.Integrity(alteration=alteration, information_type=kind, record_count=records):
                _worse(found, book, "integrity_impact", alteration)
                _concerned(found, kind, records)
            case suite.External(impact_type=kind):
                found.setdefault("external_impacts", []).append(kind)
            case suite.Monetary():
                _add_money(found, impact.says)
            case suite.PhysicalDamage(impact_type=damage, asset_type=asset):
                _worse(found, book, "physical_impact", damage)
                found["physical_asset"] = "" if asset == words.UNKNOWN else asset
            case suite.Trace(traceability_impact=trace):
                _worse(found, book, "traceability_impact", trace)
    return found


def _worse(found: dict[str, Any], book: Rulebook, name: str, value: str) -> None:
    """The later of the two in the field's choices, which rise."""
    choices = book.fields[name].choices if name in book.fields else ()
    present = found.get(name)
    if present is None or (present in choices and value in choices and choices.index(value) > choices.index(present)):
        found[name] = value


def _concerned(found: dict[str, Any], kind: str, records: int | None) -> None:
    if kind and kind != words.UNKNOWN:
        found.setdefault("information_type", kind)
    if records is not None:
        found["record_count"] = max(records, found.get("record_count", 0))


def _add_money(found: dict[str, Any], money: suite.Monetary) -> None:
    found.setdefault("loss_variety", money.variety)
    if money.currency in {"", "EUR"} and money.min_amount is not None:
        least, most = money.min_amount, money.max_amount or money.min_amount
        if most < _LARGEST:
            found["loss_eur"] = _plain(found.get("loss_eur", 0) + least)
            found["loss_most_eur"] = _plain(found.get("loss_most_eur", 0) + most)


def _foreign_money(incident: Incident) -> list[str]:
    return [
        f"an amount in {each.says.currency[:10]} is not taken: amounts here are in EUR"
        for each in incident.impacts.values()
        if isinstance(each.says, suite.Monetary) and each.says.currency not in {"", "EUR"}
    ]


def _plain(amount: float) -> int | float:
    return int(amount) if float(amount).is_integer() else amount
