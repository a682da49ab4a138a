"""A node to hand records in to, and records to hand in."""

import uuid
from pathlib import Path
from typing import Any

import msgspec

from egnatia.exchange.submission import Handling, Submission, Submitter
from egnatia.node import ALL_RIGHTS, Node
from egnatia.policy import Clearance
from egnatia.record.marking import AUDIENCE_EXTENSION
from egnatia.settings import Organisation, Settings
from egnatia.store import Known

ME = "identity--11111111-1111-4111-8111-111111111111"
AL = "identity--22222222-2222-4222-8222-222222222222"
RS = "identity--33333333-3333-4333-8333-333333333333"
MITRE = "identity--c78cb6e5-0c4b-4611-8297-d1b8b55e40b5"

CLEAR = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"
GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
AMBER = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"


def node(folder: Path) -> Node:
    """Montenegro's node, which knows Albania and Serbia as members."""
    organisation = Organisation(name="CSIRT of Montenegro", id=ME, economy="ME")
    settings = Settings(organisation=organisation, base=str(folder))
    Node.create(settings, "a passphrase")
    opened = Node.open(settings, "a passphrase")
    opened.store.organisations.put(Known(AL, "CSIRT of Albania", "AL"))
    opened.store.organisations.put(Known(RS, "CSIRT of Serbia", "RS"))
    opened.facts.forget()
    return opened


def hand_in(
    at: Node, *objects: dict[str, Any], owner: str = ME, applied: tuple[str, ...] = (), **how: Any
) -> Submission:
    """Hands objects in and waits for the answer."""
    bodies = [msgspec.json.encode(each) for each in objects]
    submitter = Submitter(owner, "test", how.pop("rights", ALL_RIGHTS))
    return at.admission.submit(bodies, submitter, handling=Handling(applied), **how).result(timeout=20)


def seen(at: Node, organisation: str | None) -> list[str]:
    """The ids that an organisation may see, each version once, the node's own identity left out."""
    clearance: Clearance = at.clearance_of(organisation)
    return [row.id for row in at.store.changes(clearance, 0, 1000).rows if row.id != at.own]


def new_id(kind: str) -> str:
    return f"{kind}--{uuid.uuid4()}"


def indicator(*markings: str, modified: str = "2026-01-01T00:00:00.000Z", **more: Any) -> dict[str, Any]:
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": new_id("indicator"),
        "created": "2026-01-01T00:00:00.000Z",
        "modified": modified,
        "created_by_ref": ME,
        "pattern": "[domain-name:value = 'phish.example']",
        "pattern_type": "stix",
        "valid_from": "2026-01-01T00:00:00Z",
        **({"object_marking_refs": list(markings)} if markings else {}),
        **more,
    }


def audience(*recipients: str) -> dict[str, Any]:
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": new_id("marking-definition"),
        "created": "2026-01-01T00:00:00.000Z",
        "created_by_ref": ME,
        "extensions": {
            AUDIENCE_EXTENSION: {"extension_type": "property-extension", "recipient_refs": list(recipients)}
        },
    }
