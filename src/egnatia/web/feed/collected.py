"""Saved searches as TAXII collections: what a person keeps, the programs of their organisation can fetch."""

from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import unquote

from egnatia.exchange.taxii.collection import SAVED, Collection, Searches
from egnatia.store import Known, Store
from egnatia.web.account.account import now
from egnatia.web.account.accounts import Accounts
from egnatia.web.card import Organisations, by_id
from egnatia.web.feed.saved import Saved, Saves

_SAYS: Final = "What somebody of your organisation has saved a search for: {}."


def searches(store: Store, organisations: Callable[[], Sequence[Known]]) -> Searches:
    """The collections of an organisation: the searches of all its people who have an account that is not disabled.

    They say what is asked, not what is seen: whoever reads one reads under a clearance of their own.
    """
    accounts, saves = Accounts(store), Saves(store)

    def of(organisation: str) -> tuple[Collection, ...]:
        people = {each.name for each in accounts.all() if each.organisation == organisation and each.disabled is None}
        known = by_id(organisations())
        # A question of the workbench is more than a collection can ask.
        kept = (each for each in saves.all() if each.account in people and not each.question)
        return tuple(collection(each, known) for each in kept)

    return of


def collection(saved: Saved, organisations: Organisations) -> Collection:
    """One saved search; its alias and id stay the same for as long as it is kept."""
    query = saved.sieve.query(organisations, now())
    return Collection(
        f"{SAVED}{saved.id}",
        saved.name,
        _SAYS.format(unquote(saved.sieve.address.replace("+", " ")) or "everything"),
        types=frozenset(query.types) or None,
        owners=frozenset(query.owners) or None,
        tlps=frozenset(query.tlps) or None,
        words=saved.sieve.q,
        since=query.since,
    )
