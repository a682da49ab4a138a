"""What has to look at thousands of records is counted once a minute for all who may see the same.

An answer is kept under the clearance that it was made for, so nobody is given another's; somebody whose rights change
asks under another clearance and is counted for anew. What is quickly counted is not kept: it is always of this moment.
Who asks after the minute is told the kept answer, with its time, while it is counted anew beside: only who asks for
what nobody asked for lately waits.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock, Thread
from typing import Any, Final, Generic, TypeVar
from weakref import WeakKeyDictionary

import msgspec

from egnatia.policy import Clearance
from egnatia.store import Store

SECONDS: Final = 60
OLDEST: Final = 120
"""Seconds after which an answer is not told any more: who asks then waits for a new one."""

MOST: Final = 8
"""Answers that are kept; the one that nobody asked for the longest goes first."""

THREAD: Final = "egnatia-counting"

T = TypeVar("T")

_log: Final = logging.getLogger(__name__)


class Told(msgspec.Struct, Generic[T], frozen=True):
    """An answer, and when it was counted in microseconds UTC where that was not just now, else 0."""

    made: T
    at: int = 0


class _Kept(msgspec.Struct):
    """An answer with when it was made, by the clock that never goes back and in microseconds UTC; whether it is being
    counted anew."""

    made: Any
    since: float
    at: int
    is_counted: bool = False


_LOCK: Final = Lock()
_KEPT: Final[WeakKeyDictionary[Store, OrderedDict[Hashable, _Kept]]] = WeakKeyDictionary()


def remembered(
    store: Store, clearance: Clearance, question: Hashable, make: Callable[[], T], *, is_large: Callable[[T], bool]
) -> Told[T]:
    """What `make` says to the question of a reader, now or a while ago where that was large."""
    key, now = (clearance, question), time.monotonic()
    with _LOCK:
        answers = _KEPT.setdefault(store, OrderedDict())
        kept = answers.get(key)
        if kept is not None and now - kept.since < OLDEST:
            answers.move_to_end(key)
            if now - kept.since >= SECONDS and not kept.is_counted:
                kept.is_counted = True
                Thread(target=_again, args=(store, key, make, is_large), name=THREAD, daemon=True).start()
            return Told(kept.made, kept.at)
    made = make()
    _keep(store, key, made, is_large=is_large(made))
    return Told(made)


def _keep(store: Store, key: Hashable, made: object, *, is_large: bool) -> None:
    with _LOCK:
        answers = _KEPT.setdefault(store, OrderedDict())
        answers.pop(key, None)
        if is_large:
            answers[key] = _Kept(made, time.monotonic(), time.time_ns() // 1_000)
        while len(answers) > MOST:
            answers.popitem(last=False)


def _again(store: Store, key: Hashable, make: Callable[[], T], is_large: Callable[[T], bool]) -> None:
    """Counts anew; where the store cannot say, or is being closed, the next who asks lets it be tried again."""
    failures: tuple[type[Exception], ...] = (*store.database.failures, RuntimeError)
    try:
        made = make()
    except failures as error:
        _log.warning("what is kept was not counted anew: %s", error)
        with _LOCK:
            if (kept := _KEPT.setdefault(store, OrderedDict()).get(key)) is not None:
                kept.is_counted = False
        return
    _keep(store, key, made, is_large=is_large(made))
