"""While a node serves, sources are read when they are due, beside everything else; what people decided about held
documents is carried out; logs that were matched, and what was found in them, are forgotten."""

import asyncio
import logging
import time
from threading import Event
from typing import Final

from egnatia.cyber.intel.held import settle
from egnatia.cyber.intel.log_match import forget_old
from egnatia.cyber.intel.source import Source, Sources
from egnatia.cyber.intel.tapping import run
from egnatia.exchange.host import Host

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 30.0
"""How often it is looked whether a source is due."""

AT_ONCE: Final = 3
"""So many are read at the same time: one that is slow keeps no other waiting."""


async def keep(host: Host, look_seconds: float = LOOK_SECONDS) -> None:
    """Read what is due, for ever; cancel it to end: what is being read then breaks off at its next page. What one
    source does wrong is kept with it and stops no other."""
    stopping, turn = Event(), asyncio.Semaphore(AT_ONCE)
    try:
        while True:
            await asyncio.to_thread(settle, host, stopping.is_set)
            await asyncio.to_thread(lambda: forget_old(host.store, host.settings.data, time.time_ns() // 1_000))
            due = await asyncio.to_thread(_due, host)
            await asyncio.gather(*(_read_in_turn(turn, host, source, stopping) for source in due))
            await asyncio.sleep(look_seconds)
    finally:
        stopping.set()


async def _read_in_turn(turn: asyncio.Semaphore, host: Host, source: Source, stopping: Event) -> None:
    async with turn:
        await asyncio.to_thread(_read, host, source, stopping)


def _due(host: Host) -> list[Source]:
    return Sources(host.store).due(time.time_ns() // 1_000)


def _read(host: Host, source: Source, stopping: Event) -> None:
    try:
        health = run(host, source, stopping=stopping.is_set)
    except Exception:  # one source must not end the reading of all
        log.exception("source %s could not be read", source.name)
    else:
        log.info("source %s: %d added, %s", source.name, health.added, health.error or "well")
