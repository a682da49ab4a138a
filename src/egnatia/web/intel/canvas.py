"""A scene laid out: the start on the left, what is one step away beside it, and so on, each group under its words.

Pure: the template draws what is laid out here, in units of its own, on the page and as a file.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from egnatia.cyber.intel.graph import Edge, Place, Scene, Strand
from egnatia.exchange.shown import TLP_NAMES
from egnatia.policy.meet import strictest_tlp
from egnatia.store import Row
from egnatia.web.intel.steps import Steps
from egnatia.web.language import Speech
from egnatia.web.record.faces import OBSERVABLE_TYPES, kind_words
from egnatia.web.record.name import decoded, name_of, shortened
from egnatia.web.record.parts import heading
from egnatia.web.record.text import visible
from egnatia.web.record.verb import NAMES, verb

WIDE: Final = 224
GAP: Final = 96
HIGH: Final = 28
STEP: Final = 36
HEAD: Final = 22
BETWEEN: Final = 12
LABEL: Final = 27

FAMILIES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("threat-actor", "intrusion-set", "campaign"), "actor"),
    **dict.fromkeys(("malware", "tool", "infrastructure", "malware-analysis"), "means"),
    **dict.fromkeys(("attack-pattern", "course-of-action", "vulnerability"), "method"),
    **dict.fromkeys(("identity", "location"), "victim"),
    **dict.fromkeys(OBSERVABLE_TYPES | {"indicator", "observed-data", "sighting"}, "sign"),
}
"""Types that share a colour; all others are told of in `word`."""


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """A record, by its left upper corner. `href` opens or closes it."""

    id: str
    x: int
    y: int
    label: str
    name: str
    title: str
    kind: str
    family: str
    tlp: str
    href: str
    is_open: bool
    start: bool
    on_way: bool


class Caption(msgspec.Struct, frozen=True):
    """What the boxes below it have in common."""

    x: int
    y: int
    words: str


class More(msgspec.Struct, frozen=True):
    """What is not shown of a group: a box that leads to its list."""

    x: int
    y: int
    words: str
    href: str


class Line(msgspec.Struct, frozen=True):
    """A line as the path of an SVG, and what it says."""

    path: str
    says: str
    on_way: bool


class Canvas(msgspec.Struct, frozen=True, kw_only=True):
    """The whole drawing."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    captions: tuple[Caption, ...]
    mores: tuple[More, ...]
    lines: tuple[Line, ...]


def words_of(strand: Strand, speech: Speech) -> str:
    """A group in words: "uses · Malware"."""
    return f"{verb_words(strand.verb, speech, forth=strand.forth)} · {speech.gettext(kind_words(strand.type))}"


def verb_words(name: str, speech: Speech, *, forth: bool) -> str:
    """A relationship type, or a property that names, said from one end."""
    said = NAMES.get(name)
    if said is None and name.endswith(("_ref", "_refs")):
        words = heading(name)
        shown = speech.gettext(words) if words != name else visible(name)
        return shown if forth else speech.gettext("is named by it as: %(property)s", property=shown)
    said = said or verb(name)
    return visible(speech.gettext(said.forth if forth else said.back))


class _Block(msgspec.Struct):
    """One group of one record in a column, with how many of it are not shown."""

    strand: Strand | None
    places: list[Place]
    rest: int = 0
    parent: str = ""


