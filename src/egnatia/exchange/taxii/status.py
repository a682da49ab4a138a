"""What became of the requests to add objects, kept for a day for who made them (TAXII 2.1 section 4.3).

The status of an envelope that was journaled is written in the transaction that stores its objects. That of one whose
objects were stored before it was answered is complete from its first moment: it is written down a quarter of a second
later, many together, so that a request costs no second commit, and a crash can lose those of that quarter of a second,
which their submitters were given in the answer. The latest 10,000 are kept.
"""

import asyncio
import logging
import threading
import time
import uuid
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from egnatia.exchange.caller import Caller
from egnatia.exchange.submission import Submission
from egnatia.exchange.taxii.filter import timestamp
from egnatia.exchange.taxii.line import Arrived, submitter
from egnatia.exchange.taxii.resource import Status, StatusDetail
from egnatia.store.entry import Keep
from egnatia.store.store import Store

KEPT_SECONDS: Final = 86_400
KEPT: Final = 10_000
FLUSH_SECONDS: Final = 0.25

_UNKNOWN: Final = "unknown"

_log = logging.getLogger(__name__)


class _Kept(msgspec.Struct, frozen=True):
    """A status as it rests; `until` is in seconds UTC, `body` compressed."""

    until: float
    submitter: tuple[str | None, str]
    body: bytes


class Statuses:
    """The statuses that can still be asked for."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._kept = store.kept("taxii status", _Kept)
        self._ends = store.kept("taxii status until", str)
        self._pending: dict[str, _Kept] = {}
        self._known: deque[tuple[str, str]] | None = None
        self._added: deque[tuple[str, str]] = deque()
        self._lock = threading.Lock()
        self._task: asyncio.Task[None] | None = None

    def keep(self, caller: Caller, status: bytes, status_id: str) -> None:
        """Keep an encoded status for its submitter; on a loop."""
        self._pending[status_id] = self._made(caller, status)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._flush_soon())

    def keeps(self, caller: Caller, status: bytes, status_id: str) -> tuple[Keep, ...]:
        """The same as part of a batch; from any thread. Whoever does so calls `forget` from time to time."""
        made = self._made(caller, status)
        end = _end(made, status_id)
        self._added.append((end, status_id))
        return self._kept.keep(status_id, made), self._ends.keep(end, status_id)

    def get(self, caller: Caller, status_id: str) -> bytes | None:
        """The encoded status, for its submitter; None for anybody else, as if it were not there. Asks the store."""
        kept = self._pending.get(status_id) or self._kept.get(status_id)
        if kept is None or kept.until <= self._clock() or kept.submitter != submitter(caller):
            return None
        return zlib.decompress(kept.body)

    async def close(self) -> None:
        """Write down what is still only in memory."""
        if self._task is not None:
            self._task.cancel()
        await asyncio.to_thread(self._flush)

    def _made(self, caller: Caller, status: bytes) -> _Kept:
        return _Kept(self._clock() + KEPT_SECONDS, submitter(caller), zlib.compress(status, 1))

    async def _flush_soon(self) -> None:
        await asyncio.sleep(FLUSH_SECONDS)
        try:
            await asyncio.to_thread(self._flush)
        except (OSError, RuntimeError, SQLAlchemyError):
            _log.exception("%d statuses of TAXII requests are not written down yet", len(self._pending))
        if self._pending:
            self._task = asyncio.create_task(self._flush_soon())

    def _flush(self) -> None:
        written = dict(self._pending)
        if not written:
            return
        self._kept.put_all(written)
        ends = {_end(each, status_id): status_id for status_id, each in written.items()}
        self._ends.put_all(ends)
        self._added.extend(ends.items())
        for status_id in written:
            self._pending.pop(status_id, None)
        self.forget()

    def forget(self) -> None:
        """Those that are over, and the oldest where there are too many, are gone for good. Asks the store at times."""
        with self._lock:
            added = [self._added.popleft() for _ in range(len(self._added))]
            if self._known is None:
                self._known = deque(self._ends.all().items())
            else:
                self._known.extend(added)
            now, gone = f"{int(self._clock() * 1_000_000):020d}", []
            while self._known and (self._known[0][0] < now or len(self._known) > KEPT):
                gone.append(self._known.popleft())
            if gone:
                self._kept.remove(*(status_id for _, status_id in gone))
                self._ends.remove(*(key for key, _ in gone))


def new_id() -> str:
    """Of a status that is to be."""
    return str(uuid.uuid4())


def pending_of(status_id: str, arrived: Arrived) -> Status:
    """The status resource of an envelope of which nothing is stored yet."""
    return Status(
        id=status_id,
        status="pending",
        request_timestamp=timestamp(arrived.received),
        total_count=arrived.objects,
        success_count=0,
        failure_count=0,
        pending_count=arrived.objects,
    )


def status_of(
    status_id: str, received: int, bodies: Sequence[bytes], submission: Submission, failed: Sequence[StatusDetail] = ()
) -> Status:
    """The status resource for a submission of `bodies` that is done, and of others that `failed` before; `received` is
    microseconds UTC."""
    failures = [
        *(
            StatusDetail(
                id=refused.id or _UNKNOWN,
                version=_version(bodies[refused.index], received),
                message="; ".join(map(str, refused.problems))[:2_000],
            )
            for refused in submission.refused
        ),
        *failed,
    ]
    successes = [
        StatusDetail(
            id=accepted.id,
            version=accepted.dated or timestamp(received),
            message="; ".join(map(str, accepted.deviations))[:2_000] if accepted.deviations else "",
        )
        for accepted in submission.accepted
    ]
    return Status(
        id=status_id,
        status="complete",
        request_timestamp=timestamp(received),
        total_count=len(bodies) + len(failed),
        success_count=len(successes),
        successes=successes or msgspec.UNSET,
        failure_count=len(failures),
        failures=failures or msgspec.UNSET,
    )


def failed(body: bytes, received: int, message: str) -> StatusDetail:
    """An object that was not even looked at."""
    return StatusDetail(id=id_of(body) or _UNKNOWN, version=_version(body, received), message=message)


class _Id(msgspec.Struct):
    """What the object says it is."""

    id: str | None = None


_ID = msgspec.json.Decoder(_Id)


class _Dates(msgspec.Struct):
    """The properties that tell an object's version."""

    created: str | None = None
    modified: str | None = None


_DATES = msgspec.json.Decoder(_Dates)


def version_in(body: bytes) -> str | None:
    """`modified`, else `created`, exactly as the object spells it; None where it has neither."""
    try:
        dates = _DATES.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return dates.modified or dates.created


def id_of(body: bytes) -> str | None:
    """What the object says it is; None where it does not say."""
    try:
        return _ID.decode(body).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _version(body: bytes, received: int) -> str:
    return version_in(body) or timestamp(received)


def _end(kept: _Kept, status_id: str) -> str:
    """Orders by the time at which it is over."""
    return f"{int(kept.until * 1_000_000):020d} {status_id}"
