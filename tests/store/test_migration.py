"""The migrations and the schema say the same."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from egnatia.store import Store
from egnatia.store.migrating import HEAD, revision
from egnatia.store.schema import metadata


def test_the_migrated_schema_is_that_of_this_release(store: Store) -> None:
    with store.database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, kind, _parent: not (kind == "table" and name.startswith("texts"))},
        )
        assert compare_metadata(context, metadata) == []
        assert revision(connection) == HEAD


def test_the_tables_that_hold_pairs_have_no_row_of_their_own_in_sqlite(store: Store) -> None:
    if store.database.engine.dialect.name != "sqlite":
        return
    with store.database.engine.connect() as connection:
        for table in metadata.sorted_tables:
            made = connection.execute(
                text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": table.name}
            ).scalar_one()
            keeps_rows = table.dialect_options["sqlite"]["with_rowid"]
            assert keeps_rows == ("WITHOUT ROWID" not in made)


def test_opening_again_changes_nothing(store: Store, url: str) -> None:
    with Store.open(url, ledger=store.ledger) as again:
        assert again.position() == store.position()
        assert inspect(again.database.engine).has_table("versions")


def test_stores_may_be_opened_by_several_threads_at_once(tmp_path: Path) -> None:
    def made(number: int) -> int:
        with Store.open(f"sqlite:///{tmp_path / f'{number}.db'}") as store:
            return store.position()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(made, range(4))) == [0, 0, 0, 0]
