"""What has to look at thousands of records is counted once a minute for all who may see the same.

An answer is kept under the clearance that it was made for, so nobody is given another's; somebody whose rights change
asks under another clearance and is counted for anew. What is quickly counted is not kept: it is always of this moment.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from egnatia.policy import Clearance
from egnatia.store import Store

SECONDS: Final = 60
MOST: Final = 8
"""Answers that are kept; the one that nobody asked for the longest goes first."""

T = TypeVar("T")

_LOCK: Final = Lock()
_KEPT: Final[WeakKeyDictionary[Store, OrderedDict[Hashable, tuple[float, Any]]]] = WeakKeyDictionary()


def remembered(
    store: Store, clearance: Clearance, question: Hashable, make: Callable[[], T], *, is_large: Callable[[T], bool]
) -> T:
    """What `make` says to the question of a reader, now or up to a minute ago where that was large."""
    key, now = (clearance, question), time.monotonic()
    with _LOCK:
        kept = _KEPT.setdefault(store, OrderedDict())
        if key in kept and kept[key][0] > now:
            kept.move_to_end(key)
            found: T = kept[key][1]
            return found
    made = make()
    with _LOCK:
        kept.pop(key, None)
        if is_large(made):
            kept[key] = (time.monotonic() + SECONDS, made)
        while len(kept) > MOST:
            kept.popitem(last=False)
    return made
