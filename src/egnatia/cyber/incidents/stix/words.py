"""How the facts of a case and the words of the suite stand for each other."""

from collections.abc import Mapping
from typing import Final

SEVERITY: Final[Mapping[str, int]] = {"white": 15, "green": 40, "yellow": 70, "red": 95}
"""A severity as the suite's criticality (its five-step scale: low, moderate, high, extreme)."""

INVESTIGATION: Final[Mapping[str, str]] = {"received": "new", "rejected": "closed", "closed": "closed"}
"""States of a case that are not simply open."""

CONFIRMED: Final = frozenset({"declared", "contained", "eradicated", "recovered", "post-incident", "closed"})

STEPS: Final[Mapping[str, str]] = {
    "triage": "investigation",
    "declare": "declared",
    "contain": "containment",
    "eradicate": "eradication",
    "recover": "recovery",
    "look-back": "administrative",
    "close": "administrative",
    "reply": "routine-updates",
    "judge": "escalated",
    "forward": "external-outreach",
    "call-for-assistance": "external-support",
    "offer-assistance": "external-support",
}
"""Steps of the protocol as the suite's types of tasks."""

REPORTED: Final = "reported"
OUTCOMES: Final[Mapping[str, str]] = {
    "to-do": "pending",
    "in-progress": "ongoing",
    "on-hold": "pending",
    "done": "successful",
    "cancelled": "cancelled",
}
"""How a task of a case stands, as the suite says it."""

PROGRESS: Final[Mapping[str, str]] = {
    "ongoing": "in-progress",
    "successful": "done",
    "failed": "cancelled",
    "cancelled": "cancelled",
}
"""The way back; what is pending or unknown is to be done."""

MOMENTS: Final[Mapping[str, str]] = {
    "started_at": "began",
    "detected_at": "detected",
    "aware_at": "aware",
    "handled_at": "handled",
}
"""Facts that are moments, and the event that each of them is."""

LABELS: Final[Mapping[str, str]] = {
    "kind": "notification",
    "sectors": "nis2-sector",
    "affected_economies": "affected-economy",
    "malware_effects": "malware-effect",
    "root_cause": "root-cause",
    "outlook": "outlook",
}
"""Facts that become labels, as `word:value`."""

UNKNOWN: Final = "unknown"
"""What the suite must be told and the case does not know."""


def severity_of(criticality: int) -> str:
    """The severity that a criticality stands for."""
    return "white" if criticality < 30 else "green" if criticality < 50 else "yellow" if criticality < 90 else "red"
