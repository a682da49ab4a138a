"""What was committed comes to its place while the store is in use, and whoever commits does not wait for it."""

import time
from pathlib import Path

from tests.store.building import TIRANA, batch, clear, record

from egnatia.policy import PUBLIC
from egnatia.store import Store
from egnatia.store.settling import PAGES


def test_what_is_committed_is_moved_into_the_database_meanwhile(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'node.db'}") as store:
        before = (tmp_path / "node.db").stat().st_size
        for start in range(0, PAGES + 500, 500):
            store.append(batch(*(record(start + i) for i in range(500)), label=clear(TIRANA))).result()
        until = time.monotonic() + 30
        while (tmp_path / "node.db").stat().st_size == before and time.monotonic() < until:
            time.sleep(0.01)
        assert (tmp_path / "node.db").stat().st_size > before
        assert len(store.changes(PUBLIC, 0, 10).rows) == 10


def test_there_is_nothing_to_move_twice(store: Store) -> None:
    store.append(batch(record(1), label=clear(TIRANA))).result()
    store.database.settle()
    store.database.settle()
    assert len(store.changes(PUBLIC, 0, 10).rows) == 1
