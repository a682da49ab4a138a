"""Saved searches: a sieve, or a question of the workbench, that an account keeps by name, and how much new has passed
it since it was last opened."""

import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.cyber.intel.language import BadQuery, parse
from egnatia.cyber.intel.searching import added, known_to
from egnatia.policy.clearance import Clearance
from egnatia.store.query import LAST, Query
from egnatia.store.store import Store
from egnatia.web.card import Organisations, by_id
from egnatia.web.permission import Permission
from egnatia.web.premises import Premises
from egnatia.web.sieve import Sieve, address
from egnatia.web.visit import Misread, Visit, found

MOST: Final = 50
"""Saved searches of one account."""

CAP: Final = 100
"""New records are counted no further."""

LINE: Final = r"^[^\x00-\x1f\x7f]+\Z"


class Saved(msgspec.Struct, frozen=True):
    """One saved search. With `tells` the situation says when something new has passed; `opened` is when the account
    last looked, microseconds UTC. Where there is a `question` in the search language, it is asked instead of the
    sieve."""

    id: str
    account: str
    name: str
    sieve: Sieve
    tells: bool
    opened: int
    question: str = ""


class SavedShown(msgspec.Struct, frozen=True, kw_only=True):
    """A saved search in a list: `new` is how many have passed since it was opened, at most `CAP`."""

    id: str
    name: str
    href: str
    tells: bool
    new: int
    opened: int


class Wanted(msgspec.Struct, frozen=True):
    """The form that saves a search; the sieve or the question is that of the page."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=LINE)]
    sieve: Annotated[str, msgspec.Meta(max_length=2_000)] = "{}"
    question: Annotated[str, msgspec.Meta(max_length=1_000)] = ""
    tells: bool = False


class Gone(msgspec.Struct, frozen=True):
    """The form that forgets one."""

    id: Annotated[str, msgspec.Meta(max_length=40, pattern=r"^[a-z0-9]+\Z")]


class Saves:
    """The saved searches of all accounts."""

    def __init__(self, store: Store) -> None:
        self._kept = store.kept("saved search", Saved)

    def of(self, account: str) -> tuple[Saved, ...]:
        """Those of one account, by name; none for who has none."""
        if not account:
            return ()
        return tuple(sorted(self._kept.between(f"{account} ", f"{account} \x7f"), key=lambda each: each.name.lower()))

    def all(self) -> tuple[Saved, ...]:
        """Those of everybody, by account."""
        return tuple(self._kept.all().values())

    def get(self, account: str, saved: str) -> Saved | None:
        """One of an account's own."""
        return self._kept.get(f"{account} {saved}") if account else None

    def put(self, saved: Saved) -> None:
        """Keep it in the place of what was there."""
        self._kept.put(f"{saved.account} {saved.id}", saved)

    def remove(self, account: str, saved: str) -> None:
        """Forget it."""
        self._kept.remove(f"{account} {saved}")


def saved_of(visit: Visit, saves: Sequence[Saved], organisations: Organisations) -> tuple[SavedShown, ...]:
    """Saved searches as they stand for this visitor now. Asks the store."""
    clearance, store = visit.clearance(), visit.store
    return tuple(
        SavedShown(
            id=each.id,
            name=each.name,
            href=f"/saved/{each.id}",
            tells=each.tells,
            new=_new(store, clearance, each, organisations, visit.now),
            opened=each.opened,
        )
        for each in saves
    )


def _new(store: Store, clearance: Clearance, saved: Saved, organisations: Organisations, at: int) -> int:
    if saved.question:
        return _answers(store, clearance, saved, organisations, at)
    query = saved.sieve.query(organisations, at)
    since = msgspec.structs.replace(query, since=max(saved.opened, query.since or 0))
    if saved.sieve.q:
        return len(store.search(clearance, saved.sieve.q, since, CAP))
    return store.count(clearance, since, CAP)


def _answers(store: Store, clearance: Clearance, saved: Saved, organisations: Organisations, at: int) -> int:
    """How many records that were added since answer the question."""
    query = Query(versions=(LAST,), since=saved.opened, newest_first=True)
    if not store.count(clearance, query, 1):
        return 0
    known = known_to(store, clearance, tuple(organisations.values()))
    now = datetime.fromtimestamp(at / 1_000_000, UTC)
    return len(added(store, clearance, parse(saved.question), known, now, since=saved.opened)[:CAP])


def new_in(premises: Premises, organisation: str, account: str, at: int) -> tuple[Saved, ...]:
    """The saved searches of an account that want to be told of and have something new, at a moment (microseconds
    UTC). Asks the store."""
    wanted = [each for each in Saves(premises.store).of(account) if each.tells]
    if not wanted:
        return ()
    clearance, organisations = premises.clearance_of(organisation), by_id(premises.organisations())
    return tuple(each for each in wanted if _new(premises.store, clearance, each, organisations, at))


@post("/saved")
async def save(visit: NamedDependency[Visit]) -> Response[str]:
    """Keep the search of a page by a name."""
    visit.require(Permission.DRAFT)
    form = await visit.form(Wanted)
    try:
        sieve = msgspec.json.decode(form.sieve, type=Sieve)
        parse(form.question)
    except (msgspec.DecodeError, BadQuery) as error:
        raise Misread(str(error)) from error
    account, saves = visit.visitor.account, Saves(visit.store)
    if len(await visit.ask(lambda: saves.of(account))) >= MOST:
        return visit.go(
            _page(sieve, form.question), visit.speech.gettext("You keep as many searches as one may; forget one first")
        )
    now = time.time_ns() // 1_000
    saved = Saved(secrets.token_hex(8), account, form.name, sieve, form.tells, now, form.question)
    await visit.ask(lambda: saves.put(saved))
    return visit.go(_page(sieve, form.question), visit.speech.gettext("Kept as “%(name)s”", name=form.name))


@get("/saved/{saved_id:str}")
async def opened(visit: NamedDependency[Visit], saved_id: FromPath[str]) -> Response[str]:
    """To the page with a saved search; from now on what is there is no longer new."""
    account, saves = visit.visitor.account, Saves(visit.store)
    saved = found(await visit.ask(lambda: saves.get(account, saved_id)))
    looked = msgspec.structs.replace(saved, opened=visit.now)
    await visit.ask(lambda: saves.put(looked))
    looked_at = f"&looked={saved.opened}" if saved.question else ""
    return visit.go(_page(saved.sieve, saved.question) + looked_at)


@post("/saved/forget")
async def forget(visit: NamedDependency[Visit]) -> Response[str]:
    """Keep a search no longer."""
    visit.require(Permission.DRAFT)
    form = await visit.form(Gone)
    account, saves = visit.visitor.account, Saves(visit.store)
    saved = found(await visit.ask(lambda: saves.get(account, form.id)))
    await visit.ask(lambda: saves.remove(account, saved.id))
    return visit.go(
        "/intel" if saved.question else "/feed", visit.speech.gettext("“%(name)s” is no longer kept", name=saved.name)
    )


def _page(sieve: Sieve, question: str = "") -> str:
    if question:
        return f"/intel?q={quote(question)}"
    return address("/search" if sieve.q else "/feed", sieve)


def new_of(visit: Visit) -> tuple[SavedShown, ...]:
    """The saved searches that are to tell and that something new has passed. Asks the store."""
    telling = [each for each in Saves(visit.store).of(visit.visitor.account) if each.tells]
    if not telling:
        return ()
    return tuple(each for each in saved_of(visit, telling, by_id(visit.premises.organisations())) if each.new)
