"""The counts of a reader are what counting its records one by one gives, also after more came and some were taken
back."""

import time
from collections import Counter
from collections.abc import Sequence

from tests.store.building import PODGORICA, SKOPJE, TIRANA, batch, green, member, record, red

from egnatia.policy import Clearance, Label, Standing, Tlp
from egnatia.store import Store
from egnatia.store.entry import Batch, Recall
from egnatia.store.query import LAST, Query
from egnatia.store.tally import HOUR, Tally

READERS = (member(TIRANA), member(SKOPJE), Clearance((Standing(PODGORICA),)))


def by_hand(store: Store, clearance: Clearance) -> Counter[tuple[str, str, int]]:
    rows = store.changes(clearance, 0, 10_000, Query(versions=(LAST,))).rows
    return Counter((row.type, row.owner, row.at // HOUR) for row in rows)


def counted(tally: Tally, clearance: Clearance) -> Counter[tuple[str, str, int]]:
    found: Counter[tuple[str, str, int]] = Counter()
    for pile in tally.counts(clearance, 0).piles:
        for hour, count in pile.hours.items():
            found[pile.type, pile.owner, hour] += count
    return found


def fill(store: Store, numbers: Sequence[int], label: Label) -> None:
    kinds = ("malware", "report", "indicator")
    for number in numbers:
        store.append(batch(record(number, kind=kinds[number % 3]), label=label)).result()


def agrees(store: Store, tally: Tally) -> bool:
    return all(counted(tally, each) == by_hand(store, each) for each in READERS)


def eventually_agrees(store: Store, tally: Tally) -> bool:
    until = time.monotonic() + 30
    while not agrees(store, tally):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def test_counts_are_those_of_each_reader_and_follow_the_log(store: Store) -> None:
    tally = Tally(store, stretch=4)
    try:
        assert agrees(store, tally)
        fill(store, range(3), green(TIRANA))
        assert agrees(store, tally), "what fits the newest stretches is counted at once"
        fill(store, range(100, 112), red(SKOPJE, TIRANA))
        fill(store, range(200, 213), green(SKOPJE))
        assert eventually_agrees(store, tally), "the thread counts what is older"
        assert any(counted(tally, each) for each in READERS)
        assert counted(tally, READERS[0]) != counted(tally, READERS[2])
    finally:
        tally.close()


def test_a_newer_version_and_a_recall_leave_the_counts(store: Store) -> None:
    tally = Tally(store, stretch=4)
    try:
        fill(store, range(20), green(TIRANA))
        assert eventually_agrees(store, tally)
        store.append(batch(record(1, kind="report", at=5))).result()
        withdrawn = Label(owner=TIRANA, tlp=Tlp.GREEN, withdrawn=True)
        gone = record(2, kind="indicator").head.id
        store.append(Batch(recalls=(Recall(gone, TIRANA, withdrawn),))).result()
        assert eventually_agrees(store, tally)
    finally:
        tally.close()


def test_a_partial_count_says_from_when_on_it_is_whole(store: Store) -> None:
    fill(store, range(30), green(TIRANA))
    tally = Tally(store, stretch=4)
    try:
        first = tally.counts(READERS[0], 0)
        assert first.since >= 0
        assert sum(sum(pile.hours.values()) for pile in first.piles) <= 30
        assert eventually_agrees(store, tally)
        assert tally.counts(READERS[0], 0).since == 0
        assert not tally.counts(READERS[0], 10**17).piles
    finally:
        tally.close()
