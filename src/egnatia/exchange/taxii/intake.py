"""What was journaled is handed in: one thread takes it to the one way in, and lets those go first who still bring.

An envelope is durable when its submitter is told that it is pending, and it waits in the journal until one transaction
holds its records, their audit note and its final status, and takes it out of the journal: so it is stored and audited
once, whenever the node is killed. How much may wait is bounded; beyond that a client waits for room before it is told.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from functools import partial
from math import inf
from time import monotonic
from typing import Final, Protocol

import msgspec

from egnatia.exchange.caller import Caller
from egnatia.exchange.host import Admission
from egnatia.exchange.submission import Handling, NotAllowed, Submission
from egnatia.exchange.taxii.answer import Problem
from egnatia.exchange.taxii.envelope import bodies_of, raws_of
from egnatia.exchange.taxii.judgement import ERASED, REVOKED, as_of_now, without_erased
from egnatia.exchange.taxii.line import Arrived, Line, Waiting, submitter
from egnatia.exchange.taxii.resource import StatusDetail
from egnatia.exchange.taxii.room import Room
from egnatia.exchange.taxii.status import Statuses, failed, new_id, pending_of, status_of
from egnatia.store.entry import Batch, Gone, Keep, Note
from egnatia.store.store import Store

_log = logging.getLogger(__name__)

MOST_OBJECTS: Final = 50_000
"""Objects that may wait: some seconds' work."""

MOST_BYTES: Final = 256 << 20
"""Bytes that may wait: on the disk, for the journal is not in memory."""

QUIET_SECONDS: Final = 0.05
"""Longer than who posts one envelope after the other takes for the next: it is stored once that is done."""

PATIENCE_SECONDS: Final = 2.0
"""Nothing waits longer than that for others to go first."""

_TOGETHER: Final = 2_000
"""About how many objects are handed in and not stored yet: one batch is read while another is written."""

_BESIDE_OTHERS: Final = 500
"""The same while others still bring: each of them waits for the commit that is under way."""

_TRIES: Final = 3
"""Of an envelope for which something fails: with others, and then alone."""

_TRIES_OF_DATABASE: Final = 10
"""Of one for which the database does, a second apart: it is rarely the envelope's fault."""

_PAUSE_SECONDS: Final = 1.0
_FORGET_EVERY: Final = 100

THREAD: Final = "egnatia-intake"


class _Handed(msgspec.Struct):
    """An envelope that was handed in."""

    waiting: Waiting
    outcome: "Future[Submission]"


class Way(Protocol):
    """What the intake needs of its node."""

    @property
    def store(self) -> Store: ...
    @property
    def admission(self) -> Admission: ...


