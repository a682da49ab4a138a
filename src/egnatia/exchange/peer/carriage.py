"""What an organisation behind a relay may see and the relay may not is published sealed to that organisation.

For every such organisation the node reads its own log under that organisation's clearance, with a cursor of its own,
and seals what the relay would not pass on. A crash between sealing and moving the cursor seals a page twice, which the
recipient stores once.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime

import msgspec

from egnatia.exchange.peer.feed import Feed, Reader
from egnatia.exchange.peer.pairing import Pairing, State, organisations
from egnatia.exchange.peer.publishing import Load
from egnatia.exchange.peer.sealed import TYPE, Contents, sealed
from egnatia.exchange.peer.view import is_wider, view_of
from egnatia.exchange.release import ranges
from egnatia.exchange.submission import Submission
from egnatia.policy import Clearance, decide
from egnatia.store.entry import Batch, Cursor, Note, Row
from egnatia.store.store import Store
from egnatia.trust.cards import Cards


class Recipient(msgspec.Struct, frozen=True):
    """An organisation on a node that this one exchanges with through `relay` only."""

    organisation: str
    node: str
    relay: str


class Carriage:
    """Seals what is due. `relay_clearance` is that of a peer node, `publish` hands in for the node's organisation."""

    def __init__(
        self,
        store: Store,
        feed: Feed,
        cards: Cards,
        *,
        clearance_of: Callable[[str | None], Clearance],
        relay_clearance: Callable[[str], Clearance],
        publish: Callable[[bytes], "Future[Submission]"],
    ) -> None:
        self._store, self._feed, self._cards = store, feed, cards
        self._clearance_of, self._relay_clearance, self._publish = clearance_of, relay_clearance, publish
        self._done: dict[str, Cursor] = {}

    def carry(self, book: Iterable[Pairing], owner: str) -> int:
        """Seal whatever came since the last time; how many records. It waits for the disk: call it on a thread."""
        return sum(self._carry_to(recipient, owner) for recipient in self._recipients(tuple(book)))

    def _recipients(self, book: tuple[Pairing, ...]) -> Iterator[Recipient]:
        paired = {pairing.node for pairing in book if pairing.state is State.CONFIRMED}
        for pairing in book:
            if pairing.state is State.INTRODUCED and pairing.by in paired and pairing.node in self._cards.nodes:
                for organisation in organisations(self._cards.card(pairing.node)):
                    yield Recipient(organisation, pairing.node, pairing.by)

    def _carry_to(self, recipient: Recipient, owner: str) -> int:
        clearance = self._clearance_of(recipient.organisation)
        reader = Reader(recipient.node, "own", clearance, view_of(clearance, scope="own"))
        name = f"sealed for {recipient.organisation}"
        cursor = self._done.get(name) or self._store.cursor(name)
        if is_wider(reader.view, cursor.view):
            cursor = Cursor(name, 0, (), reader.view)
        carried = 0
        head = self._feed.head()
        while cursor.live < head:
            load = Load("live", cursor.live, head, 0)
            loaded, positions = self._feed.read(
                reader, load, keep=lambda row: self._must_be_sealed(row, recipient.relay)
            )
            if loaded.items:
                body = sealed(
                    Contents(loaded.items, loaded.attestations),
                    owner=owner,
                    recipient=recipient.organisation,
                    keys=self._cards.organisation(recipient.organisation).keys.current.sealing,
                    now=datetime.now(UTC),
                )
                if self._publish(body).result().refused:
                    raise ValueError(f"what is sealed for {recipient.organisation} was refused by this node itself")
                carried += len(loaded.items)
            cursor = Cursor(name, loaded.until, (), reader.view)
            if loaded.items:
                note = Note(actor=recipient.node, action="release", subject="sealed", detail=ranges(positions))
                self._store.append(Batch(cursor=cursor, notes=(note,))).result()
        self._done[name] = cursor
        return carried

    def _must_be_sealed(self, row: Row, relay: str) -> bool:
        return row.type != TYPE and not decide(row.label, self._relay_clearance(relay)).allowed
