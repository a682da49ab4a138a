"""What is begun in one request and ended in another, once: a passkey's challenge, a journey to an identity provider.

The browser holds a random name for it, the node the rest. Whoever ends it takes it away, so nothing is replayed.
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

import msgspec

from egnatia.settings import is_loopback
from egnatia.store.store import Store
from egnatia.web.account.session import MICROSECOND, key_of

LASTS: Final = timedelta(minutes=10)
MOST: Final = 1_000
"""How many may be under way; beyond that the oldest are given up."""
LOCAL: Final = "localhost"


class NotProven(PermissionError):
    """What a browser or a provider sent does not prove who it is."""


def host_of(url: str) -> str:
    """The name that passkeys are bound to: on loopback always `localhost`, for an address in numbers can have none."""
    host = urlsplit(url).hostname or LOCAL
    return LOCAL if is_loopback(host) else host


class Ceremony(msgspec.Struct, frozen=True, kw_only=True):
    """`purpose` is what it is for, `bound` the browser or the session that began it, `held` what its end needs."""

    purpose: str
    bound: str
    held: Mapping[str, str]
    began: int


class Ceremonies:
    """Those that are under way."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._kept = store.kept("ceremony", Ceremony)
        self._clock = clock

    def begin(self, purpose: str, bound: str, held: Mapping[str, str]) -> str:
        """Its name, for the browser."""
        self._tidy()
        name = secrets.token_urlsafe(24)
        self._kept.put(key_of(name), Ceremony(purpose=purpose, bound=bound, held=held, began=self._clock()))
        return name

    def end(self, purpose: str, bound: str, name: str) -> Mapping[str, str] | None:
        """What its end needs; None where it was never begun, by somebody else, too long ago, or has ended."""
        taken = self._kept.take(key_of(name))
        if taken is None or not bound or (taken.purpose, taken.bound) != (purpose, bound) or self._is_over(taken):
            return None
        return taken.held

    def _tidy(self) -> None:
        under_way = self._kept.all()
        for key in [key for key, each in under_way.items() if self._is_over(each)]:
            self._kept.remove(key)
            del under_way[key]
        oldest = sorted(under_way, key=lambda key: under_way[key].began)
        for key in oldest[: max(0, len(oldest) - MOST + 1)]:
            self._kept.remove(key)

    def _is_over(self, one: Ceremony) -> bool:
        return not 0 <= self._clock() - one.began < LASTS // MICROSECOND
