"""A spreadsheet takes no cell for a formula, whatever the cell says."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from egnatia.exchange.formats.spreadsheet import csv_of

text = st.one_of(st.text(max_size=20), st.text(st.sampled_from("=+-@＝ \t\r\n\",;'a"), max_size=8))


@given(st.lists(st.lists(text, min_size=2, max_size=4), max_size=5))
def test_rows_stay_rows_and_no_cell_is_a_formula(rows: list[list[str]]) -> None:
    written = csv_of(rows)
    read = list(csv.reader(io.StringIO(written, newline="")))
    assert [len(row) for row in read] == [len(row) for row in rows]
    assert written.count("\r\n") == len(rows)
    for row in read:
        for cell in row:
            assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝"))
            assert all(each.isprintable() for each in cell)


def test_what_is_no_formula_stays_as_it_is() -> None:
    assert csv_of([("a b", 7, "x=1")]) == "a b,7,x=1\r\n"
    assert csv_of([(" =1+1", "-5")]) == "' =1+1,'-5\r\n"
