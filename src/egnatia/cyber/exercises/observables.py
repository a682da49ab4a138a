"""What a technical finding names, as records of its exercise.

Their ids are their own: the usual id of an observable follows from its value, and would be that of a real one.
"""

from datetime import datetime
from typing import Any
from uuid import uuid5

import msgspec

from egnatia.cyber.exercises.scenario import Inject, Observable
from egnatia.record.marking import EGNATIA

_AMBER = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"


def observed(inject: Inject, word: str, owner: str, marking: str, now: datetime) -> tuple[list[bytes], tuple[str, ...]]:
    """The records that tell what was found, and the ids that the inject refers to."""
    stamp = f"{now:%Y-%m-%dT%H:%M:%S.%f}"[:23] + "Z"
    values = [_observable(each, word, marking) for each in inject.observables]
    whole: dict[str, Any] = {
        "type": "observed-data",
        "spec_version": "2.1",
        "id": f"observed-data--{uuid5(EGNATIA, f'{word} {inject.name}')}",
        "created_by_ref": owner,
        "created": stamp,
        "modified": stamp,
        "first_observed": stamp,
        "last_observed": stamp,
        "number_observed": 1,
        "labels": ["exercise"],
        "object_refs": [each["id"] for each in values],
        "object_marking_refs": [_AMBER, marking],
    }
    return [msgspec.json.encode(each) for each in (*values, whole)], (whole["id"],)


def _observable(each: Observable, word: str, marking: str) -> dict[str, Any]:
    id_ = f"{each.type}--{uuid5(EGNATIA, f'{word} {each.type} {each.value}')}"
    said = {"hashes": {"SHA-256": each.value}} if each.type == "file" else {"value": each.value}
    return {"type": each.type, "spec_version": "2.1", "id": id_, **said, "object_marking_refs": [_AMBER, marking]}
