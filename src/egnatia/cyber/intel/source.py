"""Where intelligence comes from: each source with its schedule, licence, handling and reliability, and how it goes.

How often each is read follows from how it went.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

import msgspec

from egnatia.cyber.intel.feed_sync import Broken
from egnatia.cyber.intel.held import Waiting
from egnatia.cyber.intel.leaving import Leavings
from egnatia.cyber.intel.overlap import overlaps
from egnatia.cyber.intel.score import Reliability
from egnatia.cyber.intel.server_sync import forget_server, look_again
from egnatia.exchange.formats.listing import ListMapping
from egnatia.exchange.formats.taxii import Mark
from egnatia.store import Store
from egnatia.store.keeping import Kept

Kind = Literal["misp", "misp-feed", "misp-server", "list", "stix", "taxii21", "taxii20", "csaf"]
SECONDS: Final = 1_000_000


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One source. `tlp` is put on everything that it brings, besides what it says itself. `reliability` is its grade in
    the Admiralty code. `secret` is the file that holds its key or password, `user` the name that goes with it.
    `community` and `understand` are what is settled of a MISP server (docs/intel.md); `give_to` is the identity of the
    organisation that reads there: with it our own reports are put onto the server, as far as that one may see them.
    `inside` lets its own host be no public address or without TLS; only the machine's command line says so."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    kind: Kind
    url: Annotated[str, msgspec.Meta(pattern=r"^https?://\S+$")]
    every_minutes: Annotated[int, msgspec.Meta(ge=1, le=525_600)] = 60
    licence: str = ""
    tlp: Literal["clear", "green", "amber", "amber+strict", "red"] | None = None
    reliability: Reliability = "F"
    mapping: ListMapping | None = None
    user: str = ""
    secret: str = ""
    community: tuple[str, ...] = ()
    understand: dict[str, str] = {}
    give_to: str = ""
    paused: bool = False
    inside: bool = False

    def check(self) -> None:
        """Raises ValueError where something that its kind needs is missing."""
        if self.kind == "list" and self.mapping is None:
            raise ValueError("a list needs a mapping")
        if self.give_to and self.kind != "misp-server":
            raise ValueError("only a MISP server can be given something")


class Health(msgspec.Struct, frozen=True):
    """How a source goes: times in microseconds UTC, 0 for never. `mark` and `etag` are where it was left; `authors` are
    the organisations whose word it carries; `reasons` say why records were refused, the most frequent first; `broken`
    are the first of the events of a feed that could not be read, of so many `broken_in_all`; `wait_seconds` is how long
    the server wanted to be left alone at the last try, `trouble` what was wrong then (`exchange.trouble`)."""

    tried: int = 0
    succeeded: int = 0
    failures: int = 0
    error: str = ""
    added: int = 0
    present: int = 0
    refused: int = 0
    reasons: tuple[str, ...] = ()
    remarks: int = 0
    mark: Mark = Mark()
    etag: str = ""
    authors: tuple[str, ...] = ()
    wait_seconds: float = 0
    trouble: str = ""
    broken: tuple[Broken, ...] = ()
    broken_in_all: int = 0


class Sources:
    """The sources that a node keeps, and how they go."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.sources: Kept[Source] = store.kept("source", Source)
        self.healths: Kept[Health] = store.kept("source-health", Health)
        self.waiting = Waiting(store)
        self.overlaps, self.leavings = overlaps(store), Leavings(store)

    def save(self, source: Source) -> None:
        """Keep a source in the place of one of the same name; raises ValueError where it makes no sense. One that leads
        elsewhere than before is read from its beginning, and what came from there is not followed any more; one that is
        to be read otherwise is read again, though nothing may have changed there."""
        source.check()
        before = self.sources.get(source.name)
        self.sources.put(source.name, source)
        if before is None or (before.url, before.kind) != (source.url, source.kind):
            self._forget(source.name)
        elif _meaning(before) != _meaning(source):
            self.waiting.unread.put(source.name, True)

    def remove(self, name: str) -> None:
        """Read a source no more; what it brought stays."""
        self.sources.remove(name)
        self._forget(name)

    def settle(self, name: str, decided: Literal["withdraw", "keep"], by: str) -> None:
        """A person says what becomes of what a source has no longer: the next reading does so. Raises LookupError where
        nothing waits."""
        self.leavings.decide(name, decided, by)
        look_again(self._store, name)
        self.waiting.unread.put(name, True)

    def _forget(self, name: str) -> None:
        self.healths.remove(name)
        self.overlaps.remove(name)
        self.leavings.forget(name)
        forget_server(self._store, name)

    def health(self, name: str) -> Health:
        """How a source goes."""
        return self.healths.get(name) or Health()

    def due(self, now: int) -> list[Source]:
        """Those whose time has come. One that fails waits longer each time, a day at most."""
        unread = self.waiting.unread.all()
        return [
            each
            for each in self.sources.all().values()
            if not each.paused
            and (each.name in unread or now - (held := self.health(each.name)).tried >= _wait(each, held) * SECONDS)
        ]

    def reliabilities(self) -> Mapping[str, Reliability]:
        """What the word of an author counts for, by the best source that carries it."""
        found: dict[str, Reliability] = {}
        for source in self.sources.all().values():
            named = [source.mapping.name] if source.mapping else []
            for author in (*named, *self.health(source.name).authors):
                found[author] = min(found.get(author, "F"), source.reliability)
        return found


def _meaning(source: Source) -> Sequence[object]:
    """What decides what comes of a document that is read."""
    return source.tlp, source.mapping, source.community, source.understand


def _wait(source: Source, health: Health) -> float:
    """Seconds between two tries."""
    every = source.every_minutes * 60
    return max(min(every * 2.0 ** min(health.failures, 10), max(every, 86_400)), health.wait_seconds)
