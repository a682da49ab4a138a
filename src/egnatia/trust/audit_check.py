"""Verifying an audit log in one pass: each finding names the row and what is wrong with it."""

import enum
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain, islice

import msgspec

from egnatia.trust.audit import (
    GENESIS,
    AuditRow,
    Checkpoint,
    Countersignature,
    check_checkpoint,
    check_countersignature,
    row_digest,
)
from egnatia.trust.errors import Forged
from egnatia.trust.keys import KeysOf

LIMIT = 1000
"""After so many findings the point is made."""


class Wrong(enum.Enum):
    """What can be wrong with a log."""

    CHANGED = "changed"
    MISSING = "missing"
    INSERTED = "inserted"
    REORDERED = "reordered"
    TRUNCATED = "truncated"
    REWRITTEN = "rewritten"
    UNSIGNED = "unsigned"


class Finding(msgspec.Struct, frozen=True):
    """Something is wrong at row `seq`; `why` says it in words."""

    seq: int
    wrong: Wrong
    why: str


class _Claim(msgspec.Struct, frozen=True):
    """Somebody signed that row `seq` has this digest."""

    digest: bytes
    by: str


def verify(
    rows: Iterable[AuditRow],
    checkpoints: Iterable[Checkpoint],
    countersignatures: Iterable[Countersignature],
    keys: KeysOf,
    *,
    last: int = 0,
) -> list[Finding]:
    """All that is wrong with a log, in the order found, at most `LIMIT`; the rows are read once, in their order.

    `keys` gives the keys of the node and its peers, replaced ones too. Rows after the last checkpoint are protected
    by the chain alone: whether the newest were cut off shows only against `last`, a number known from elsewhere.
    """
    claims: dict[int, list[_Claim]] = defaultdict(list)
    signed = _collect(checkpoints, countersignatures, keys, claims)
    return list(islice(chain(signed, _walk(rows, claims, last)), LIMIT))


def _collect(
    checkpoints: Iterable[Checkpoint],
    countersignatures: Iterable[Countersignature],
    keys: KeysOf,
    claims: dict[int, list[_Claim]],
) -> Iterator[Finding]:
    """Which digests were signed for which row; a bad signature is a finding, and claims nothing."""
    node = ""
    for one in checkpoints:
        node = node or one.node
        try:
            _check_own(one, node, keys)
        except Forged as forged:
            yield Finding(one.seq, Wrong.UNSIGNED, f"the checkpoint is not good: {forged}")
        else:
            claims[one.seq].append(_Claim(one.digest, "the node's own checkpoint"))
    for witness in countersignatures:
        seen = witness.checkpoint
        node = node or seen.node
        try:
            check_countersignature(witness, keys(witness.peer, witness.signature.key).verifying)
            _check_own(seen, node, keys)
        except Forged as forged:
            why = f"the countersignature of {witness.peer} is not good: {forged}"
            yield Finding(seen.seq, Wrong.UNSIGNED, why)
        else:
            claims[seen.seq].append(_Claim(seen.digest, f"the countersignature of {witness.peer}"))


def _check_own(one: Checkpoint, node: str, keys: KeysOf) -> None:
    """A peer cannot accuse a node with a checkpoint that the node never signed."""
    if one.node != node:
        raise Forged("checkpoint", f"it is of {one.node}, not of {node}")
    check_checkpoint(one, keys(one.node, one.signature.key).verifying)


def _walk(rows: Iterable[AuditRow], claims: dict[int, list[_Claim]], last: int) -> Iterator[Finding]:
    walk = _Walk()
    for row in rows:
        yield from walk.step(row)
        for claim in claims.pop(row.seq, ()):
            if claim.digest != row.digest:
                yield Finding(row.seq, Wrong.REWRITTEN, f"this row or an earlier one: it contradicts {claim.by}")
    yield from walk.missing()
    for seq in sorted(claims):
        if seq > walk.highest:
            for claim in claims[seq]:
                yield Finding(seq, Wrong.TRUNCATED, f"the log ends at row {walk.highest}, against {claim.by}")
    if last > walk.highest:
        yield Finding(last, Wrong.TRUNCATED, f"the log ends at row {walk.highest}, and had {last} rows")


class _Walk:
    """Where the reading of a log stands: the row before, and the numbers that were passed over."""

    def __init__(self) -> None:
        self.highest = 0
        self._before = GENESIS
        self._gaps: list[tuple[int, int]] = []

    def step(self, row: AuditRow) -> Iterator[Finding]:
        genuine = _genuine(row)
        if not genuine:
            yield Finding(row.seq, Wrong.CHANGED, "its content does not have its digest")
        if row.seq <= self.highest:
            yield self._late(row.seq)
            return
        if row.seq > self.highest + 1:
            self._gaps.append((self.highest + 1, row.seq - 1))
        elif row.previous != self._before and genuine:
            yield Finding(row.seq, Wrong.CHANGED, "it does not follow the row before: one of the two was replaced")
        self.highest, self._before = row.seq, row.digest

    def _late(self, seq: int) -> Finding:
        for place, (first, until) in enumerate(self._gaps):
            if first <= seq <= until:
                parts = [(first, seq - 1), (seq + 1, until)]
                self._gaps[place : place + 1] = [part for part in parts if part[0] <= part[1]]
                return Finding(seq, Wrong.REORDERED, f"it stands after row {self.highest}")
        return Finding(seq, Wrong.INSERTED, f"there is a row of that number before, it stands after {self.highest}")

    def missing(self) -> Iterator[Finding]:
        for first, until in self._gaps:
            rows = f"row {first} is" if first == until else f"rows {first} to {until} are"
            yield Finding(first, Wrong.MISSING, f"{rows} missing")


def _genuine(row: AuditRow) -> bool:
    try:
        return row_digest(row) == row.digest
    except (OverflowError, UnicodeEncodeError):
        return False
