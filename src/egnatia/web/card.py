"""A card is one record as a person meets it in a list: what it is, whose, how it may be handled, when it came."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from egnatia.exchange.shown import Shown

KINDS: Mapping[str, str] = {
    "attack-pattern": "method",
    "campaign": "campaign",
    "course-of-action": "advice",
    "domain-name": "domain name",
    "grouping": "group of records",
    "identity": "organisation",
    "indicator": "indicator",
    "infrastructure": "infrastructure",
    "intrusion-set": "intrusion set",
    "ipv4-addr": "address",
    "ipv6-addr": "address",
    "malware": "malware",
    "marking-definition": "marking",
    "note": "note",
    "observed-data": "observation",
    "opinion": "opinion",
    "recall": "recall",
    "receipt": "receipt",
    "relationship": "link",
    "report": "report",
    "sharing-agreement": "sharing agreement",
    "sighting": "sighting",
    "threat-actor": "threat actor",
    "tool": "tool",
    "url": "address of a page",
    "vulnerability": "vulnerability",
}
"""What a duty officer calls a record type; others keep their STIX name."""

MINOR = frozenset(
    {
        "relationship",
        "receipt",
        "observed-data",
        "marking-definition",
        "domain-name",
        "ipv4-addr",
        "ipv6-addr",
        "url",
        "file",
    }
)
"""Record types that a list shows on demand: they matter through what names them."""

LONGEST = 160

UNKNOWN = "an organisation not known here"


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What a list shows of one record. `added` is when it came to this node, UTC."""

    id: str
    version: str
    kind: str
    title: str
    detail: str
    lang: str
    tlp: str
    owner: str
    added: str
    minor: bool
    redacted: bool
    named: bool
    target: str = ""


def card(shown: Shown, names: Mapping[str, str]) -> Card:
    """The card of a record; `names` are those of the organisations known here, by identity id."""
    stix = shown.record
    kind = str(stix.get("type", ""))
    return Card(
        id=str(stix.get("id", "")),
        version=str(stix.get("modified", stix.get("created", ""))),
        kind=KINDS.get(kind, kind),
        title=shortened(title(stix)),
        detail=shortened(detail(stix)),
        lang=str(stix.get("lang", "")),
        tlp=shown.tlp,
        owner=names.get(shown.owner, UNKNOWN),
        added=shown.added,
        minor=kind in MINOR,
        redacted=shown.redacted,
        named=bool(shown.audiences),
        target=str(stix.get("object_ref", "")) if kind == "recall" else "",
    )


def title(stix: Mapping[str, Any]) -> str:
    """What a record is called; of one without a name, what it says."""
    match stix.get("type"):
        case "relationship":
            return (
                f"{_kind(stix.get('source_ref'))} {stix.get('relationship_type', '')} {_kind(stix.get('target_ref'))}"
            )
        case "sighting":
            count = stix.get("count", 1)
            times = "once" if count == 1 else f"{count} times"
            return f"{_kind(stix.get('sighting_of_ref')).capitalize()} seen {times}"
        case "observed-data":
            return f"Observed {stix.get('number_observed', 1)} times"
        case "file":
            hashes = stix.get("hashes")
            digests = hashes.values() if isinstance(hashes, Mapping) else ()
            return str(stix.get("name") or next(iter(digests), "file"))
    for key in ("name", "value", "pattern", "abstract", "opinion", "content", "id"):
        if found := stix.get(key):
            return str(found)
    return ""


def detail(stix: Mapping[str, Any]) -> str:
    """A second line, where there is more to say."""
    said = stix.get("description") or stix.get("explanation") or stix.get("reason")
    pattern = str(stix.get("pattern", ""))
    if not said and str(stix.get("name", pattern)) not in pattern:
        said = pattern
    return str(said or "")


def shortened(text: str) -> str:
    """At most `LONGEST` characters on one line."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"


def clock(added: str) -> str:
    """The time of day in UTC, `09:41:07`, of a moment as the API writes it."""
    return datetime.fromisoformat(added).strftime("%H:%M:%S")


def _kind(ref: object) -> str:
    kind = str(ref).partition("--")[0]
    return KINDS.get(kind, kind)
