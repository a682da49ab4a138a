"""What is erased is gone from every table, file and restored backup; that it was there is still known."""

from pathlib import Path

import pytest
from sqlalchemy import text
from tests.store.building import SKOPJE, TIRANA, batch, clear, record, record_id, version

from egnatia.policy import PUBLIC, Label, Tlp
from egnatia.store import Batch, Note, Query, Recall, Store

WITHDRAWN = Label(TIRANA, Tlp.CLEAR, withdrawn=True)
SECRET = "Zvornik"
VALUES = [("ipv4-addr:value", "192.0.2.99")]


def erase(number: int) -> Batch:
    return Batch(recalls=(Recall(record_id(number), TIRANA, WITHDRAWN, erase=True),))


def traces(store: Store) -> int:
    """Rows in any table that follow from the content of erased records."""
    with store.database.engine.connect() as connection:
        tables = ["refs", "observables", "retention"]
        positions = "(SELECT position FROM bodies WHERE body IS NULL)"
        counts = [
            connection.execute(text(f"SELECT count(*) FROM {table} WHERE position IN {positions}")).scalar_one()
            for table in tables
        ]
    return sum(counts)


def test_an_erased_record_is_found_by_nothing(store: Store) -> None:
    given = batch(record(1, name=SECRET, values=VALUES, refs=[("x_ref", record_id(2))]), record(2), label=clear(TIRANA))
    store.append(given).result()
    store.indexer.wait_for(2)
    assert store.search(PUBLIC, SECRET)
    store.append(erase(1)).result()
    assert [row.id for row in store.changes(PUBLIC, 0, 10).rows] == [record_id(2)]
    assert store.get(PUBLIC, [record_id(1)]) == store.versions(PUBLIC, record_id(1)) == ()
    assert store.by_value(PUBLIC, VALUES[0][1]) == store.search(PUBLIC, SECRET) == ()
    assert store.neighbours(PUBLIC, record_id(2)) == ()
    assert store.count(PUBLIC) == 1
    assert traces(store) == 0
    assert store.append(given).result().positions == (0, 0)
    assert store.get(PUBLIC, [record_id(1)]) == ()


def test_what_arrives_after_it_was_erased_is_never_kept(store: Store) -> None:
    store.append(erase(1)).result()
    store.append(batch(record(1, at=3, name=SECRET, values=VALUES), label=clear(TIRANA))).result()
    store.append(batch(record(1, at=3, name=SECRET), label=clear(SKOPJE))).result()
    assert [row.owner for row in store.changes(PUBLIC, 0, 10).rows] == [SKOPJE]
    assert traces(store) == 0


def test_nothing_of_it_is_left_in_the_file(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'node.db'}") as store:
        store.append(batch(*(record(i, name=f"{SECRET} {i}") for i in range(50)), label=clear(TIRANA))).result()
        store.indexer.wait_for(50)
        for number in range(50):
            store.append(erase(number)).result()
        store.indexer.wait_for(store.position())
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert SECRET.encode() not in content
    assert SECRET.lower().encode() not in content


def test_what_is_due_is_purged_with_its_older_versions(store: Store) -> None:
    store.append(batch(record(1, at=1), label=clear(TIRANA)))
    store.append(batch(record(1, at=2), label=clear(TIRANA), keep_until=1000))
    store.append(batch(record(1, at=3), record(2), label=clear(TIRANA), keep_until=2000)).result()
    assert store.purge(999) == 0
    assert store.purge(1000) == 2
    assert [(row.id, row.version) for row in store.changes(PUBLIC, 0, 10).rows] == [
        (record_id(1), version(3)),
        (record_id(2), version(0)),
    ]
    assert store.purge(5000) == 2
    assert store.purge(5000) == 0
    assert traces(store) == 0


def test_a_restored_backup_brings_nothing_back_that_was_erased(store: Store, url: str, tmp_path: Path) -> None:
    store.append(
        batch(record(1, name=SECRET, values=VALUES), record(2), label=clear(TIRANA), notes=[Note("a", "b")])
    ).result()
    store.backup(tmp_path / "backup")
    store.append(erase(1)).result()
    store.append(batch(record(3), label=clear(TIRANA))).result()
    end = store.position()
    store.close()
    Store.restore(tmp_path / "backup", url, ledger=store.ledger)
    with Store.open(url, ledger=store.ledger) as again:
        assert [row.id for row in again.changes(PUBLIC, 0, 10).rows] == [record_id(2)]
        assert again.by_value(PUBLIC, VALUES[0][1]) == ()
        assert traces(again) == 0
        assert again.indexer.wait_for(again.position(), 5), "positions have jumped; there is nothing to wait for"
        added = again.append(batch(record(4), label=clear(TIRANA))).result()
        assert added.positions[0] > end + 1
        again.indexer.wait_for(again.position())
        assert [row.id for row in again.search(PUBLIC, "record")] == [record_id(4), record_id(2)]
        assert next(row.action for row in again.audit_rows()) == "b"


def test_a_backup_taken_while_others_write_is_whole(store: Store, url: str, tmp_path: Path) -> None:
    pending = [store.append(batch(*(record(100 * i + j) for j in range(10)), label=clear(TIRANA))) for i in range(20)]
    pending[3].result()
    store.backup(tmp_path / "backup")
    for one in pending:
        one.result()
    store.close()
    Store.restore(tmp_path / "backup", url, ledger=store.ledger)
    with Store.open(url, ledger=store.ledger) as again:
        found = again.count(PUBLIC)
        assert found >= 40
        assert found % 10 == 0
        assert len(again.changes(PUBLIC, 0, 1000, Query(newest_first=True)).rows) == found


def test_a_backup_replaces_nothing_and_only_a_backup_is_restored(store: Store, url: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("not a backup\n")
    with pytest.raises(FileExistsError):
        store.backup(path)
    store.close()
    with pytest.raises(ValueError, match="no backup"):
        Store.restore(path, url, ledger=store.ledger)
    with Store.open(url, ledger=store.ledger) as again:
        assert again.position() == 0
