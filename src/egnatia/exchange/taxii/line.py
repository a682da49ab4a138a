"""Envelopes that wait: each submitter's in the order in which they came, and one submitter's after another's, so that
nobody waits for all that somebody else has brought."""

from collections import OrderedDict, deque

import msgspec

from egnatia.exchange.caller import Caller


class Arrived(msgspec.Struct, frozen=True):
    """An envelope that was taken and is not stored yet: from whom, with the rights that it had then, and the markings
    that its collection puts on what it takes. `received` is microseconds UTC, greater for each than for all before."""

    received: int
    caller: Caller
    applied: tuple[str, ...]
    objects: int
    size_bytes: int


class Waiting(msgspec.Struct):
    """One in the line: when it came to it, on the monotonic clock, and how often it was tried in vain."""

    id: str
    arrived: Arrived
    since: float
    tries: int = 0


class Line:
    """The line of one node; whoever uses it holds a lock."""

    def __init__(self) -> None:
        self._lines: OrderedDict[tuple[str | None, str], deque[Waiting]] = OrderedDict()
        self.length = 0

    def add(self, waiting: Waiting) -> None:
        """It is the last of its submitter's."""
        self._lines.setdefault(submitter(waiting.arrived.caller), deque()).append(waiting)
        self.length += 1

    def next(self) -> Waiting | None:
        """Whose turn it is, who leaves the line; None where nobody waits."""
        if not self._lines:
            return None
        who, first = next(iter(self._lines.items()))
        waiting = first.popleft()
        self.length -= 1
        if first:
            self._lines.move_to_end(who)
        else:
            del self._lines[who]
        return waiting

    @property
    def oldest(self) -> float | None:
        """Since when somebody waits."""
        return min((each[0].since for each in self._lines.values()), default=None)


def submitter(caller: Caller) -> tuple[str | None, str]:
    """Who may ask what became of an envelope, and whose keep their order: a token, or a person at an organisation."""
    return caller.organisation, caller.token_id or caller.name
