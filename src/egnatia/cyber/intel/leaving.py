"""What a source has no longer is taken back here: the events that came from it, and of their records those that nobody
else has brought and nobody here has worked on. Where most of them are gone at once, a person decides.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Any, Final, Literal

import msgspec

from egnatia.cyber.intel.overriding import Bases
from egnatia.exchange.host import Host
from egnatia.exchange.takeback import own_custody
from egnatia.store import Store
from egnatia.store.keeping import Kept

Fields = dict[str, Any]
Stays = Callable[[Fields, Set[str]], bool]
End = Callable[[Mapping[str, Iterable[str]], Stays], None]
"""Revokes reports with all that came with them, but for what stays."""

FEW: Final = 2
"""Where more events than these, and more than half of all, are gone at once, nothing is taken back: a person looks."""


class Gone(msgspec.Struct, frozen=True):
    """So many events that a source has no longer, of all that came from it, and what a person has decided: take them
    back, keep them, or nothing yet."""

    events: tuple[str, ...]
    of: int
    decided: Literal["", "withdraw", "keep"] = ""
    by: str = ""


class Leavings:
    """What came from sources, what is gone from them, and what was taken back for it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.taken: Kept[int] = store.kept("misp-taken", int)
        self.gone: Kept[Gone] = store.kept("source-gone", Gone)
        self.withdrawn: Kept[int] = store.kept("source-withdrawn", int)

    def of(self, name: str) -> dict[str, int]:
        """The events that came from a source, with the time of their last change there (seconds)."""
        return _of(self.taken, name)

    def take(self, name: str, events: Mapping[str, int]) -> None:
        """These came from a source, with the time of their last change there (seconds)."""
        if events:
            self.taken.put_all({f"{name} {uuid}": at for uuid, at in events.items()})
            self.withdrawn.remove(*(f"{name} {uuid}" for uuid in events))

    def decide(self, name: str, decided: Literal["withdraw", "keep"], by: str) -> None:
        """A person says what becomes of what is gone; the next reading does so. Raises LookupError for nothing."""
        held = self.gone.get(name)
        if held is None:
            raise LookupError("Nothing of this source waits")
        self.gone.put(name, msgspec.structs.replace(held, decided=decided, by=by))

    def forget(self, name: str) -> None:
        """Nothing of what came from a source is followed any more; it stays."""
        bases = Bases(self._store).kept
        bases.remove(*(key for key in bases.all() if key.partition(" ")[0] == name))
        for kept in (self.taken, self.withdrawn):
            kept.remove(*(f"{name} {uuid}" for uuid in _of(kept, name)))
        self.gone.remove(name)


def _of(kept: Kept[int], name: str) -> dict[str, int]:
    return {key.partition(" ")[2]: at for key, at in kept.all().items() if key.partition(" ")[0] == name}


class Leaving:
    """The same of one source."""

    def __init__(self, host: Host, name: str, end: End) -> None:
        self._host, self._name, self._end = host, name, end
        self._all, self._bases = Leavings(host.store), Bases(host.store)

    def held(self) -> dict[str, int]:
        """The events that came from it, with the time of their last change there (seconds)."""
        return self._all.of(self._name)

    def withdrawn(self) -> Set[str]:
        """The events that were taken back because it had them no longer."""
        return _of(self._all.withdrawn, self._name).keys()

    def take(self, events: Mapping[str, int]) -> None:
        """These came from it."""
        self._all.take(self._name, events)

    def leave(self, events: Sequence[str], is_gone: Callable[[str], bool] = lambda _: True) -> None:
        """It has these no longer. Each that `is_gone` is taken back, unless they are most of all: then they wait for a
        person, and what a person has decided is done."""
        before, count = self._all.gone.get(self._name), len(self.held())
        decided = set(before.events) if before is not None and before.decided else set()
        kept = decided & set(events) if before is not None and before.decided == "keep" else set()
        self._forget(kept)
        left = [each for each in events if each not in kept]
        if len([each for each in left if each not in decided]) > max(FEW, count // 2):
            self._all.gone.put(self._name, Gone(tuple(left), count))
            return
        if before is not None:
            self._all.gone.remove(self._name)
        ended = [each for each in left if is_gone(each)]
        others = self._elsewhere()
        alone = [each for each in ended if each not in others]
        if alone:
            brought = {uuid: self._brought(uuid) for uuid in alone}
            self._end({f"report--{uuid}": tuple(each) for uuid, each in brought.items()}, self._stays(brought.values()))
            self._all.withdrawn.put_all({f"{self._name} {uuid}": 1 for uuid in alone})
        self._forget(ended)

    def _forget(self, events: Iterable[str]) -> None:
        keys = [f"{self._name} {uuid}" for uuid in events]
        for kept in (self._all.taken, self._bases.kept):
            kept.remove(*keys)

    def _elsewhere(self) -> Set[str]:
        """The events that came from another source as well."""
        keys = (key.partition(" ") for key in self._all.taken.all())
        return {uuid for name, _, uuid in keys if name != self._name}

    def _brought(self, uuid: str) -> Mapping[str, str]:
        base = self._bases.kept.get(f"{self._name} {uuid}")
        return base.versions if base is not None else {}

    def _stays(self, brought: Iterable[Mapping[str, str]]) -> Stays:
        """Whether a record stays though its event is gone: somebody changed it here or narrowed who may see it, or what
        is not of these events names it (a vote, a sighting, a note, a case, a report of somebody else's). Of what
        events `brought` the versions tell what was changed since."""
        host = self._host
        versions = {name: version for each in brought for name, version in each.items()}
        clearance = host.clearance_of(host.own)

        def stays(record: Fields, ending: Set[str]) -> bool:
            name = str(record["id"])
            custody = own_custody(host.store.custody.heads([name]).get(name, ()), host.own)
            is_changed = versions.get(name, record["modified"]) != record["modified"]
            if is_changed or (custody is not None and custody.recalled):
                return True
            naming = host.store.neighbours(clearance, name, "in", 500)
            return any(row.id not in ending and not _is_revoked(row.body) for row in naming)

        return stays


class _Ended(msgspec.Struct, frozen=True):
    revoked: bool = False


def _is_revoked(body: bytes) -> bool:
    return msgspec.json.decode(body, type=_Ended).revoked
