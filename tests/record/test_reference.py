"""The reference page is what the declarations say."""

from pathlib import Path

from egnatia.record.catalog import STANDARD
from egnatia.record.reference import render
from egnatia.record.schemas import OWN_TYPES

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "records.md"


def test_the_page_is_fresh() -> None:
    fresh = render() == PAGE.read_text()
    assert fresh, f"stale: run `python -m egnatia.record.reference > {PAGE.relative_to(PAGE.parents[2])}`"


def test_the_page_tells_every_type() -> None:
    headings = {line.removeprefix("### ") for line in render().splitlines() if line.startswith("### ")}
    assert {struct.__struct_config__.tag for struct in STANDARD} | {one.name for one in OWN_TYPES} <= headings
