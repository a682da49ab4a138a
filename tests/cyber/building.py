"""A cyber incident with its parties, and what they do, told in hours since the entity became aware."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.casework import builders

from egnatia.casework.clock import Owed, owed
from egnatia.casework.event import Event
from egnatia.casework.fold import Fold
from egnatia.casework.rulebook import Rulebook
from egnatia.cyber.incidents.protocol import incidents
from egnatia.record.case import Case, CaseParty, identified
from egnatia.record.instant import version_of

ENTITY = "identity--00000000-0000-4000-8000-0000000000a1"
CSIRT = "identity--00000000-0000-4000-8000-0000000000b2"
AUTHORITY = "identity--00000000-0000-4000-8000-0000000000c3"
CONTACT = "identity--00000000-0000-4000-8000-0000000000d4"
PRIVACY = "identity--00000000-0000-4000-8000-0000000000e5"
COORDINATOR = "identity--00000000-0000-4000-8000-0000000000f6"
AWARE = datetime(2026, 3, 2, 8, tzinfo=UTC)


def book() -> Rulebook:
    found = incidents().newest("incident")
    assert found is not None
    return found


def instant(hours: float, since: datetime = AWARE) -> str:
    return (since.astimezone(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:23] + "Z"


def at(hours: float) -> datetime:
    return AWARE + timedelta(hours=hours)


class Matter:
    """One case that events are added to as they happen."""

    def __init__(self, aware: datetime = AWARE, **facts: Any) -> None:
        self.aware = aware
        held = {
            ENTITY: "affected-entity",
            CSIRT: "national-csirt",
            AUTHORITY: "competent-authority",
            CONTACT: "single-point-of-contact",
            PRIVACY: "data-protection-authority",
            COORDINATOR: "regional-coordinator",
        }
        stamp = instant(-10, aware)
        said = {"kind": "incident", "severity": "red", "aware_at": instant(0, aware), **facts}
        self.case = identified(
            Case(
                id="",
                spec_version="2.1",
                created=stamp,
                modified=stamp,
                created_by_ref=CSIRT,
                title="Ransomware",
                workflow="incident",
                workflow_version="1",
                parties=tuple(CaseParty(party_ref=who, economy="ME", roles=(role,)) for who, role in held.items()),
                facts={name: value for name, value in said.items() if value is not None},
            )
        )
        self.fold = Fold(book(), self.case)

    def do(self, author: str, does: str, hours: float, *about: str, text: str = "because", **fields: Any) -> Event:
        """What somebody does, who knows all that was done before."""
        made = builders.event(author, does, 0, *about, text=text, when=hours, **fields)
        made = Event(
            id=made.id,
            author=author,
            does=does,
            at=version_of(instant(hours, self.aware)),
            after=tuple(sorted(self.fold.state.heads)),
            about=about,
            fields=fields,
            text=text,
        )
        self.fold.add([made])
        return made

    def file(self, hours: float, *reports: str, **fields: Any) -> Event:
        return self.do(ENTITY, "submit", hours, *reports, **fields)

    def refusal(self, event: Event) -> str:
        """The rule that refused an event; empty where none did."""
        found = self.fold.state.refused.get(event.id)
        return found.rule.value if found else ""

    def owed(self) -> dict[str, Owed]:
        """The newest of each thing that is owed."""
        return {each.deadline: each for each in owed(self.fold)}


WARNING = {"suspected_malicious": True, "cross_border": True}
NOTICE = {**WARNING, "severity": "red", "initial_assessment": "all file servers are encrypted"}
FINAL = {"description": "x", "severity": "red", "cause": "phishing", "mitigation": "rebuilt", "cross_border": False}
