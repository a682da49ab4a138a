"""A playbook as a drawing: steps from top to bottom as far as they are from the start, and how they lead on.

Like that of a workflow the SVG bears classes and no colours beside `currentColor`.
"""

from collections.abc import Collection, Mapping
from typing import Final

import svg
from markupsafe import escape

from egnatia.cyber.incidents.cacao import JsonObject, successors
from egnatia.cyber.incidents.playbook import HUMAN, Playbook

WIDE, HIGH = 200, 46
_COLUMN, _ROW, _EDGE = 224, 92, 24
_LONGEST: Final = 29
_WORDS: Final[Mapping[str, str]] = {
    "start": "start",
    "end": "end",
    "parallel": "in parallel",
    "if-condition": "if",
    "while-condition": "while",
    "switch-condition": "switch",
    "playbook-action": "playbook",
}


def drawing(playbook: Playbook, *, done: Collection[str] = (), waiting: Collection[str] = ()) -> str:
    """The drawing as SVG text: what is done has a thin frame, what waits a thick one."""
    places = _places(playbook)
    width = max(x for x, _ in places.values()) + WIDE + _EDGE
    height = max(y for _, y in places.values()) + HIGH + _EDGE
    point = svg.Path(d=[svg.M(0, 0), svg.L(8, 4), svg.L(0, 8), svg.Z()], fill="currentColor")
    head = svg.Marker(
        id="playbook-arrow", markerWidth=8, markerHeight=8, refX=8, refY=4, orient="auto", elements=[point]
    )
    parts: list[svg.Element] = [svg.Title(text=str(escape(playbook.name))), svg.Defs(elements=[head])]
    for id_, step in playbook.steps.items():
        for way, other in _ways(step):
            if id_ in places and other in places:
                parts += _arrow(places[id_], places[other], way)
    for id_, place in places.items():
        parts += _box(playbook, id_, place, is_done=id_ in done, is_waiting=id_ in waiting)
    drawn = svg.SVG(
        viewBox=svg.ViewBoxSpec(0, 0, width, height),
        width=width,
        height=height,
        class_=["workflow", "playbook"],
        extra={"role": "img", "font-family": "system-ui, sans-serif"},
        elements=parts,
    )
    return drawn.as_str() + "\n"


def _places(playbook: Playbook) -> dict[str, tuple[int, int]]:
    """Rows by the fewest steps from the start, columns in the order in which steps are reached."""
    depth, frontier = {playbook.start: 0}, [playbook.start]
    while frontier:
        further = [
            other for one in frontier for other in successors(playbook.steps[one])
            if other in playbook.steps and other not in depth
        ]  # fmt: skip
        depth.update((name, depth[frontier[0]] + 1) for name in further)
        frontier = list(dict.fromkeys(further))
    columns: dict[int, int] = {}
    places = {}
    for name, row in depth.items():
        column = columns.get(row, 0)
        columns[row] = column + 1
        places[name] = (_EDGE + column * _COLUMN, _EDGE + row * _ROW)
    return places


def _ways(step: JsonObject) -> list[tuple[str, str]]:
    """Where a step leads, each with a word of how."""
    named = {
        "on_completion": "", "on_success": "", "on_failure": "failed", "on_true": "yes", "on_false": "no",
    }  # fmt: skip
    found = [(word, str(step[name])) for name, word in named.items() if isinstance(step.get(name), str)]
    found += [("", str(each)) for each in step.get("next_steps", ())]
    found += [(str(case), str(each)) for case, each in step.get("cases", {}).items()]
    return found


def _arrow(one: tuple[int, int], other: tuple[int, int], way: str) -> list[svg.Element]:
    x1, y1 = one[0] + WIDE / 2, one[1] + HIGH
    x2, y2 = other[0] + WIDE / 2, other[1]
    if other[1] <= one[1]:  # back up: on the right of both
        side = max(one[0], other[0]) + WIDE + 12
        path: list[svg.PathData] = [
            svg.M(one[0] + WIDE, one[1] + HIGH / 2),
            svg.C(side, one[1] + HIGH / 2, side, other[1] + HIGH / 2, other[0] + WIDE, other[1] + HIGH / 2),
        ]
    else:
        path = [svg.M(x1, y1), svg.C(x1, y1 + 24, x2, y2 - 24, x2, y2)]
    line = svg.Path(
        d=path, fill="none", stroke="currentColor", stroke_width=1.2, opacity=0.6, marker_end="url(#playbook-arrow)"
    )
    if not way:
        return [line]
    x, y = (x1 + x2) / 2, (y1 + y2) / 2 + 4
    return [line, svg.Text(x=x + 6, y=y, text=str(escape(way[:20])), font_size=11, fill="currentColor")]


def _box(playbook: Playbook, id_: str, place: tuple[int, int], *, is_done: bool, is_waiting: bool) -> list[svg.Element]:
    step = playbook.steps[id_]
    kind, title = str(step["type"]), playbook.title(id_)
    commands = sorted({str(each["type"]) for each in step.get("commands", ())} - HUMAN)
    who = str(playbook.agent(id_).get("name", ""))
    under = ", ".join(each for each in (_WORDS.get(kind, ""), *commands, who) if each)
    classes = ["state", *(["current"] if is_waiting else []), *(["final"] if is_done else [])]
    shown = title if len(title) <= _LONGEST else f"{title[: _LONGEST - 1]}…"
    x, y = place
    box = svg.Rect(
        x=x, y=y, width=WIDE, height=HIGH, rx=HIGH / 2 if kind in {"start", "end"} else 8, class_=classes,
        fill="Canvas", stroke="currentColor", stroke_width=3 if is_waiting else 1.2,
        stroke_dasharray=[5, 3] if commands else None, elements=[svg.Title(text=str(escape(title)))],
    )  # fmt: skip
    if kind in {"start", "end"}:
        return [box, _text(x + WIDE / 2, y + 28, _WORDS[kind], 13)]
    mark = "✓ " if is_done else ""
    return [box, _text(x + WIDE / 2, y + 20, mark + shown, 13), _text(x + WIDE / 2, y + 37, under[: _LONGEST + 6], 11)]


def _text(x: float, y: float, words: str, size: int) -> svg.Text:
    return svg.Text(x=x, y=y, text=str(escape(words)), text_anchor="middle", font_size=size, fill="currentColor")
