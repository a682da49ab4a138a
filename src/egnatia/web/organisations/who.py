"""What a reader is told of the organisations that this node knows.

Who is a client of whom is known to the operator, and no business of others: people of the operator see all, people of
another organisation the members and whom they are joined to, the public those whose identity it may see.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from egnatia.exchange.peer.pairing import Pairing, State
from egnatia.policy import Clearance
from egnatia.store import Known, Query, Row, Store
from egnatia.store.query import LAST
from egnatia.web.peers.book import card_of
from egnatia.web.premises import Premises

IDENTITIES: Final = 2_000
"""Identities that a list reads."""


class Identity(msgspec.Struct, frozen=True):
    """What an organisation says of itself, of its record."""

    id: str
    name: str = ""
    identity_class: str = ""
    sectors: tuple[str, ...] = ()
    contact_information: str = ""
    description: str = ""
    roles: tuple[str, ...] = ()


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation: what the operator says of it, at which node it is at home (empty: at none that is known), and
    what it says of itself, as far as the reader may see that."""

    known: Known
    here: bool
    named: bool
    node: str = ""
    node_name: str = ""
    identity: Identity | None = None


def everybody(
    premises: Premises, clearance: Clearance, reader: str | None, *, all_of_them: bool
) -> tuple[tuple[Who, ...], tuple[Row, ...]]:
    """Those whom the reader is told of, by name, and the rows of their identities that were read for it."""
    known = premises.organisations()
    rows = identities(premises.store, clearance)
    by_id = {row.id: msgspec.json.decode(row.body, type=Identity) for row in rows if row.owner == row.id}
    at_home = homes(premises.pairings.all())
    hosted = {each.id for each in premises.card.organisations}
    named = {each.id for each in premises.store.organisations.all()}
    told = known if all_of_them else tuple(_told(known, reader, by_id))
    found = tuple(
        Who(
            known=each,
            here=each.id in hosted,
            named=each.id in named,
            node=at_home.get(each.id, ("", ""))[0],
            node_name=at_home.get(each.id, ("", ""))[1],
            identity=by_id.get(each.id),
        )
        for each in told
    )
    return found, rows


def _told(known: Sequence[Known], reader: str | None, seen: Mapping[str, Identity]) -> Iterable[Known]:
    mine = next((each for each in known if each.id == reader), None)
    for each in known:
        joined = mine is not None and (
            each.member or each.id == mine.id or each.id in mine.client_of or mine.id in each.client_of
        )
        if joined or (mine is None and each.id in seen):
            yield each if each.id == reader else _without_joins(each, reader)


def _without_joins(each: Known, reader: str | None) -> Known:
    """The organisation without what is between it and others than the reader."""
    mine = tuple(one for one in each.client_of if one == reader)
    return msgspec.structs.replace(each, client_of=mine, groups=())


def identities(store: Store, clearance: Clearance) -> tuple[Row, ...]:
    """The identity records that the reader may see, as far as they are of who they are about."""
    query = Query(types=("identity",), versions=(LAST,))
    return tuple(row for row in store.changes(clearance, 0, IDENTITIES, query).rows if row.owner == row.id)


def homes(pairings: Iterable[Pairing]) -> dict[str, tuple[str, str]]:
    """At which node each organisation is at home, by the cards that are believed here: (node, its operator's name)."""
    found: dict[str, tuple[str, str]] = {}
    for pairing in pairings:
        if pairing.state is State.INVITED:
            continue
        card = card_of(pairing)
        for each in card.organisations:
            found[each.id] = (pairing.node, card.operator.name)
    return found
