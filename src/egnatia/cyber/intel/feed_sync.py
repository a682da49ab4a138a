"""A MISP feed that is read: what is new in its manifest, what it has no longer, and what of it could not be had."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec

from egnatia.cyber.intel.leaving import Leaving
from egnatia.cyber.intel.overriding import Bases
from egnatia.exchange.formats.conversion import Conversion
from egnatia.exchange.formats.misp.feed import MANIFEST, Entry, Fetch, events_of, manifest_of, strangers
from egnatia.exchange.formats.misp.handling import Terms
from egnatia.exchange.host import Host
from egnatia.exchange.trouble import Trouble, Unread

BROKEN: Final = 100
"""So many broken events are kept by name."""


class Broken(msgspec.Struct, frozen=True):
    """An event that could not be read, by its UUID and title: why, since when (microseconds UTC), and how often it was
    tried."""

    uuid: str
    title: str
    why: str
    since: int
    tries: int = 1


class FeedSync:
    """One feed, by the name of its source. `bring` hands conversions in, `held` tells which versions of records are
    there."""

    def __init__(
        self,
        host: Host,
        name: str,
        terms: Terms,
        *,
        bring: Callable[[Iterable[Conversion]], None],
        held: Callable[[Iterable[str]], Mapping[str, str]],
        leaving: Leaving,
    ) -> None:
        self._name, self._terms, self._bring, self._held = name, terms, bring, held
        self._leaving, self._bases = leaving, Bases(host.store)
        self.broken: list[Broken] = []
        """What could not be read in the last round."""

    def read(self, fetch: Fetch, before: Iterable[Broken], now: int) -> None:
        """Everything that is new. Raises OSError, Invalid where the feed as a whole cannot be read; what is durable by
        then stays, and nothing is taken back."""
        manifest = manifest_of(fetch(MANIFEST))
        taken = self._leaving.held()
        if taken and not manifest:
            raise Unread(
                f"{MANIFEST}: names no event, though {len(taken)} came from there; nothing was taken back",
                Trouble.EMPTY,
            )
        self._bring(Conversion((), (problem,)) for problem in strangers(manifest))
        seen = {each.uuid: each for each in before}
        unchanged: dict[str, int] = {}
        for read in events_of(fetch, manifest, self._terms, self._known):
            if read.error is not None:
                self._note(read.uuid, manifest, read.error, seen.get(read.uuid), now)
            elif read.conversion is not None:
                self._bring([read.conversion])
                self._bases.note(self._name, [read.conversion], self._held)
                self._leaving.take({read.uuid: read.at})
            elif taken.get(read.uuid) != read.at:
                unchanged[read.uuid] = read.at
        self._leaving.take(unchanged)
        listed = {uuid.lower() for uuid in manifest}
        self._leaving.leave(sorted(taken.keys() - listed))

    def _known(self, reports: Iterable[str]) -> Mapping[str, str]:
        """What need not be read again: not what was taken back because the feed had it no longer."""
        withdrawn = self._leaving.withdrawn()
        return self._held(each for each in reports if each.partition("--")[2] not in withdrawn)

    def _note(
        self, uuid: str, manifest: Mapping[str, Entry], error: Exception, before: Broken | None, now: int
    ) -> None:
        entry = manifest.get(uuid) or Entry()
        since, tries = (before.since, before.tries + 1) if before is not None else (now, 1)
        self.broken.append(Broken(uuid, entry.info[:200], str(error)[:300], since, tries))
