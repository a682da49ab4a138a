"""Whatever arrives in whatever order, what is missing is known exactly."""

from hypothesis import given
from hypothesis import strategies as st

from egnatia.exchange.peer.reach import covered, has, is_missing, is_sound, newly, reopened
from egnatia.store.entry import Cursor

END = 30
stretches = st.tuples(st.integers(0, END), st.integers(0, END)).map(sorted).map(tuple)
changes = st.lists(st.tuples(st.sampled_from(["cover", "reopen"]), stretches), max_size=12)


def positions(cursor: Cursor) -> set[int]:
    return {position for position in range(END + 2) if has(cursor, position)}


def after(steps: list[tuple[str, tuple[int, int]]]) -> tuple[Cursor, set[int]]:
    cursor, held = Cursor("peer", 0), set[int]()
    for step, (start, end) in steps:
        if step == "cover":
            cursor = covered(cursor, start, end)
            held |= set(range(start + 1, end + 1))
        else:
            cursor = reopened(cursor, start, end)
            held -= set(range(start + 1, end + 1))
    return cursor, held


@given(changes)
def test_a_cursor_holds_exactly_what_was_covered_and_not_reopened(steps: list[tuple[str, tuple[int, int]]]) -> None:
    cursor, held = after(steps)
    assert positions(cursor) == held
    assert is_sound(cursor.live, cursor.gaps)


@given(changes, stretches)
def test_a_stretch_is_missing_only_if_none_of_it_is_held(
    steps: list[tuple[str, tuple[int, int]]], stretch: tuple[int, int]
) -> None:
    cursor, held = after(steps)
    if is_missing(cursor, *stretch):
        assert not held & set(range(stretch[0] + 1, stretch[1] + 1))


@given(changes, changes)
def test_what_is_new_is_what_one_cursor_has_and_the_other_had_not(
    steps: list[tuple[str, tuple[int, int]]], more: list[tuple[str, tuple[int, int]]]
) -> None:
    (before, held), (now, holds) = after(steps), after(steps + more)
    fresh = {position for start, end in newly(before, now) for position in range(start + 1, end + 1)}
    assert fresh == holds - held


def test_a_cursor_that_breaks_the_rules_is_not_sound() -> None:
    assert is_sound(10, ((0, 3), (5, 10)))
    for live, gaps in [(-1, ()), (10, ((3, 3),)), (10, ((5, 6), (2, 3))), (10, ((2, 5), (5, 6))), (10, ((8, 11),))]:
        assert not is_sound(live, gaps)
    assert not is_sound(1000, tuple((n * 4, n * 4 + 1) for n in range(100)))
