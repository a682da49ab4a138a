"""The store: the one way to the log, for whoever writes, reads under a clearance, or keeps house."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Final, Self, TypeVar

from egnatia.store.auditing import AuditPage, Sought, audit_page, audit_rows, last_audit_row
from egnatia.store.backup import back_up, put_back
from egnatia.store.casebook import Casebook
from egnatia.store.condition import BackedUp, Condition, condition
from egnatia.store.cursor import load_cursor
from egnatia.store.custody import Custodian
from egnatia.store.database import Database, open_database
from egnatia.store.entry import Appended, Batch, Cursor, Erased, Note
from egnatia.store.erasure import Ledger
from egnatia.store.indexer import Indexer
from egnatia.store.journal import Journal
from egnatia.store.keeping import Acknowledgements, Kept, Organisations, Tokens
from egnatia.store.loading import load_attestations
from egnatia.store.migrating import migrate
from egnatia.store.queueing import Queue
from egnatia.store.retention import AT_ONCE, due
from egnatia.store.sequence import Sequences
from egnatia.store.settling import Settling
from egnatia.store.shelving import Shelving
from egnatia.store.tally import Tally
from egnatia.store.valued import Valued
from egnatia.store.wakes import Wakes
from egnatia.store.witnesses import Witnesses
from egnatia.store.writer import Writer
from egnatia.trust.attestation import Attestation
from egnatia.trust.audit import AuditRow

T = TypeVar("T")

_QUIET_SECONDS: Final = 10.0


class Store(Valued):
    """An open store. Reads run on the caller's thread, writes on one thread of its own."""

    def __init__(self, database: Database, ledger: Path) -> None:
        shelving = Shelving(database)
        super().__init__(database, shelving)
        with database.readers.link() as link:
            shelving.refresh(link)
        self.ledger = ledger
        self._wakes = Wakes(database, self.position)
        self._settling = Settling(database, self.position())
        self._writer = Writer(database, shelving, Ledger(ledger), self._committed)
        # What a stop interrupted is taken up again: erased words may stand in old parts of the index.
        self.indexer = Indexer(database, self._writer, scrub=ledger.exists())
        self._sequences = Sequences(database, self._writer.write)
        self.custody = Custodian(database, shelving)
        self.tally = Tally(self)
        self.casebook = Casebook(database, self, self._writer.write)
        self.tokens = Tokens(database, self._writer.write)
        self.organisations = Organisations(database, self._writer.write)
        self.peers = Kept(database, self._writer.write, "peer", bytes)
        self.contacts = Kept(database, self._writer.write, "contact", bytes)
        self.witnesses = Witnesses(database, self._writer.write)
        self.backups = Kept(database, self._writer.write, "backup", BackedUp)
        self.acknowledgements = Acknowledgements(database, self._writer.write)

    @classmethod
    def open(cls, url: str, *, ledger: Path | None = None) -> Self:
        """The store behind `sqlite:///path` or `postgresql://...`, brought up to this release's schema.

        `ledger` is the file that remembers erasures beyond any backup: by default beside an SQLite database; for
        PostgreSQL it must be named, for it is not part of the database.
        """
        database = open_database(url)
        migrate(database)
        return cls(database, ledger or database.default_ledger())

    def kept(self, kind: str, content: type[T]) -> Kept[T]:
        """Things of one kind that a part of the program beyond the store keeps here, by key."""
        return Kept(self.database, self._writer.write, kind, content)

    def queue(self, kind: str, content: type[T]) -> Queue[T]:
        """Things of one kind that wait for their time."""
        return Queue(self.database, self._writer.write, kind, content)

    def journal(self, kind: str, head: type[T]) -> Journal[T]:
        """Bodies of one kind that wait to be dealt with, and of each a head."""
        return Journal(self.database, self._writer.write, kind, head, self._settling.written)

    def append(self, batch: Batch, *, atomic: bool = False) -> Future[Appended]:
        """Resolved once the batch is durable and can be read; ValueError where the database cannot hold it, Conflict
        where it is `atomic` and a place in it is taken."""
        return self._writer.append(batch, atomic=atomic)

    def _committed(self, position: int, *, erased: bool) -> None:
        self.indexer.stir(scrub=erased)
        self._settling.reached(position)
        self._wakes.reached(position)

    def subscribe(self, callback: Callable[[int], None]) -> Callable[[], None]:
        """`callback(position)` after every commit, here or by another process; call the result to end it.

        It runs on a thread of the store's: it must be quick, and it must not wait for the store.
        """
        return self._wakes.subscribe(callback)

    def next_sequence(self, node: str) -> int:
        """The number of the node's next attestation: greater than all before, also those of other processes."""
        return self._sequences.next(node)

    def attestations(self, digests: Iterable[bytes]) -> dict[bytes, Attestation]:
        """The attestations with these digests, as far as they are here."""
        return load_attestations(self.database, digests)

    def audit_rows(self, after: int = 0, limit: int | None = None) -> Iterator[AuditRow]:
        """The audit log after row `after`, in order."""
        return audit_rows(self.database, after, limit)

    def audit_page(self, sought: Sought, limit: int, *, before: int | None = None) -> AuditPage:
        """The newest rows of the audit log that fit, below row `before`, newest first."""
        return audit_page(self.database, sought, limit, before=before)

    def last_audit_row(self) -> AuditRow | None:
        """The head of the audit log; None before the first row."""
        return last_audit_row(self.database)

    def cursor(self, peer: str) -> Cursor:
        """How far `peer` has been read."""
        return load_cursor(self.database, peer)

    def purge(self, now: int) -> int:
        """Erase what may not be kept beyond `now`, microseconds UTC, with all older versions of it; how many."""
        erased = 0
        while gone := due(self.database, now):
            note = Note("egnatia", "purge", detail=f"{len(gone)} versions")
            self.append(Batch(erasures=gone, notes=(note,))).result()
            erased += len(gone)
        return erased

    def backup(self, path: Path) -> None:
        """A copy of everything at one moment, in one new file, while the store is in use."""
        back_up(self.database, path)
        at = time.time_ns() // 1_000
        self.backups.put("last", BackedUp(at, str(path), path.stat().st_size))

    def erased(self) -> Iterator[Erased]:
        """Every version that was ever erased here, as far as it is remembered beyond any backup."""
        return iter(Ledger(self.ledger))

    @property
    def is_quiet(self) -> bool:
        """Whether the log has not grown for a while."""
        return monotonic() - self._writer.grown_at > _QUIET_SECONDS

    @property
    def work_done(self) -> int:
        """Grows with whatever is read or written: what is not more than before has taken no memory since."""
        return self.position() + self.database.readers.lent

    def rest(self) -> None:
        """Give back the memory that work has taken; what is read next is read from the disk."""
        self._writer.shrink().result()
        self.database.readers.rest()

    def condition(self) -> Condition:
        """How the store is now, for an operator."""
        return condition(self.database, self.backups.get("last"))

    @classmethod
    def restore(cls, path: Path, url: str, *, ledger: Path | None = None) -> None:
        """Replace the content of the store at `url`, which nobody may have open, by that of a backup.

        What was erased since is erased again. Positions and sequence numbers go on well beyond those of the backup.
        ValueError where it is no backup for this database.
        """
        database = open_database(url)
        try:
            ledger = ledger or database.default_ledger()
            put_back(database, path)
        finally:
            database.close()
        with cls.open(url, ledger=ledger) as store:
            again = list(Ledger(ledger))
            for start in range(0, len(again), AT_ONCE):
                store.append(Batch(erasures=tuple(again[start : start + AT_ONCE]))).result()
            store.append(Batch(notes=(Note("egnatia", "restore", detail=f"{len(again)} erasures"),))).result()

    def close(self) -> None:
        """What was submitted is done first."""
        self.indexer.close()
        self.tally.close()
        self._writer.close()
        self._settling.close()
        self._wakes.close()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
