"""The region on one page: where each organisation stands in the picture, who is joined with whom, what each sees."""

from itertools import combinations
from typing import ClassVar

import msgspec

from egnatia.demo.cast import ACTORS, ECONOMIES, MESH, Actor, actor
from egnatia.web.card import Card
from egnatia.web.frame import Content


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """One organisation in the regional view: who it is, where it stands in the picture, what it sees. `url` is its
    node's, or that of the node which it has its account on."""

    key: str
    identity: str
    name: str
    short: str
    code: str
    words: str
    role: str
    x: int
    y: int
    url: str = ""
    count: int = 0
    cards: tuple[Card, ...] = ()


class Edge(msgspec.Struct, frozen=True):
    """Two joined nodes in the picture."""

    a: str
    b: str
    x1: int
    y1: int
    x2: int
    y2: int


class Choice(msgspec.Struct, frozen=True):
    """One handling that the form offers, and what it means."""

    tlp: str
    words: str


class RegionPage(Content, frozen=True, kw_only=True):
    """The region at a glance: every organisation of the demonstration beside the others."""

    template: ClassVar[str] = "region.html"
    script: ClassVar[str] = "region.js"
    panels: tuple[Panel, ...]
    edges: tuple[Edge, ...]
    handlings: tuple[Choice, ...]
    first: str
    stream: str
    report_at: str
    outcome: str = ""


PLACES = {
    "rs": (390, 60),
    "ba": (190, 95),
    "hub": (320, 195),
    "me": (215, 265),
    "xk": (430, 190),
    "mk": (460, 300),
    "al": (300, 345),
    "bank": (70, 290),
    "telecom": (585, 335),
}
"""Roughly as one travels; a picture of the network, no map."""

HANDLINGS = (
    Choice("amber", "who has an agreement with us, and their clients"),
    Choice("green", "the whole community"),
    Choice("amber+strict", "who has an agreement with us, nobody further"),
    Choice("red", "the named recipients only"),
)

ROLES = {
    "csirt": "CSIRT, a node of its own",
    "hub": "relays and joins; owns what it writes itself",
    "bank": "a node of its own, joined with its CSIRT",
    "telecom": "an account on its CSIRT's node",
}


def panel(of: Actor, url: str) -> Panel:
    """The still empty panel of one organisation."""
    x, y = PLACES[of.key]
    codes = {"hub": "WB", "bank": "B", "telecom": "T"}
    names = {"csirt": ECONOMIES[of.economy], "hub": "Regional hub"}
    return Panel(
        key=of.key,
        identity=of.id,
        name=of.name,
        short=names.get(of.role, of.name.removesuffix(" (demo)")),
        code=codes.get(of.key, of.economy),
        words=ROLES[of.role],
        role=of.role,
        x=x,
        y=y,
        url=url,
    )


def edges() -> tuple[Edge, ...]:
    """The full mesh of the seven, and each private member with its CSIRT."""
    pairs = [*combinations(MESH, 2), *((each, actor(each.csirt)) for each in ACTORS if each.csirt)]
    return tuple(Edge(a.key, b.key, *PLACES[a.key], *PLACES[b.key]) for a, b in pairs)
