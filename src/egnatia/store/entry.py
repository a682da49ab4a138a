"""What goes into the log and what comes out of it."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future

import msgspec

from egnatia.policy.label import Label
from egnatia.record.record import Record
from egnatia.trust.attestation import Attestation, Proof


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One record on its way into the log.

    `applied` are markings that the owner put on it besides those in its bytes (the default of the organisation,
    an audience). `unless` is set on the redacted variant of a record with granular markings: who may see `unless`
    (the label of the whole record) is given the whole record instead of this variant.
    Where that label is not known, `redacted` alone says that it is such a variant.
    `source` is the node it arrived from, empty for one submitted here. `keep_until` is when it is to be erased at the
    latest, microseconds UTC. `leaf` is its leaf hash, where it was computed already.
    """

    record: Record
    label: Label
    proof: Proof
    applied: tuple[str, ...] = ()
    unless: Label | None = None
    source: str = ""
    keep_until: int | None = None
    redacted: bool = False
    leaf: bytes = b""


class Note(msgspec.Struct, frozen=True):
    """One line for the audit log. Hashes, ids and counts only: never a body, so that it survives erasure."""

    actor: str
    action: str
    subject: str = ""
    detail: str = ""


class Cursor(msgspec.Struct, frozen=True):
    """How far this node has read a peer: everything up to `live` has arrived but for `gaps` (after, until].

    `view` is what the peer said this reading rests on: opaque, at most 4 KB, kept and given back to it.
    """

    peer: str
    live: int
    gaps: tuple[tuple[int, int], ...] = ()
    view: str = ""


class Recall(msgspec.Struct, frozen=True):
    """What the owner takes back: from now on every version of `id` is under `label` as well (withdrawn, narrowed);
    with `erase` the bodies, texts and values go too, and a tombstone stays."""

    id: str
    owner: str
    label: Label
    erase: bool = False


class Lift(msgspec.Struct, frozen=True):
    """The owner takes a recall back: what was not erased is under its own labels again, at the end of the log."""

    id: str
    owner: str


class Relabel(msgspec.Struct, frozen=True):
    """What was under `old` is under `new` from now on: a marking that was not known here has become known."""

    old: Label
    new: Label


class Erased(msgspec.Struct, frozen=True):
    """One version that is gone: names only, nothing of what it said."""

    id: str
    owner: str
    version: str
    redacted: bool = False


class Keep(msgspec.Struct, frozen=True):
    """Something that the node remembers besides the log (`store.keeping`): in the place of what was kept under its kind
    and key, or, with `once`, only where nothing was; without content it is kept no longer, and with `must` the batch
    fails where nothing was."""

    kind: str
    key: str
    content: bytes | None = None
    once: bool = False
    must: bool = False


class Gone(LookupError):
    """Something that was to be there still, and that another has taken away in between."""


class Signing(msgspec.Struct, frozen=True):
    """An attestation that is being signed while its records are stored: their proofs name it `name`, which is like no
    other's. What cannot be signed is not stored."""

    name: bytes
    done: "Future[Attestation]"


class Batch(msgspec.Struct, frozen=True):
    """What becomes durable together or not at all. `outcome` says on the writer's thread, within the transaction, what
    is to be kept of what became of the entries; it may be asked again where the transaction was not the last."""

    entries: tuple[Entry, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    recalls: tuple[Recall, ...] = ()
    lifts: tuple[Lift, ...] = ()
    relabels: tuple[Relabel, ...] = ()
    erasures: tuple[Erased, ...] = ()
    notes: tuple[Note, ...] = ()
    cursor: Cursor | None = None
    keeps: tuple[Keep, ...] = ()
    signing: Signing | None = None
    outcome: "Callable[[Appended], Sequence[Keep]] | None" = None


class Appended(msgspec.Struct, frozen=True):
    """Where each entry stands in the log, in the order given; 0 for one that was there already.

    `at` is when the first new one was added. `conflicts` are the indexes of entries that were refused, with 0 for
    a position: another record with other bytes or markings is there under their id, version and owner.
    """

    positions: tuple[int, ...]
    at: int
    conflicts: tuple[int, ...] = ()


class Row(msgspec.Struct, frozen=True, gc=False):
    """One version of one record as a reader receives it.

    `at` is when it was added here, microseconds UTC, greater for each row than for all before. `label` is the one
    that counts: its own, that of its newest version, recalls and the bounds of a relationship together. `source` is
    the node that it arrived from, empty for one submitted here.
    """

    position: int
    at: int
    id: str
    version: str
    type: str
    owner: str
    label: Label
    body: bytes
    applied: tuple[str, ...] = ()
    redacted: bool = False
    proof: Proof | None = None
    source: str = ""


class Page(msgspec.Struct, frozen=True):
    """A stretch of the log as one reader may see it; ask again with `after=next` while `more`."""

    rows: tuple[Row, ...]
    next: int
    more: bool


class Conflict(ValueError):
    """An atomic batch of which nothing was stored: at `places` it brings other content under keys that are taken."""

    def __init__(self, places: tuple[int, ...]) -> None:
        self.places = places
        super().__init__(f"{len(places)} records are held with other content under the same id and version")
