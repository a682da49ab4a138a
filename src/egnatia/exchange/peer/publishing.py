"""The publisher's side of one stream, without I/O: `step(state, event)` gives the next state and what to do.

Two lanes share the stream. The live lane follows the end of the log; where it falls too far behind, it jumps there
and leaves a gap, which the backlog lane fills in pages of bounded size in between. One thing is under way at a time
(a read of the store or a frame on the wire), so a slow subscriber costs one page of memory, and nobody else anything.
"""

from typing import TypeAlias, assert_never

import msgspec
from msgspec.structs import replace

from egnatia.exchange.peer.frame import (
    VERSION,
    AuditHead,
    Frame,
    Goodbye,
    Heartbeat,
    Item,
    Lane,
    Misbehaved,
    Opening,
    Page,
    Subscription,
    View,
)
from egnatia.exchange.peer.reach import MOST_GAPS, covered, is_sound, reopened
from egnatia.exchange.peer.view import is_wider
from egnatia.store.entry import Cursor
from egnatia.trust.attestation import Attestation

JUMP = 2_000  # positions that the live lane may be behind before it leaves a gap
LIVE_RUN = 4  # live pages in a row while a backlog waits, so that steady traffic does not starve it


class Load(msgspec.Struct, frozen=True):
    """Read what the subscriber may see of (after, until], at most a page, under the clearance of today.

    `epoch` goes back with the answer: what was read under an older clearance is not sent.
    """

    lane: Lane
    after: int
    until: int
    epoch: int


class Send(msgspec.Struct, frozen=True):
    """Put the frame on the wire; a page is audited first."""

    frame: Frame


class Close(msgspec.Struct, frozen=True):
    """End the stream."""


Command: TypeAlias = Load | Send | Close


class Woken(msgspec.Struct, frozen=True):
    """The log ends at `head` now."""

    head: int


class Viewed(msgspec.Struct, frozen=True):
    """What the subscriber's clearance rests on was looked up again."""

    view: str


