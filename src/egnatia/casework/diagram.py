"""A workflow as a drawing: states from left to right as far as they are from the beginning, steps as arrows.

The SVG carries classes and no colours of its own beside `currentColor`, so a page styles it for light and dark.
"""

from collections.abc import Callable, Sequence
from typing import Final

import svg

from egnatia.casework.rulebook import Rulebook

WIDE, HIGH = 124, 42
_COLUMN, _ROW, _EDGE = 232, 104, 20
_SMALL: Final = 11


class _Place:
    """Where a state stands."""

    def __init__(self, column: int, row: int) -> None:
        self.x, self.y = _EDGE + column * _COLUMN, _EDGE + row * _ROW
        self.middle = self.y + HIGH / 2


def diagram(book: Rulebook, *, current: str = "", say: Callable[[str], str] = str) -> str:
    """The drawing as SVG text; the state `current` stands out. `say` puts its words into the reader's language."""
    places = _places(book)
    width = max(place.x for place in places.values()) + WIDE + _EDGE
    height = max(place.y for place in places.values()) + HIGH + _EDGE
    arrows = _arrows(book)
    back = sum(_goes_back(places[one], places[other]) for one, other in arrows)
    parts: list[svg.Element] = [svg.Title(text=say(book.workflow.title)), _head()]
    under = height
    for (one, other), steps in arrows.items():
        titles = [say(each) for each in steps]
        if places[one].x < places[other].x:
            parts += _forward(places[one], places[other], titles)
        elif not _goes_back(places[one], places[other]):
            parts += _beside(places[one], places[other], titles)
        else:
            parts += _backward(places[one], places[other], titles, under)
            under += 26 + 13 * (len(titles) - 1)
    parts += [each for name, place in places.items() for each in _box(book, name, place, current, say)]
    total = under + _EDGE if back else height
    drawn = svg.SVG(
        viewBox=svg.ViewBoxSpec(0, 0, width, int(total)),
        width=width,
        height=int(total),
        class_=["workflow"],
        extra={"role": "img", "font-family": "system-ui, sans-serif"},
        elements=parts,
    )
    return drawn.as_str() + "\n"


def _places(book: Rulebook) -> dict[str, _Place]:
    """Columns by the fewest steps from the beginning, rows in the order of declaration."""
    depth, frontier = {book.initial: 0}, [book.initial]
    moves = [(one, other) for one, other in _arrows(book)]
    while frontier:
        further = [other for one, other in moves if one in frontier and other not in depth]
        depth.update((name, depth[frontier[0]] + 1) for name in further)
        frontier = list(dict.fromkeys(further))
    rows: dict[int, int] = {}
    places = {}
    for name in book.states:
        column = depth.get(name, max(depth.values()) + 1)
        places[name] = _Place(column, rows.get(column, 0))
        rows[column] = rows.get(column, 0) + 1
    return places


def _arrows(book: Rulebook) -> dict[tuple[str, str], list[str]]:
    """The steps between two states, by both; those that only stay where they are not drawn."""
    found: dict[tuple[str, str], list[str]] = {}
    for step in book.workflow.steps:
        for source in sorted(book.sources(step)):
            if step.to and step.to != source:
                found.setdefault((source, step.to), []).append(step.title)
    order = list(book.states)
    return dict(sorted(found.items(), key=lambda each: (order.index(each[0][0]), order.index(each[0][1]))))


def _head() -> svg.Defs:
    point = svg.Path(d=[svg.M(0, 0), svg.L(8, 4), svg.L(0, 8), svg.Z()], fill="currentColor")
    return svg.Defs(elements=[svg.Marker(id="arrow", markerWidth=8, markerHeight=8, refX=8, refY=4, orient="auto",
                                         elements=[point])])  # fmt: skip


def _forward(one: _Place, other: _Place, titles: Sequence[str]) -> list[svg.Element]:
    start, end = one.x + WIDE, other.x
    bend = (end - start) / 2
    path: list[svg.PathData] = [
        svg.M(start, one.middle),
        svg.C(start + bend, one.middle, end - bend, other.middle, end, other.middle),
    ]
    return [_line(path), *_words((start + end) / 2, (one.middle + other.middle) / 2 - 6, titles)]


def _goes_back(one: _Place, other: _Place) -> bool:
    """Whether an arrow has to go round: back, or past a state in the same column."""
    return one.x > other.x or (one.x == other.x and abs(one.y - other.y) > _ROW)


def _beside(one: _Place, other: _Place, titles: Sequence[str]) -> list[svg.Element]:
    """Straight up or down to the neighbour in the same column; down on the left, up on the right."""
    down = other.y > one.y
    x = one.x + WIDE / 2 + (-14 if down else 14)
    start, end = (one.y + HIGH, other.y) if down else (one.y, other.y + HIGH)
    middle = (start + end) / 2 + 4
    words = [
        svg.Text(x=x + (-6 if down else 6), y=middle + 13 * number, text=title,
                 text_anchor="end" if down else "start", font_size=_SMALL, fill="currentColor")
        for number, title in enumerate(titles)
    ]  # fmt: skip
    return [_line([svg.M(x, start), svg.L(x, end)]), *words]


def _backward(one: _Place, other: _Place, titles: Sequence[str], under: float) -> list[svg.Element]:
    """Under everything else, each on a line of its own."""
    start, end = one.x + WIDE / 2 + 12, other.x + WIDE / 2 - 12
    if start == end:
        end += 24
    line = under + 13 * (len(titles) - 1)
    path: list[svg.PathData] = [
        svg.M(start, one.y + HIGH),
        svg.L(start, line),
        svg.L(end, line),
        svg.L(end, other.y + HIGH),
    ]
    return [_line(path), *_words((start + end) / 2, line - 5, titles)]


def _line(path: list[svg.PathData]) -> svg.Path:
    return svg.Path(d=path, fill="none", stroke="currentColor", stroke_width=1.2, opacity=0.6, marker_end="url(#arrow)")


def _words(x: float, y: float, titles: Sequence[str]) -> list[svg.Element]:
    top = y - 13 * (len(titles) - 1)
    return [
        svg.Text(x=x, y=top + 13 * number, text=title, text_anchor="middle", font_size=_SMALL, fill="currentColor")
        for number, title in enumerate(titles)
    ]


def _box(book: Rulebook, name: str, place: _Place, current: str, say: Callable[[str], str]) -> list[svg.Element]:
    state = book.states[name]
    classes = ["state", *(["final"] if state.final else []), *(["current"] if name == current else [])]
    return [
        svg.Rect(x=place.x, y=place.y, width=WIDE, height=HIGH, rx=8, class_=classes, fill="Canvas",
                 stroke="currentColor", stroke_width=3 if name == current else 2.2 if state.final else 1.2),
        svg.Text(x=place.x + WIDE / 2, y=place.middle + 5, text=say(state.title), text_anchor="middle", font_size=14,
                 font_weight="bold" if name == current else "normal", fill="currentColor"),
    ]  # fmt: skip
