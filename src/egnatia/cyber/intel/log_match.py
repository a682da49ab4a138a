"""One log that was handed over to be matched: what a run has read and found, kept for a day and then forgotten."""

import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from egnatia.cyber.intel.sighting import Sight, Telling, records, sighting_id
from egnatia.cyber.intel.watch import Watch, Watched
from egnatia.engine.pattern import Observation
from egnatia.policy import Clearance
from egnatia.store import Known, Row, Store

FOLDER: Final = "matching"
"""Where logs lie in the data directory while they are matched."""

KEPT: Final = 24 * 3_600 * 1_000_000
"""Microseconds for which what was found is kept."""

SILENCE: Final = 60 * 1_000_000
"""Microseconds after which a run that says nothing was interrupted."""

BURDENS: Final = 20
"""Slow patterns that are named."""

PATTERN: Final = 400
"""Letters of a pattern that are shown."""

LONG: Final = 1.0
"""Seconds of trials after which a pattern is named though not every line was read for it."""

HITS: Final = 5_000
"""Hits that are kept with their lines; all are counted."""

SIGHTS: Final = 20_000
"""Indicators and days of which sightings can be made."""

AT_ONCE: Final = 500


class Hit(msgspec.Struct, frozen=True):
    """An indicator on a line. `at` is None where the line names no time; `client` is who asked, where it says so."""

    indicator: str
    value: str
    score: int
    at: str | None
    client: str
    number: int
    line: str


class Count(msgspec.Struct):
    """How often one value or pattern was found."""

    indicator: str
    name: str
    kind: str
    value: str
    score: int
    times: int = 0


class Burden(msgspec.Struct, frozen=True):
    """A pattern that made a run slow, and the seconds for which it tried values."""

    indicator: str
    name: str
    value: str
    seconds: float = 0.0


class Findings(msgspec.Struct, frozen=True, kw_only=True, tag="found"):
    """All that a run has found. `left_out` counts by reason what was not looked for; `read_for` are the patterns for
    which every line was read, `undecided` those that were given up. Of the former, and of others that took long, the
    slowest are named in `slow`, of the latter some in `costly`."""

    form: str
    lines: int
    malformed: int
    example: str
    truncated: bool
    hits: int
    lines_hit: int
    looked_for: int
    undecided: int
    left_out: Mapping[str, int]
    read_for: int
    slow: tuple[Burden, ...]
    costly: tuple[Burden, ...]
    counts: tuple[Count, ...]
    shown: tuple[Hit, ...]
    sights: tuple[Sight, ...]


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be matched with what. `database` and `ledger` are those of the node's store; `trial` is the file in
    which the indicator stands whose pattern is being tried."""

    log: str
    database: str
    ledger: str
    data: str
    clearance: Clearance
    organisations: tuple[Known, ...]
    least: int
    form: str | None = None
    trial: str = ""


class Far(msgspec.Struct, frozen=True, tag="far"):
    """How far it is: bytes of the log as it lies there, lines, hits."""

    read: int
    lines: int
    hits: int


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """It cannot be done, and why: a kind of `Unreadable`."""

    why: str


Word = Far | Findings | Failed


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it stands. Times are microseconds UTC; `ended` is 0 while it goes on; `failed` is why it did, `stuck`
    the indicator whose pattern was being tried when its time was over. Of its sightings so many are `told`, and so many
    were `handed` in for a second person."""

    id: str
    organisation: str
    login: str
    by: str
    name: str
    size: int
    began: int
    touched: int
    read: int = 0
    lines: int = 0
    hits: int = 0
    ended: int = 0
    failed: str = ""
    told: int = 0
    handed: int = 0
    stuck: str = ""

    def goes_on(self, now: int) -> bool:
        """Whether it is going on; one that says nothing was interrupted."""
        return not self.ended and now - self.touched < SILENCE


