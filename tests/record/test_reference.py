"""The reference page tells every type that is declared."""

from egnatia.record.catalog import STANDARD
from egnatia.record.reference import render
from egnatia.record.schemas import OWN_TYPES


def test_the_page_tells_every_type() -> None:
    headings = {line.removeprefix("### ") for line in render().splitlines() if line.startswith("### ")}
    assert {struct.__struct_config__.tag for struct in STANDARD} | {one.name for one in OWN_TYPES} <= headings
