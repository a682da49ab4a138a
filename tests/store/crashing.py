"""Processes that write under load and are killed, and the questions that their database must answer afterwards.

A nursery has everything imported and forks a process for each line `URL LEDGER SEED ACKNOWLEDGED` on its standard
input; the process writes a line to the file ACKNOWLEDGED for each batch whose append has returned.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, text
from tests.store.building import SKOPJE, TIRANA, batch, clear, green, keys, record, record_id, red

from egnatia.policy import Label, Tlp
from egnatia.store import Batch, Note, Recall, Store
from egnatia.trust.audit_check import verify
from egnatia.trust.errors import Forged
from egnatia.trust.keys import PublicKeys

WRITERS = 4
BATCH = 7


def numbers(seed: int, writer: int, turn: int) -> range:
    """The numbers of the records of one batch; no two batches share one."""
    start = ((seed * WRITERS + writer) * 100_000 + turn) * BATCH
    return range(start, start + BATCH)


class Nursery:
    """Starts processes that write, each in some milliseconds, and kills them. `module` is what writes: see `nurse`."""

    def __init__(self, module: str = "tests.store.crashing") -> None:
        command = [sys.executable, "-m", module]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def run(self, url: str, ledger: Path, seed: int, *, seconds: float, folder: Path) -> set[tuple[int, int]]:
        """Let a process write for some seconds after its first acknowledgement, kill it, and tell which batches it
        was told are durable (writer and turn)."""
        lines = self.lines(url, ledger, seed, seconds=seconds, folder=folder)
        return {(int(writer), int(turn)) for writer, turn in lines}

    def lines(self, url: str, ledger: Path, seed: int, *, seconds: float, folder: Path) -> list[list[str]]:
        """The same, as the words of each line that was acknowledged."""
        acknowledged = folder / f"acknowledged-{seed}"
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{url} {ledger} {seed} {acknowledged}\n")
        self._process.stdin.flush()
        pid = int(self._process.stdout.readline())
        deadline = time.monotonic() + 20
        while not (acknowledged.exists() and acknowledged.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
        assert self._process.stdout.readline().split() == [str(pid), str(signal.SIGKILL.value)]
        lines = acknowledged.read_text().split("\n")[:-1]
        acknowledged.unlink()
        return [line.split() for line in lines]


Write = Callable[[str, Path, int, Path], None]
"""Writes to a database, its ledger beside it, as its seed says, and a line to a file for what is durable."""


def nurse(write: Write) -> None:
    """The nursery: forks, and says which process it was and how it ended."""
    for line in sys.stdin:
        url, ledger, seed, acknowledged = line.split()
        pid = os.fork()
        if not pid:
            try:
                write(url, Path(ledger), int(seed), Path(acknowledged))
            finally:
                os._exit(1)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{pid} {os.WTERMSIG(status) if os.WIFSIGNALED(status) else -1}\n")
        sys.stdout.flush()


def write(url: str, ledger: Path, seed: int, acknowledged: Path) -> None:
    """Append from several threads until the end."""
    file = os.open(acknowledged, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    with Store.open(url, ledger=ledger) as store:
        threads = [threading.Thread(target=_write, args=(store, seed, writer, file)) for writer in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _write(store: Store, seed: int, writer: int, file: int) -> None:
    chance = random.Random(seed * WRITERS + writer)  # noqa: S311 no secret
    for turn in range(100_000):
        store.append(_batch(chance, seed, writer, turn)).result()
        os.write(file, f"{writer} {turn}\n".encode())


def _batch(chance: random.Random, seed: int, writer: int, turn: int) -> Batch:
    label = chance.choice([clear(TIRANA), green(SKOPJE), red(TIRANA, SKOPJE)])
    first, *others = numbers(seed, writer, turn)
    back = record_id(max(0, first - chance.randrange(1, 50)))
    records = [record(first, kind="relationship", refs=[("source_ref", back), ("target_ref", record_id(others[0]))])]
    records += [record(number, values=[("ipv4-addr:value", str(number))], at=turn % 50) for number in others]
    made = batch(*records, label=label, notes=[Note("crash", "append", record_id(first, "relationship"))])
    if turn % 5:
        return made
    gone = Recall(
        record_id(others[1]), label.owner, Label(label.owner, Tlp.CLEAR, withdrawn=True), erase=turn % 10 == 0
    )
    return Batch(made.entries, made.attestations, recalls=(gone,), notes=made.notes)


def wrong(store: Store, acknowledged: dict[int, set[tuple[int, int]]]) -> list[str]:
    """What the database gets wrong: acknowledged batches that are missing, halves, indexes that disagree."""
    with store.database.engine.connect() as connection:
        return [*_batches(connection, acknowledged), *_indexes(connection), *_audit(store)]


def _batches(connection: Connection, acknowledged: dict[int, set[tuple[int, int]]]) -> list[str]:
    names = connection.execute(text("SELECT n.name FROM names n JOIN versions v ON v.name = n.number")).scalars()
    there = {int(name.rpartition("-")[2], 16) for name in names}
    findings = []
    for seed, batches in acknowledged.items():
        for writer, turn in batches:
            if not there.issuperset(numbers(seed, writer, turn)):
                findings.append(f"batch {turn} of writer {writer} was acknowledged in run {seed} and is not whole")
    starts = {number // BATCH for number in there}
    findings += [
        f"batch {start} is there in part"
        for start in starts
        if not there.issuperset(range(start * BATCH, start * BATCH + BATCH))
    ]
    return findings


_CHECKS = {
    "a row without its bytes": "SELECT count(*) FROM versions v LEFT JOIN bodies b ON b.position = v.position"
    " WHERE b.position IS NULL",
    "bytes without their row": "SELECT count(*) FROM bodies b LEFT JOIN versions v ON v.position = b.position"
    " WHERE v.position IS NULL",
    "a row that is erased in one table only": "SELECT count(*) FROM versions v JOIN bodies b ON b.position = v.position"
    " WHERE (v.shelf IS NULL) <> (b.body IS NULL)",
    "a row on no shelf": "SELECT count(*) FROM versions v LEFT JOIN shelves s ON s.number = v.shelf"
    " WHERE v.shelf IS NOT NULL AND s.number IS NULL",
    "a shelf without its labels": "SELECT count(*) FROM shelves s LEFT JOIN labels a ON a.number = s.label"
    " LEFT JOIN labels b ON b.number = s.sight WHERE a.number IS NULL OR b.number IS NULL",
    "a row without its attestation": "SELECT count(*) FROM bodies b LEFT JOIN attestations a"
    " ON a.number = b.attestation WHERE a.number IS NULL",
    "a row behind the end of the log": "SELECT count(*) FROM versions, state WHERE versions.position > state.position",
    "a reference of no row": "SELECT count(*) FROM refs r LEFT JOIN versions v ON v.position = r.position"
    " WHERE v.shelf IS NULL",
    "a value of no row": "SELECT count(*) FROM observables o LEFT JOIN versions v ON v.position = o.position"
    " WHERE v.shelf IS NULL",
    "a relationship without its two ends": "SELECT count(*) FROM versions v JOIN shelves s ON s.number = v.shelf"
    " WHERE s.type = 'relationship' AND (SELECT count(*) FROM refs r WHERE r.position = v.position) <> 2",
    "a record without its value": "SELECT count(*) FROM versions v JOIN shelves s ON s.number = v.shelf"
    " WHERE s.type = 'malware' AND (SELECT count(*) FROM observables o WHERE o.position = v.position) <> 1",
    "a record of one version that is not its last": "SELECT count(*) FROM versions v JOIN shelves s"
    " ON s.number = v.shelf WHERE NOT (s.first AND s.last)",
    "a recalled record that is open": "SELECT count(*) FROM recalls r JOIN versions v ON v.name = r.name"
    " AND v.owner = r.owner JOIN shelves s ON s.number = v.shelf WHERE s.sight = s.label",
    "a text too many or too few": "SELECT (SELECT count(*) FROM texts) - (SELECT count(*) FROM bodies"
    " WHERE body IS NOT NULL)",
}


def _indexes(connection: Connection) -> list[str]:
    findings = []
    for what, check in _CHECKS.items():
        count = connection.execute(text(check)).scalar_one()
        if count:
            findings.append(f"{what}: {count}")
    if connection.dialect.name == "sqlite":
        broken = connection.execute(text("PRAGMA integrity_check")).scalar_one()
        if broken != "ok":
            findings.append(broken)
        connection.execute(text("INSERT INTO texts (texts) VALUES ('integrity-check')"))
    return findings


def _audit(store: Store) -> list[str]:
    return [str(finding) for finding in verify(store.audit_rows(), [], [], _no_keys)]


def _no_keys(node: str, key: str) -> PublicKeys:
    raise Forged("key", f"nothing here is signed, by {node} or {key}")


if __name__ == "__main__":
    keys()
    nurse(write)
