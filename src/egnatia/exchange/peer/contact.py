"""How it goes with one peer, in figures that an operator reads; kept in memory, saved now and then."""

import enum

import msgspec


class Kind(enum.StrEnum):
    """What went wrong, by what an operator does about it."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    DISBELIEVED = "disbelieved"
    NOT_TAKEN = "not taken"
    ENDED = "ended"
    BROKEN = "broken"


class Trouble(msgspec.Struct, frozen=True):
    """Something that went wrong, and when (microseconds UTC)."""

    at: int
    what: str
    kind: Kind = Kind.BROKEN


class Contact(msgspec.Struct):
    """What is known of one peer; times are microseconds UTC, 0 for never.

    From its feed: `live`, `missing` (positions still to come on the backlog lane), `head`, and what became of what it
    sent. Of our feed: how far it says that it has stored it, and when it said so. `contradicted` is the row of its
    audit log that is not what it was when this node signed it.
    """

    node: str
    connected_since: int = 0
    last_contact: int = 0
    next_attempt: int = 0
    live: int = 0
    missing: int = 0
    head: int = 0
    received: int = 0
    duplicates: int = 0
    refused: int = 0
    outages: int = 0
    lies: int = 0
    streaming_since: int = 0
    sent: int = 0
    acknowledged: int = 0
    acknowledged_missing: int = 0
    acknowledged_at: int = 0
    countersigned: int = 0
    countersigned_at: int = 0
    contradicted: int = 0
    troubles: list[Trouble] = []

    @property
    def lag(self) -> int:
        """Positions of its feed that are not here yet, at the most."""
        return max(0, self.head - self.live) + self.missing

    def troubled(self, at: int, what: str, kind: Kind = Kind.BROKEN) -> None:
        """Remember what went wrong; the last twenty are kept."""
        self.troubles = [*self.troubles[-19:], Trouble(at, what[:500], kind)]
