"""What this node's log holds for its peers: pages under each peer's clearance, with what proves them."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence, Set
from concurrent.futures import Executor

import msgspec

from egnatia.exchange.peer.frame import Item, Scope
from egnatia.exchange.peer.publishing import Load, Loaded
from egnatia.exchange.peer.view import view_of
from egnatia.exchange.release import ranges
from egnatia.policy.clearance import Clearance
from egnatia.store.entry import Batch, Note, Row
from egnatia.store.query import Query
from egnatia.store.store import Store
from egnatia.trust.attestation import Attestation

PAGE_ROWS = 256
PAGE_BYTES = 1 << 20  # of bodies; a single body may be greater
_KEPT_ATTESTATIONS = 512

_OWN = Query(source="own")
_ALL = Query()


class Reader(msgspec.Struct, frozen=True):
    """A subscriber as the log sees it now."""

    node: str
    scope: Scope
    clearance: Clearance
    view: str


class Feed:
    """Reads the log for subscribers. `clearance_of` is a peer node's, `card_of` an encoded card endorsed by us,
    `edition_of` names the card as it is now: a newer card of the same node has another name."""

    def __init__(
        self,
        store: Store,
        *,
        node: str,
        clearance_of: Callable[[str], Clearance],
        card_of: Callable[[str], bytes],
        edition_of: Callable[[str], str],
        pool: Executor,
    ) -> None:
        self._store, self._node, self._pool = store, node, pool
        self._clearance_of, self._card_of, self._edition_of = clearance_of, card_of, edition_of
        self._attestations: OrderedDict[bytes, Attestation] = OrderedDict()
        self._head = store.position()
        self._readers: dict[tuple[str, Scope], Reader] = {}

    def head(self) -> int:
        """Where the log ends, as far as `reached` was told."""
        return self._head

    def reached(self, position: int) -> None:
        """The log ends at `position` now; call it on the event loop."""
        self._head = max(self._head, position)

    def reader(self, node: str, scope: Scope) -> Reader:
        """The subscriber with its clearance of this moment."""
        clearance = self._clearance_of(node)
        known = self._readers.get((node, scope))
        if known is None or known.clearance != clearance:
            known = Reader(node, scope, clearance, view_of(clearance, scope=scope))
            self._readers[node, scope] = known
        return known

    async def load(self, reader: Reader, load: Load, *, told: set[str]) -> tuple[Loaded, tuple[int, ...]]:
        """The answer to `load` and the positions in it; `told` are the editions of cards that were sent, and grows."""
        loop = asyncio.get_running_loop()
        loaded, positions, editions = await loop.run_in_executor(self._pool, self._load, reader, load, frozenset(told))
        told |= editions
        return loaded, positions

    async def released(self, node: str, positions: Sequence[int]) -> None:
        """Note durably, before they leave, which records go to which peer."""
        note = Note(actor=node, action="release", subject="peer", detail=ranges(positions))
        await asyncio.wrap_future(self._store.append(Batch(notes=(note,))))

    def read(self, reader: Reader, load: Load, *, keep: Callable[[Row], bool]) -> tuple[Loaded, tuple[int, ...]]:
        """As `load`, without cards, of the rows that `keep` admits; on the caller's thread."""
        loaded, positions, _ = self._load(reader, load, None, keep)
        return loaded, positions

    def _load(
        self, reader: Reader, load: Load, told: frozenset[str] | None, keep: Callable[[Row], bool] | None = None
    ) -> tuple[Loaded, tuple[int, ...], frozenset[str]]:
        """`told` None: no cards are wanted."""
        query = _OWN if reader.scope == "own" else _ALL
        page = self._store.changes(reader.clearance, load.after, PAGE_ROWS, query)
        until = page.next if page.more else max(page.next, load.until)
        rows, until = _bounded(page.rows, until, load.until if load.lane == "backlog" else until)
        attested = self._attested(rows)
        rows = [row for row in rows if attested[_proof(row)].node != reader.node and (keep is None or keep(row))]
        names = list(dict.fromkeys(_proof(row) for row in rows))
        editions = self._untold({attested[name].node for name in names}, told)
        place = {name: index for index, name in enumerate(names)}
        loaded = Loaded(
            load.epoch,
            until,
            items=tuple(_item(row, place) for row in rows),
            attestations=tuple(attested[name] for name in names),
            cards=tuple(self._card_of(node) for node in editions.values()),
        )
        return loaded, tuple(row.position for row in rows), frozenset(editions)

    def _untold(self, nodes: Set[str], told: frozenset[str] | None) -> dict[str, str]:
        """The nodes whose cards were not sent as they are now, by edition; this one's first, for its keys vouch for the
        others."""
        if told is None:
            return {}
        new = {node: edition for node in nodes if (edition := self._edition_of(node)) not in told}
        if new and (own := self._edition_of(self._node)) not in told:
            new[self._node] = own
        return {new[node]: node for node in sorted(new, key=lambda node: (node != self._node, node))}

    def _attested(self, rows: Sequence[Row]) -> dict[bytes, Attestation]:
        """Runs in several threads: the cache is only ever a short cut."""
        names = {_proof(row) for row in rows}
        found = {name: known for name in names if (known := self._attestations.get(name)) is not None}
        missing = names - found.keys()
        if missing:
            fresh = self._store.attestations(missing)
            found |= fresh
            self._attestations.update(fresh)
            while len(self._attestations) > _KEPT_ATTESTATIONS:
                self._attestations.popitem(last=False)
        return found


def _bounded(rows: Sequence[Row], until: int, limit: int) -> tuple[list[Row], int]:
    """The rows up to `limit` that fit a page, and the position up to which they are all."""
    taken: list[Row] = []
    size = 0
    for row in rows:
        if row.position > limit:
            return taken, limit
        size += len(row.body)
        if taken and size > PAGE_BYTES:
            return taken, taken[-1].position
        taken.append(row)
    return taken, min(until, limit)


def _proof(row: Row) -> bytes:
    if row.proof is None:
        raise ValueError(f"row {row.position} came without its proof")
    return row.proof.attestation


def _item(row: Row, place: dict[bytes, int]) -> Item:
    proof = row.proof
    assert proof is not None  # `_proof` raised before  # noqa: S101
    return Item(row.body, row.owner, row.applied, row.redacted, place[proof.attestation], proof.index, proof.path)
