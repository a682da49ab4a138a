"""What the surfaces need of the node that they are mounted on; `egnatia.node.Node` is one."""

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol

import msgspec

from egnatia.exchange.outbox import Outbox
from egnatia.exchange.submission import Closing, Handling, Submission, Submitter
from egnatia.exchange.webhook import Hooks
from egnatia.policy import Seen
from egnatia.policy.clearance import Clearance
from egnatia.settings import Settings
from egnatia.store.store import Store


class PeerStatus(msgspec.Struct, frozen=True):
    """How the exchange with one node stands: `lag` is how many of its records are known to be missing here;
    `last_contact` is a timestamp, null before the first; `error` the last one, empty while all is well."""

    node: str
    name: str
    state: str
    lag: int
    received: int
    sent: int
    last_contact: str | None
    error: str


class Admission(Protocol):
    """The one way in."""

    def submit(
        self,
        bodies: Sequence[bytes],
        submitter: Submitter,
        *,
        handling: Handling = ...,
        atomic: bool = ...,
        tolerant: bool = ...,
        closing: Closing | None = ...,
    ) -> "Future[Submission]":
        """Take records in; done when the outcome is durable."""
        ...


class Host(Protocol):
    """A running node, as its surfaces see it. `own` is the identity of the node's organisation; `secret` is 32
    bytes that stay the same over restarts and that no reader knows."""

    @property
    def settings(self) -> Settings: ...
    @property
    def store(self) -> Store: ...
    @property
    def admission(self) -> Admission: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def hooks(self) -> Hooks: ...
    @property
    def node_id(self) -> str: ...
    @property
    def own(self) -> str: ...
    @property
    def secret(self) -> bytes: ...

    def clearance_of(self, organisation: str | None) -> Clearance:
        """What an organisation may see now; the public's for None. Cheap: asked for every request."""
        ...

    def preview(self, body: bytes, submitter: Submitter, handling: Handling) -> Sequence[Seen]:
        """Who would see the record if it were handed in so; raises Invalid."""
        ...

    def peers(self) -> Sequence[PeerStatus]:
        """The nodes that this one exchanges with."""
        ...