class Intake:
    """The journal of one node's TAXII server, and the thread that empties it from `open` to `close`."""

    def __init__(self, node: Way, statuses: Statuses, room: Room | None = None) -> None:
        self._node, self._store, self._statuses = node, node.store, statuses
        self._journal = node.store.journal("taxii arrival", Arrived)
        self._failures: tuple[type[Exception], ...] = (*node.store.database.failures, CancelledError)
        self._room = room or Room(MOST_OBJECTS, MOST_BYTES)
        self._line = Line()
        self._changed = threading.Condition()
        self._stopping = False
        self._came, self._received = -inf, 0
        self._handed: deque[_Handed] = deque()
        self._again: deque[Waiting] = deque()
        self._settled = 0
        self._erased = self._ledger_bytes()
        self._opened = monotonic()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name=THREAD, daemon=True)

    @property
    def waiting(self) -> int:
        """Objects that were taken and are not stored yet."""
        return self._room.objects

    @property
    def waiting_seconds(self) -> float:
        """How long the oldest of those in the line has waited."""
        with self._changed:
            oldest = self._line.oldest
        return 0 if oldest is None else monotonic() - max(oldest, self._opened)

    async def open(self) -> None:
        """Begin, with what the node left when it ended or was killed."""
        self._loop = asyncio.get_running_loop()
        left = await asyncio.to_thread(self._journal.heads)
        for id_, arrived in sorted(left.items(), key=lambda each: each[1].received):
            self._received = arrived.received
            self._room.add(arrived.objects, arrived.size_bytes)
            self._line.add(Waiting(id_, arrived, since=-inf))
        self._thread.start()

    async def close(self) -> None:
        """What was handed in is stored first; what waits is durable, and waits for the next beginning."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._loop is not None:
            await asyncio.to_thread(self._thread.join)

    async def take(self, caller: Caller, applied: tuple[str, ...], body: bytes, objects: int, received: int) -> bytes:
        """Take an envelope, which was found to be one, of so many objects: its status, pending, once it is durable.
        Raises NoRoom where too much waits already, and goes on doing so."""
        await self._room.take(objects, len(body))
        received = self._received = max(received, self._received + 1)
        waiting = Waiting(new_id(), Arrived(received, caller, applied, objects, len(body)), monotonic())
        durable = self._journal.put(waiting.id, waiting.arrived, body)
        durable.add_done_callback(partial(self._journaled, waiting))
        await asyncio.wrap_future(durable)
        return msgspec.json.encode(pending_of(waiting.id, waiting.arrived))

    def pending(self, caller: Caller, status_id: str) -> bytes | None:
        """The status of an envelope that is not stored yet, for its submitter alone. Asks the store."""
        arrived = self._journal.head(status_id)
        if arrived is None or submitter(arrived.caller) != submitter(caller):
            return None
        return msgspec.json.encode(pending_of(status_id, arrived))

    def _journaled(self, waiting: Waiting, durable: "Future[None]") -> None:
        """On the store's writer thread."""
        if durable.cancelled() or durable.exception() is not None:
            self._give(waiting.arrived)
            return
        with self._changed:
            self._came = monotonic()
            self._line.add(waiting)
            if self._line.length == 1:  # whoever waits for others to go first looks by itself
                self._changed.notify()

    # On the intake's own thread

    def _run(self) -> None:
        while self._is_due():
            try:
                self._hand_in_some()
                if self._handed:
                    self._conclude(self._handed.popleft())
            except self._failures as error:
                _log.warning("envelopes wait: %s", error)
                self._pause()
        for handed in self._handed:  # what does not come through now is still in the journal
            handed.outcome.exception()

    def _is_due(self) -> bool:
        """Waits until there is something to do; False where it is to stop."""
        with self._changed:
            while not self._stopping:
                rest = 0 if self._handed or self._again else self._rest()
                if rest is not None and rest <= 0:
                    return True
                self._changed.wait(rest)
            return False

    def _rest(self) -> float | None:
        """Seconds for which others go first; None where nobody waits."""
        oldest = self._line.oldest
        if oldest is None or self._room.is_full:
            return None if oldest is None else 0
        return min(self._came + QUIET_SECONDS, oldest + PATIENCE_SECONDS) - monotonic()

    def _pause(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping, _PAUSE_SECONDS)

    def _hand_in_some(self) -> None:
        """As many as are worth having in hand; one that failed among others goes alone."""
        while (waiting := self._next()) is not None:
            try:
                self._hand_in(waiting)
            except Exception as error:  # noqa: BLE001  whatever it is, it is of this envelope alone
                self._failed(waiting, error)

    def _next(self) -> Waiting | None:
        if self._stopping:
            return None
        if self._again:
            return None if self._handed else self._again.popleft()
        most = _TOGETHER if monotonic() > self._came + QUIET_SECONDS else _BESIDE_OTHERS
        if sum(each.waiting.arrived.objects for each in self._handed) >= most:
            return None
        with self._changed:
            rest = self._rest()
            return None if rest is None or rest > 0 else self._line.next()

    def _hand_in(self, waiting: Waiting) -> None:
        arrived = waiting.arrived
        body = self._journal.body(waiting.id)
        if body is None:  # another process has stored it
            self._leave(waiting)
            return
        caller = as_of_now(self._store, arrived.caller)
        if caller is None:
            self._refuse(waiting, REVOKED)
            return
        bodies, erased = bodies_of(raws_of(body)), list[StatusDetail]()
        if waiting.since == -inf:
            bodies, erased = without_erased(self._store, arrived, bodies)
        if not bodies:
            self._refuse(waiting, ERASED)
            return
        outcome = self._node.admission.submit(
            bodies,
            caller.submitter,
            handling=Handling(arrived.applied),
            closing=partial(self._closing, waiting, bodies, erased),
        )
        self._handed.append(_Handed(waiting, outcome))

    def _closing(
        self, waiting: Waiting, bodies: Sequence[bytes], erased: Sequence[StatusDetail], submission: Submission
    ) -> Sequence[Keep]:
        """On the store's writer thread: it waits no longer, and this became of it."""
        status = status_of(waiting.id, waiting.arrived.received, bodies, submission, erased)
        kept = self._statuses.keeps(waiting.arrived.caller, msgspec.json.encode(status), waiting.id)
        return *self._journal.settling(waiting.id), *kept

    def _conclude(self, handed: _Handed) -> None:
        match handed.outcome.exception():
            case None:
                self._leave(handed.waiting)
            case NotAllowed() as error:
                self._refuse(handed.waiting, str(error))
            case error:
                self._failed(handed.waiting, error)

    def _failed(self, waiting: Waiting, error: BaseException) -> None:
        if isinstance(error, Gone):  # another process was first, so nothing of it was stored here
            self._leave(waiting)
            return
        if self._stopping:  # it is in the journal
            return
        waiting.tries += 1
        _log.error("an envelope could not be stored (%s, try %d)", waiting.id, waiting.tries, exc_info=error)
        is_of_database = isinstance(error, self._failures)
        if waiting.tries < (_TRIES_OF_DATABASE if is_of_database else _TRIES):
            self._again.append(waiting)
            if is_of_database:
                self._pause()
        else:
            self._refuse(
                waiting, "the node failed to store it, which was written down; nothing of the envelope is here"
            )

    def _refuse(self, waiting: Waiting, reason: str) -> None:
        """Nothing of it is stored, and its status says why."""
        arrived = waiting.arrived
        try:
            bodies = bodies_of(raws_of(self._journal.body(waiting.id) or b""))
        except Problem:
            bodies = []
        details = [failed(body, arrived.received, reason) for body in bodies]
        status = msgspec.json.encode(status_of(waiting.id, arrived.received, (), Submission(), details))
        note = Note(arrived.caller.name, "refuse", arrived.caller.organisation or "", f"{arrived.objects}: {reason}")
        keeps = (*self._journal.settling(waiting.id), *self._statuses.keeps(arrived.caller, status, waiting.id))
        try:
            self._store.append(Batch(notes=(note,), keeps=keeps)).result()
        except Gone:
            _log.info("another process has settled %s", waiting.id)
        except self._failures:
            self._again.append(waiting)
            raise
        self._leave(waiting)

    def _leave(self, waiting: Waiting) -> None:
        """It waits no longer."""
        self._give(waiting.arrived)
        self._settled += 1
        is_last = not (self._line.length or self._again or self._handed)
        if is_last or self._settled % _FORGET_EVERY == 0:
            self._statuses.forget()
        if is_last and (erased := self._ledger_bytes()) != self._erased:
            # What was erased while something waited may have waited too, and stands where that was.
            self._erased = erased
            self._store.indexer.stir(scrub=True)

    def _give(self, arrived: Arrived) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._room.give, arrived.objects, arrived.size_bytes)

    def _ledger_bytes(self) -> int:
        ledger = self._store.ledger
        return ledger.stat().st_size if ledger.exists() else 0
