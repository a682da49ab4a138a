"""What the pages need of the node that they are mounted on; `egnatia.node.Node` is one."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from egnatia.casework.registry import Registry
from egnatia.cyber.exercises.exercises import Exercises
from egnatia.cyber.incidents.counting import Counting
from egnatia.cyber.incidents.situation import Situations
from egnatia.exchange.host import Host
from egnatia.exchange.peer.pairing import Pairings
from egnatia.exchange.peer.witness import Heard
from egnatia.exchange.submission import Handling, Submitter
from egnatia.policy import Directory, Label
from egnatia.record import Record
from egnatia.store import Known
from egnatia.trust import Card, Finding, SignedCard


class Premises(Host, Protocol):
    """A running node, as its pages see it."""

    @property
    def pairings(self) -> Pairings: ...
    @property
    def casework(self) -> Registry: ...
    @property
    def counting(self) -> Counting: ...
    @property
    def situations(self) -> Situations: ...
    @property
    def exercises(self) -> Exercises: ...
    @property
    def signed_card(self) -> SignedCard: ...
    @property
    def card(self) -> Card: ...

    def card_of(self, node: str) -> Card:
        """What this node, or one that it knows, says of itself; raises Forged."""
        ...

    def label_of(
        self, record: Record, submitter: Submitter, handling: Handling, definitions: Sequence[bytes] = ()
    ) -> Label:
        """The label that the record would get if it were handed in so, with these marking-definitions before it; its
        head and references are enough."""
        ...

    def directory(self) -> Directory:
        """What is known of the organisations now."""
        ...

    def organisations(self) -> Sequence[Known]:
        """Every organisation that is known, by name."""
        ...

    def forget_facts(self) -> None:
        """Who is who has changed: read it anew when next asked."""
        ...

    def host(self, organisation: str, name: str, economy: str) -> None:
        """From now on this node publishes for that organisation too; raises FileExistsError where it does already."""
        ...

    def audit_findings(
        self, heard: Iterable[Heard] = ..., *, passed: Callable[[int], None] | None = ...
    ) -> list[Finding]:
        """What is wrong with the audit log; empty where all is well. `passed` is told each row that was looked at."""
        ...

    def hear_witnesses(self) -> tuple[Heard, ...]:
        """Asks every peer what it has signed of this node's audit log; waits for the slowest, so never on a loop."""
        ...
