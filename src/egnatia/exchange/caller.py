"""Who is asking: a program by its token, or nobody in particular.

A wrong credential is never treated as no credential: whoever presents one and fails is told so, counted, slowed
and noted in the audit log.
"""

import base64
import binascii
import time
from collections import OrderedDict
from collections.abc import Callable

import msgspec

from egnatia.exchange import token
from egnatia.exchange.host import Host
from egnatia.exchange.submission import Right, Submitter
from egnatia.store.entry import Batch, Note

FRESH_SECONDS = 2.0
"""How long a token that was found valid is believed without asking the store again: so soon a revocation works."""


class Unauthorized(PermissionError):
    """No credential where one is needed, or a wrong one."""


class Throttled(PermissionError):
    """Too many wrong credentials from one address; `seconds` until it may try again."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"Too many failed sign-ins from this address; try again in {seconds} seconds")


class Caller(msgspec.Struct, frozen=True):
    """On whose behalf a request is made. `organisation` is an identity id, None for the public; `exercise` and
    `marking` are as of a submitter."""

    organisation: str | None
    name: str
    rights: frozenset[Right]
    token_id: str = ""
    exercise: str = ""
    marking: bytes = b""

    def may(self, right: Right) -> bool:
        """Whether the caller has the right."""
        return right in self.rights

    @property
    def submitter(self) -> Submitter:
        """The caller as one who hands in records; raises Unauthorized for the public."""
        if self.organisation is None:
            raise Unauthorized("Records are taken from known organisations only; present a token")
        return Submitter(self.organisation, self.name, self.rights, self.exercise, self.marking)


class Throttle:
    """At most `failures` failed sign-ins per address and `seconds`; remembers the last 10,000 addresses."""

    def __init__(self, *, failures: int = 20, seconds: float = 60, clock: Callable[[], float] = time.monotonic) -> None:
        self._failures, self._seconds, self._clock = failures, seconds, clock
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def wait(self, address: str) -> int:
        """Seconds until `address` may try again, 0 for now."""
        since, count = self._seen.get(address, (0.0, 0))
        left = since + self._seconds - self._clock()
        return int(left) + 1 if count >= self._failures and left > 0 else 0

    def failed(self, address: str) -> int:
        """Count a failure; returns how many there were in the period."""
        since, count = self._seen.pop(address, (0.0, 0))
        now = self._clock()
        since, count = (since, count + 1) if now - since < self._seconds else (now, 1)
        self._seen[address] = (since, count)
        if len(self._seen) > 10_000:
            self._seen.popitem(last=False)
        return count


class Gate:
    """Tells who a request is from. `guest` is the organisation that requests without a credential read as (a
    demonstration on loopback); with `anonymous` they are the public; else they are refused."""

    def __init__(self, host: Host, *, anonymous: bool = True, guest: str | None = None) -> None:
        self._host, self._anonymous, self._guest = host, anonymous, guest
        self._fresh: dict[bytes, tuple[float, token.Token]] = {}
        self._throttle = Throttle()

    def admit(self, authorization: str | None, address: str) -> Caller:
        """The caller behind an Authorization header; raises Unauthorized or Throttled. Asks the store at times:
        call it from a thread where that matters."""
        if authorization is None:
            return self._without_credential()
        presented = presented_in(authorization)
        if presented is not None and (stored := self._known(presented)):
            return _caller(stored)
        if wait := self._throttle.wait(address):
            raise Throttled(wait)
        if presented is not None and (stored := self._found(presented)):
            return _caller(stored)
        self._failed(presented, address)
        raise Unauthorized("This credential is not valid: unknown, revoked or expired")

    def recall_fresh(self, authorization: str | None) -> Caller | None:
        """The caller where no store need be asked; None where it must."""
        if authorization is None:
            return self._without_credential()
        presented = presented_in(authorization)
        stored = self._known(presented) if presented is not None else None
        return _caller(stored) if stored else None

    def still(self, caller: Caller) -> bool:
        """Whether the token of a caller that was admitted is still valid. Asks the store."""
        if not caller.token_id:
            return True
        stored = self._host.store.tokens.get(caller.token_id)
        return stored is not None and _valid(stored)

    def forget(self, token_id: str) -> None:
        """Stop believing in a token at once: it was revoked here."""
        self._fresh = {key: value for key, value in self._fresh.items() if value[1].id != token_id}

    def _without_credential(self) -> Caller:
        if self._guest is not None:
            return Caller(self._guest, "guest", frozenset({Right.READ}))
        if self._anonymous:
            return Caller(None, "anonymous", frozenset({Right.READ}))
        raise Unauthorized("Present a token: Authorization: Bearer egn_..., or Basic with the user 'token'")

    def _known(self, presented: token.Presented) -> token.Token | None:
        believed_until, stored = self._fresh.get(presented.digest, (0.0, None))
        return stored if stored is not None and time.monotonic() < believed_until and _valid(stored) else None

    def _found(self, presented: token.Presented) -> token.Token | None:
        stored = self._host.store.tokens.get(presented.id)
        # The comparison is made whether or not there is such a token: time tells nothing.
        if not token.matches(presented, stored.digest if stored else bytes(32)) or stored is None:
            return None
        if not _valid(stored):
            return None
        if len(self._fresh) >= 10_000:
            self._fresh.clear()
        self._fresh[presented.digest] = (time.monotonic() + FRESH_SECONDS, stored)
        self._used(stored)
        return stored

    def _used(self, stored: token.Token) -> None:
        now = _now()
        if stored.last_use is None or now - stored.last_use > 60_000_000:
            self._host.store.tokens.touch(stored.id, now)

    def _failed(self, presented: token.Presented | None, address: str) -> None:
        count = self._throttle.failed(address)
        if count in {1, 5, 20}:
            subject = presented.id if presented else ""
            note = Note(actor=address, action="sign-in refused", subject=subject, detail=f"failure {count}")
            self._host.store.append(Batch(notes=(note,)))


def presented_in(authorization: str) -> token.Presented | None:
    """The token in an Authorization header; None where it holds none."""
    scheme, _, credential = authorization.partition(" ")
    match scheme.lower():
        case "bearer":
            return token.present(credential.strip())
        case "basic":
            try:
                user, _, password = base64.b64decode(credential.strip(), validate=True).decode().partition(":")
            except (binascii.Error, ValueError):
                return None
            return token.present(password) if user == "token" else None
        case _:
            return None


def _valid(stored: token.Token) -> bool:
    return stored.revoked is None and (stored.expires is None or _now() < stored.expires)


def _caller(stored: token.Token) -> Caller:
    known = {right.value for right in Right}
    rights = frozenset(Right(right) for right in stored.rights if right in known)
    return Caller(stored.organisation, stored.name, rights, stored.id)


def _now() -> int:
    return time.time_ns() // 1_000
