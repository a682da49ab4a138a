"""The door of a node: who comes in, by which proof, and for how long.

Whatever is wrong (no such name, the password, the code, a locked or disabled account) is one answer, so that nobody
learns who has an account. Wrong tries are counted by address and by account.
"""

import asyncio
import functools
import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from egnatia.exchange.caller import Throttle, Throttled
from egnatia.exchange.submission import NotAllowed
from egnatia.store.entry import Batch, Keep, Note
from egnatia.web.account import account as declared
from egnatia.web.account import password as passwords
from egnatia.web.account import recovery, totp
from egnatia.web.account.account import Account
from egnatia.web.account.accounts import Accounts
from egnatia.web.account.ceremony import Ceremonies, NotProven, host_of
from egnatia.web.account.oidc import Provider
from egnatia.web.account.sealing import Seal
from egnatia.web.account.session import MICROSECOND, Limits, Origin, Sessions
from egnatia.web.notices.alert import Alerts
from egnatia.web.premises import Premises
from egnatia.web.visitor import Visitor

if TYPE_CHECKING:
    from egnatia.web.account.passkey import RelyingParty

log = logging.getLogger(__name__)

FREE_TRIES: Final = 5
"""Wrong tries in a row before an account is locked: for a minute, and twice as long after each further one."""

LOCK: Final = timedelta(minutes=1)
LONGEST_LOCK: Final = timedelta(hours=1)
TOTP: Final = "authenticator app"
"""What the secret of an authenticator app is sealed for."""


class Refused(NotAllowed):
    """Whoever it was has not proved who they are; the one answer to all of it."""


class Offered(msgspec.Struct, frozen=True):
    """What somebody types to come in: `code` is of the authenticator app, or a recovery code."""

    name: str
    password: str
    code: str

    def __repr__(self) -> str:
        return "Offered(...)"


