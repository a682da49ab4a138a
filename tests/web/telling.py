"""Records with something to say, as tests of pages hand them in."""

import uuid
from typing import Any

import msgspec
from tests.exchange.gate import CLEAR, GREEN, RED
from tests.web.house import House

from egnatia.store import Known

__all__ = ["ALBANIA", "CLEAR", "GREEN", "RED", "SERBIA", "STRANGER", "neighbours", "record"]

ALBANIA = "identity--22222222-2222-4222-8222-222222222222"
SERBIA = "identity--33333333-3333-4333-8333-333333333333"
STRANGER = "identity--44444444-4444-4444-8444-444444444444"

AT = "2026-03-01T09:00:00.000Z"


def neighbours(house: House) -> None:
    """Albania and Serbia are members of the community here; the stranger is known and is none."""
    for each, name, economy in ((ALBANIA, "CSIRT of Albania", "AL"), (SERBIA, "CSIRT of Serbia", "RS")):
        house.node.store.organisations.put(Known(each, name, economy))
    house.node.store.organisations.put(Known(STRANGER, "A stranger", "AL", member=False))
    house.node.forget_facts()


def record(kind: str, marking: str, **more: Any) -> bytes:
    """A record under a TLP marking."""
    own: dict[str, Any] = {"created": AT, "modified": AT, "object_marking_refs": [marking]}
    if kind == "indicator":
        own |= {"pattern": "[domain-name:value = 'x.example']", "pattern_type": "stix", "valid_from": AT}
    if kind == "report":
        own |= {"published": AT, "object_refs": [f"malware--{uuid.uuid4()}"]}
    if kind == "malware":
        own |= {"is_family": False}
    return msgspec.json.encode({"type": kind, "spec_version": "2.1", "id": f"{kind}--{uuid.uuid4()}", **own, **more})
