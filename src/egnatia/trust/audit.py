"""The audit log is a chain: each row holds the digest of the one before, and peers sign its heads.

Whoever changes a row must change all later ones; whoever changes those contradicts a signed checkpoint; whoever
signs new checkpoints contradicts what the peers have countersigned.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Protocol

import msgspec

from egnatia.trust.attestation import Signature
from egnatia.trust.errors import Forged
from egnatia.trust.packing import pack
from egnatia.trust.signing import SigningKeys, VerifyingKeys

CHECKPOINT = "egnatia checkpoint 1"
COUNTERSIGNATURE = "egnatia countersignature 1"
DAY = 86_400_000_000
GENESIS = bytes(32)
"""What the first row, number 1, holds as `previous`."""


class Noted(Protocol):
    """What happened, as a row tells it."""

    @property
    def actor(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def detail(self) -> str: ...


class AuditRow(msgspec.Struct, frozen=True):
    """One thing that happened. `seq` counts from 1 without gaps, `at` is microseconds UTC."""

    seq: int
    at: int
    actor: str
    action: str
    subject: str
    detail: str
    previous: bytes
    digest: bytes


class Checkpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The node's word: at `at`, row `seq` of my log had this digest."""

    node: str
    seq: int
    digest: bytes
    at: int
    signature: Signature


class Countersignature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A peer's word that the node showed it this checkpoint; the peer keeps a copy, out of the node's reach."""

    checkpoint: Checkpoint
    peer: str
    at: int
    signature: Signature


def chain(previous: AuditRow | None, note: Noted, at: int) -> AuditRow:
    """The row that follows `previous` (None: the first of the log), also where the clock has been set back."""
    seq, before = (previous.seq + 1, previous.digest) if previous else (1, GENESIS)
    at = max(at, previous.at) if previous else at
    unlinked = AuditRow(seq, at, note.actor, note.action, note.subject, note.detail, before, b"")
    return msgspec.structs.replace(unlinked, digest=row_digest(unlinked))


def row_digest(row: AuditRow) -> bytes:
    """SHA-256 over all of a row but its own digest."""
    return sha256(
        pack("egnatia audit 1", row.seq, row.at, row.actor, row.action, row.subject, row.detail, row.previous)
    ).digest()


def checkpoint(head: AuditRow, keys: SigningKeys, *, node: str, at: int) -> Checkpoint:
    """The node signs the head of its log."""
    signature = keys.sign(CHECKPOINT, _head(node, head.seq, head.digest, at))
    return Checkpoint(node, head.seq, head.digest, at, signature)


def check_checkpoint(one: Checkpoint, keys: VerifyingKeys) -> None:
    """Raises `Forged` unless the node signed it."""
    keys.verify(CHECKPOINT, _head(one.node, one.seq, one.digest, one.at), one.signature)


def countersign(one: Checkpoint, keys: SigningKeys, *, peer: str, at: int) -> Countersignature:
    """The peer has seen this checkpoint; `check_checkpoint` and `check_follows` come first."""
    return Countersignature(one, peer, at, keys.sign(COUNTERSIGNATURE, _witness(one, peer, at)))


def check_countersignature(one: Countersignature, keys: VerifyingKeys) -> None:
    """Raises `Forged` unless the peer signed it."""
    keys.verify(COUNTERSIGNATURE, _witness(one.checkpoint, one.peer, one.at), one.signature)


def check_follows(newer: Checkpoint, last: Checkpoint) -> None:
    """Raises `Forged` when a node shows a peer a log that went back, or another log, since the `last` one."""
    if newer.node != last.node or newer.seq < last.seq or newer.at < last.at:
        raise Forged("checkpoint", f"row {newer.seq} of {newer.node} came after row {last.seq} of {last.node}")
    if newer.seq == last.seq and newer.digest != last.digest:
        raise Forged("checkpoint", f"{newer.node} shows two different rows {newer.seq}")


def superfluous(moments: Mapping[str, int], *, now: int) -> frozenset[str]:
    """Which of these checkpoints, by name with the time of each (microseconds UTC), need not be kept any longer.

    All of the last day are kept, of the sixty days before the last of each day, and of the time before that the last
    of every thirty days: whoever changes a row contradicts the next one that is left, however late.
    """
    newest: dict[tuple[int, int], str] = {}
    for name, at in sorted(moments.items(), key=lambda each: each[1]):
        newest[_stretch(at, now)] = name
    kept = set(newest.values())
    return frozenset(name for name, at in moments.items() if now - at > DAY and name not in kept)


def _stretch(at: int, now: int) -> tuple[int, int]:
    """The stretch of time of which one checkpoint is kept: how many days long, and which one."""
    days = 1 if now - at <= 61 * DAY else 30
    return days, at // (days * DAY)


def _head(node: str, seq: int, digest: bytes, at: int) -> bytes:
    for number in (seq, at):
        if not 0 <= number < 1 << 63:
            raise Forged("checkpoint", f"{number} is out of range")
    return pack(node, seq, digest, at)


def _witness(one: Checkpoint, peer: str, at: int) -> bytes:
    if not 0 <= at < 1 << 63:
        raise Forged("countersignature", f"{at} is out of range")
    return pack(_head(one.node, one.seq, one.digest, one.at), peer, at)
