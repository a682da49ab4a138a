"""A scene as a PNG, for what takes no SVG: a slide, a letter, a chat. Drawn from the layout of the page's picture."""

from importlib.resources import files
from io import BytesIO
from itertools import pairwise
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from egnatia.web.intel.canvas import HIGH, WIDE, Canvas

PIXELS: Final = 24_000_000
"""The most of one picture: a larger scene is drawn smaller, never cut."""

_EDGE: Final = 16
_FOOT: Final = 26
_STEPS: Final = 24
_PAPER, _SHEET, _INK, _SOFT, _LINE, _ROAD = "#f7f5f0", "#fffefb", "#1b252c", "#53606a", "#857f73", "#9a4a21"
_FAMILIES: Final = {
    "actor": "#9a4a21",
    "means": "#7a5a94",
    "method": "#b59a3d",
    "victim": "#6f8f3f",
    "sign": "#14505f",
}
_OTHER: Final = "#5f6b73"

Point = tuple[float, float]


def painted(canvas: Canvas, told: str) -> bytes:
    """The picture with one line below it that says what it is of and how it may be passed on."""
    wide, high = canvas.width + 60 + 2 * _EDGE, canvas.height + 2 * _EDGE + _FOOT
    scale = min(2.0, (PIXELS / (wide * high)) ** 0.5)
    image = Image.new("RGB", (max(1, int(wide * scale)), max(1, int(high * scale))), _PAPER)
    brush = _Brush(ImageDraw.Draw(image), scale)
    for line in canvas.lines:
        brush.line(_along(line.path), _ROAD if line.on_way else _LINE, 3 if line.on_way else 1.4)
    for caption in canvas.captions:
        brush.text((caption.x, caption.y), caption.words, _SOFT, bold=True)
    for box in canvas.boxes:
        strong = box.start or box.on_way
        brush.box((box.x, box.y), 5, _ROAD if strong else _LINE, 2.5 if strong else 1)
        brush.bar((box.x, box.y), _FAMILIES.get(box.family, _OTHER))
        brush.text((box.x + 15, box.y + 18.5), box.label, _INK)
    for more in canvas.mores:
        brush.box((more.x, more.y), 14, _LINE, 1)
        brush.text((more.x + 15, more.y + 18.5), more.words, _INK)
    brush.text((0, canvas.height + _FOOT - 6), told, _SOFT)
    out = BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


class _Brush:
    """Draws in the units of the canvas."""

    def __init__(self, draw: ImageDraw.ImageDraw, scale: float) -> None:
        self._draw, self._scale = draw, scale
        where = files("fontpkg_fira_sans") / "files"
        self._plain, self._bold = (
            ImageFont.truetype(BytesIO((where / f"FiraSans-{face}.ttf").read_bytes()), max(1, round(13 * scale)))
            for face in ("Regular", "Bold")
        )

    def _at(self, point: Point) -> Point:
        return ((point[0] + _EDGE) * self._scale, (point[1] + _EDGE) * self._scale)

    def line(self, points: list[Point], colour: str, wide: float) -> None:
        self._draw.line(
            [self._at(each) for each in points], fill=colour, width=round(wide * self._scale), joint="curve"
        )

    def box(self, at: Point, radius: float, colour: str, wide: float) -> None:
        corners = [self._at(at), self._at((at[0] + WIDE, at[1] + HIGH))]
        self._draw.rounded_rectangle(
            corners, radius * self._scale, fill=_SHEET, outline=colour, width=max(1, round(wide * self._scale))
        )

    def bar(self, at: Point, colour: str) -> None:
        self._draw.rectangle([self._at((at[0] + 1, at[1] + 4)), self._at((at[0] + 6, at[1] + HIGH - 4))], fill=colour)

    def text(self, at: Point, words: str, colour: str, *, bold: bool = False) -> None:
        """The words with their baseline there; a line break in them is a blank."""
        font = self._bold if bold else self._plain
        self._draw.text(self._at(at), " ".join(words.split()), fill=colour, font=font, anchor="ls")


def _along(path: str) -> list[Point]:
    """Points of a path of one cubic curve, as the canvas writes it: `Mx yCx y x y x y`."""
    numbers = [float(each) for each in path.replace("M", " ").replace("C", " ").split()]
    ends = list(zip(numbers[::2], numbers[1::2], strict=True))
    return [_on(ends, step / _STEPS) for step in range(_STEPS + 1)]


def _on(curve: list[Point], at: float) -> Point:
    """A point of a cubic Bezier curve (de Casteljau)."""
    points = curve
    while len(points) > 1:
        points = [(one[0] + (two[0] - one[0]) * at, one[1] + (two[1] - one[1]) * at) for one, two in pairwise(points)]
    return points[0]
