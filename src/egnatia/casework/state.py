"""Where a case stands once its events are folded. Two nodes with the same events hold equal states."""

import enum
from typing import Any, Literal

import msgspec

Outcome = Literal["submitted", "under-review", "revision-required", "accepted"]
Progress = Literal["to-do", "in-progress", "on-hold", "done", "cancelled"]


class Rule(enum.StrEnum):
    """Why an event has no effect: the key under which its explanation and its translations are kept."""

    NOT_ANSWERED_FOR = "not-answered-for"
    NOT_A_PARTY = "not-a-party"
    HAS_LEFT = "has-left"
    UNKNOWN_DEED = "unknown-deed"
    ONLY_READS = "only-reads"
    NOT_ITS_ROLE = "not-its-role"
    WRONG_STATE = "wrong-state"
    OVERTAKEN = "overtaken"
    RULE_UNMET = "rule-unmet"
    FIELD_MISSING = "field-missing"
    FIELD_WRONG = "field-wrong"
    NOT_ITS_FIELD = "not-its-field"
    UNKNOWN_SUBJECT = "unknown-subject"
    REASON_MISSING = "reason-missing"
    CASE_OVER = "case-over"
    MERGED = "merged"
    FOR_ALL = "for-all"


class Refusal(msgspec.Struct, frozen=True):
    """An event without effect: by which rule, and in words what it met."""

    event: str
    rule: Rule
    reason: str
    instead: str = ""


class Party(msgspec.Struct):
    """An organisation that takes part. `left` is when it left, empty while it is there; `whole` says that it was given
    all that was said before it came, not only what was done."""

    economy: str
    roles: frozenset[str]
    joined: str
    left: str = ""
    whole: bool = True


class Submission(msgspec.Struct):
    """One version of a report: the event that filed it, and what became of it."""

    event: str
    at: str
    author: str
    review: Outcome = "submitted"
    reviewed: str = ""
    reviewer: str = ""


class Task(msgspec.Struct):
    """Work that somebody owes: `responsible` and the others are organisations or roles (RACI). `answer` is what came
    of it, where it was a question."""

    title: str
    opened: str
    responsible: str
    accountable: str = ""
    consulted: tuple[str, ...] = ()
    informed: tuple[str, ...] = ()
    person: str = ""
    due: str = ""
    duty: str = ""
    status: Progress = "to-do"
    answer: str = ""


class Stop(msgspec.Struct):
    """A clock that stood still between two moments, still does where there is no second."""

    start: str
    reason: str
    end: str = ""


class Extension(msgspec.Struct, frozen=True):
    """More time, by whom and why."""

    event: str
    author: str
    until: str
    reason: str


class Conflict(msgspec.Struct, frozen=True):
    """Two parties said different things of one fact without knowing of each other; the later one counts till one of
    them says it again."""

    fact: str
    earlier: str
    later: str


class CaseState(msgspec.Struct):
    """Everything that follows from the events. Moments are texts that order as time does. `entered` are facts that were
    said with the offset of a zone, as they were said; `facts` has them in UTC. `merged` is the case in which
    this one goes on, empty where it goes on itself; `absorbed` are those that go on in this one, and by which event."""

    state: str
    since: str
    parties: dict[str, Party]
    moved_by: str = ""
    facts: dict[str, Any] = {}
    said_by: dict[str, str] = {}
    history: dict[str, list[tuple[str, Any]]] = {}
    done: dict[str, list[tuple[str, str]]] = {}
    submissions: dict[str, list[Submission]] = {}
    tasks: dict[str, Task] = {}
    stops: dict[str, list[Stop]] = {}
    extensions: dict[str, list[Extension]] = {}
    refs: dict[str, None] = {}
    duplicates: dict[str, str] = {}
    entered: dict[str, str] = {}
    merged: str = ""
    absorbed: dict[str, str] = {}
    conflicts: dict[str, Conflict] = {}
    refused: dict[str, Refusal] = {}
    missing: set[str] = set()
    heads: set[str] = set()
    count: int = 0

    def active(self) -> dict[str, Party]:
        """The parties that have not left."""
        return {name: party for name, party in self.parties.items() if not party.left}

    def holders(self, role: str) -> list[str]:
        """The parties that have a role now, in the order in which they came."""
        return [name for name, party in self.parties.items() if not party.left and role in party.roles]
