"""RSS and Atom: the items of a feed as rows. A document that declares entities is refused: no feed needs them, and they
can be made to grow without end."""

import re
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as Xml

from egnatia.record.record import Invalid, Problem

_DECLARES: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_TAGS: Final = re.compile(r"<[^>]*>")
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


def items(document: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """The items with their numbers from 1: title, link, description, id, date and tags; raises Invalid."""
    if _DECLARES.search(document[:65_536].replace(b"\0", b"")):
        raise Invalid((Problem("$", "a feed without a document type or entities", "<!DOCTYPE or <!ENTITY"),))
    try:
        root = Xml.fromstring(document)  # noqa: S314  (what could hurt is refused above)
    except Xml.ParseError as error:
        raise Invalid((Problem("$", "XML", str(error)),)) from error
    found = [each for each in root.iter() if _name(each) in {"item", "entry"}]
    for place, item in enumerate(found, 1):
        row: dict[str, str] = {}
        for part in item:
            column = COLUMNS.get(_name(part))
            said = (part.get("href") or part.get("term") or "".join(part.itertext())).strip()
            if column and said:
                row[column] = f"{row[column]},{said}" if column == "tags" and column in row else row.get(column, said)
        row["description"] = _TAGS.sub(" ", row.get("description", "")).strip()
        yield place, row


def _name(element: Xml.Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()
