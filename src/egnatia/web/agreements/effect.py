"""What would change if an agreement were in force: who would see which of our records that it does not see now."""

from datetime import datetime
from typing import Final

import msgspec

from egnatia.exchange.directory import agreement_of, moment
from egnatia.policy import Clearance, Directory, clearance, decide
from egnatia.record.agreement import SharingAgreement
from egnatia.store import Query, Row, Store
from egnatia.store.query import LAST

COUNTED: Final = 10_000
"""Records are counted no further."""

LOOKED_AT: Final = 300
"""Newest records of ours among which examples are looked for."""

EXAMPLES: Final = 5


class Gain(msgspec.Struct, frozen=True, kw_only=True):
    """What one party would see of ours: how many records now and then (counted no further than `COUNTED`), and the
    newest of those that are new to it."""

    party: str
    before: int
    after: int
    examples: tuple[Row, ...]

    @property
    def more(self) -> int:
        """How many records it would see that it does not see now."""
        return max(0, self.after - self.before)

    @property
    def is_capped(self) -> bool:
        """Whether there are more than were counted."""
        return self.after >= COUNTED


def gains(store: Store, directory: Directory, terms: SharingAgreement, own: str, now: datetime) -> tuple[Gain, ...]:
    """For every other party, at the moment when it begins, or now where it has begun."""
    at = max(now, moment(terms.valid_from))
    with_it = msgspec.structs.replace(
        directory,
        agreements=(
            *(one for one in directory.agreements if one.id != terms.id),
            agreement_of(terms, frozenset(terms.parties)),
        ),
    )
    mine = clearance((own,), directory, at)
    newest = store.changes(mine, 0, LOOKED_AT, Query(owners=(own,), versions=(LAST,), newest_first=True)).rows
    return tuple(
        _gain(store, own, party, (clearance((party,), directory, at), clearance((party,), with_it, at)), newest)
        for party in terms.parties
        if party != own
    )


def _gain(store: Store, own: str, party: str, views: tuple[Clearance, Clearance], newest: tuple[Row, ...]) -> Gain:
    query = Query(owners=(own,), versions=(LAST,))
    before, after = views
    fresh = [row for row in newest if decide(row.label, after).allowed and not decide(row.label, before).allowed]
    return Gain(
        party=party,
        before=store.count(before, query, COUNTED),
        after=store.count(after, query, COUNTED),
        examples=tuple(fresh[:EXAMPLES]),
    )
