"""Who is who, as this node sees it now: the directory that clearances are made of.

Its operator says which organisations are members, clients or in a group; cards of paired nodes say who hosts whom;
sharing-agreements in the log say who agreed on what. It is read anew at most once a second, and at once after a
change made here.
"""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from threading import Lock

import msgspec

from egnatia.exchange.directory import agreements
from egnatia.exchange.peer.pairing import Pairing, State
from egnatia.node.residence import Hosted
from egnatia.policy import PUBLIC, Clearance, Directory, clearance, standing_until
from egnatia.record import read
from egnatia.store import Known, Store
from egnatia.trust import Card

_FRESH = 1.0
"""Seconds for which what was read is good."""


class Facts:
    """The directory and the clearances that follow from it; cheap to ask, for every request. Thread-safe."""

    def __init__(
        self, store: Store, hosted: Callable[[], Iterable[Hosted]], pairings: Callable[[], Iterable[Pairing]]
    ) -> None:
        self._store = store
        self._hosted = hosted
        self._pairings = pairings
        self._lock = Lock()
        self._directory = Directory()
        self._publishers: frozenset[str] = frozenset()
        self._clearances: dict[tuple[str, ...], Clearance] = {}
        self._read_at = float("-inf")
        self._until: datetime | None = None

    def directory(self) -> Directory:
        """What is known of the organisations now."""
        with self._lock:
            self._refresh()
            return self._directory

    def clearance(self, *organisations: str) -> Clearance:
        """What somebody may see who reads for these organisations; the public's for none."""
        if not organisations:
            return PUBLIC
        with self._lock:
            self._refresh()
            found = self._clearances.get(organisations)
            if found is None:
                found = clearance(organisations, self._directory, datetime.now(UTC))
                self._clearances[organisations] = found
            return found

    def publishers(self) -> frozenset[str]:
        """The organisations whose records are theirs alone to publish: all that are known."""
        with self._lock:
            self._refresh()
            return self._publishers

    def organisations(self) -> tuple[Known, ...]:
        """Every organisation that is known, by name: hosted here, on a card, or named by the operator."""
        return tuple(sorted(self._known().values(), key=lambda each: each.name))

    def economy(self, organisation: str) -> str:
        """The economy of an organisation; `other` for one that is not known."""
        found = self._known().get(organisation)
        return (found.economy if found is not None else "") or "other"

    def forget(self) -> None:
        """Something has changed: read it anew when next asked."""
        self._read_at = float("-inf")

    def _refresh(self) -> None:
        now = time.monotonic()
        over = self._until is not None and datetime.now(UTC) >= self._until
        if now - self._read_at < _FRESH and not over:
            return
        self._read_at = now
        directory = self._read()
        if directory != self._directory or over:
            self._directory = directory
            self._clearances = {}
        self._until = standing_until(directory, datetime.now(UTC))

    def _read(self) -> Directory:
        known = self._known().values()
        self._publishers = frozenset(each.id for each in known)
        members = {each.id for each in known if each.member}
        groups: dict[str, set[str]] = {}
        clients: dict[str, set[str]] = {}
        for each in known:
            for group in each.groups:
                groups.setdefault(group, set()).add(each.id)
            for provider in each.client_of:
                clients.setdefault(provider, set()).add(each.id)
        copies = (
            (row.owner, read(row.body, tolerant=True)) for row in self._store.custody.records("sharing-agreement")
        )
        return Directory(
            members=frozenset(members),
            groups={group: frozenset(within) for group, within in groups.items()},
            clients={provider: frozenset(within) for provider, within in clients.items()},
            agreements=agreements(copies),
        )

    def _known(self) -> dict[str, Known]:
        """What cards say, the operator's word over it: a peer is a member, somebody introduced by a peer is known."""
        found = {each.id: Known(each.id, each.name, each.economy) for each in self._hosted()}
        for pairing in self._pairings():
            if pairing.state is State.INVITED:  # nothing is believed of it before people have compared words
                continue
            member = pairing.state is not State.INTRODUCED
            for each in msgspec.msgpack.decode(pairing.card.body, type=Card).organisations:
                found.setdefault(each.id, Known(each.id, each.name, each.economy, member=member))
        found.update((each.id, each) for each in self._store.organisations.all())
        return found