class Door:
    """Everything that is done with accounts and sessions. Asks the store: call it from a thread."""

    def __init__(self, premises: Premises, *, clock: Callable[[], int] = declared.now) -> None:
        self.premises, self.clock = premises, clock
        settings = premises.settings
        self.accounts, self.alerts = Accounts(premises.store), Alerts(premises)
        kept = settings.accounts
        limits = Limits(timedelta(minutes=kept.idle_minutes), timedelta(hours=kept.session_hours))
        self.sessions = Sessions(premises.store, limits, clock)
        self.ceremonies = Ceremonies(premises.store, clock)
        self.logouts = premises.store.kept("logout", float)
        """Logout tokens of the identity provider that were used, and until when they could be used again."""
        self.passkey_host = host_of(settings.public_url)
        self.seal = Seal(premises.secret)
        self.throttle = Throttle(failures=20, seconds=300, clock=lambda: clock() / 1_000_000)
        self.asking = Throttle(failures=60, seconds=60, clock=lambda: clock() / 1_000_000)
        self.hashing = asyncio.Semaphore(2)
        """How many passwords are looked at at once: the threads that ask the store must not all be busy with it."""
        self.changing = threading.Lock()
        """Held where somebody enrols: whether the node is still without an account decides who they may be."""

    @functools.cached_property
    def passkeys(self) -> "RelyingParty":
        """The node, as passkeys know it."""
        from egnatia.web.account.passkey import RelyingParty  # noqa: PLC0415  3 MB that many nodes never need

        settings = self.premises.settings
        return RelyingParty(settings.public_url, settings.organisation.name)

    @functools.cached_property
    def provider(self) -> Provider | None:
        """The identity provider, where the settings name one."""
        settings = self.premises.settings
        return Provider(settings, self.clock) if settings.oidc.issuer else None

    def visitor(self, cookie: str, *, prolongs: bool = True) -> Visitor | None:
        """The person whose session it is; None where it is none, over or ended."""
        found = self.sessions.find(cookie, prolongs=prolongs)
        account = self.accounts.get(found[1].account) if found else None
        if found is None or account is None or account.disabled is not None:
            return None
        return Visitor(
            account=account.id,
            login=account.name,
            name=account.display,
            organisation=account.organisation,
            permissions=account.permissions(self.premises.own),
            session=found[0],
            language=account.language,
        )

    def still(self, visitor: Visitor) -> bool:
        """Whether a visitor who came in may stay: for what lasts longer than a request."""
        if not visitor.signed_in:
            return True
        session = self.sessions.lasts(visitor.session)
        account = self.accounts.get(session.account) if session else None
        return (
            account is not None
            and account.disabled is None
            and account.permissions(self.premises.own) >= visitor.permissions
        )

    def account_of(self, visitor: Visitor) -> Account:
        """The account of a visitor; raises LookupError for one without."""
        session = self.sessions.lasts(visitor.session)
        account = self.accounts.get(session.account) if session else None
        if account is None:
            raise LookupError("nobody has signed in")
        return account

    def by_password(self, offered: Offered, origin: Origin) -> str:
        """The cookie of a new session; raises Refused or Throttled."""
        account = self.prove(offered, origin)
        return self.begin(account, "password", origin)

    def prove(self, offered: Offered, origin: Origin) -> Account:
        """Whose name, password and code these are; the code is used up. Raises Refused or Throttled."""
        self.wait(origin)
        account = self.accounts.get(offered.name)
        right = passwords.verify(account.password if account else "", offered.password)
        if account is None or not right:
            raise self.refused(account, origin, "name or password")
        try:
            proven = self.accounts.change(account.name, lambda kept: self._with_code_used(kept, offered.code))
        except Refused:
            raise self.refused(account, origin, "code, or locked or disabled") from None
        if len(proven.recovery) < len(account.recovery):
            self.tell(account.name, "recovery code used", proven)
        return proven

    def by_passkey(self, ceremony: str, answer: str, *, bound: str, origin: Origin) -> str:
        """The cookie of a new session; raises Refused or Throttled."""
        account = self.prove_passkey(ceremony, answer, bound=bound, origin=origin)
        return self.begin(account, "passkey", origin)

    def prove_passkey(self, ceremony: str, answer: str, *, bound: str, origin: Origin) -> Account:
        """Whose passkey has answered. Raises Refused or Throttled.

        A lock does not count here: nobody guesses a signature, and so nobody can lock a person with a passkey out.
        """
        self.wait(origin)
        held = self.ceremonies.end("passkey", bound, ceremony)
        try:
            if held is None:
                raise NotProven("this was not asked here, or too long ago")
            shown = self.passkeys.presented(held, answer, self.accounts.all(), at=self.clock())
        except NotProven as error:
            raise self.refused(None, origin, str(error)) from error

        def used(kept: Account) -> Account:
            if kept.disabled is not None or all(each.id != shown.passkey.id for each in kept.passkeys):
                raise Refused
            changed = tuple(shown.passkey if each.id == shown.passkey.id else each for each in kept.passkeys)
            return msgspec.structs.replace(kept, passkeys=changed)

        try:
            return self.accounts.change(shown.account, used)
        except Refused:
            raise self.refused(None, origin, "the account is disabled") from None

    def leave(self, visitor: Visitor) -> None:
        """The session ends."""
        account = self.account_of(visitor)
        if self.sessions.end(visitor.session):
            self.note(account.name, "signed out", account.id)

    def wait(self, origin: Origin) -> None:
        """Raises Throttled where too many wrong tries came from the address."""
        if seconds := self.throttle.wait(origin.address):
            raise Throttled(seconds)

    def begin_ceremony(self, purpose: str, bound: str, held: Mapping[str, str], origin: Origin) -> str:
        """The name of a new ceremony; raises Throttled where an address begins many: each is written down."""
        self.wait(origin)
        if seconds := self.asking.wait(origin.address):
            raise Throttled(seconds)
        self.asking.failed(origin.address)
        return self.ceremonies.begin(purpose, bound, held)

    def refused(self, account: Account | None, origin: Origin, why: str = "") -> Refused:
        """Counts a wrong try; the answer to it."""
        count = self.throttle.failed(origin.address)
        log.warning("sign-in refused: %r at %s: %s", origin.address, account.id if account else "no account", why)
        notes = (
            []
            if count > FREE_TRIES and count % FREE_TRIES
            else [_note(origin.address, "sign-in refused", account, why)]
        )
        keeps: tuple[Keep, ...] = ()
        if account is not None and account.locked_until <= self.clock():
            counted = self.accounts.change(account.name, self._counted)
            if counted.locked_until > self.clock():
                notes.append(_note(origin.address, "account locked", account, f"{counted.failures} wrong tries"))
                keeps = self.alerts.keeps(account, "account locked", self.clock())
        if notes:
            self.premises.store.append(Batch(notes=tuple(notes), keeps=keeps)).result()
        return Refused("The name, the password or the code is not right")

    def note(self, actor: str, action: str, subject: str = "", detail: str = "") -> None:
        """One line in the audit log, durable when this returns."""
        self.premises.store.append(Batch(notes=(Note(actor, action, subject, detail),))).result()

    def tell(
        self, actor: str, action: str, account: Account, detail: str = "", *, subject: str = "", name: str = ""
    ) -> None:
        """One line in the audit log, and the person of the account is told; both durable when this returns. `subject`
        is what it was done to, the account itself where empty; `name` is that of a token."""
        keeps = self.alerts.keeps(account, action, self.clock(), name=name)
        note = Note(actor, action, subject or account.id, detail)
        self.premises.store.append(Batch(notes=(note,), keeps=keeps)).result()

    def totp_secret(self, account: Account) -> bytes:
        """The secret of the account's authenticator app."""
        return self.seal.open(f"{TOTP} {account.id}", account.totp)

    def sealed_totp(self, account: Account, secret: bytes) -> bytes:
        """The secret as it is kept."""
        return self.seal.close(f"{TOTP} {account.id}", secret)

    def begin(self, account: Account, way: str, origin: Origin, *, provider: str = "") -> str:
        """The cookie of a new session of somebody who has just proved who they are, by `way`; `provider` is the
        session at the identity provider, where there is one."""
        now = self.clock()
        self.accounts.change(account.name, lambda kept: msgspec.structs.replace(kept, last_sign_in=now))
        cookie = self.sessions.begin(account.name, way, origin, provider=provider)
        self.note(account.name, "sign-in", account.id, f"{way} from {origin.address}")
        return cookie

    def _with_code_used(self, kept: Account, code: str) -> Account:
        """The account with the code used up and no wrong tries; raises Refused."""
        now = self.clock()
        if kept.disabled is not None or kept.locked_until > now or not kept.totp:
            raise Refused
        code = code.replace(" ", "")
        if totp.is_code(code):
            step = totp.accepted_step(self.totp_secret(kept), code, at=now, after=kept.totp_step)
            if step is None:
                raise Refused
            return msgspec.structs.replace(kept, totp_step=step, failures=0, locked_until=0)
        left = recovery.without(kept.recovery, code)
        if left is None:
            raise Refused
        return msgspec.structs.replace(kept, recovery=left, failures=0, locked_until=0)

    def _counted(self, kept: Account) -> Account:
        failures = kept.failures + 1
        over = failures - FREE_TRIES
        lock = min(LOCK * 2 ** min(over, 10), LONGEST_LOCK) if over >= 0 else timedelta()
        return msgspec.structs.replace(kept, failures=failures, locked_until=self.clock() + lock // MICROSECOND)


def _note(actor: str, action: str, account: Account | None, detail: str = "") -> Note:
    return Note(actor, action, account.id if account else "", detail)


def slowly(began: float, *, at_least: float = 0.4) -> float:
    """How many seconds are left of a refusal's time, so that its reason cannot be told from how long it took."""
    return at_least - (time.monotonic() - began) % at_least
