"""The links of a record as a picture: what points at it on the left, what it points at on the right, by kind of link.

Up to `MOST` records stand for themselves; beyond, those of a long group stand together by type. Pure: the template
draws what is laid out here.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from egnatia.web.language import Speech
from egnatia.web.record.faces import DOMAIN_TYPES, OBSERVABLE_TYPES
from egnatia.web.record.name import Named, shortened
from egnatia.web.record.relation import Link, grouped

MOST: Final = 60
WIDTH: Final = 960
COLUMN: Final = 300
ROW: Final = 30
HEAD: Final = 26
MIDDLE: Final = 240
_LABEL: Final = 36


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A box in the picture, by its left upper corner. `family` colours it: domain, observable, relation or meta."""

    x: int
    y: int
    width: int
    label: str
    title: str
    href: str = ""
    family: str = "domain"
    middle: bool = False


class Head(msgspec.Struct, frozen=True):
    """What the boxes below have in common: the words of their link."""

    x: int
    y: int
    words: str
    left: bool


class Edge(msgspec.Struct, frozen=True):
    """A line as the path of an SVG; `forth` points away from the middle."""

    path: str
    forth: bool


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """The whole drawing, in units of its own."""

    x: int
    width: int
    height: int
    nodes: tuple[Node, ...]
    heads: tuple[Head, ...]
    edges: tuple[Edge, ...]


def picture(name: str, kind: str, links: Sequence[Link], speech: Speech) -> Picture:
    """The links of the record called `name`, laid out."""
    groups = grouped(links)
    crowded = len(links) > MOST
    left = [(words, _boxes(each, speech, crowded=crowded)) for (forth, words), each in groups.items() if not forth]
    right = [(words, _boxes(each, speech, crowded=crowded)) for (forth, words), each in groups.items() if forth]
    height = max(_height(left), _height(right), 120)
    middle = Node(
        x=(WIDTH - MIDDLE) // 2,
        y=height // 2 - 24,
        width=MIDDLE,
        label=shortened(name, 28),
        title=f"{kind}: {name}",
        family="self",
        middle=True,
    )
    nodes, heads, edges = [middle], [], []
    for side, x in ((left, 0), (right, WIDTH - COLUMN)):
        y = (height - _height(side)) // 2
        for words, boxes in side:
            heads.append(Head(x if side is left else x + COLUMN, y + 16, words, left=side is left))
            y += HEAD
            for box in boxes:
                nodes.append(msgspec.structs.replace(box, x=x, y=y))
                edges.append(_edge(middle, x, y, left=side is left))
                y += ROW
            y += 8
    # A side with nothing on it takes no room.
    start = 0 if left else middle.x
    end = WIDTH if right else middle.x + MIDDLE
    return Picture(
        x=start, width=end - start, height=height, nodes=tuple(nodes), heads=tuple(heads), edges=tuple(edges)
    )


def _boxes(links: Sequence[Link], speech: Speech, *, crowded: bool) -> list[Node]:
    if crowded and len(links) > 3:
        return list(_together(links, speech))
    return [_box(each.other) for each in links]


def _together(links: Sequence[Link], speech: Speech) -> Iterator[Node]:
    counts = Counter((each.other.kind, each.other.type) for each in links)
    for (kind, type_), count in counts.most_common():
        label = speech.gettext("%(kind)s: %(count)s", kind=kind, count=speech.number(count))
        yield Node(x=0, y=0, width=COLUMN, label=label, title=label, family=family(type_))


def _box(other: Named) -> Node:
    return Node(
        x=0,
        y=0,
        width=COLUMN,
        label=shortened(other.name, _LABEL),
        title=f"{other.kind}: {other.name}",
        href=other.href,
        family=family(other.type),
    )


def family(type_: str) -> str:
    """The group of types that share a colour."""
    if type_ in OBSERVABLE_TYPES:
        return "observable"
    return "domain" if type_ in DOMAIN_TYPES else "other"


def _height(side: Sequence[tuple[str, Sequence[Node]]]) -> int:
    return sum(HEAD + ROW * len(boxes) + 8 for _, boxes in side)


def _edge(middle: Node, x: int, y: int, *, left: bool) -> Edge:
    start = (x + COLUMN, y + 12) if left else (middle.x + MIDDLE, middle.y + 24)
    end = (middle.x, middle.y + 24) if left else (x, y + 12)
    bend = (start[0] + end[0]) // 2
    return Edge(f"M{start[0]} {start[1]}C{bend} {start[1]} {bend} {end[1]} {end[0]} {end[1]}", forth=not left)
