"""Records by the observable values that they contain: what may not be seen is as if it were not there."""

from collections.abc import Callable, Iterator
from typing import Final

from egnatia.policy.clearance import Clearance
from egnatia.store.entry import Row
from egnatia.store.link import Link
from egnatia.store.lookup import Lookup, Sieve
from egnatia.store.naming import value_key
from egnatia.store.query import LAST, Query, bounded
from egnatia.store.reading import End

_VALUES_AT_ONCE: Final = 5_000
_NEWEST: Final = Query(versions=(LAST,))


class Valued(Lookup):
    """The questions about values."""

    def by_value(self, clearance: Clearance, value: str, limit: int = 100) -> tuple[Row, ...]:
        """The newest versions of the records that contain an observable value, newest first."""
        return self._by_key(clearance, value_key(value), bounded(limit))

    def _by_key(self, clearance: Clearance, key: str, limit: int) -> tuple[Row, ...]:
        def read(link: Link, end: End) -> tuple[Row, ...]:
            view = self.shelving.view(clearance, _NEWEST)
            values = {"value": key}
            sieve = Sieve(_WITH_VALUE, self._listed(_WITH_VALUE_AMONG, values))
            return self.rows_at(link, view, self._sifted(link, view, sieve, end.position, limit, values))

        return self.consistent(read)

    def values(self, clearance: Clearance, wanted: Callable[[str], bool]) -> Iterator[tuple[str, tuple[Row, ...]]]:
        """Every observable value that is `wanted` and that the reader may see, with the newest versions of at most 100
        records that contain it, newest first. All values are gone through, whoever may see them; long ones are kept as
        their digest alone, so `wanted` is asked for that."""
        after = ""
        while True:

            def read(link: Link, _end: End, after: str = after) -> list[str]:
                return [value for (value,) in self._rows(link, _VALUES, after=after, size=_VALUES_AT_ONCE)]

            several = self.consistent(read)
            for value in several:
                if wanted(value):
                    rows = self._by_key(clearance, value, 100)
                    if rows:
                        yield value, rows
            if len(several) < _VALUES_AT_ONCE:
                return
            after = several[-1]


_VALUES: Final = "SELECT DISTINCT value FROM observables WHERE value > :after ORDER BY value LIMIT :size"

_WITH_VALUE: Final = """
SELECT o.position, v.shelf FROM observables o JOIN versions v ON v.position = o.position + 0
WHERE o.value = :value AND o.position > :low AND o.position <= :high ORDER BY o.position DESC LIMIT :size
"""

_WITH_VALUE_AMONG: Final = (
    "SELECT o.position FROM observables o WHERE o.value = :value AND {among:o.position:positions}"
)