def canvas(scene: Scene, steps: Steps, speech: Speech) -> Canvas:
    """The scene, laid out."""
    columns = _columns(scene)
    heights = [sum(map(_height, blocks)) for blocks in columns]
    height = max([*heights, 160])
    boxes: dict[str, Box] = {}
    captions: list[Caption] = []
    mores: list[More] = []
    for depth, blocks in enumerate(columns):
        x, y = depth * (WIDE + GAP), (height - heights[depth]) // 2
        for block in blocks:
            if block.strand is not None:
                captions.append(Caption(x, y + 15, words_of(block.strand, speech)))
                y += HEAD
            for place in block.places:
                boxes[place.id] = _box(scene, place, scene.rows[place.id], (x, y), steps, speech)
                y += STEP
            if block.rest and block.strand is not None:
                words = speech.ngettext("and %(count)s more", "and %(count)s more", block.rest)
                listed = steps.but(look=block.parent, group=block.strand.key, page=0)
                mores.append(More(x, y, words, f"{listed.href()}#listed"))
                y += STEP
            y += BETWEEN
    lines = tuple(_line(edge, boxes, speech) for edge in scene.edges)
    width = len(columns) * (WIDE + GAP) - GAP
    return Canvas(
        width=width,
        height=height,
        boxes=tuple(boxes.values()),
        captions=tuple(captions),
        mores=tuple(mores),
        lines=lines,
    )


def _columns(scene: Scene) -> list[list[_Block]]:
    """Blocks by steps from the start, in the order of what they hang on."""
    rests = {(rest.of, rest.strand): rest.count for rest in scene.rests}
    depths = {place.id: place.depth for place in scene.places}
    blocks: dict[tuple[int, str, Strand | None], _Block] = {}
    for place in scene.places:
        key = (place.depth, place.parent, place.strand)
        blocks.setdefault(key, _Block(place.strand, [], rests.pop((place.parent, place.strand), 0), place.parent))  # type: ignore[arg-type]  # none has a rest
        blocks[key].places.append(place)
    for (parent, strand), count in rests.items():
        blocks[(depths[parent] + 1, parent, strand)] = _Block(strand, [], count, parent)
    columns: list[list[_Block]] = [[] for _ in range(1 + max((depth for depth, _, _ in blocks), default=0))]
    for (depth, _, _), block in blocks.items():
        columns[depth].append(block)
    for before, column in pairwise(columns):
        order = {place.id: number for number, place in enumerate(each for block in before for each in block.places)}
        column.sort(key=lambda block: order.get(block.parent, len(order)))
    return columns


def _height(block: _Block) -> int:
    return (HEAD if block.strand else 0) + STEP * (len(block.places) + bool(block.rest)) + BETWEEN


def _box(scene: Scene, place: Place, row: Row, at: tuple[int, int], steps: Steps, speech: Speech) -> Box:
    name, kind = name_of(decoded(row), speech), speech.gettext(kind_words(row.type))
    return Box(
        id=row.id,
        x=at[0],
        y=at[1],
        label=shortened(name, LABEL),
        name=name,
        title=f"{kind}: {name}",
        kind=kind,
        family=FAMILIES.get(row.type, "word"),
        tlp=TLP_NAMES[strictest_tlp(row.label)],
        href=steps.toggled(row.id).href(),
        is_open=row.id in scene.spreads,
        start=place.depth == 0,
        on_way=row.id in scene.way,
    )


def _line(edge: Edge, boxes: Mapping[str, Box], speech: Speech) -> Line:
    source, target = boxes[edge.source], boxes[edge.target]
    says = f"{source.label} {verb_words(edge.verb, speech, forth=True)} {target.label}"
    left, right = (source, target) if source.x <= target.x else (target, source)
    y1, y2 = left.y + HIGH // 2, right.y + HIGH // 2
    if left.x == right.x:
        out = left.x + WIDE
        bend = out + min(GAP - 12, 24 + abs(y2 - y1) // 8)
        return Line(f"M{out} {y1}C{bend} {y1} {bend} {y2} {out} {y2}", says, edge.on_way)
    x1, x2 = left.x + WIDE, right.x
    middle = (x1 + x2) // 2
    return Line(f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}", says, edge.on_way)


def in_order(boxes: Sequence[Box]) -> tuple[Box, ...]:
    """Boxes as one reads them: column by column, from the top."""
    return tuple(sorted(boxes, key=lambda box: (box.x, box.y)))
