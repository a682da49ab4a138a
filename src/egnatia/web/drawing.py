"""Draws charts: SVG made on the server, with no script, no inline style, and a title and a description inside.

Colours come from the sheet by class (`series-1` ...), so a chart follows light, dark and print. Every text is escaped
here: the library that writes the elements does not. It is also heavy: import this where something is drawn.
"""

from collections.abc import Sequence
from math import cos, pi, sin

import msgspec
import svg
from markupsafe import Markup, escape

from egnatia.web.chart import Chart, Series
from egnatia.web.language import Speech

SERIES = 6
"""How many series are told apart by colour."""

_WIDTH, _HEIGHT = 480, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 10, 26


def bars(speech: Speech, title: str, labels: Sequence[str], series: Sequence[Series]) -> Chart:
    """Upright bars, one stack for each label."""
    tops = [sum(each.values[at] for each in series) for at in range(len(labels))]
    most = _round_up(max(tops, default=0))
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(labels), 1)
    wide = min(step * 0.7, 48)
    drawn: list[svg.Element] = [*_grid(speech, most), *_under(labels, step)]
    for at, label in enumerate(labels):
        floor = 0.0
        for number, each in enumerate(series):
            value = each.values[at]
            if value <= 0:
                continue
            top, bottom = _y(floor + value, most), _y(floor, most)
            drawn.append(
                svg.Rect(
                    x=_n(_LEFT + step * (at + 0.5) - wide / 2),
                    y=_n(top),
                    width=_n(wide),
                    height=_n(max(bottom - top, 1)),
                    class_=[_series(number)],
                    elements=[_title(f"{label}: {each.name} {speech.number(value)}")],
                )
            )
            floor += value
    return _chart(speech, title, labels, series, _drawing(title, _summary(speech, labels, series), drawn))


def lines(speech: Speech, title: str, labels: Sequence[str], series: Sequence[Series]) -> Chart:
    """One line for each series over the labels."""
    most = _round_up(max((value for each in series for value in each.values), default=0))
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(labels), 1)
    drawn: list[svg.Element] = [*_grid(speech, most), *_under(labels, step)]
    for number, each in enumerate(series):
        points = [(_LEFT + step * (at + 0.5), _y(value, most)) for at, value in enumerate(each.values)]
        drawn.append(svg.Polyline(points=_points(points), class_=["line", _series(number)]))
        if points:
            x, y = points[-1]
            drawn.append(svg.Circle(cx=_n(x), cy=_n(y), r=3.5, class_=["dot", _series(number)]))
    return _chart(speech, title, labels, series, _drawing(title, _summary(speech, labels, series), drawn))


class Sign(msgspec.Struct, frozen=True):
    """A mark on a course: where, which figure (a path about its middle), its class, and what it says."""

    at: int
    value: float
    path: str
    look: str
    words: str


def course(
    speech: Speech, title: str, points: Sequence[tuple[int, float]], now: int, signs: Sequence[Sign], told: str
) -> Markup:
    """A value from 0 to 100 over time, microseconds UTC: what was before `now` as a line, what will be broken, and
    marks where something happened. `told` is the same in words."""
    first, last = points[0][0], points[-1][0]
    wide = _WIDTH - _LEFT - _RIGHT

    def x(at: int) -> float:
        return _n(_LEFT + wide * (at - first) / max(last - first, 1))

    def row(found: Sequence[tuple[int, float]]) -> list[svg.Point]:
        return _points([(x(at), _y(value, 100)) for at, value in found])

    drawn: list[svg.Element] = _grid(speech, 100)
    for number, anchor in enumerate(("left-most", "below", "below", "left")):
        day = first + (last - first) * number // 3
        text = str(escape(speech.day(day)))
        drawn.append(svg.Text(x=x(day), y=_HEIGHT - 8, class_=["axis", anchor], text=text))
    drawn += [
        svg.Polyline(points=row([each for each in points if each[0] <= now]), class_=["line", "series-1"]),
        svg.Polyline(points=row([each for each in points if each[0] >= now]), class_=["line", "series-1", "to-come"]),
        svg.Line(x1=x(now), x2=x(now), y1=_TOP, y2=_HEIGHT - _BOTTOM, class_=["now-line"]),
    ]
    for each in signs:
        place = f"translate({x(each.at)} {_n(_y(each.value, 100))})"
        drawn.append(
            svg.Path(
                class_=["sign-mark", each.look],
                elements=[_title(each.words)],
                extra={"d": each.path, "transform": place},
            )
        )
    return _drawing(title, told, drawn)


def sparkline(title: str, values: Sequence[float]) -> Markup:
    """A small line without axes, for a tile whose words say the figure; empty for no values."""
    if not values:
        return Markup("")
    most = max(*values, 1)
    step = 120 / max(len(values) - 1, 1)
    points = [(2 + step * at, 26 - 22 * value / most) for at, value in enumerate(values)]
    drawn = svg.SVG(
        viewBox=svg.ViewBoxSpec(0, 0, 124, 30),
        class_=["spark"],
        extra={"role": "img", "aria-label": str(escape(title)), "preserveAspectRatio": "none"},
        elements=[
            svg.Polygon(points=_points([(2.0, 28.0), *points, (points[-1][0], 28.0)]), class_=["under"]),
            svg.Polyline(points=_points(points), class_=["line", "series-1"]),
        ],
    )
    return Markup(drawn.as_str())  # noqa: S704  numbers, and an escaped title


