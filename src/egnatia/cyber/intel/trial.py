"""Which pattern a process is trying, in a file that is in memory: whoever ends the process reads it there."""

from collections.abc import Callable
from mmap import mmap
from pathlib import Path
from typing import Final

from egnatia.cyber.intel.watch import Watched

SIZE: Final = 128
"""Bytes of the file."""

_NOTHING: Final = b" "
_BEGINS: Final = b"i"
"""How the identifier of an indicator begins."""


def told_in(file: Path) -> Callable[[Watched | None], None]:
    """Writes the indicator whose pattern is about to be tried into a file that is in memory: whoever ends this process
    because a trial has no end can read which one."""
    file.write_bytes(_NOTHING * SIZE)
    with file.open("r+b") as opened:
        place = mmap(opened.fileno(), SIZE)

    last: Watched | None = None

    # It is called before and after each value that is tried: one byte says whether the name holds.
    def tell(key: Watched | None) -> None:
        nonlocal last
        if key is None:
            place[0] = _NOTHING[0]
        elif key is last:
            place[0] = _BEGINS[0]
        else:
            place[:] = key.indicator.encode()[:SIZE].ljust(SIZE)
            last = key

    return tell


def tried_in(file: Path) -> str:
    """The indicator whose pattern is being tried, as such a file says it; none where no pattern is."""
    try:
        said = file.read_bytes()
    except FileNotFoundError:
        return ""
    return said.decode("ascii", errors="replace").strip() if said.startswith(_BEGINS) else ""
