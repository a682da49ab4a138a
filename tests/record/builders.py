"""Records to test with: what the standard requires of each type, and nothing else."""

import json
import os
from pathlib import Path
from typing import Any

DATA = Path(os.environ.get("EGNATIA_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
CREATED = "2024-02-29T10:00:00.000Z"
UUID4 = "7b9f8f0e-5f6e-4a58-9a3a-3a1b2c3d4e5f"


def ref(type_: str, number: int = 0) -> str:
    """The identifier of some record of a type."""
    return f"{type_}--{UUID4[:-4]}{number:04x}"


REQUIRED: dict[str, dict[str, Any]] = {
    "attack-pattern": {"name": "Phishing"},
    "campaign": {"name": "Autumn"},
    "course-of-action": {"name": "Block"},
    "grouping": {"context": "suspicious-activity", "object_refs": [ref("malware")]},
    "identity": {"name": "MKD-CIRT"},
    "incident": {"name": "Outage"},
    "indicator": {"pattern": "[url:value = 'http://x.example/']", "pattern_type": "stix", "valid_from": CREATED},
    "infrastructure": {"name": "C2"},
    "intrusion-set": {"name": "Bear"},
    "location": {"region": "southern-europe"},
    "malware": {"is_family": False},
    "malware-analysis": {"product": "sandbox", "result": "malicious"},
    "note": {"content": "seen", "object_refs": [ref("malware")]},
    "observed-data": {
        "first_observed": CREATED,
        "last_observed": CREATED,
        "number_observed": 1,
        "object_refs": [ref("ipv4-addr")],
    },
    "opinion": {"opinion": "agree", "object_refs": [ref("malware")]},
    "report": {"name": "Week 9", "published": CREATED, "object_refs": [ref("malware")]},
    "threat-actor": {"name": "Nobody"},
    "tool": {"name": "nmap"},
    "vulnerability": {"name": "CVE-2024-3094"},
    "relationship": {"relationship_type": "uses", "source_ref": ref("campaign"), "target_ref": ref("malware")},
    "sighting": {"sighting_of_ref": ref("indicator")},
    "artifact": {"payload_bin": "VGVzdA=="},
    "autonomous-system": {"number": 43612},
    "directory": {"path": "/tmp"},  # noqa: S108  (a path in a record)
    "domain-name": {"value": "example.com"},
    "email-addr": {"value": "a@example.com"},
    "email-message": {"is_multipart": False},
    "file": {"name": "a.exe"},
    "ipv4-addr": {"value": "198.51.100.3"},
    "ipv6-addr": {"value": "2001:db8::1"},
    "mac-addr": {"value": "d2:fb:49:24:37:18"},
    "mutex": {"name": "m"},
    "network-traffic": {"protocols": ["tcp"], "src_ref": ref("ipv4-addr")},
    "process": {"pid": 1},
    "software": {"name": "Word"},
    "url": {"value": "https://example.com/"},
    "user-account": {"user_id": "1001"},
    "windows-registry-key": {"key": "HKEY_LOCAL_MACHINE\\Software"},
    "x509-certificate": {"serial_number": "36:f7"},
    "language-content": {"object_ref": ref("malware"), "contents": {"sq": {"name": "Emri"}}},
    "marking-definition": {"definition_type": "statement", "definition": {"statement": "Copyright 2024"}},
    "extension-definition": {
        "name": "x",
        "schema": "https://example.com/x.json",
        "version": "1.0.0",
        "extension_types": ["property-extension"],
        "created_by_ref": ref("identity"),
    },
    "x-thing": {"created": CREATED, "modified": CREATED, "spec_version": "2.1"},
}
OBSERVABLES = frozenset(list(REQUIRED)[21:39])


def properties(type_: str, **changes: Any) -> dict[str, Any]:
    """The properties of the least record of a type, with changes; `...` leaves a property out."""
    common: dict[str, Any] = {"type": type_, "id": ref(type_)}
    if type_ not in OBSERVABLES:
        common |= {"spec_version": "2.1", "created": CREATED}
        if type_ != "marking-definition":
            common["modified"] = CREATED
    whole = common | REQUIRED[type_] | changes
    return {name: value for name, value in whole.items() if value is not ...}


def body(type_: str, **changes: Any) -> bytes:
    """As `properties`, as bytes."""
    return json.dumps(properties(type_, **changes)).encode()


def bundle(*objects: dict[str, Any]) -> bytes:
    """A bundle of these objects."""
    return json.dumps({"type": "bundle", "id": ref("bundle"), "objects": objects}).encode()
