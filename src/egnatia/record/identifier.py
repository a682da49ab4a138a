"""An identifier is the type of what it names, two hyphens and an RFC 4122 UUID in lower case."""

import re
from functools import lru_cache

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_TYPE = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
_IDENTIFIER = re.compile(f"({_TYPE})--{_UUID}")
_TYPE_NAME = re.compile(_TYPE)
_LOOSE = re.compile(r"([a-z][a-z0-9-]*?)--[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PROPERTY = re.compile(r"[a-z0-9_]{3,250}")

DOMAIN_OBJECTS = frozenset(
    {
        "attack-pattern", "campaign", "course-of-action", "grouping", "identity", "incident", "indicator",
        "infrastructure", "intrusion-set", "location", "malware", "malware-analysis", "note", "observed-data",
        "opinion", "report", "threat-actor", "tool", "vulnerability",
    }
)  # fmt: skip
OBSERVABLES = frozenset(
    {
        "artifact", "autonomous-system", "directory", "domain-name", "email-addr", "email-message", "file",
        "ipv4-addr", "ipv6-addr", "mac-addr", "mutex", "network-traffic", "process", "software", "url",
        "user-account", "windows-registry-key", "x509-certificate",
    }
)  # fmt: skip
RELATIONS = frozenset({"relationship", "sighting"})
META = frozenset({"extension-definition", "language-content", "marking-definition", "bundle"})


@lru_cache(maxsize=1 << 15)
def target_type(identifier: str) -> str | None:
    """The type of what `identifier` names; None where it is no identifier."""
    match = _IDENTIFIER.fullmatch(identifier)
    return match[1] if match else None


def identifies(type: str) -> re.Pattern[str]:  # noqa: A002  (STIX spelling)
    """The identifiers of records of one type."""
    return re.compile(f"{re.escape(type)}--{_UUID}")


def loose_type(identifier: str) -> str | None:
    """The type in something of an identifier's shape whose UUID breaks RFC 4122 (case, version, variant)."""
    match = _LOOSE.fullmatch(identifier)
    return match[1] if match else None


@lru_cache(maxsize=1024)
def is_type_name(text: str) -> bool:
    """Whether `text` can name a record type (STIX 2.1 section 3.2)."""
    return 3 <= len(text) <= 250 and _TYPE_NAME.fullmatch(text) is not None


def is_property_name(text: str) -> bool:
    """Whether `text` can name a custom property (STIX 2.1 section 11.1)."""
    return _PROPERTY.fullmatch(text) is not None
