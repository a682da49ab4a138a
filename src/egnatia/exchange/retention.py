"""Until when a record may be kept here: what an agreement demands, what holds for personal data, what the operator
decided for observables; the soonest of them."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from egnatia.policy import Directory, Label, keep_until
from egnatia.record import Observable
from egnatia.record.catalog import STANDARD

PASSING: Final = frozenset(
    {str(each.__struct_config__.tag) for each in STANDARD if issubclass(each, Observable)}
    | {"sighting", "observed-data"}
)
"""What is seen today and of little use in some years."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Retention:
    """Terms of keeping at one node. `holder` is its organisation; days of 0 keep for ever."""

    def __init__(
        self, holder: str, directory: Callable[[], Directory], *, personal_days: int, observables_days: int
    ) -> None:
        self._holder = holder
        self._directory = directory
        self._personal = timedelta(days=personal_days)
        self._observables = timedelta(days=observables_days)
        self._known: Directory | None = None
        self._terms: dict[tuple[Label, str], timedelta | None] = {}

    def until(self, label: Label, type: str) -> int | None:  # noqa: A002  (STIX spelling)
        """Until when what arrives now under `label` may be kept, microseconds UTC; None for as long as one likes."""
        directory = self._directory()
        if directory is not self._known:
            self._known, self._terms = directory, {}
        key = (label, type)
        if key not in self._terms:
            self._terms[key] = self._term(label, type, directory)
        term = self._terms[key]
        return None if term is None else time.time_ns() // 1_000 + term // _MICROSECOND

    def _term(self, label: Label, type: str, directory: Directory) -> timedelta | None:  # noqa: A002
        terms = []
        agreed = keep_until(label, self._holder, directory, _EPOCH)
        if agreed is not None:
            terms.append(agreed - _EPOCH)
        if label.personal and self._personal:
            terms.append(self._personal)
        if type in PASSING and self._observables:
            terms.append(self._observables)
        return min(terms, default=None)
