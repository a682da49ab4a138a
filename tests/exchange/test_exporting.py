"""An export is the stored bytes, whatever the number of pages."""

import io
import json

import pytest

from egnatia.exchange.exporting import Format, export_stream
from egnatia.policy.label import Label, Tlp
from egnatia.store.entry import Page, Row

LABEL = Label(owner="identity--00000000-0000-4000-8000-000000000000", tlp=Tlp.CLEAR)


def row(position: int, body: bytes) -> Row:
    return Row(
        position=position,
        at=position,
        id=f"x--{position}",
        version="",
        type="x",
        owner=LABEL.owner,
        label=LABEL,
        body=body,
    )


def paged(bodies: list[bytes], size: int) -> "list[Page]":
    rows = [row(index + 1, body) for index, body in enumerate(bodies)]
    cuts = range(0, max(len(rows), 1), size)
    return [Page(rows=tuple(rows[cut : cut + size]), next=cut + size, more=cut + size < len(rows)) for cut in cuts]


def exported(bodies: list[bytes], form: Format, size: int = 2) -> bytes:
    pages = paged(bodies, size)
    out = io.BytesIO()
    count = export_stream(lambda after: pages[after // size], out, form=form)
    assert count == len(bodies)
    return out.getvalue()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5])
def test_a_bundle_holds_every_record_to_the_byte(count: int) -> None:
    bodies = [b'{"type": "x",\n "n": %d.0}' % number for number in range(count)]
    data = exported(bodies, "bundle")
    decoded = json.loads(data)
    assert decoded["type"] == "bundle"
    assert len(decoded.get("objects", [])) == count
    assert ("objects" in decoded) == (count > 0)  # STIX knows no empty list
    for body in bodies:
        assert body in data


def test_one_record_is_one_line() -> None:
    data = exported([b'{"a":\r\n 1.0}', b'{"b": "x\\ny"}'], "lines")
    assert [json.loads(line) for line in data.splitlines()] == [{"a": 1.0}, {"b": "x\ny"}]
