"""Which sectors the newest records name: by the organisations that they target, were sighted at, or list."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

import msgspec

from egnatia.policy.clearance import Clearance
from egnatia.store.query import LAST, Query
from egnatia.store.store import Store

NEWEST: Final = 300
"""How many records are looked at: a page does not read the log."""

_QUERY: Final = Query(versions=(LAST,), newest_first=True)


class _Naming(msgspec.Struct):
    """What of a record can name a sector, whatever type it is of."""

    sectors: list[str] | None = None
    target_ref: str | None = None
    object_refs: list[str] | None = None
    where_sighted_refs: list[str] | None = None

    @property
    def names(self) -> Iterable[str]:
        """The organisations that it names."""
        refs = [self.target_ref, *(self.object_refs or ()), *(self.where_sighted_refs or ())]
        return [ref for ref in refs if ref and ref.startswith("identity--")]


_decode = msgspec.json.Decoder(_Naming).decode


def sectors(store: Store, clearance: Clearance, since: int) -> Counter[str]:
    """How many of the newest records since then (microseconds UTC) speak of each sector, as far as `clearance` may
    see both. One record may speak of several."""
    rows = store.bodies(clearance, 0, NEWEST, msgspec.structs.replace(_QUERY, since=since)).rows
    read = []
    for row in rows:
        try:
            read.append(_decode(row.body))
        except msgspec.ValidationError:
            # Somebody else's idea of these properties names no sector.
            continue
    known = _sectors_of(store, clearance, sorted({name for said in read for name in said.names}))
    counted: Counter[str] = Counter()
    for said in read:
        counted.update({sector for name in said.names for sector in known.get(name, ())})
    return counted


def _sectors_of(store: Store, clearance: Clearance, ids: list[str]) -> dict[str, tuple[str, ...]]:
    found = {}
    for row in store.get(clearance, ids) if ids else ():
        try:
            found[row.id] = tuple(_decode(row.body).sectors or ())
        except msgspec.ValidationError:
            continue
    return found
