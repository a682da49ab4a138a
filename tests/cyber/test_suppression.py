"""Small counts are kept back so that nobody can work them out from what is told."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.cyber.building import Matter, instant

from egnatia.casework.fold import Fold
from egnatia.cyber.incidents.summary import BASES, REVIEWS, summary
from egnatia.cyber.incidents.suppression import LEAST, Counts, Tally, suppressed

CELLS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 9), max_size=6)


def alone(cells: Mapping[str, int], whole: int, *, adds_up: bool = True) -> Counts:
    """One breakdown that is told by itself."""
    return suppressed({"it": Tally(cells, adds_up)}, whole)["it"]


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
    found = alone(cells, sum(cells.values()))
    assert all(count is None or count == 0 or count >= LEAST for count in found.cells.values())
    assert found.whole is None or found.whole == 0 or found.whole >= LEAST


@given(CELLS.filter(lambda cells: sum(0 < each < LEAST for each in cells.values()) < 4))
def test_what_is_kept_back_cannot_be_worked_out_from_the_whole(cells: dict[str, int]) -> None:
    found = alone(cells, sum(cells.values()))
    if found.whole is not None:
        assert all(len(values) >= 3 for values in possible(found).values())


@given(CELLS, CELLS)
def test_where_the_whole_is_kept_back_no_breakdown_adds_up_to_it(one: dict[str, int], other: dict[str, int]) -> None:
    missing = sum(one.values()) - sum(other.values())
    (one if missing < 0 else other)["rest"] = abs(missing)
    found = suppressed({"one": Tally(one), "other": Tally(other)}, sum(one.values()))
    assert found["one"].whole == found["other"].whole
    if found["one"].whole is None:
        assert all(None in each.cells.values() for each in found.values())


def test_one_small_cell_takes_the_next_smallest_with_it() -> None:
    found = alone({"a": 1, "b": 5, "c": 9}, 15)
    assert found.cells == {"a": None, "b": None, "c": 9}
    assert found.whole == 15


def test_two_cells_of_one_would_give_each_other_away() -> None:
    """Their sum is two: each is one. A third has to hide them."""
    assert alone({"a": 1, "b": 1, "c": 7}, 9).cells == {"a": None, "b": None, "c": None}


def test_where_there_is_nothing_to_hide_behind_the_whole_is_kept_back() -> None:
    found = alone({"a": 2, "b": 0}, 2)
    assert (found.cells, found.whole) == ({"a": None, "b": 0}, None)
    assert alone({"a": 1, "b": 1}, 2).whole is None


def test_one_breakdown_does_not_tell_what_another_keeps_back() -> None:
    """Two very large and one substantial, all significant: their three, told once, would give both away."""
    found = suppressed({"severity": Tally({"red": 2, "yellow": 1}), "kind": Tally({"significant-incident": 3})}, 3)
    assert found["kind"] == Counts({"significant-incident": None}, None)


def test_where_cells_do_not_add_up_only_the_small_ones_are_kept_back() -> None:
    assert alone({"a": 1, "b": 5}, 5, adds_up=False).cells == {"a": None, "b": 5}


def test_what_another_question_tells_of_the_same_is_not_told_with_a_small_difference() -> None:
    """Six red ones, five of them with an accepted report: the one that is not would be known."""
    found = suppressed({"severity": Tally({"red": 5, "green": 9}, differ=[{"red": 1}])}, 14, [1])["severity"]
    assert (found.cells["red"], found.whole) == (None, None)


def test_nothing_is_told_as_nothing() -> None:
    assert alone({}, 0) == Counts({}, 0)


# --- The whole summary, attacked --------------------------------------------------------------------------------------

MOST = 8
"""Counts that are tried; what tells the same as one with the most might be told by more still."""

SEVERITIES = ("red", "green")

Told = tuple[tuple[str, int | None], ...]


def told(data: tuple[int, ...]) -> Told:
    """All that the two questions tell of `data`: for each severity how many are accepted, and how many are not."""
    accepted, rest = dict(zip(SEVERITIES, data[:2], strict=True)), dict(zip(SEVERITIES, data[2:], strict=True))
    wide = {cell: accepted[cell] + rest[cell] for cell in SEVERITIES}
    whole = suppressed({"severity": Tally(_listed(wide))}, sum(wide.values()))["severity"]
    hidden = frozenset(cell for cell, count in whole.cells.items() if count is None)
    few = {"severity": Tally(_listed(accepted), differ=[rest], hidden=hidden)}
    narrow = suppressed(few, sum(accepted.values()), [sum(rest.values())])["severity"]
    found: list[tuple[str, int | None]] = []
    for name, counts in (("accepted", narrow), ("any", whole)):
        found += [(f"{name} {cell}", count) for cell, count in counts.cells.items()]
        found.append((name, counts.whole))
    return tuple(found)


def _listed(cells: Mapping[str, int]) -> dict[str, int]:
    return {cell: count for cell, count in cells.items() if count}


def test_who_knows_the_rules_and_asks_every_question_learns_no_small_count() -> None:
    """Every data set is tried. Those that tell the same cannot be told apart, so what they agree on is known."""
    secrets: dict[str, Callable[[tuple[int, ...]], int]] = {
        "accepted red": lambda data: data[0],
        "accepted green": lambda data: data[1],
        "red that are not": lambda data: data[2],
        "green that are not": lambda data: data[3],
        "red": lambda data: data[0] + data[2],
        "green": lambda data: data[1] + data[3],
        "accepted": lambda data: data[0] + data[1],
        "not accepted": lambda data: data[2] + data[3],
        "all": sum,
    }
    alike: dict[Told, list[tuple[int, ...]]] = defaultdict(list)
    for data in product(range(MOST + 1), repeat=4):
        alike[told(data)].append(data)
    leaks = [
        f"{name} is {next(iter(values))}: {answer}"
        for answer, sets in alike.items()
        if max(map(max, sets)) < MOST
        for name, of in secrets.items()
        if len(values := {of(each) for each in sets}) == 1 and 0 < next(iter(values)) < LEAST
    ]
    assert leaks == []


def cases(drawn: Iterable[tuple[str, str, bool, int]]) -> list[Fold]:
    """Incidents of these severities and sectors, filed or not, begun so many days before they were known."""
    made = []
    for severity, sector, filed, days in drawn:
        matter = Matter(severity=severity, sectors=[sector], started_at=instant(-24 * days))
        if filed:
            matter.file(20, "early-warning", suspected_malicious=True, cross_border=True)
        made.append(matter.fold)
    return made


DRAWN = st.lists(
    st.tuples(st.sampled_from(["red", "green"]), st.sampled_from(["energy", "health"]), st.booleans(),
              st.sampled_from([0, 90])),
    max_size=14,
)  # fmt: skip


@given(DRAWN)
def test_no_two_questions_about_a_quarter_differ_by_a_small_count(drawn: list[tuple[str, str, bool, int]]) -> None:
    found = cases(drawn)
    for basis in BASES:
        answers: list[Any] = [summary(found, "2026-Q1", basis=basis, review=each) for each in REVIEWS]
        for wide, narrow in ((0, 1), (0, 2), (1, 2)):
            one, other = answers[wide], answers[narrow]
            pairs = [(one.whole, other.whole), (one.entities, other.entities)]
            for name, counts in one.breakdowns.items():
                cells = other.breakdowns[name].cells
                pairs += [(count, cells.get(cell, 0)) for cell, count in counts.cells.items()]
            gaps = Counter(a - b for a, b in pairs if a is not None and b is not None)
            assert not {1, 2} & gaps.keys(), (basis, REVIEWS[wide], REVIEWS[narrow])
    by = {each: summary(found, "2026-Q1", basis=each) for each in BASES}
    late = {name: sum(days > 0 and severity == name for severity, _, _, days in drawn) for name in ("red", "green")}
    for name, count in late.items():
        told_ = [by[each].breakdowns["severity"].cells.get(name, 0) for each in BASES]
        if 0 < count < LEAST and sum(severity == name and not days for severity, _, _, days in drawn):
            assert None in told_, f"{count} {name} began before the quarter"
