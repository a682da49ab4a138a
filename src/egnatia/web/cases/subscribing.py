"""What is due as a calendar that any program subscribes to: an address with a secret of its own, made and taken back by
the person whose it is. Beyond the TLP that may leave the node in words, an entry says only that something is due."""

import secrets
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from egnatia.casework.agenda import agenda
from egnatia.casework.clock import Owed, open_only
from egnatia.casework.registry import Unknown
from egnatia.casework.rulebook import Rulebook
from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.caller import Unauthorized
from egnatia.record.marking import TLP2_IDS
from egnatia.store import Batch, Note
from egnatia.store.store import Store
from egnatia.web.account.account import Account
from egnatia.web.account.accounts import Accounts
from egnatia.web.frame import HEADERS
from egnatia.web.language import LANGUAGES, speech
from egnatia.web.language.declared import ENGLISH
from egnatia.web.notices.letters import Letters
from egnatia.web.notices.words import reference
from egnatia.web.permission import Permission
from egnatia.web.premises import Premises
from egnatia.web.visit import Visit

MOST: Final = 500
"""Entries of one calendar."""


class Subscription(msgspec.Struct, frozen=True):
    """Whose calendar an address leads to; kept under the digest of its secret. `made` in microseconds UTC."""

    account: str
    login: str
    made: int


class Subscriptions:
    """The addresses of calendars, one for each account."""

    def __init__(self, store: Store) -> None:
        self._kept = store.kept("calendar", Subscription)
        self._digests = store.kept("calendar of", str)

    def renew(self, account: str, login: str, now: int) -> str:
        """A new secret for the account's calendar; the one before leads nowhere any more."""
        self.end(account)
        secret = secrets.token_urlsafe(24)
        self._kept.put(_digest(secret), Subscription(account, login, now))
        self._digests.put(account, _digest(secret))
        return secret

    def end(self, account: str) -> None:
        """The account's address leads nowhere any more."""
        digest = self._digests.take(account)
        if digest is not None:
            self._kept.remove(digest)

    def get(self, secret: str) -> Subscription | None:
        """Whose calendar it is."""
        return self._kept.get(_digest(secret))

    def has(self, account: str) -> bool:
        """Whether the account has an address."""
        return self._digests.get(account) is not None


class Changing(msgspec.Struct, frozen=True):
    """What is to become of one's address."""

    what: Literal["renew", "end"] = "renew"


@post("/cases/calendar")
async def change(visit: NamedDependency[Visit]) -> Response[str]:
    """Make an address for one's calendar, or take it back; it is shown once."""
    if not visit.visitor.signed_in:
        raise Unauthorized("Sign in to go on")
    visit.require(Permission.READ)
    form = await visit.form(Changing)
    kept, visitor = Subscriptions(visit.store), visit.visitor
    note = Note(visit.actor, f"calendar {form.what}", visitor.account)
    await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result(30))
    if form.what == "end":
        await visit.ask(lambda: kept.end(visitor.account))
        return visit.go("/cases/due", visit.speech.gettext("The address leads nowhere any more."))
    secret = await visit.ask(lambda: kept.renew(visitor.account, visitor.login, visit.now))
    address = f"{visit.premises.settings.public_url}/calendar/{secret}/due.ics"
    said = visit.speech.gettext("Subscribe to this address; it is shown once: %(address)s", address=address)
    return visit.go("/cases/due", said)


@get("/calendar/{secret:str}/due.ics")
async def subscribed(
    visit: NamedDependency[Visit], secret: FromPath[str], own: FromQuery[bool] = False
) -> Response[bytes]:
    """The calendar behind an address, by whoever knows it."""
    premises = visit.premises
    content = await visit.ask(lambda: _calendar(premises, secret, own=own))
    if content is None:
        raise NotFound
    return Response(content, media_type="text/calendar", headers=HEADERS)


def _calendar(premises: Premises, secret: str, *, own: bool) -> bytes | None:
    held = Subscriptions(premises.store).get(secret)
    account = Accounts(premises.store).get(held.login) if held is not None else None
    if held is None or account is None or account.disabled is not None or account.id != held.account:
        return None
    return agenda(_entries(premises, account, own=own), datetime.now(UTC))


def _entries(premises: Premises, account: Account, *, own: bool) -> list[tuple[str, str, Owed, Rulebook]]:
    registry, clearance = premises.casework, premises.clearance_of(account.organisation)
    letters, spoken = Letters(premises), speech(LANGUAGES.get(account.language, ENGLISH))
    entries: list[tuple[str, str, Owed, Rulebook]] = []
    for case in dict.fromkeys(each.case for each in registry.dues(clearance, own=own, limit=MOST)):
        try:
            fold = registry.fold(clearance, case)
        except Unknown:
            continue
        tlps = [TLP2_IDS[ref] for ref in fold.case.object_marking_refs if ref in TLP2_IDS]
        open_ = letters.may_say(tlps)
        for each in open_only(fold):
            if own and account.organisation not in each.by:
                continue
            name = spoken.gettext(each.title) if open_ else spoken.gettext("Something is due")
            title = fold.case.title if open_ else reference(case)
            entries.append((case, title, msgspec.structs.replace(each, title=name), fold.book))
    return entries


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
