"""Documents for print: what a document says is data, and one press makes a PDF of it in any script of the region.

A document does not say who may read it: whoever composes one asks under the reader's clearance and gives the marking.
"""

from egnatia.paper.document import (
    Bar,
    Bars,
    Block,
    Document,
    Facts,
    Heading,
    Items,
    NewPage,
    Note,
    Paragraph,
    Picture,
    Proof,
    Table,
)

__all__ = [
    "Bar",
    "Bars",
    "Block",
    "Document",
    "Facts",
    "Heading",
    "Items",
    "NewPage",
    "Note",
    "Paragraph",
    "Picture",
    "Proof",
    "Table",
    "pdf",
]


def pdf(document: Document) -> bytes:
    """The document as PDF on A4; the same document gives the same bytes. Raises ValueError for a picture that is no
    SVG."""
    from egnatia.paper.press import printed  # noqa: PLC0415  (fpdf2 and its fonts: 20 MB that an idle node does not need)

    return printed(document)
