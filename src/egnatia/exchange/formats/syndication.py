"""RSS and Atom: the items of a feed as rows. A document that declares entities is refused: no feed needs them, and they
can be made to grow without end."""

from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as Xml

from egnatia.exchange.formats.extraction import TAG
from egnatia.record.record import Invalid, Problem

COLUMNS: Final = {
    "title": "title",
    "link": "link",
    "description": "description",
    "summary": "description",
    "content": "description",
    "encoded": "description",
    "guid": "id",
    "id": "id",
    "pubdate": "date",
    "published": "date",
    "updated": "date",
    "date": "date",
    "category": "tags",
}


class _Undeclared(Xml.TreeBuilder):
    """Refuses a document type as soon as one begins, in whatever encoding and however far down."""

    def doctype(self, name: str, *_: str | None) -> None:
        """What the parser calls there."""
        raise Invalid((Problem("$", "a feed without a document type or entities", f"<!DOCTYPE {name}"),))


def items(document: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """The items with their numbers from 1: title, link, description, id, date and tags; raises Invalid."""
    try:
        root = Xml.fromstring(document, Xml.XMLParser(target=_Undeclared()))  # noqa: S314  (what hurts it refuses)
    except (Xml.ParseError, LookupError, ValueError) as error:  # LookupError, ValueError: for its encoding
        raise Invalid((Problem("$", "XML", str(error)),)) from error
    found = [each for each in root.iter() if _name(each) in {"item", "entry"}]
    for place, item in enumerate(found, 1):
        row: dict[str, str] = {}
        for part in item:
            column = COLUMNS.get(_name(part))
            said = (part.get("href") or part.get("term") or "".join(part.itertext())).strip()
            if column and said:
                row[column] = f"{row[column]},{said}" if column == "tags" and column in row else row.get(column, said)
        row["description"] = TAG.sub(" ", row.get("description", "")).strip()
        yield place, row


def _name(element: Xml.Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()
