"""What a clearance rests on, as a short text that the subscriber keeps with its cursor.

A policy decision only ever opens when a clearance gains something (a membership, a group, a client's place, an
agreement). So older records can have become visible only if today's view has an element that the kept one lacks;
then, and only then, the feed is read again from its start.
"""

from collections.abc import Iterator
from hashlib import sha256

import msgspec

from egnatia.policy.clearance import Clearance, Standing

ELEMENT = 16  # hex digits per element
LIMIT = 4096  # characters of a view

_encode = msgspec.msgpack.Encoder(order="sorted").encode


def view_of(clearance: Clearance, *, scope: str) -> str:
    """The elements of a clearance, hashed, sorted and joined: equal for equal clearances, whatever their order.

    A clearance of too many elements becomes one: then every change of it counts as wider.
    """
    names = {
        sha256(_encode((scope, element))).hexdigest()[:ELEMENT]
        for standing in clearance.standings
        for element in _elements(standing)
    }
    view = " ".join(sorted(names))
    return view if len(view) <= LIMIT else sha256(view.encode()).hexdigest()


def is_wider(now: str, before: str) -> bool:
    """Whether something may be visible under `now` that was not under `before`."""
    return not set(now.split()) <= set(before.split())


def _elements(standing: Standing) -> Iterator[tuple[object, ...]]:
    who = f"{standing.organisation} {standing.exercise}".rstrip()
    yield (who, "organisation")
    if standing.member:
        yield (who, "member")
    for group in standing.groups:
        yield (who, "group", group)
    for agreement in standing.agreements:
        yield (who, "agreement", agreement)
    for patron in standing.client_of:
        for element in _elements(patron):
            yield (who, "client", *element)
