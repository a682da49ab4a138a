"""A document is printed whole, in any script of the region, with its marking on every page."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pypdf import PdfReader

from egnatia.paper import (
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
    pdf,
)
from egnatia.web.language import LANGUAGES, speech

MADE = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
SQUARE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><rect width="40" height="20" fill="#175866"/></svg>'
)


def document(*blocks: Block, marking: str = "TLP:AMBER", banner: str = "", title: str = "Извештај") -> Document:
    return Document(
        title=title,
        language="sr-Cyrl",
        made_at=MADE,
        blocks=blocks,
        marking=marking,
        banner=banner,
        footnotes=["Kosovo*"],
    )


def pages(tmp_path: Path, content: Document) -> list[str]:
    path = tmp_path / "document.pdf"
    path.write_bytes(pdf(content))
    return [re.sub(r"\s+", " ", page.extract_text()) for page in PdfReader(path).pages]


def test_every_letter_of_the_region_is_there(tmp_path: Path) -> None:
    letters = "ËÇëç ČĆŽŠĐčćžšđ ЉЊЂЋЏљњђћџ ЃЌЅѓќѕ АБВГДЖ Ѐ Ѝ"
    (page,) = pages(tmp_path, document(Paragraph(letters)))
    assert letters in page


def test_a_document_holds_every_kind_of_block(tmp_path: Path) -> None:
    (first, second) = pages(
        tmp_path,
        document(
            Heading("Преглед"),
            Paragraph("Два\nреда"),
            Items(["прва ставка"]),
            Facts([("Власник", "CSIRT")]),
            Table(["Када", "Шта"], [["јуче", "напад"]], widths=[1, 3]),
            Bars([Bar("Енергетика", 3), Bar("Банке", 0, "none")]),
            Picture(SQUARE, "a square"),
            Note("Пажња", "warn"),
            Proof([("sha-256", "0123456789abcdef" * 4)]),
            NewPage(),
            Paragraph("Крај"),
        ),
    )
    for word in (
        "Преглед",
        "Два",
        "прва ставка",
        "Власник",
        "CSIRT",
        "јуче",
        "напад",
        "Енергетика",
        "none",
        "Пажња",
        "0123",
    ):
        assert word in first
    assert "Крај" in second
    assert "Kosovo*" in second


def test_marking_and_banner_stand_on_every_page(tmp_path: Path) -> None:
    rows = [[str(number), "a line of a long table"] for number in range(200)]
    found = pages(tmp_path, document(Table(["n", "text"], rows), marking="TLP:RED", banner="EXERCISE"))
    assert len(found) > 3
    assert all(page.count("TLP:RED") == 2 and page.count("EXERCISE") == 1 for page in found)
    assert all("n text" in page for page in found)
    assert f"{len(found)} / {len(found)}" in found[-1]


def test_the_same_document_gives_the_same_bytes() -> None:
    content = document(Heading("One"), Facts([("a", "b")]))
    assert pdf(content) == pdf(content)


def test_an_empty_document_and_an_empty_table_are_printed(tmp_path: Path) -> None:
    (page,) = pages(tmp_path, document(Table(["a"], [], empty="Nothing yet"), Facts([]), Bars([]), Items([])))
    assert "Nothing yet" in page


def test_a_letter_that_the_font_lacks_does_not_stop_the_press(tmp_path: Path) -> None:
    (page,) = pages(tmp_path, document(Paragraph("before 漢字 🐍 after")))
    assert "before" in page
    assert "after" in page


def test_markup_in_a_text_is_text(tmp_path: Path) -> None:
    (page,) = pages(tmp_path, document(Paragraph("**bold** <b>x</b> {pages} [a](http://x.example)"), title="T"))
    assert "**bold** <b>x</b>" in page


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="SVG"):
        pdf(document(Picture("<html>", "words")))


def test_every_moment_and_number_of_every_language_is_printed_with_letters_that_the_font_has(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    said = [
        text
        for language in LANGUAGES.values()
        for spoken in [speech(language)]
        for text in (spoken.moment(MADE), spoken.moment(MADE, "long"), spoken.number(1234567.5), spoken.percent(0.5))
    ]
    (page,) = pages(tmp_path, document(*(Paragraph(each) for each in said)))
    assert "20:00:00" in page
    assert "p.d." not in page + "".join(said)
    assert not [each.message for each in caplog.records if "glyph" in each.message]
