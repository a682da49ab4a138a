"""What a reader asks of the log besides what it may see."""

from collections.abc import Sequence

import msgspec

from egnatia.policy.label import Label, Tlp
from egnatia.policy.meet import strictest_tlp

FIRST = "first"
LAST = "last"
PAGE_LIMIT = 10_000
"""The most rows that one page holds, whatever was asked."""


class Query(msgspec.Struct, frozen=True):
    """Which records; every field narrows, an empty one does not.

    `since` and `until` are exclusive bounds on when a row was added here, microseconds UTC. `versions` are `first`,
    `last` and exact versions as `Record.version` spells them, any of which will do; empty for all of them. `source`
    is `own` for what entered the network at this node, else a node id, empty for all. `audience` is an organisation
    or group that an audience of the record names. `words` are in the text of the record, as far as the text index has
    followed the log: a page then ends where it does. With `variants` a whole record does not hide its redacted variant:
    for a peer, which passes both on.
    """

    types: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    tlps: tuple[Tlp, ...] = ()
    since: int | None = None
    until: int | None = None
    versions: tuple[str, ...] = ()
    spec_versions: tuple[str, ...] = ()
    source: str = ""
    audience: str = ""
    words: str = ""
    variants: bool = False
    newest_first: bool = False

    @property
    def exact_versions(self) -> tuple[str, ...]:
        """The versions asked for by name."""
        return tuple(version for version in self.versions if version not in {FIRST, LAST})

    @property
    def is_empty(self) -> bool:
        """Whether nothing can match: the log holds STIX 2.1 only."""
        return bool(self.spec_versions) and "2.1" not in self.spec_versions


EVERYTHING = Query()


class Shelf(msgspec.Struct, frozen=True):
    """What many rows have in common: all that decides who may see them and most of what is asked of them.

    Labels are numbers of interned labels: `label` is the row's own, `sight` admits exactly whom the row's own label
    admits and that of the head of its id and owner does too, under recalls and bounds. A reader whom `unless` (the
    sight of the whole record) admits is given the whole record instead of this variant. `first` and `last` say where
    the row stands among its versions.
    """

    label: int
    sight: int
    type: str
    owner: str
    source: str = ""
    unless: int | None = None
    first: bool = True
    last: bool = True
    redacted: bool = False


def matches(shelf: Shelf, label: Label, query: Query) -> bool:
    """Whether rows on this shelf can be among what is asked for."""
    if query.types and shelf.type not in query.types:
        return False
    if query.owners and shelf.owner not in query.owners:
        return False
    if query.tlps and strictest_tlp(label) not in query.tlps:
        return False
    if query.audience and not _names(label, query.audience):
        return False
    if query.source and shelf.source != ("" if query.source == "own" else query.source):
        return False
    return not query.versions or bool(query.exact_versions) or _stands(shelf, query.versions)


def _names(label: Label, organisation: str) -> bool:
    return any(organisation in audience for audience in label.audiences) or any(
        _names(other, organisation) for other in label.also
    )


def _stands(shelf: Shelf, versions: Sequence[str]) -> bool:
    return (shelf.first and FIRST in versions) or (shelf.last and LAST in versions)


def bounded(limit: int) -> int:
    """`limit` within what a page may hold; raises ValueError below one."""
    if limit < 1:
        raise ValueError(f"a limit of at least 1 is needed, not {limit!r}")
    return min(limit, PAGE_LIMIT)
