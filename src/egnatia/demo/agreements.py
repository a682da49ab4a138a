"""What the organisations of the demonstration have agreed, and whom they name as recipients."""

from collections.abc import Iterable
from datetime import datetime

from egnatia.demo.cast import BANK, MESH, TELECOM, Actor, actor, demo_id
from egnatia.demo.pen import TLP, Object, encoded, stamp
from egnatia.record.marking import AUDIENCE_EXTENSION
from egnatia.record.schemas import SHARING_AGREEMENT


class Agreed:
    """One agreement: the same bytes for each of its parties, for publishing them is how a party agrees."""

    def __init__(self, parties: tuple[Actor, ...], terms: Object, since: datetime) -> None:
        self.parties = parties
        moment = stamp(since)
        self.body = encoded(
            {
                "type": "sharing-agreement",
                "spec_version": "2.1",
                "id": demo_id("sharing-agreement", *(party.key for party in parties), str(terms["name"])),
                "created": moment,
                "modified": moment,
                "object_marking_refs": [TLP["green"]],
                "parties": [party.id for party in parties],
                "valid_from": moment,
                **terms,
                "extensions": {SHARING_AGREEMENT.extension_id: {"extension_type": "new-sdo"}},
            }
        )


def agreements(since: datetime) -> tuple[Agreed, ...]:
    """Every agreement of the demonstration."""
    regional = {
        "name": "Regional exchange of threat information (demo)",
        "purposes": ["incident-response", "prevention"],
        "legal_basis": "Memorandum of understanding of the six economies' CSIRTs (fictional)",
        "retention": "P2Y",
        "onward_sharing": "clients",
    }
    constituency = {
        "name": "Service of a CSIRT to its constituency (demo)",
        "purposes": ["incident-response", "prevention"],
        "legal_basis": "Terms of service of the CSIRT (fictional)",
        "retention": "P1Y",
    }
    personal = {
        "name": "Personal data in cases of fraud (demo)",
        "purposes": ["investigation"],
        "legal_basis": "Bilateral protocol on fraud cases (fictional)",
        "retention": "P90D",
        "personal_data": True,
        "record_types": ["report", "indicator", "observed-data"],
    }
    return (
        Agreed(MESH, regional, since),
        *(Agreed((actor(each.csirt), each), constituency, since) for each in (BANK, TELECOM)),
        Agreed((actor("me"), actor("rs")), personal, since),
    )


def audience(by: Actor, recipients: Iterable[str], at: datetime, *, personal: bool = False) -> Object:
    """The marking that names recipients, by their identities; the same one for the same names."""
    named = sorted(set(recipients))
    content: Object = {"extension_type": "property-extension", "recipient_refs": named}
    if personal:
        content["personal_data"] = True
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": demo_id("marking-definition", by.key, personal, *named),
        "created": stamp(at),
        "created_by_ref": by.id,
        "object_marking_refs": [TLP["green"]],
        "name": "Named recipients",
        "extensions": {AUDIENCE_EXTENSION: content},
    }
