"""An output as a TAXII collection: the indicators themselves, each with when it came into the collection.

A program that asks what was added after a moment misses nothing: an indicator is added when it begins to pass (its
score has risen, say), not when the node got it. One that is revoked is given once more as its owner revoked it, for
TAXII knows no other way to take something back; one that passes no longer is left out, and ends where it says so.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from egnatia.cyber.intel.board import detected_by
from egnatia.cyber.intel.matching import Fields
from egnatia.cyber.intel.warning_index import WarningLists
from egnatia.exchange.taxii.filter import Filter
from egnatia.policy import Action, Clearance, may_act
from egnatia.record.pattern import BadPattern
from egnatia.store import Row, Store

AT_ONCE: Final = 500
TOLD_DAYS: Final = 90
"""How long a revoked indicator is still given, for programs that ask rarely."""
MICROSECONDS: Final = 1_000_000


class Member(msgspec.Struct, frozen=True, array_like=True):
    """One indicator of a collection: its version as the log spells it, when that was added (microseconds UTC, different
    for each), and whether its owner has revoked it."""

    id: str
    version: str
    added: int
    revoked: bool = False


class Roll(msgspec.Struct, frozen=True):
    """All members of one collection for one reader, the first added first."""

    members: tuple[Member, ...] = ()


NOBODY: Final = Roll()


def enrolled(
    before: Roll, store: Store, clearance: Clearance, names: Sequence[str], now: int, lists: Iterable[WarningLists]
) -> Roll:
    """Who is in the collection now, of the indicators that its output is made of; `now` in microseconds UTC. An
    indicator is given whole, so one that names a value of the `lists` besides is not."""
    kept = {each.id: each for each in before.members}
    added = max((each.added for each in before.members), default=0)
    found: list[Member] = []
    for row, revoked in _passing(store, clearance, names, kept, tuple(lists)):
        held = kept.get(row.id)
        if held is None or held.version != row.version:
            added = max(now, added + 1)
            held = Member(row.id, row.version, added, revoked)
        if not revoked or now - held.added < TOLD_DAYS * 86_400 * MICROSECONDS:
            found.append(held)
    return Roll(tuple(sorted(found, key=lambda each: each.added)))


def _passing(
    store: Store,
    clearance: Clearance,
    names: Sequence[str],
    kept: Mapping[str, Member],
    lists: tuple[WarningLists, ...],
) -> Iterator[tuple[Row, bool]]:
    """The indicators that are given, and those that were and are revoked."""
    chosen = set(names)
    gone = [each for each in kept if each not in chosen]
    for start in range(0, len(names) + len(gone), AT_ONCE):
        for row in store.get(clearance, [*names, *gone][start : start + AT_ONCE]):
            if not may_act(row.label, Action.DETECT).allowed:
                continue
            record = msgspec.json.decode(row.body, type=Fields)
            if record.get("revoked"):
                if row.id in kept:
                    yield row, True
            elif row.id in chosen and not any(_names(record, each) for each in lists):
                yield row, False


def _names(record: Fields, lists: WarningLists) -> bool:
    """Whether an indicator names, among others, a value of a list."""
    values = detected_by(record)
    if values:
        return any(":" in each.kind and lists.warned(each.kind, each.value) is not None for each in values)
    if record.get("pattern_type") != "stix":
        return False
    # Only where there are patterns of several things, and the engine's reading of them is not small.
    from egnatia.cyber.intel.benign import pruned  # noqa: PLC0415
    from egnatia.cyber.intel.watch import listed  # noqa: PLC0415
    from egnatia.engine.pattern import compiled  # noqa: PLC0415

    try:
        pattern = compiled(str(record.get("pattern", "")))
    except BadPattern:
        return False
    return pruned(pattern, listed(lists), strict=True) != pattern


class Page(msgspec.Struct, frozen=True):
    """Part of a collection. Where there is a `next`, what comes after it was not looked at."""

    members: tuple[Member, ...]
    next: int = 0


def page(roll: Roll, asked: Filter, after: int, limit: int) -> Page:
    """At most `limit` members that a TAXII filter asks for and that were added after a moment."""
    after = max(after, asked.added_after or 0)
    passing = [each for each in roll.members if each.added > after and _passes(each, asked)]
    following = passing[limit - 1].added if len(passing) > limit else 0
    return Page(tuple(passing[:limit]), following)


def _passes(member: Member, asked: Filter) -> bool:
    """Whether the filter asks for it; a collection holds one version of each, which is its first, its last and all."""
    versions = asked.versions
    return (
        not asked.impossible
        and (asked.ids is None or member.id in asked.ids)
        and (asked.types is None or "indicator" in asked.types)
        and (versions.every or versions.first or versions.last or member.version in versions.exact)
    )


def rows_of(store: Store, clearance: Clearance, members: Sequence[Member]) -> tuple[tuple[Member, Row], ...]:
    """The members with their records, as the reader may see them at this moment; what was taken back is gone."""
    wanted = {(each.id, each.version): each for each in members}
    found: list[tuple[Member, Row]] = []
    for start in range(0, len(members), AT_ONCE):
        for row in store.get(clearance, [each.id for each in members[start : start + AT_ONCE]]):
            member = wanted.pop((row.id, row.version), None)
            if member is not None:
                found.append((member, row))
    return tuple(found)
