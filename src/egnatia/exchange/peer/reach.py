"""How far a feed has been read. A stretch (after, until] is the positions after + 1 to until, both included.

A cursor says: everything up to `live` is here but for its `gaps`, which are sorted and do not touch. Live records
may so arrive while an older backlog is still on its way, and whatever arrives in whatever order, what is missing is
always known exactly.
"""

from typing import TypeAlias

from msgspec.structs import replace

from egnatia.store.entry import Cursor

Stretch: TypeAlias = tuple[int, int]

MOST_GAPS = 64  # more than this in one cursor is not honest: they come from a few outages and changes of clearance


def is_sound(live: int, gaps: tuple[Stretch, ...]) -> bool:
    """Whether a cursor that somebody sent keeps the rules: sorted, apart, not empty, up to `live`."""
    end = -1
    for after, until in gaps:
        if not end < after < until <= live:
            return False
        end = until
    return 0 <= live < 1 << 63 and len(gaps) <= MOST_GAPS


def covered(cursor: Cursor, after: int, until: int) -> Cursor:
    """The cursor once everything in (after, until] is here as well; what it skips over becomes a gap."""
    gaps = _without(cursor.gaps, after, until)
    if after > cursor.live:
        gaps = _joined((*gaps, (cursor.live, after)))
    return replace(cursor, live=max(cursor.live, until), gaps=gaps)


def reopened(cursor: Cursor, after: int, until: int) -> Cursor:
    """The cursor once (after, until] must be read again, because more of it may be seen now."""
    until = min(until, cursor.live)
    if after >= until:
        return cursor
    return replace(cursor, gaps=_joined((*cursor.gaps, (after, until))))


def is_missing(cursor: Cursor, after: int, until: int) -> bool:
    """Whether all of (after, until] lies in one gap, so that a page of the backlog may fill it."""
    return any(start <= after and until <= end for start, end in cursor.gaps)


def has(cursor: Cursor, position: int) -> bool:
    """Whether the record at `position`, if it may be seen, is here."""
    return 0 < position <= cursor.live and not any(start < position <= end for start, end in cursor.gaps)


def newly(before: Cursor, now: Cursor) -> tuple[Stretch, ...]:
    """The stretches that `now` has and `before` had not, in order."""
    fresh: tuple[Stretch, ...] = before.gaps
    if now.live > before.live:
        fresh = _joined((*fresh, (before.live, now.live)))
    for start, end in now.gaps:
        fresh = _without(fresh, start, end)
    return fresh


def _without(gaps: tuple[Stretch, ...], after: int, until: int) -> tuple[Stretch, ...]:
    left: list[Stretch] = []
    for start, end in gaps:
        if end <= after or until <= start or after >= until:
            left.append((start, end))
            continue
        if start < after:
            left.append((start, after))
        if until < end:
            left.append((until, end))
    return tuple(left)


def _joined(stretches: tuple[Stretch, ...]) -> tuple[Stretch, ...]:
    out: list[Stretch] = []
    for start, end in sorted(stretches):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return tuple(out)
