"""Small counts are kept back so that nobody can work them out from what is told."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from egnatia.cyber.incidents.suppression import LEAST, Counts, suppressed

CELLS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 9), max_size=6)


def possible(found: Counts) -> dict[str, set[int]]:
    """The values that each kept-back cell could have, for who knows the whole and how it is kept back."""
    hidden = [name for name, count in found.cells.items() if count is None]
    rest = (found.whole or 0) - sum(count for count in found.cells.values() if count is not None)
    values: dict[str, set[int]] = {name: set() for name in hidden}
    for guess in product(range(1, 13), repeat=len(hidden)):
        if sum(guess) == rest:
            for name, value in zip(hidden, guess, strict=True):
                values[name].add(value)
    return values


@given(CELLS)
def test_no_small_count_is_told(cells: dict[str, int]) -> None:
    found = suppressed(cells, sum(cells.values()))
    assert all(count is None or count == 0 or count >= LEAST for count in found.cells.values())
    assert found.whole is None or found.whole == 0 or found.whole >= LEAST


@given(CELLS.filter(lambda cells: sum(0 < each < LEAST for each in cells.values()) < 4))
def test_what_is_kept_back_cannot_be_worked_out_from_the_whole(cells: dict[str, int]) -> None:
    found = suppressed(cells, sum(cells.values()))
    if found.whole is not None:
        assert all(len(values) >= 3 for values in possible(found).values())


def test_one_small_cell_takes_the_next_smallest_with_it() -> None:
    found = suppressed({"a": 1, "b": 5, "c": 9}, 15)
    assert found.cells == {"a": None, "b": None, "c": 9}
    assert found.whole == 15


def test_two_cells_of_one_would_give_each_other_away() -> None:
    """Their sum is two: each is one. A third has to hide them."""
    assert suppressed({"a": 1, "b": 1, "c": 7}, 9).cells == {"a": None, "b": None, "c": None}


def test_where_there_is_nothing_to_hide_behind_the_whole_is_kept_back() -> None:
    found = suppressed({"a": 2, "b": 0}, 2)
    assert (found.cells, found.whole) == ({"a": None, "b": 0}, None)
    assert suppressed({"a": 1, "b": 1}, 2).whole is None


def test_where_cells_do_not_add_up_only_the_small_ones_are_kept_back() -> None:
    assert suppressed({"a": 1, "b": 5}, 5, adds_up=False).cells == {"a": None, "b": 5}


def test_nothing_is_told_as_nothing() -> None:
    assert suppressed({}, 0) == Counts({}, 0)
