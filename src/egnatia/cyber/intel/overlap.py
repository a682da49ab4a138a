"""How much of a MISP feed is known here, from where else, and what only it tells of: by its hashes, before anything of
it is read."""

from collections.abc import Iterable, Sequence, Set
from typing import Final

import msgspec

from egnatia.exchange.formats.conversion import is_uuid
from egnatia.exchange.formats.misp.event import seconds
from egnatia.exchange.formats.misp.feed import HASHES, MANIFEST, Fetch, manifest_of
from egnatia.exchange.formats.misp.hashes import Hashes, hashes_in
from egnatia.policy import Clearance
from egnatia.store import Row, Store
from egnatia.store.keeping import Kept

AT_ONCE: Final = 100
NEWEST: Final = 10


class Overlap(msgspec.Struct, frozen=True):
    """So many `values` a feed has; of these so many are `known` here, and so many also from `elsewhere` than from the
    feed. Figures are about right where they are not `exact`. So many lines of its hashes are `broken`, the first of
    these as they are. `at` is microseconds UTC, `digest` is of the hashes that were counted."""

    values: int
    known: int
    elsewhere: int
    exact: bool = True
    broken: int = 0
    examples: tuple[str, ...] = ()
    at: int = 0
    digest: bytes = b""


def overlaps(store: Store) -> Kept[Overlap]:
    """What was counted last, by the names of sources, on behalf of the node's organisation."""
    return store.kept("source-overlap", Overlap)


def overlap(store: Store, clearance: Clearance, hashes: Hashes, events: Iterable[str] = ()) -> Overlap:
    """What the reader knows of a feed, from which these `events` came. Compared is what one looks for: texts, times and
    values of more than 128 characters count as not known."""
    known = elsewhere = 0
    own = _listed(store, clearance, events)
    for _, rows in store.values(clearance, lambda value: hashes.has(value) is not None):
        known += 1
        elsewhere += any(_is_of_others(store, clearance, row, own) for row in rows)
    return Overlap(
        hashes.scaled(len(hashes.events)), hashes.scaled(known), hashes.scaled(elsewhere), hashes.is_whole,
        hashes.broken, hashes.examples,
    )  # fmt: skip


def _is_of_others(store: Store, clearance: Clearance, row: Row, own: Set[int]) -> bool:
    """Whether a record did not come with these events. An observable, which has no version, is of whoever names it: the
    same for all."""
    if hash(row.id) in own:
        return False
    naming = store.neighbours(clearance, row.id, "in", 20) if not row.version else ()
    return not naming or any(each.version and hash(each.id) not in own for each in naming)


def _listed(store: Store, clearance: Clearance, events: Iterable[str]) -> Set[int]:
    """The hashes of the ids of all that came with these events: of a large feed they are many."""
    found: set[int] = set()
    names = [f"report--{uuid}" for uuid in events]
    for start in range(0, len(names), AT_ONCE):
        for report in store.get(clearance, names[start : start + AT_ONCE]):
            found |= {hash(ref) for ref in _refs(report.body)}
            for grouping in store.neighbours(clearance, report.id, "in", 1_000, types=("grouping",)):
                found |= {hash(ref) for ref in _refs(grouping.body)}
    return found


class _Lists(msgspec.Struct, frozen=True):
    object_refs: tuple[str, ...] = ()


def _refs(body: bytes) -> Sequence[str]:
    return msgspec.json.decode(body, type=_Lists).object_refs


class Glance(msgspec.Struct, frozen=True):
    """What a feed holds, before anything of it is read: so many `events`, so many of them `new` here, the `newest` by
    title and time (seconds), and how much of it is known; why the last cannot be told, where it has no hashes."""

    events: int
    new: int
    newest: tuple[tuple[str, int], ...]
    overlap: Overlap | None = None
    trouble: str = ""


def glance(store: Store, clearance: Clearance, fetch: Fetch) -> Glance:
    """A look at a feed on behalf of a reader; nothing is stored. Raises OSError, Invalid."""
    manifest = {uuid.lower(): each for uuid, each in manifest_of(fetch(MANIFEST)).items() if is_uuid(uuid)}
    names = [f"report--{uuid}" for uuid in manifest]
    parts = [names[start : start + AT_ONCE] for start in range(0, len(names), AT_ONCE)]
    held = {row.id for part in parts for row in store.get(clearance, part)}
    dated = sorted(((each.info, seconds(each.timestamp) or 0) for each in manifest.values()), key=lambda one: -one[1])
    found = Glance(len(names), len(names) - len(held), tuple(dated[:NEWEST]))
    try:
        hashes = hashes_in(fetch(HASHES))
    except OSError as error:
        return msgspec.structs.replace(found, trouble=str(error))
    own = [uuid for uuid in manifest if f"report--{uuid}" in held]
    return msgspec.structs.replace(found, overlap=overlap(store, clearance, hashes, own))
