"""A scene for other programs, as GraphML and as a table of its ties: what is in the picture, no more."""

from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from egnatia.cyber.intel.graph import Scene
from egnatia.exchange.formats.spreadsheet import csv_of
from egnatia.web.intel.canvas import Box, Canvas

_NODE: Final = ("name", "type", "tlp", "owner")
_SPACE: Final = "http://graphml.graphdrawing.org/xmlns"


def graphml(seen: Scene, laid: Canvas) -> bytes:
    """The scene as GraphML 1.0: records with name, type, TLP and owner, ties with what they say."""
    root = Element("graphml", {"xmlns": _SPACE})
    for name in _NODE:
        SubElement(root, "key", {"id": name, "for": "node", "attr.name": name, "attr.type": "string"})
    SubElement(root, "key", {"id": "verb", "for": "edge", "attr.name": "verb", "attr.type": "string"})
    graph = SubElement(root, "graph", {"edgedefault": "directed"})
    for box in laid.boxes:
        node = SubElement(graph, "node", {"id": box.id})
        for name, value in zip(_NODE, _told(seen, box), strict=True):
            SubElement(node, "data", {"key": name}).text = _plain(value)
    for edge in seen.edges:
        tie = SubElement(graph, "edge", {"source": edge.source, "target": edge.target})
        SubElement(tie, "data", {"key": "verb"}).text = _plain(edge.verb)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode").encode()


def table(seen: Scene, laid: Canvas) -> bytes:
    """The ties as CSV, one a row: from, what it says, to. A record without a tie stands alone in its row."""
    return csv_of(_rows(seen, laid)).encode()


def _rows(seen: Scene, laid: Canvas) -> Iterator[tuple[str, ...]]:
    yield (*(f"{end} {name}" for end in ("source", "target") for name in ("id", *_NODE)), "verb")
    told = {box.id: (box.id, *_told(seen, box)) for box in laid.boxes}
    for edge in seen.edges:
        yield (*told[edge.source], *told[edge.target], edge.verb)
    tied = {each for edge in seen.edges for each in (edge.source, edge.target)}
    for name, ours in told.items():
        if name not in tied:
            yield (*ours, *([""] * (len(_NODE) + 1)), "")


def _told(seen: Scene, box: Box) -> tuple[str, str, str, str]:
    row = seen.rows[box.id]
    return (box.name, row.type, f"TLP:{box.tlp.upper()}", row.owner)


def _plain(text: str) -> str:
    """What XML 1.0 may hold (section 2.2); control characters may not even be escaped."""
    return "".join(each if each.isprintable() else " " for each in text)
