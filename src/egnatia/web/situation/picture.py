"""The region as a picture: six economies and the region on one road. It is a diagram: it draws no boundary.

The points stand roughly as one travels. How large one is says how much came from there.
"""

from collections.abc import Mapping
from math import sqrt
from typing import Final

import svg
from markupsafe import Markup, escape

from egnatia.web.situation.point import Point

PLACES: Final[Mapping[str, tuple[int, int]]] = {
    "AL": (205, 322),
    "ME": (128, 222),
    "BA": (92, 92),
    "RS": (330, 70),
    "XK": (352, 196),
    "MK": (402, 308),
    "regional": (232, 186),
}

ROAD: Final = ("BA", "ME", "AL", "MK", "XK", "RS")
"""The round that the road makes; the region is joined with each."""


def drawn(points: tuple[Point, ...], title: str) -> Markup:
    """The picture. Its points are links, so what it says can be reached by keyboard and read aloud."""
    most = max((each.count for each in points), default=0)
    x, y = PLACES["regional"]
    spokes = [svg.Line(x1=x, y1=y, x2=PLACES[code][0], y2=PLACES[code][1], class_=["spoke"]) for code in ROAD]
    picture = svg.SVG(
        viewBox=svg.ViewBoxSpec(0, 34, 500, 352),
        class_=["region-picture"],
        extra={"role": "group", "aria-label": str(escape(title))},
        elements=[*spokes, svg.Path(class_=["route"], extra={"d": _road()}), *(_point(each, most) for each in points)],
    )
    return Markup(picture.as_str())  # noqa: S704  numbers and classes of ours, and texts that are escaped


def _point(point: Point, most: int) -> svg.Element:
    x, y = PLACES[point.code]
    radius = round(9 + 17 * sqrt(point.count / most), 1) if most and point.count else 7
    kind = ["point", "is-region" if point.code == "regional" else "", "" if point.count else "is-quiet"]
    return svg.A(
        class_=[each for each in kind if each],
        extra={"href": str(escape(point.href)), "aria-label": str(escape(f"{point.name}: {point.said}"))},
        elements=[
            svg.Circle(cx=x, cy=y, r=radius + 6, class_=["around"]),
            svg.Circle(cx=x, cy=y, r=radius, class_=["middle"]),
            svg.Text(x=x, y=y + radius + 20, class_=["place"], text=str(escape(point.name))),
            svg.Text(x=x, y=y + radius + 36, class_=["said"], text=str(escape(point.said))),
        ],
    )


def _road() -> str:
    """A smooth line through the points, closed (Catmull and Rom's, as Bézier pieces)."""
    path = ""
    for at in range(len(ROAD)):
        before, here, there, beyond = (PLACES[ROAD[(at + by) % len(ROAD)]] for by in (-1, 0, 1, 2))
        leave = [round(here[axis] + (there[axis] - before[axis]) / 6, 1) for axis in (0, 1)]
        arrive = [round(there[axis] - (beyond[axis] - here[axis]) / 6, 1) for axis in (0, 1)]
        path += f"M{here[0]} {here[1]}" if not path else ""
        path += f"C{leave[0]} {leave[1]} {arrive[0]} {arrive[1]} {there[0]} {there[1]}"
    return path + "Z"