class Loaded(msgspec.Struct, frozen=True):
    """The answer to a `Load`: everything visible of (its `after`, `until`] is in `items`."""

    epoch: int
    until: int
    items: tuple[Item, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    cards: tuple[bytes, ...] = ()


class Sent(msgspec.Struct, frozen=True):
    """The wire took the frame."""


class Beat(msgspec.Struct, frozen=True):
    """It is time for a sign of life."""


class Checkpointed(msgspec.Struct, frozen=True):
    """The audit log has a new signed checkpoint."""

    checkpoint: bytes


class Ended(msgspec.Struct, frozen=True):
    """The node stops, or the pairing ended: say so, after what is under way."""

    reason: str
    again_after: int = 1


Event: TypeAlias = Woken | Viewed | Loaded | Sent | Beat | Checkpointed | Ended


class Publishing(msgspec.Struct, frozen=True):
    """One stream. `sent` is the subscriber's cursor once it has stored all that was sent.

    The live lane has read up to `scanned`, the first gap up to `dug`: what lies between there and `sent` held nothing
    for this subscriber, and is told with the next page or heartbeat, so that hidden traffic causes no frame.
    """

    sent: Cursor
    scanned: int
    head: int
    dug: int = 0
    waiting: tuple[Frame, ...] = ()
    busy: bool = False
    loading: Load | None = None
    epoch: int = 0
    run: int = 0
    ending: bool = False


Step: TypeAlias = tuple[Publishing, tuple[Command, ...]]


def opened(subscriber: str, asked: Subscription, *, head: int, view: str) -> Step:
    """The stream that answers a subscription; `Misbehaved` where no version is common or the cursor is not sound."""
    if VERSION not in asked.versions:
        raise Misbehaved(f"this node speaks version {VERSION} of the peer protocol, not any of {asked.versions}")
    if not is_sound(asked.live, asked.gaps):
        raise Misbehaved(f"a cursor at {asked.live} cannot have the gaps {asked.gaps[:4]}")
    if asked.live > head:
        raise Misbehaved(f"the cursor is at {asked.live}, but the log ends at {head}: not the same log")
    state = Publishing(
        sent=Cursor(peer=subscriber, live=asked.live, gaps=asked.gaps, view=asked.view),
        scanned=asked.live,
        head=head,
        waiting=(Opening(VERSION, head),),
    )
    return step(state, Viewed(view))


def step(state: Publishing, event: Event) -> Step:
    """What one event changes, and what is to be done next."""
    match event:
        case Woken():
            state = replace(state, head=max(state.head, event.head))
        case Viewed():
            state = _viewed(state, event.view)
        case Loaded():
            state = _loaded(state, event)
        case Sent():
            state = replace(state, busy=False)
        case Beat():
            state = _beaten(state)
        case Checkpointed():
            state = replace(state, waiting=(*state.waiting, AuditHead(event.checkpoint)))
        case Ended():
            goodbye = Goodbye(event.reason, event.again_after)
            state = replace(state, waiting=(*state.waiting, goodbye), ending=True)
        case _:
            assert_never(event)
    return _next(state)


def _viewed(state: Publishing, view: str) -> Publishing:
    """Another view: what is being read is dropped, and where the view got wider, everything is due again."""
    if view == state.sent.view:
        return state
    again = ((0, state.sent.live),) if state.sent.live and is_wider(view, state.sent.view) else ()
    sent = replace(reopened(state.sent, 0, state.sent.live) if again else state.sent, view=view)
    return replace(
        state,
        sent=sent,
        scanned=sent.live,
        dug=0,
        epoch=state.epoch + 1,
        busy=state.busy and state.loading is None,
        loading=None,
        waiting=(*state.waiting, View(view, again)),
    )


def _beaten(state: Publishing) -> Publishing:
    """A heartbeat tells how far the live lane got with nothing to show. One waits at most."""
    if any(isinstance(frame, Heartbeat) for frame in state.waiting):
        return state
    return _queued(state, Heartbeat(state.sent.live, state.scanned, state.head))


def _queued(state: Publishing, frame: Frame) -> Publishing:
    """Frames leave in the order in which they were decided, and `sent` counts them from then on."""
    sent = state.sent
    if isinstance(frame, Page | Heartbeat):
        sent = covered(sent, frame.after, frame.until)
    return replace(state, sent=sent, waiting=(*state.waiting, frame))


def _loaded(state: Publishing, got: Loaded) -> Publishing:
    asked = state.loading
    if asked is None or got.epoch != state.epoch:
        return state
    state = replace(state, loading=None, busy=False, head=max(state.head, got.until))
    if asked.lane == "live":
        until = max(got.until, asked.after)
        state = replace(state, scanned=until)
        return _queued(state, _page(state, "live", state.sent.live, until, got)) if got.items else state
    start, end = state.sent.gaps[0]
    until = min(got.until, end)
    if not got.items and until < end:
        return replace(state, dug=until)
    return _queued(replace(state, dug=0), _page(state, "backlog", start, until, got))


def _page(state: Publishing, lane: Lane, after: int, until: int, got: Loaded) -> Page:
    return Page(lane, after, until, state.head, got.items, got.attestations, got.cards)


def _next(state: Publishing) -> Step:
    if state.busy:
        return state, ()
    if state.waiting:
        first, *rest = state.waiting
        return replace(state, busy=True, waiting=tuple(rest)), (Send(first),)
    if state.ending:
        return replace(state, busy=True), (Close(),)
    if state.head - state.scanned > JUMP and len(state.sent.gaps) < MOST_GAPS // 2:
        return _next(_queued(replace(state, scanned=state.head), Heartbeat(state.head, state.head, state.head)))
    load = _choice(state)
    if load is None:
        return state, ()
    run = state.run + 1 if load.lane == "live" else 0
    return replace(state, busy=True, loading=load, run=run), (load,)


def _choice(state: Publishing) -> Load | None:
    gaps = state.sent.gaps
    if state.scanned < state.head and (not gaps or state.run < LIVE_RUN):
        return Load("live", state.scanned, state.head, state.epoch)
    if gaps:
        start, end = gaps[0]
        return Load("backlog", max(start, state.dug), end, state.epoch)
    return None
