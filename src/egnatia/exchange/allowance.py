"""How much one reader may read in a minute: enough for people and programs at work, not for taking the log away.

Counted in the memory of one process; several processes of a node allow as many times as much.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

MOST: Final = 10_000
"""Readers that are remembered; whoever has not read for longest is forgotten first, and had a whole minute's left."""


class TooOften(PermissionError):
    """A reader has read as much as it may for now; `seconds` until it may go on."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"You have read as often as this node allows; go on in {seconds} seconds")


class Allowance:
    """At most `per_minute` reads of each reader: all of them at once, or evenly."""

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self.clock = float(per_minute), clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, reader: str) -> None:
        """One read; raises TooOften where there is none left."""
        now = self.clock()
        left, since = self._left.pop(reader, (self._most, now))
        left = min(self._most, left + (now - since) * self._most / 60)
        self._left[reader] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > MOST:
            self._left.popitem(last=False)
        if left < 1:
            raise TooOften(math.ceil((1 - left) * 60 / self._most))
