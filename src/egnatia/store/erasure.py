"""What was erased stays erased: a list beside the database outlives it, so that no restored backup brings it back."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from egnatia.store.entry import Erased


class Ledger:
    """A file of one erased version per line, synced before the erasure is committed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, erased: Iterable[Erased]) -> None:
        """Durable when this returns. The same again does no harm."""
        lines = b"".join(msgspec.json.encode(one) + b"\n" for one in erased)
        if not lines:
            return
        new = not self.path.exists()
        with self.path.open("ab") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
        if new:
            _sync_folder(self.path.parent)

    def __iter__(self) -> Iterator[Erased]:
        """All of it; a last line that a crash cut short says nothing, for its erasure was not committed."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield msgspec.json.decode(line, type=Erased)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
