"""The subscriber's side, without I/O: `step(state, event)` gives the next state and what to do.

The cursor moves with what arrives and is stored in the same transaction as the records that moved it, so a crash at
any instant repeats or loses nothing. Whoever breaks the protocol is left alone for longer and longer; a stream that
outlasts its penalty clears it.
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
    Misbehaved,
    Opening,
    Page,
    Scope,
    Subscription,
    View,
)
from egnatia.exchange.peer.reach import MOST_GAPS, covered, is_missing, reopened
from egnatia.exchange.peer.view import LIMIT as VIEW_LIMIT
from egnatia.store.entry import Cursor

SOONEST, LATEST = 0.2, 30.0  # seconds before the next attempt after an outage, doubling in between
PENALTY, LONGEST = 15.0, 3600.0  # and after a lie
ACKNOWLEDGE_AFTER, ACKNOWLEDGE_EVERY = 0.2, 1.0  # seconds: one acknowledgement for what arrives together


class Call(msgspec.Struct, frozen=True):
    """Open a stream with this subscription."""

    subscription: Subscription


class Take(msgspec.Struct, frozen=True):
    """Store what the frame holds together with the cursor, in the order of these commands; then tell `Stored`."""

    frame: Page | Heartbeat | View
    cursor: Cursor


class Acknowledge(msgspec.Struct, frozen=True):
    """Tell the publisher how far its feed is durable here."""

    cursor: Cursor


class Countersign(msgspec.Struct, frozen=True):
    """Compare the publisher's checkpoint with those before, and send the countersignature."""

    checkpoint: bytes


class HangUp(msgspec.Struct, frozen=True):
    """End the stream; then tell `Lost`, with `lied` as it stands here, and `again_after` seconds if that is more."""

    reason: str
    lied: bool
    again_after: int = 0


class Rest(msgspec.Struct, frozen=True):
    """Tell `Due` at that time."""

    until: float


Command: TypeAlias = Call | Take | Acknowledge | Countersign | HangUp | Rest


class Due(msgspec.Struct, frozen=True):
    """It is time to call. Times are seconds of any steady clock."""

    at: float


class Arrived(msgspec.Struct, frozen=True):
    frame: Frame
    at: float


class Stored(msgspec.Struct, frozen=True):
    """The oldest `Take` not yet told of is durable."""

    cursor: Cursor
    at: float


class Ticked(msgspec.Struct, frozen=True):
    """Time went by: an acknowledgement that waited may be due."""

    at: float


class Lost(msgspec.Struct, frozen=True):
    """The stream ended, or never began, and what had been taken is stored or given up.

    `lied` says that the peer broke the protocol or said what does not verify; `chance` in [0, 1) spreads the
    attempts of many; `again_after` is the least number of seconds to wait.
    """

    at: float
    lied: bool
    chance: float
    again_after: float = 0.0


Event: TypeAlias = Due | Arrived | Stored | Ticked | Lost


class Subscribing(msgspec.Struct, frozen=True):
    """One peer's feed. `cursor` counts what is on its way into the store, `stored` what is durable."""

    cursor: Cursor
    stored: Cursor
    scope: Scope
    packed: bool = True
    open: bool = False
    opened_at: float = 0.0
    outages: int = 0
    lies: int = 0
    penalty: float = 0.0
    head: int = 0
    told: Cursor | None = None
    told_at: float = float("-inf")
    tell_at: float | None = None


Step: TypeAlias = tuple[Subscribing, tuple[Command, ...]]


def begun(cursor: Cursor, scope: Scope, *, packed: bool = True) -> Subscribing:
    """The state of a node that has stored this much of a peer's feed and has no stream."""
    return Subscribing(cursor=cursor, stored=cursor, scope=scope, packed=packed)


def begun_again(state: Subscribing, cursor: Cursor) -> Subscribing:
    """The same peer, with the cursor as the store has it now."""
    return replace(state, cursor=cursor, stored=cursor)


def step(state: Subscribing, event: Event) -> Step:
    """What one event changes, and what is to be done; a frame that breaks the protocol ends the stream."""
    match event:
        case Due():
            return _call(state)
        case Arrived():
            try:
                return _arrived(state, event.frame, event.at)
            except Misbehaved as lie:
                return state, (HangUp(str(lie), lied=True),)
        case Stored():
            return _acknowledged(replace(state, stored=event.cursor), event.at)
        case Ticked():
            return _acknowledged(state, event.at)
        case Lost():
            return _lost(state, event)
        case _:
            assert_never(event)


