"""Full text: FTS5 in SQLite, a tsvector in PostgreSQL, over the same folded words.

It follows the log from a watermark that is kept with it, so it may lag behind and a crash loses nothing of it.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, text

from egnatia.record.words import fts5_query, index_text, query_terms, text_of, tokens, ts_query, ts_vector
from egnatia.store.database import Database
from egnatia.store.link import Link

WATERMARK: Final = "text"

SEARCH: Final = {
    "sqlite": "SELECT v.position, v.shelf FROM texts t CROSS JOIN versions v WHERE t.words MATCH :asked"
    " AND t.rowid > :low AND t.rowid <= :high AND v.position = t.rowid ORDER BY t.rowid DESC LIMIT :size",
    "postgresql": "SELECT v.position, v.shelf FROM texts t JOIN versions v ON v.position = t.position"
    " WHERE t.words @@ CAST(:asked AS tsquery) AND t.position > :low AND t.position <= :high"
    " ORDER BY t.position DESC LIMIT :size",
}

SEARCH_ONWARD: Final = {dialect: statement.replace(" DESC", "") for dialect, statement in SEARCH.items()}
"""As `SEARCH`, oldest first."""

_AMONG: Final = {
    "sqlite": "SELECT rowid, ' ' || words || ' ' FROM texts WHERE {among:rowid:positions}",
    "postgresql": "SELECT position FROM texts WHERE words @@ CAST(:asked AS tsquery) AND {among:position:positions}",
}
"""SQLite would go through the whole index again for each row; comparing the words themselves takes a microsecond."""

_INSERT: Final = {
    "sqlite": "INSERT INTO texts (rowid, words) VALUES (:position, :words)",
    "postgresql": "INSERT INTO texts (position, words) VALUES (:position, CAST(:words AS tsvector))"
    " ON CONFLICT DO NOTHING",
}

_RANKED_WORDS: Final = 12
"""The first words of a text are its name and values: a hit there counts most."""


def asked(dialect: str, words: str) -> str:
    """A query as the database takes it; empty where it holds no word."""
    return fts5_query(words) if dialect == "sqlite" else ts_query(words)


def among(database: Database, link: Link, words: str, positions: Sequence[int]) -> set[int]:
    """Those of the positions whose text has all the words; none where no word is asked for."""
    dialect = database.engine.dialect.name
    if not positions or not (question := asked(dialect, words)):
        return set()
    if dialect != "sqlite":
        return {row[0] for row in database.rows(link, _AMONG[dialect], asked=question, positions=list(positions))}
    wanted = [f" {' '.join(term.words)}{'' if term.prefix else ' '}" for term in query_terms(words)]
    rows = database.rows(link, _AMONG[dialect], positions=list(positions))
    return {position for position, said in rows if all(each in said for each in wanted)}


def indexed(dialect: str, body: bytes) -> str:
    """The words of a record as the database indexes them."""
    words = words_of(body)
    return index_text(words) if dialect == "sqlite" else ts_vector(words)


def words_of(body: bytes) -> str:
    """The text of a record's bytes; none where they are no JSON object."""
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return text_of(decoded) if isinstance(decoded, dict) else ""


def weight(body: bytes, wanted: frozenset[str]) -> float:
    """How much of what is asked a record says early and often. From the record alone: what else there is, and who may
    not be told of it, has no influence."""
    found = tokens(words_of(body))
    hits = sum(word in wanted for word in found)
    early = len(wanted.intersection(found[:_RANKED_WORDS]))
    return 2.0 * early + hits / (hits + 2.0)


def add_texts(connection: Connection, expected: int, texts: Sequence[tuple[int, str]], reached: int) -> bool:
    """Within a transaction: the texts of the rows after `expected` up to `reached`; False, and nothing is done, where
    another process has been there. A row that was erased or moved meanwhile is left out."""
    dialect = connection.dialect.name
    if dialect == "postgresql":
        connection.execute(text("SELECT 1 FROM state FOR UPDATE"))
    current = connection.execute(
        text("SELECT position FROM watermarks WHERE name = :name"), {"name": WATERMARK}
    ).scalar()
    if (current or 0) != expected:
        return False
    values = {"low": expected, "high": reached}
    there = set(
        connection.execute(
            text("SELECT position FROM bodies WHERE position > :low AND position <= :high AND body IS NOT NULL"), values
        ).scalars()
    )
    rows: list[dict[str, Any]] = [{"position": at, "words": words} for at, words in texts if at in there and words]
    if rows:
        connection.execute(text(_INSERT[dialect]), rows)
    if current is None:
        statement = "INSERT INTO watermarks (name, position) VALUES (:name, :position)"
    else:
        statement = "UPDATE watermarks SET position = :position WHERE name = :name"
    connection.execute(text(statement), {"name": WATERMARK, "position": reached})
    return True
