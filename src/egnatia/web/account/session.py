"""Sessions of people who have signed in. A cookie is random and is kept as its digest only.

A session ends by itself: some time after the last request, and for good some hours after it began.
"""

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import msgspec

from egnatia.store.store import Store

MICROSECOND: Final = timedelta(microseconds=1)
TOUCHED_EVERY: Final = 60_000_000
MOST: Final = 20
"""Sessions of one account at a time; a further one ends the one that was used least recently."""

PROVEN_FOR: Final = 300_000_000
"""Microseconds after a proof of who it is for which a session may change how one signs in."""


class Origin(msgspec.Struct, frozen=True):
    """Where a request comes from: its address and what its browser calls itself."""

    address: str
    agent: str = ""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One browser in which a person is signed in. `account` is the sign-in name, `way` how they proved who they are
    and `proved` when they did so last, `provider` the session at the identity provider that it came from, where that
    names one. Times are microseconds UTC."""

    account: str
    way: str
    created: int
    seen: int
    proved: int
    origin: Origin
    provider: str = ""


class Limits(msgspec.Struct, frozen=True):
    """How long a session may last: without a request, and at all."""

    idle: timedelta
    whole: timedelta


class Sessions:
    """The sessions of a node, by the digest of their cookies."""

    def __init__(self, store: Store, limits: Limits, clock: Callable[[], int]) -> None:
        self._kept = store.kept("session", Session)
        self._limits, self._clock = limits, clock

    def begin(self, account: str, way: str, origin: Origin, *, provider: str = "") -> str:
        """A new session's cookie. Those that are over are forgotten, and the oldest where there are too many."""
        now = self._clock()
        for key, session in self._kept.all().items():
            if self._is_over(session, now):
                self._kept.remove(key)
        for key in list(self.of(account))[MOST - 1 :]:
            self._kept.remove(key)
        origin = Origin(origin.address, origin.agent[:200])
        return self._add(
            Session(account=account, way=way, created=now, seen=now, proved=now, origin=origin, provider=provider)
        )

    def find(self, cookie: str, *, prolongs: bool = True) -> tuple[str, Session] | None:
        """The session and its key; None where there is none, or no more. What a page asks by itself `prolongs` none."""
        key, now = key_of(cookie), self._clock()
        session = self._kept.get(key)
        if session is None or self._is_over(session, now):
            return None
        if prolongs and now - session.seen > TOUCHED_EVERY:
            self._kept.change(key, lambda kept: msgspec.structs.replace(kept, seen=max(kept.seen, now)))
        return key, session

    def lasts(self, key: str) -> Session | None:
        """The session while it is not over; asking does not prolong it."""
        session = self._kept.get(key)
        return None if session is None or self._is_over(session, self._clock()) else session

    def is_proven(self, key: str) -> bool:
        """Whether the person has just proved who they are."""
        session = self._kept.get(key)
        return session is not None and 0 <= self._clock() - session.proved < PROVEN_FOR

    def renew(self, key: str, *, proven: bool = False) -> str:
        """A new cookie for the same session, the old one ends; raises LookupError where it has ended."""
        session = self._kept.take(key)
        if session is None:
            raise LookupError("this session has ended")
        return self._add(msgspec.structs.replace(session, proved=self._clock()) if proven else session)

    def of(self, account: str) -> dict[str, Session]:
        """The account's sessions by key, the last used first."""
        now = self._clock()
        found = {
            key: each
            for key, each in self._kept.all().items()
            if each.account == account and not self._is_over(each, now)
        }
        return dict(sorted(found.items(), key=lambda item: item[1].seen, reverse=True))

    def end(self, key: str) -> bool:
        """Whether there was one to end."""
        return self._kept.take(key) is not None

    def end_all(self, account: str, *, but: str = "") -> int:
        """How many were ended."""
        return sum(self.end(key) for key in self.of(account) if key != but)

    def end_where(self, ends: Callable[[Session], bool]) -> dict[str, int]:
        """How many were ended of each account: those of which it says so."""
        counts: dict[str, int] = {}
        for key, session in self._kept.all().items():
            if ends(session) and self.end(key):
                counts[session.account] = counts.get(session.account, 0) + 1
        return counts

    def _add(self, session: Session) -> str:
        cookie = secrets.token_urlsafe(32)
        self._kept.put(key_of(cookie), session)
        return cookie

    def _is_over(self, session: Session, now: int) -> bool:
        return (
            now - session.seen >= self._limits.idle // MICROSECOND
            or now - session.created >= self._limits.whole // MICROSECOND
        )


def key_of(cookie: str) -> str:
    """What is kept of a cookie."""
    return hashlib.sha256(cookie.encode()).hexdigest()
