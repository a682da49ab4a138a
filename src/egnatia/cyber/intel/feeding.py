"""An output as a MISP feed: a folder that a MISP server reads by itself, of the reports that tell of the output's
indicators, and one event for those that no report tells of."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from egnatia.exchange.formats.misp.feed import write_feed
from egnatia.exchange.formats.misp.writing import events
from egnatia.policy import Action, Clearance, may_act
from egnatia.store import Row, Store

AT_ONCE: Final = 500
REPORTS: Final = 20
"""The most reports of one indicator, the newest ones."""


def feed(
    store: Store, clearance: Clearance, indicators: Sequence[str], creator: tuple[str, str], name: str
) -> Mapping[str, bytes]:
    """The files of the feed by name, of what the reader may see and detect with. `creator` is the identity and the name
    of who gives it."""
    rows = {row.id: row for row in _rows(store, clearance, indicators)}
    for indicator in list(rows):
        for report in store.neighbours(clearance, indicator, "in", REPORTS):
            if report.type == "report" and may_act(report.label, Action.DETECT).allowed:
                rows.setdefault(report.id, report)
    return dict(write_feed(events(rows.values(), creator, name, f"feed {creator[0]} {name}")))


def _rows(store: Store, clearance: Clearance, names: Sequence[str]) -> Iterator[Row]:
    for start in range(0, len(names), AT_ONCE):
        for row in store.get(clearance, names[start : start + AT_ONCE]):
            if may_act(row.label, Action.DETECT).allowed:
                yield row
