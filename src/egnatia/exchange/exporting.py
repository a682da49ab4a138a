"""What a reader may see goes out as a stream of the stored bytes: nothing is re-encoded, one page is in memory."""

import uuid
from collections.abc import Callable, Iterator
from typing import BinaryIO, Literal

from egnatia.store.entry import Page, Row

Format = Literal["bundle", "lines"]


def rows(changes: Callable[[int], Page]) -> Iterator[Row]:
    """Every row of a feed from its beginning; `changes(after)` reads one page on the reader's behalf."""
    after = 0
    while True:
        page = changes(after)
        yield from page.rows
        if not page.more:
            return
        after = page.next


def export_stream(
    changes: Callable[[int], Page],
    out: BinaryIO,
    *,
    form: Format = "bundle",
    on_record: Callable[[Row], None] = lambda _: None,
) -> int:
    """Writes what `changes` yields to `out` and says how many records that was.

    A `bundle` holds each record's exact bytes. In `lines`, one record a line, line breaks inside a record (only
    white space can hold them) become spaces.
    """
    count = 0
    if form == "bundle":
        out.write(b'{"type":"bundle","id":"bundle--' + str(uuid.uuid4()).encode() + b'"')
    for row in rows(changes):
        if form == "lines":
            out.write(row.body.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n")
        else:
            out.write((b',"objects":[\n' if count == 0 else b",\n") + row.body)
        count += 1
        on_record(row)
    if form == "bundle":
        out.write(b"\n]}\n" if count else b"}\n")
    return count
