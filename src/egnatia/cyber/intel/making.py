"""Outputs are made where somebody asks: anew when the log has grown or scores have aged, at most every few seconds for
one reader; devices and pages are given the same."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Final
from weakref import WeakKeyDictionary

import msgspec

from egnatia.cyber.intel.collecting import NOBODY, Roll, enrolled
from egnatia.cyber.intel.consuming import Outputs
from egnatia.cyber.intel.feeding import feed
from egnatia.cyber.intel.output import MISP_FEED, TAXII, Made, Output, allowing, make
from egnatia.cyber.intel.searching import known_to
from egnatia.cyber.intel.source import Sources
from egnatia.cyber.intel.warning_index import WarningLists, warning_lists
from egnatia.exchange.host import Host
from egnatia.store import Known

REST_SECONDS: Final = 10.0
"""An output is not put together more often than this for one reader, however fast the log grows."""

AGED_SECONDS: Final = 600.0
"""After this long scores are asked anew though the log has not grown."""

KEPT: Final = 256
"""How many made outputs are held in memory; the oldest goes first."""


class Maker:
    """Makes outputs, one at a time on a thread of its own, and holds those that are still good: devices that wait for a
    large one keep nobody else from the store."""

    def __init__(self, host: Host, organisations: Callable[[], Sequence[Known]] = tuple) -> None:
        self._host, self._organisations = host, organisations
        self._made: dict[tuple[Output, str | None], tuple[float, int, Made]] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="egnatia-output")

    async def make(self, output: Output, organisation: str | None) -> Made:
        """An output for one reader."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._make, output, organisation)

    def _make(self, output: Output, organisation: str | None) -> Made:
        key, position = (output, organisation), self._host.store.position()
        held = self._made.get(key)
        if held is not None and _is_good(held, position):
            return held[2]
        made = self._fresh(output, organisation)
        if held is not None and held[2].tag == made.tag:
            made = msgspec.structs.replace(made, since=held[2].since)
        self._made.pop(key, None)
        self._made[key] = (time.monotonic(), position, made)
        if len(self._made) > KEPT:
            self._made.pop(next(iter(self._made)))
        return made

    def _fresh(self, output: Output, organisation: str | None) -> Made:
        host = self._host
        store, clearance, warnings = host.store, host.clearance_of(organisation), warning_lists(host.settings.data)
        known = known_to(store, clearance, self._organisations())
        grades, now = Sources(store).reliabilities(), datetime.now(UTC)
        made = make(output, store, clearance, now, warnings=warnings, known=known, reliabilities=grades)
        if output.form == TAXII:
            return msgspec.structs.replace(made, roll=self._roll(output, organisation, made, warnings))
        if output.form != MISP_FEED:
            return made
        files = feed(store, clearance, made.sources, (host.own, host.settings.organisation.name), output.name)
        return msgspec.structs.replace(made, files=files)

    def _roll(self, output: Output, organisation: str | None, made: Made, warnings: WarningLists) -> Roll:
        """The members of a collection, written down where they change: when each was added outlives the process."""
        store, clearance = self._host.store, self._host.clearance_of(organisation)
        rolls, key = Outputs(store).rolls, f"{output.name} {organisation or 'public'}"
        before = rolls.get(key) or NOBODY
        lists = (allowing(output.allow), warnings)
        roll = enrolled(before, store, clearance, made.sources, time.time_ns() // 1_000, lists)
        if roll != before:
            rolls.put(key, roll)
        return roll


def _is_good(held: tuple[float, int, Made], position: int) -> bool:
    age = time.monotonic() - held[0]
    return age < REST_SECONDS or (held[1] == position and age < AGED_SECONDS)


_MAKERS: Final[WeakKeyDictionary[Host, Maker]] = WeakKeyDictionary()


def maker_of(host: Host, organisations: Callable[[], Sequence[Known]] = tuple) -> Maker:
    """The one maker of a node."""
    if host not in _MAKERS:
        _MAKERS[host] = Maker(host, organisations)
    return _MAKERS[host]