def _call(state: Subscribing) -> Step:
    at = state.stored
    asked = Subscription((VERSION,), state.scope, at.live, at.gaps, at.view, state.packed)
    return replace(state, cursor=at, open=False), (Call(asked),)


def _arrived(state: Subscribing, frame: Frame, at: float) -> Step:
    if not state.open:
        return _opening(state, frame, at)
    match frame:
        case Opening():
            raise Misbehaved("a stream opens once")
        case Page() | Heartbeat():
            cursor = covered(_checked(state.cursor, frame), frame.after, frame.until)
            _bounded(cursor)
            news = isinstance(frame, Page) or cursor != state.cursor
            state = replace(state, cursor=cursor, head=max(state.head, frame.head))
            return state, (Take(frame, cursor),) if news else ()
        case View():
            cursor = _again(state.cursor, frame)
            return replace(state, cursor=cursor), (Take(frame, cursor),)
        case AuditHead():
            return state, (Countersign(frame.checkpoint),)
        case Goodbye():
            reason = f"the peer said goodbye: {frame.reason[:200]}"
            return state, (HangUp(reason, lied=False, again_after=max(0, min(frame.again_after, 3600))),)
        case _:
            assert_never(frame)


def _opening(state: Subscribing, frame: Frame, at: float) -> Step:
    if not isinstance(frame, Opening):
        raise Misbehaved(f"a stream starts with its opening, not with a {type(frame).__name__}")
    if frame.version != VERSION:
        raise Misbehaved(f"the peer answers in version {frame.version}, which was not offered")
    if frame.head < state.cursor.live:
        raise Misbehaved(f"the peer's log ends at {frame.head}, but {state.cursor.live} was read before")
    return replace(state, open=True, opened_at=at, head=frame.head), ()


def _checked(cursor: Cursor, frame: Page | Heartbeat) -> Cursor:
    """Positions only grow on the live lane, and the backlog lane only fills gaps."""
    after, until = frame.after, frame.until
    if not 0 <= after <= until <= frame.head < 1 << 63:
        raise Misbehaved(f"positions ({after}, {until}] of a log that ends at {frame.head}")
    if isinstance(frame, Page) and after == until:
        raise Misbehaved(f"a page of nothing at {after}")
    if isinstance(frame, Page) and frame.lane == "backlog":
        if not is_missing(cursor, after, until):
            raise Misbehaved(f"backlog ({after}, {until}] that is not missing")
    elif after < cursor.live:
        raise Misbehaved(f"live positions go back from {cursor.live} to {after}")
    return cursor


def _again(cursor: Cursor, frame: View) -> Cursor:
    if len(frame.view) > VIEW_LIMIT:
        raise Misbehaved(f"a view of {len(frame.view)} characters; at most {VIEW_LIMIT}")
    for after, until in frame.again:
        if not 0 <= after < until <= cursor.live:
            raise Misbehaved(f"({after}, {until}] to be read again, of {cursor.live} that were read")
        cursor = reopened(cursor, after, until)
    _bounded(cursor)
    return replace(cursor, view=frame.view)


def _bounded(cursor: Cursor) -> None:
    if len(cursor.gaps) > MOST_GAPS:
        raise Misbehaved(f"{len(cursor.gaps)} gaps; at most {MOST_GAPS}")


def _acknowledged(state: Subscribing, at: float) -> Step:
    news = state.stored
    if not state.open or (state.told is not None and (state.told.live, state.told.gaps) == (news.live, news.gaps)):
        return state, ()
    due = state.tell_at
    if due is None:
        due = max(at + ACKNOWLEDGE_AFTER, state.told_at + ACKNOWLEDGE_EVERY)
    if at < due:
        return replace(state, tell_at=due), ()
    return replace(state, told=news, told_at=at, tell_at=None), (Acknowledge(news),)


def _lost(state: Subscribing, lost: Lost) -> Step:
    lasted = lost.at - state.opened_at if state.open else 0.0
    lies = 0 if lasted > state.penalty else state.lies
    outages = 0 if lasted > LATEST else state.outages
    if lost.lied:
        lies += 1
        pause = penalty = min(LONGEST, PENALTY * 2 ** min(lies - 1, 16))
    else:
        outages += 1
        penalty = state.penalty if lies else 0.0
        pause = min(LATEST, SOONEST * 2 ** min(outages - 1, 16))
    pause = max(pause * (0.5 + lost.chance), lost.again_after)
    state = replace(state, cursor=state.stored, open=False, outages=outages, lies=lies, penalty=penalty, told=None)
    return state, (Rest(lost.at + pause),)
