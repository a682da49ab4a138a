"""How the demonstration writes STIX 2.1: an organisation's pen, and the small things that all of it shares."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from egnatia.demo.cast import Actor, demo_id
from egnatia.demo.stories import Tlp
from egnatia.record.deterministic import observable_id
from egnatia.record.marking import TLP2_IDS

TLP: dict[Tlp, str] = {name: marking for marking, name in TLP2_IDS.items()}
"""The marking-definitions of TLP 2.0 as OASIS published them, by their names."""

Object = dict[str, Any]

NETS = ("192.0.2", "198.51.100", "203.0.113")
"""The documentation address blocks of RFC 5737."""


def stamp(at: datetime) -> str:
    """A STIX timestamp."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def observable(kind: str, /, **values: Any) -> Object:
    """An observable with its deterministic id; what is given contributes to it."""
    stix = {"type": kind, "spec_version": "2.1", **values}
    return {**stix, "id": observable_id(kind, stix)}


class Pen:
    """Writes one organisation's objects: its name, its marking and a growing clock on each."""

    def __init__(self, by: Actor, tlp: Tlp, at: datetime, salt: str) -> None:
        self._by = by
        self._marking = TLP[tlp]
        self._at = at
        self._salt = salt

    def sdo(self, kind: str, name: str, /, **more: Any) -> Object:
        """An object of our own, a little later than the one before."""
        self._at += timedelta(seconds=7, milliseconds=113)
        moment = stamp(self._at)
        return {
            "type": kind,
            "spec_version": "2.1",
            "id": demo_id(kind, self._by.key, self._salt, name),
            "created": moment,
            "modified": moment,
            "created_by_ref": self._by.id,
            "object_marking_refs": [self._marking],
            **more,
        }

    def sco(self, kind: str, /, **values: Any) -> Object:
        """An observable under our marking."""
        return {**observable(kind, **values), "object_marking_refs": [self._marking]}

    def link(self, source: Object, verb: str, target: Object) -> Object:
        """A relationship between two objects."""
        name = f"{source['id']} {verb} {target['id']}"
        return self.sdo("relationship", name, relationship_type=verb, source_ref=source["id"], target_ref=target["id"])


def indicator(pen: Pen, pattern: str, value: str, at: datetime) -> Object:
    """A pattern that finds one value again."""
    return pen.sdo(
        "indicator",
        pattern,
        name=value,
        pattern=pattern,
        pattern_type="stix",
        valid_from=stamp(at),
        valid_until=stamp(at + timedelta(days=180)),
        indicator_types=["malicious-activity"],
        confidence=85,
    )


def encoded(stix: Object) -> bytes:
    """An object as the bytes that travel."""
    return json.dumps(stix, ensure_ascii=False).encode()
