"""Whoever works in a data directory holds it, together with others; who replaces what is in it holds it alone."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

HELD: Final = ".held"
"""The file in the data directory that is locked (flock(2)); the lock ends with the process, however that ends."""


@contextmanager
def held(folder: Path, *, alone: bool = False) -> Iterator[None]:
    """The data directory is held until the end of the block; BlockingIOError where that cannot be beside others."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / HELD, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError as error:
            why = "the node runs, or another command works there" if alone else "a backup is being restored there"
            message = f"{str(folder)!r} is in use: {why}; try again when that has ended"
            raise BlockingIOError(message) from error
        yield
    finally:
        os.close(descriptor)
