"""What stands in a document, from the top to the end. All texts are those of the reader's language already."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec


class Heading(msgspec.Struct, frozen=True):
    """A heading, which the reader's PDF program lists too. Levels 1 to 3, below the document's title."""

    text: str
    level: int = 1


class Paragraph(msgspec.Struct, frozen=True):
    """Text as a person wrote it; line breaks stay."""

    text: str


class Items(msgspec.Struct, frozen=True):
    """A list of short lines."""

    items: Sequence[str]


class Facts(msgspec.Struct, frozen=True):
    """Names and what they are, two columns without lines."""

    rows: Sequence[tuple[str, str]]


class Table(msgspec.Struct, frozen=True):
    """Rows under heads, which are repeated on every page; `widths` are relative, all the same where none are given."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[int] = ()
    empty: str = ""
    """What stands there where there are no rows."""


class Bar(msgspec.Struct, frozen=True):
    """One bar: `shown` is its value in words, the number itself where empty."""

    label: str
    value: float
    shown: str = ""


class Bars(msgspec.Struct, frozen=True):
    """Values beside each other, longest possible bar for the greatest; values are 0 or more."""

    bars: Sequence[Bar]


class Picture(msgspec.Struct, frozen=True):
    """A drawing that stands for itself (SVG without style sheets), and what it shows in words."""

    svg: str
    words: str


class Note(msgspec.Struct, frozen=True):
    """A text in a frame that nobody should miss."""

    text: str
    kind: Literal["plain", "warn"] = "plain"


class Proof(msgspec.Struct, frozen=True):
    """Digests and identifiers, small; they may break anywhere."""

    rows: Sequence[tuple[str, str]]


class NewPage(msgspec.Struct, frozen=True):
    """What follows begins on a new page."""


Block = Heading | Paragraph | Items | Facts | Table | Bars | Picture | Note | Proof | NewPage


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document. `marking` (such as `TLP:AMBER`) stands on every page; `banner` too, where there is one (EXERCISE)."""

    title: str
    language: str
    """BCP 47, for programs that read the document aloud."""
    made_at: datetime
    blocks: Sequence[Block]
    marking: str = ""
    banner: str = ""
    subtitle: str = ""
    author: str = ""
    numbering: str = "{page} / {pages}"
    attachments: Sequence[tuple[str, bytes]] = ()
    """Files that go with a PDF: name and content."""
    footnotes: Sequence[str] = ()
    """At the end: such as what Kosovo* means, where the name is in the document."""
