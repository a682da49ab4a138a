"""A process of its own that matches one log: `python -m egnatia.cyber.intel.errand`, told over standard input.

A pattern of somebody's, or a log, may be made to take for ever or all memory: so the node's own process never reads
them, and ends this one when its time is over. It opens the store alone, without keys, and looks for what the clearance
that it is handed may see. It answers in lines of JSON: how far it is, and in the end what it has found.
"""

import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from egnatia.cyber.intel.language import parse
from egnatia.cyber.intel.log_match import (
    HITS,
    SIGHTS,
    Count,
    Errand,
    Failed,
    Far,
    Findings,
    Hit,
    Word,
    burdens,
    client_of,
)
from egnatia.cyber.intel.searching import known_to
from egnatia.cyber.intel.sighting import Sight, Sights
from egnatia.cyber.intel.source import Sources
from egnatia.cyber.intel.trial import told_in
from egnatia.cyber.intel.warning_index import warning_lists
from egnatia.cyber.intel.watch import Terms, Watch, Watched, watch
from egnatia.engine.connection import embedded
from egnatia.engine.log import Source, Unreadable
from egnatia.engine.pattern import Observation
from egnatia.engine.scanning import Place, Scan, Tally
from egnatia.store import Store

TELL: Final = 0.4
"""Seconds between two words about how far it is."""

NICE: Final = 5
"""How much it stands back behind the node itself."""

LINE: Final = 400
"""Letters of a line that are shown."""


def main() -> None:
    """Does one errand."""
    os.nice(NICE)
    errand = msgspec.json.decode(sys.stdin.buffer.read(), type=Errand)
    store = Store.open(errand.database, ledger=Path(errand.ledger))
    try:
        say(carried(store, errand))
    except Unreadable as error:
        say(Failed(error.kind))
    finally:
        store.close()


def say(word: Word) -> None:
    """One line for who sent it."""
    sys.stdout.buffer.write(msgspec.json.encode(word) + b"\n")
    sys.stdout.buffer.flush()


def carried(store: Store, errand: Errand) -> Findings:
    """What the log says; raises Unreadable."""
    now = datetime.now(UTC)
    terms = Terms(
        least=errand.least,
        warnings=warning_lists(Path(errand.data)),
        term=parse(""),
        known=known_to(store, errand.clearance, errand.organisations),
        reliabilities=Sources(store).reliabilities(),
    )
    watched = watch(store, errand.clearance, now, terms)
    if errand.trial:
        watched.matcher.tell_of_trials(told_in(Path(errand.trial)))
    scan = Scan(watched.matcher, now, embedded(threads=1, folder=Path(errand.log).parent))
    gathered = _Gathered(Source(errand.log))
    for key, observation in gathered.hits(scan, watched, errand.form):
        gathered.take(key, observation)
    return gathered.findings(watched)


class _Gathered:
    """What has been found so far."""

    def __init__(self, source: Source) -> None:
        self._source, self._tally = source, Tally(source.name)
        self._counts: dict[Watched, Count] = {}
        self._hits, self._lines, self._last = 0, 0, -1
        self._shown: list[Hit] = []
        self._sights = Sights()
        self._said = time.monotonic()

    def hits(self, scan: Scan, watched: Watch, form: str | None) -> Iterator[tuple[Watched, Observation]]:
        """Each indicator with each line that shows it."""
        tell = partial(self._tell)
        for found in watched.matcher.match(scan.observations(self._source, self._tally, form=form, on_block=tell)):
            for observation in found.observations:
                yield found.key, observation

    def _tell(self) -> None:
        if time.monotonic() - self._said > TELL:
            self._said = time.monotonic()
            say(Far(self._source.bytes_read, self._tally.lines, self._hits))

    def take(self, key: Watched, observation: Observation) -> None:
        """One more."""
        self._hits += 1
        place: Place = observation.source
        if place.number != self._last:
            self._lines, self._last = self._lines + 1, place.number
        count = self._counts.get(key)
        if count is None:
            count = self._counts[key] = Count(key.indicator, key.name, key.kind, key.value, key.score)
        count.times += 1
        if len(self._sights) < SIGHTS:
            self._sights.add(key.indicator, observation)
        if len(self._shown) < HITS:
            at = None if place.at is None else place.at.isoformat(timespec="seconds")
            hit = Hit(key.indicator, key.value, key.score, at, client_of(observation), place.number, place.line[:LINE])
            self._shown.append(hit)

    def findings(self, watched: Watch) -> Findings:
        """All of it."""
        tally = self._tally
        slow, costly = burdens(watched)
        return Findings(
            form=tally.form,
            lines=tally.lines,
            malformed=tally.malformed,
            example=next((line for _, line in tally.examples), ""),
            truncated=tally.truncated,
            hits=self._hits,
            lines_hit=self._lines,
            looked_for=len(watched),
            undecided=len(watched.matcher.undecided),
            left_out=watched.left_out,
            read_for=len(watched.matcher.slow()),
            slow=slow,
            costly=costly,
            counts=tuple(sorted(self._counts.values(), key=lambda each: -each.times)),
            shown=tuple(self._shown),
            sights=tuple(map(_bare, self._sights)),
        )


def _bare(sight: Sight) -> Sight:
    """Without its line, which is the log's."""
    return msgspec.structs.replace(sight, example=msgspec.structs.replace(sight.example, source=None))


if __name__ == "__main__":
    main()
