"""One thread writes; whoever submits while it is busy shares the next commit."""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from math import inf
from time import monotonic
from typing import Any, Final, Generic, Protocol, TypeVar

from sqlalchemy import Connection

from egnatia.store.appending import Appending
from egnatia.store.database import Database
from egnatia.store.entry import Appended, Batch
from egnatia.store.erasure import Ledger
from egnatia.store.link import Link
from egnatia.store.loading import Remembered
from egnatia.store.naming import Naming
from egnatia.store.queueing import keep
from egnatia.store.shelving import Shelving

T = TypeVar("T")

ENTRIES_PER_COMMIT: Final = 4000
"""Enough to share the cost of a commit, few enough that it does not keep the next ones waiting."""


class Committed(Protocol):
    """Hears on the writer's thread that the log ends at `position`, and whether something of it was erased."""

    def __call__(self, position: int, *, erased: bool) -> None: ...


class Job(Generic[T]):
    """Something to be done in a transaction, and the promise of its outcome."""

    def __init__(self, work: "Batch | Callable[[Connection], T]", *, atomic: bool = False) -> None:
        self.work = work
        self.atomic = atomic
        self.done: Future[T] = Future()
        self.outcome: Any = None

    @property
    def weight(self) -> int:
        return 1 + len(self.work.entries) if isinstance(self.work, Batch) else 1


class Writer:
    """The thread, its queue and its connection. `committed` is called on it after each commit with the position;
    `grown_at` is when the log last grew, on the monotonic clock."""

    def __init__(self, database: Database, shelving: Shelving, ledger: Ledger, committed: Committed) -> None:
        self._database, self._shelving, self._ledger, self._committed = database, shelving, ledger, committed
        self._naming, self._remembered = Naming(database), Remembered()
        self._jobs: queue.SimpleQueue[Job[Any] | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._closed = False
        self.grown_at = -inf
        self._thread = threading.Thread(target=self._run, name="egnatia-writer", daemon=True)
        self._thread.start()

    def append(self, batch: Batch, *, atomic: bool = False) -> Future[Appended]:
        """Resolved once the batch is durable."""
        return self._submit(Job(batch, atomic=atomic))

    def write(self, work: Callable[[Connection], T]) -> Future[T]:
        """Some other change, within a transaction that it shares with whatever is waiting."""
        return self._submit(Job(work))

    def shrink(self) -> Future[None]:
        """Give back what the thread's connection remembers of the database."""
        return self.write(lambda connection: self._database.shrink(self._link(connection)))

    @property
    def waiting(self) -> int:
        """How many jobs are in the queue."""
        return self._jobs.qsize()

    def close(self) -> None:
        """What was submitted is still done."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        self._thread.join()

    def _submit(self, job: Job[T]) -> Future[T]:
        with self._gate:
            if self._closed:
                raise RuntimeError("the store is closed")
            self._jobs.put(job)
        return job.done

    def _run(self) -> None:
        with self._database.engine.connect() as connection:
            stopping = False
            while not stopping:
                jobs, stopping = self._next()
                self._commit(connection, [job for job in jobs if job.done.set_running_or_notify_cancel()])

    def _next(self) -> tuple[list[Job[Any]], bool]:
        """The job that is waited for and those that wait already; and whether it is the end."""
        job = self._jobs.get()
        if job is None:
            return [], True
        jobs, weight = [job], job.weight
        while weight < ENTRIES_PER_COMMIT and not self._jobs.empty():
            job = self._jobs.get()
            if job is None:
                return jobs, True
            jobs.append(job)
            weight += job.weight
        return jobs, False

    def _commit(self, connection: Connection, jobs: Sequence[Job[Any]]) -> None:
        """All in one transaction; where that fails each in its own, so that a bad one fails alone."""
        if not jobs:
            return
        try:
            with self._transaction(connection, jobs):
                appending = self._work(connection, jobs)
        except Exception as error:  # noqa: BLE001 whatever it is belongs to the submitter
            self._naming.forget()
            self._remembered.forget_all()
            if len(jobs) == 1:
                jobs[0].done.set_exception(error)
                return
            for job in jobs:
                self._commit(connection, [job])
            return
        if appending is not None:
            appending.publish()
            self.grown_at = monotonic()
        for job in jobs:
            job.done.set_result(job.outcome)
        if appending is not None:
            self._committed(appending.position, erased=bool(appending.erased))

    def _transaction(self, connection: Connection, jobs: Sequence[Job[Any]]) -> AbstractContextManager[object]:
        for job in jobs:
            if not isinstance(job.work, Batch) or job.work.keeps or job.work.outcome is not None:
                return connection.begin()
        return self._database.transaction(connection)

    def _work(self, connection: Connection, jobs: Sequence[Job[Any]]) -> Appending | None:
        batches = [(job, job.work) for job in jobs if isinstance(job.work, Batch)]
        appending = None
        if batches:
            link = self._link(connection)
            appending = Appending(self._database, link, self._shelving, self._naming, self._remembered)
            appended = appending.append([batch for _, batch in batches], [job.atomic for job, _ in batches])
            for (job, _), outcome in zip(batches, appended, strict=True):
                job.outcome = outcome
            for (_, batch), outcome in zip(batches, appended, strict=True):
                for each in (*batch.keeps, *(batch.outcome(outcome) if batch.outcome else ())):
                    keep(connection, each)
            self._ledger.add(appending.erased)
        for job in jobs:
            if not isinstance(job.work, Batch):
                job.outcome = job.work(connection)
        return appending

    def _link(self, connection: Connection) -> Link:
        """The driver's own connection, in the transaction that SQLAlchemy began."""
        return connection.connection.driver_connection  # type: ignore[return-value]
