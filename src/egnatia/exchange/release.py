"""Every release of a record to another organisation is noted in the audit log.

What is most sensitive (personal data, TLP:RED) is noted durably before it leaves. The rest is gathered and noted
within a quarter of a second, so that a page costs no commit of its own: a crash can lose the notes of the releases
of that last quarter of a second, and nothing else.
"""

import asyncio
import hashlib
import logging
from collections.abc import Iterable, Sequence

from egnatia.exchange.caller import Caller
from egnatia.policy.label import Tlp
from egnatia.store.entry import Batch, Note, Row
from egnatia.store.reading import Lean
from egnatia.store.store import Store

FLUSH_SECONDS = 0.25

_log = logging.getLogger(__name__)


class Releases:
    """Gathers what was released to whom, and writes it down."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._pending: dict[tuple[str, str], set[int]] = {}
        self._task: asyncio.Task[None] | None = None

    async def note(self, caller: Caller, way: str, rows: Sequence[Row | Lean]) -> None:
        """Note that `rows` go to `caller` by `way` (taxii, api, stream); returns when they may leave."""
        organisation = caller.organisation
        foreign = [row for row in rows if row.owner != organisation]
        if not foreign:
            return
        if any(row.label.personal or row.label.tlp is Tlp.RED for row in foreign):
            note = _note(_actor(caller), way, (row.position for row in foreign))
            await asyncio.wrap_future(self._store.append(Batch(notes=(note,))))
            return
        self._pending.setdefault((_actor(caller), way), set()).update(row.position for row in foreign)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._flush_soon())

    async def close(self) -> None:
        """Write down what is still gathered."""
        if self._task is not None:
            self._task.cancel()
        await self._flush()

    async def _flush_soon(self) -> None:
        await asyncio.sleep(FLUSH_SECONDS)
        await self._flush()
        if self._pending:
            self._task = asyncio.create_task(self._flush_soon())

    async def _flush(self) -> None:
        pending, self._pending = self._pending, {}
        if not pending:
            return
        notes = tuple(_note(actor, way, positions) for (actor, way), positions in pending.items())
        try:
            await asyncio.wrap_future(self._store.append(Batch(notes=notes)))
        except (OSError, RuntimeError):
            _log.exception("Releases could not be noted: %d notes are kept for another try", len(notes))
            for key, positions in pending.items():
                self._pending.setdefault(key, set()).update(positions)


def ranges(positions: Iterable[int]) -> str:
    """Positions as ascending ranges, `1-3,7`; beyond 1,000 characters their count and digest instead."""
    found: list[tuple[int, int]] = []
    for position in sorted(positions):
        if found and position == found[-1][1] + 1:
            found[-1] = (found[-1][0], position)
        else:
            found.append((position, position))
    text = ",".join(str(first) if first == last else f"{first}-{last}" for first, last in found)
    if len(text) <= 1_000:
        return text
    count = sum(last - first + 1 for first, last in found)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{count} between {found[0][0]} and {found[-1][1]}, sha256 {digest}"


def _note(actor: str, way: str, positions: Iterable[int]) -> Note:
    return Note(actor=actor, action="release", subject=way, detail=ranges(positions))


def _actor(caller: Caller) -> str:
    return f"{caller.organisation or 'public'} {caller.name}"
