"""Signed heads of audit logs: this node's own, what peers signed under them, and what this node signed for its peers.

The last are kept out of the peers' reach: they are what a peer is shown when its administrator has rewritten its log.
"""

from collections.abc import Iterable
from typing import Final

from egnatia.store.database import Database
from egnatia.store.keeping import Kept, Write
from egnatia.trust.audit import Checkpoint, Countersignature, superfluous

_LAST: Final = 10**20 - 1


class Witnesses:
    """Kept for ever, though of a time that is past only one for each day or month."""

    def __init__(self, database: Database, write: Write) -> None:
        self._own = Kept(database, write, "checkpoint", Checkpoint)
        self._theirs = Kept(database, write, "countersignature", Countersignature)
        self._given = Kept(database, write, "testimony", Countersignature)

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint of this node's own log."""
        self._own.put(_number(checkpoint.seq), checkpoint)

    def countersign(self, countersignature: Countersignature) -> None:
        """Keep a peer's word for a checkpoint."""
        self._theirs.put(f"{_number(countersignature.checkpoint.seq)} {countersignature.peer}", countersignature)

    def give(self, testimony: Countersignature) -> None:
        """Keep this node's word for a peer's checkpoint."""
        self._given.put(f"{testimony.checkpoint.node} {_number(testimony.checkpoint.seq)}", testimony)

    def given(self, node: str) -> tuple[Countersignature, ...]:
        """What this node has signed for a peer, the oldest first."""
        return self._given.between(f"{node} {_number(0)}", f"{node} {_number(_LAST)}")

    def latest(self, limit: int) -> tuple[tuple[Checkpoint, tuple[Countersignature, ...]], ...]:
        """The newest checkpoints, newest first, each with what peers signed under it."""
        found = self._own.latest(limit)
        signed: dict[int, list[Countersignature]] = {one.seq: [] for one in found}
        if found:
            for each in self._theirs.between(_number(found[-1].seq), f"{_number(found[0].seq)}\x7f"):
                signed.setdefault(each.checkpoint.seq, []).append(each)
        return tuple((one, tuple(signed[one.seq])) for one in found)

    @property
    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """The oldest first."""
        return tuple(self._own.all().values())

    @property
    def countersignatures(self) -> tuple[Countersignature, ...]:
        """The oldest first."""
        return tuple(self._theirs.all().values())

    def thin(self, now: int) -> None:
        """Let go of what `superfluous` says: each peer's word and each peer's log by themselves."""
        own = {key: ("", one.at) for key, one in self._own.all().items()}
        self._own.remove(*_too_many(own, now))
        theirs = {key: (one.peer, one.checkpoint.at) for key, one in self._theirs.all().items()}
        self._theirs.remove(*_too_many(theirs, now))
        given = {key: (one.checkpoint.node, one.checkpoint.at) for key, one in self._given.all().items()}
        self._given.remove(*_too_many(given, now))


def _number(seq: int) -> str:
    return f"{seq:020d}"


def _too_many(kept: dict[str, tuple[str, int]], now: int) -> Iterable[str]:
    series: dict[str, dict[str, int]] = {}
    for key, (whose, at) in kept.items():
        series.setdefault(whose, {})[key] = at
    return sorted(key for moments in series.values() for key in superfluous(moments, now=now))
