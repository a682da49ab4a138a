"""How far each peer has been read; a cursor moves in the transaction of the records that moved it."""

from typing import Final

import msgspec

from egnatia.store import schema
from egnatia.store.database import Database
from egnatia.store.entry import Cursor
from egnatia.store.link import Link

VIEW_LIMIT: Final = 4096

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Cursor).decode


def save_cursor(database: Database, link: Link, cursor: Cursor) -> None:
    database.run(link, "DELETE FROM cursors WHERE peer = :peer", peer=cursor.peer)
    database.insert(link, schema.cursors, [(cursor.peer, _pack(cursor))])


def load_cursor(database: Database, peer: str) -> Cursor:
    """Where the reading of `peer` stands; at the beginning where it was never read."""
    with database.readers.link() as link:
        rows = database.rows(link, "SELECT content FROM cursors WHERE peer = :peer", peer=peer)
    return _unpack(rows[0][0]) if rows else Cursor(peer, 0)
