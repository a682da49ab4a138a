"""A message counts once, and only near the time that it states. Pure: the time is told."""

from collections import OrderedDict
from threading import Lock

from egnatia.trust.errors import Expired, Replayed


class Freshness:
    """Remembers the nonces of the last `window` microseconds, per sender, at most `capacity` of each.

    `since` is when this memory began: what was stated before may have been received before, so it is refused.
    Ask only about messages whose signature was checked: then a sender can fill up nobody's memory but its own.
    """

    def __init__(self, *, window: int = 120_000_000, since: int = 0, capacity: int = 100_000) -> None:
        self._window = window
        self._since = since
        self._capacity = capacity
        self._seen: dict[str, OrderedDict[bytes, int]] = {}
        self._lock = Lock()

    def admit(self, sender: str, nonce: bytes, *, at: int, now: int) -> None:
        """Raises `Expired` outside the window and when the memory is full, `Replayed` for a nonce seen before."""
        if abs(now - at) > self._window:
            raise Expired("time", f"stated for {at}, received at {now}: compare the clocks")
        if at < self._since:
            raise Expired("time", "stated before this node started: send it again")
        with self._lock:
            seen = self._seen.setdefault(sender, OrderedDict())
            while seen and next(iter(seen.values())) < now:
                seen.popitem(last=False)
            if nonce in seen:
                raise Replayed("nonce", f"this message of {sender} was received before")
            if len(seen) >= self._capacity:
                raise Expired("time", f"too many messages of {sender} at once: send it again later")
            # good until `at + window`, and no message is `at` later than `now + window`
            seen[nonce] = now + 2 * self._window