class Runs:
    """The runs of one organisation on one node."""

    def __init__(self, store: Store, organisation: str) -> None:
        self._organisation = organisation
        self._runs, self._findings = store.kept("match-run", Run), store.kept("match-findings", Findings)

    def all(self) -> tuple[Run, ...]:
        """The newest first."""
        found = self._runs.between(f"{self._organisation} ", f"{self._organisation} \x7f")
        return tuple(sorted(found, key=lambda run: -run.began))

    def get(self, run: str) -> Run | None:
        """One of them; None for what is none of this organisation's."""
        return self._runs.get(f"{self._organisation} {run}")

    def findings(self, run: str) -> Findings | None:
        """What it has found; None while it goes on."""
        return self._findings.get(f"{self._organisation} {run}")

    def put(self, run: Run) -> None:
        """How it stands now."""
        self._runs.put(f"{self._organisation} {run.id}", run)

    def keep(self, run: str, findings: Findings) -> None:
        """What it has found, for a day."""
        self._findings.put(f"{self._organisation} {run}", findings)

    def remove(self, run: str) -> None:
        """Forget it and what it has found."""
        self._findings.remove(f"{self._organisation} {run}")
        self._runs.remove(f"{self._organisation} {run}")


def going_on(store: Store, now: int) -> tuple[Run, ...]:
    """The runs of all organisations that are going on."""
    return tuple(run for run in store.kept("match-run", Run).all().values() if run.goes_on(now))


def forget_old(store: Store, data: Path, now: int) -> None:
    """Forgets runs of more than a day, and logs that a process has left behind."""
    for run in store.kept("match-run", Run).all().values():
        if not run.goes_on(now) and now - run.began > KEPT:
            Runs(store, run.organisation).remove(run.id)
    folder = data / FOLDER
    if not folder.is_dir():
        return
    for each in folder.iterdir():
        if time.time() - each.stat().st_mtime > KEPT / 1_000_000:
            shutil.rmtree(each, ignore_errors=True)


def client_of(observation: Observation) -> str:
    """Who asked, as far as the line says so."""
    traffic: Mapping[str, Any] = observation.objects.get("network-traffic", {})
    asked = observation.objects.get(str(traffic.get("src_ref", "")), {})
    return str(asked.get("value", ""))


def burdens(watched: Watch) -> tuple[tuple[Burden, ...], tuple[Burden, ...]]:
    """The patterns that made a run slow, the slowest first, and those that were given up, as many as are named."""
    spent = dict(watched.matcher.spent())
    named = {key: spent.get(key, 0.0) for key in watched.matcher.slow()}
    named |= {key: seconds for key, seconds in spent.items() if seconds >= LONG}
    slowest = sorted(named.items(), key=lambda each: -each[1])
    slow = tuple(_burden(key, seconds) for key, seconds in slowest[:BURDENS])
    return slow, tuple(map(_burden, watched.matcher.undecided[:BURDENS]))


def _burden(key: Watched, seconds: float = 0.0) -> Burden:
    return Burden(key.indicator, key.name, key.value[:PATTERN], round(seconds, 2))


def told(store: Store, clearance: Clearance, sights: Sequence[Sight], telling: Telling) -> list[bytes]:
    """The records that tell what was seen, what is referred to first; nothing of indicators that the teller may not see
    any more, nor of what was told already."""
    indicators = rows(store, clearance, [each.indicator for each in sights])
    present = rows(store, clearance, [sighting_id(telling.organisation, each) for each in sights])
    return list(records(sights, indicators, present, telling))


def rows(store: Store, clearance: Clearance, ids: Sequence[str]) -> dict[str, Row]:
    """Of these records those that the reader may see, by id."""
    unique = list(dict.fromkeys(ids))
    found: dict[str, Row] = {}
    for first in range(0, len(unique), AT_ONCE):
        found |= {row.id: row for row in store.get(clearance, unique[first : first + AT_ONCE])}
    return found
