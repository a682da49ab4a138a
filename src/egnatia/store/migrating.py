"""The schema of this release, made where there is none yet."""

from sqlalchemy import insert, inspect, select, text

from egnatia.store.database import Database
from egnatia.store.fulltext import CREATE
from egnatia.store.schema import metadata, state


def migrate(database: Database) -> None:
    with database.engine.begin() as connection:
        if not inspect(connection).has_table("state"):
            for statement in CREATE[connection.dialect.name]:
                connection.execute(text(statement))
        metadata.create_all(connection)
        if connection.execute(select(state.c.one)).first() is None:
            connection.execute(insert(state).values(one=1, position=0, at=0, names=0, attestations=0, generation=0))
