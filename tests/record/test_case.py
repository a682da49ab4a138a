"""A case and its events cannot change what they say: their ids are digests of it."""

import json
from typing import Any

import msgspec
import pytest
from tests.record.builders import ref

from egnatia.record import Invalid, read, reading
from egnatia.record.case import Case, CaseEvent, CaseParty, content_id, identified
from egnatia.record.marking import TLP2_IDS
from egnatia.record.schemas import CASE, CASE_EVENT

CREATED = "2026-03-01T12:00:00.000Z"
RED = next(iter(TLP2_IDS))
COMMON: dict[str, Any] = {"id": "", "spec_version": "2.1", "created": CREATED, "modified": CREATED}


def case() -> Case:
    party = CaseParty(party_ref=ref("identity"), economy="ME", roles=("affected-entity",))
    made = Case(
        created_by_ref=ref("identity"),
        title="Ransomware",
        workflow="incident",
        workflow_version="1",
        parties=(party,),
        facts={"severity": "high"},
        **COMMON,
    )
    return identified(made)


def event(**more: Any) -> CaseEvent:
    made = CaseEvent(created_by_ref=ref("identity"), case_ref=case().id, does="comment", text="hello", **COMMON, **more)
    return identified(made)


def changed(body: bytes, **changes: Any) -> bytes:
    return json.dumps({k: v for k, v in (json.loads(body) | changes).items() if v is not ...}).encode()


def test_what_is_written_is_read_back() -> None:
    for own, example in ((CASE, case()), (CASE_EVENT, event(after=(event().id,), fields={"n": 1.5, "l": ["ж"]}))):
        back = reading(read(own.write(example)))
        assert msgspec.structs.replace(back, extensions=None) == example


def test_a_newer_version_may_bear_other_markings() -> None:
    body = CASE_EVENT.write(event())
    wider = read(changed(body, modified="2026-03-02T12:00:00.000Z", object_marking_refs=[RED]))
    assert wider.head.id == event().id


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "something else"},
        {"created": "2026-03-01T11:00:00.000Z"},
        {"created_by_ref": ref("identity", 2)},
        {"fields": {"n": 1}},
        {"text": ...},
        {"labels": ["x"]},
    ],
)
@pytest.mark.parametrize("tolerant", [False, True])
def test_a_version_that_says_something_else_is_refused(changes: dict[str, Any], tolerant: bool) -> None:
    with pytest.raises(Invalid, match="the digest of its content"):
        read(changed(CASE_EVENT.write(event()), **changes), tolerant=tolerant)


@pytest.mark.parametrize(
    "changes", [{"revoked": True}, {"granular_markings": [{"selectors": ["text"], "marking_ref": RED}]}]
)
def test_it_is_neither_revoked_nor_marked_in_parts(changes: dict[str, Any]) -> None:
    said = json.loads(CASE_EVENT.write(event())) | changes
    with pytest.raises(Invalid):
        read(json.dumps(said | {"id": content_id(said)}).encode(), tolerant=True)