def donut(speech: Speech, title: str, parts: Sequence[tuple[str, float]]) -> Chart:
    """Shares of a whole as a ring; parts of nothing are left out."""
    whole = sum(value for _, value in parts)
    drawn: list[svg.Element] = [svg.Circle(cx=90, cy=100, r=70, class_=["ring"])]
    start = 0.0
    shown = [(name, value) for name, value in parts if value > 0]
    for number, (name, value) in enumerate(shown):
        share = value / whole
        words = f"{name}: {speech.number(value)} ({speech.percent(share)})"
        shape: svg.Element
        if share > 0.999:
            shape = svg.Circle(cx=90, cy=100, r=70, class_=["slice", _series(number)], elements=[_title(words)])
        else:
            path = _arc(90, 100, 70, start, start + share)
            shape = svg.Path(class_=["slice", _series(number)], elements=[_title(words)], extra={"d": path})
        drawn.append(shape)
        place = 28 + number * 26
        drawn.append(svg.Rect(x=196, y=place - 10, width=12, height=12, rx=2, class_=[_series(number)]))
        drawn.append(svg.Text(x=216, y=place, class_=["key"], text=str(escape(words))))
        start += share
    drawn.append(svg.Text(x=90, y=110, class_=["whole"], text=str(escape(speech.number(whole)))))
    rows = tuple((name, speech.number(value)) for name, value in parts)
    description = "; ".join(f"{name} {speech.number(value)}" for name, value in parts)
    return Chart(
        title=title,
        drawing=_drawing(title, description, drawn),
        heads=(speech.gettext("Part"), speech.gettext("Number")),
        rows=rows,
    )


def _chart(speech: Speech, title: str, labels: Sequence[str], series: Sequence[Series], drawing: Markup) -> Chart:
    rows = tuple((label, *(speech.number(each.values[at]) for each in series)) for at, label in enumerate(labels))
    heads = (speech.gettext("Time"), *(each.name for each in series))
    keys = tuple(each.name for each in series) if len(series) > 1 else ()
    return Chart(title=title, drawing=drawing, heads=heads, rows=rows, keys=keys)


def _drawing(title: str, description: str, drawn: Sequence[svg.Element]) -> Markup:
    picture = svg.SVG(
        viewBox=svg.ViewBoxSpec(0, 0, _WIDTH, _HEIGHT),
        class_=["drawing"],
        extra={"role": "img", "aria-label": str(escape(title))},
        elements=[_title(title), svg.Desc(text=str(escape(description))), *drawn],
    )
    return Markup(picture.as_str())  # noqa: S704  numbers and classes of ours, and texts that are escaped


def _title(words: str) -> svg.Element:
    return svg.Title(text=str(escape(words)))


def _grid(speech: Speech, most: float) -> list[svg.Element]:
    drawn: list[svg.Element] = []
    for share in (0.0, 0.5, 1.0):
        y = _y(most * share, most)
        drawn.append(svg.Line(x1=_LEFT, x2=_WIDTH - _RIGHT, y1=_n(y), y2=_n(y), class_=["grid"]))
        text = str(escape(speech.number(most * share)))
        drawn.append(svg.Text(x=_LEFT - 6, y=_n(y + 4), class_=["axis", "left"], text=text))
    return drawn


def _under(labels: Sequence[str], step: float) -> list[svg.Element]:
    every = max(1, round(len(labels) / 8))
    return [
        svg.Text(x=_n(_LEFT + step * (at + 0.5)), y=_HEIGHT - 8, class_=["axis", "below"], text=str(escape(label)))
        for at, label in enumerate(labels)
        if at % every == 0
    ]


def _summary(speech: Speech, labels: Sequence[str], series: Sequence[Series]) -> str:
    told = ", ".join(f"{each.name}: {speech.number(sum(each.values))}" for each in series)
    return f"{labels[0]} – {labels[-1]}; {told}" if labels else told


def _series(number: int) -> str:
    return f"series-{number % SERIES + 1}"


def _y(value: float, most: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * value / most


def _round_up(most: float) -> float:
    """The end of an axis: 2, 4 or 8 times a power of ten, so that its middle is whole."""
    end = 2.0
    for factor in (2, 2, 2.5) * 6:
        if end >= most:
            break
        end *= factor
    return end


def _points(points: Sequence[tuple[float, float]]) -> list[svg.Point]:
    return [svg.Point(_n(x), _n(y)) for x, y in points]


def _arc(x: float, y: float, radius: float, start: float, end: float) -> str:
    """A piece of a circle, in shares of it from the top, as the `d` of a path."""
    a, b = 2 * pi * start - pi / 2, 2 * pi * end - pi / 2
    large = 1 if end - start > 0.5 else 0
    x1, y1, x2, y2 = (
        _n(each) for each in (x + radius * cos(a), y + radius * sin(a), x + radius * cos(b), y + radius * sin(b))
    )
    return f"M{x1} {y1}A{radius} {radius} 0 {large} 1 {x2} {y2}"


def _n(number: float) -> float:
    return round(number, 1)
