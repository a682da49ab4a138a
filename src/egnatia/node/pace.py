"""How the interpreter is set for a server: its threads take turns sooner, what never dies is not looked through, and
what work has taken of memory is given back once there is none."""

import ctypes
import gc
import sys
from typing import Final

TURN_SECONDS: Final = 0.001
"""A request waits this long at most for a thread that computes (the indexer, the gate), where Python's default is five
times that: each time it has let go of the interpreter, to read or to sign."""

YOUNG: Final = 20_000
"""Objects made before the collector looks for cycles: a batch of a hundred records makes several thousand, and no
cycles among them."""


def set_pace() -> None:
    """Call it once everything is imported and opened."""
    sys.setswitchinterval(TURN_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)


def give_back() -> None:
    """Hand free memory back to the system: glibc keeps what many threads have let go of, tens of megabytes."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's alone
    if trim is not None:
        trim(0)
