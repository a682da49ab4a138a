"""Makes a PDF of a document, with fpdf2 and Fira Sans, which has every letter of the region."""

from collections.abc import Sequence
from importlib.resources import files
from io import BytesIO
from typing import Final, assert_never

from fpdf import FPDF
from fpdf.enums import Align, TableBordersLayout, VAlign, WrapMode, XPos, YPos
from fpdf.fonts import FontFace, TextStyle, TTFFont

from egnatia.paper.document import (
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

Colour = tuple[int, int, int]

INK: Final[Colour] = (30, 38, 43)
FAINT: Final[Colour] = (92, 104, 112)
LINE: Final[Colour] = (203, 210, 213)
ROAD: Final[Colour] = (23, 88, 102)
WASH: Final[Colour] = (238, 243, 244)
ALARM: Final[Colour] = (255, 243, 214)
BLACK: Final[Colour] = (0, 0, 0)
WHITE: Final[Colour] = (255, 255, 255)

TLP: Final[dict[str, Colour]] = {
    "TLP:RED": (255, 43, 43),
    "TLP:AMBER": (255, 192, 0),
    "TLP:AMBER+STRICT": (255, 192, 0),
    "TLP:GREEN": (51, 255, 0),
    "TLP:CLEAR": (255, 255, 255),
}
"""Letters on black, as FIRST gives them (TLP 2.0, section 3)."""

FAMILY: Final = "Fira Sans"
_FACES: Final = {"": "Regular", "B": "Bold", "I": "Italic"}
_SIZES: Final = {1: 15, 2: 12.5, 3: 11}
_BODY: Final = 10.0
_SMALL: Final = 8.0
_LEAD: Final = 5.0
"""Millimetres from one line to the next."""
_SIDE: Final = 20.0
_NAME_SHARE: Final = 0.32
_WITH_HEADING: Final = 30.0
"""Millimetres that must be left on a page for a heading to stand there."""


def printed(document: Document) -> bytes:
    """The document as a PDF; raises ValueError for a picture that is no SVG."""
    sheet = _Sheet(document)
    try:
        sheet.add_page()
        sheet.front()
        for block in document.blocks:
            _put(sheet, block)
        sheet.notes()
        for name, content in document.attachments:
            sheet.embed_file(bytes=content, basename=name, modification_date=document.made_at, compress=True)
        return bytes(sheet.output())
    finally:
        sheet.let_go()


class _Sheet(FPDF):
    """An A4 sheet with its head and foot."""

    def __init__(self, document: Document) -> None:
        super().__init__(format="A4")
        self.document = document
        where = files("fontpkg_fira_sans") / "files"
        for style, face in _FACES.items():
            self.add_font(FAMILY, style, str(where / f"FiraSans-{face}.ttf"))
        self.set_margins(_SIDE, 24, _SIDE)
        self.set_auto_page_break(auto=True, margin=22)
        self.set_creation_date(document.made_at)
        self.set_lang(document.language)
        self.set_title(document.title)
        self.set_author(document.author)
        self.set_producer("Egnatia")
        self.alias_nb_pages("{pages}")
        self.set_section_title_styles(
            *(
                TextStyle(FAMILY, "B", _SIZES[level], ROAD if level == 1 else INK, t_margin=5, b_margin=1.5, l_margin=0)
                for level in sorted(_SIZES)
            )
        )
        self.plain()

    def normalize_text(self, text: str) -> str:
        """The text, with a space that the font has for one that it has not: CLDR writes times and numbers of some
        languages with U+202F."""
        return str(super().normalize_text(text.replace("\u202f", "\xa0")))

    def plain(self, size: float = _BODY, style: str = "", colour: Colour = INK) -> None:
        """What is written next is in this size, on nothing."""
        self.set_fill_color(*WHITE)
        self.set_font(FAMILY, style, size)
        self.set_text_color(*colour)

    def text_block(self, text: str, *, lead: float = _LEAD, wrap: WrapMode = WrapMode.WORD) -> None:
        """Lines over the whole width."""
        self.multi_cell(0, lead, text, align=Align.L, new_x=XPos.LMARGIN, new_y=YPos.NEXT, wrapmode=wrap)

    def header(self) -> None:
        """The banner and the marking, as FIRST asks: at the top of every page, to the right."""
        if self.document.banner:
            self.set_xy(0, 0)
            self.plain(10, "B", BLACK)
            self.set_fill_color(*ALARM)
            self.cell(self.w, 8, self.document.banner, align=Align.C, fill=True)
        self._marking(10)
        self.set_y(24)
        self.plain()

    def footer(self) -> None:
        """The title, the number of the page, the marking."""
        self.set_y(-14)
        self.plain(_SMALL, colour=FAINT)
        numbers = self.document.numbering.replace("{page}", str(self.page_no()))
        self.cell(self.epw * 0.7, 5, _shortened(self, f"{self.document.title}   {numbers}", self.epw * 0.7))
        self._marking(self.h - 15)

    def front(self) -> None:
        """The title and what stands below it."""
        self.plain(21, "B", ROAD)
        self.text_block(self.document.title, lead=9)
        if self.document.subtitle:
            self.plain(11, colour=FAINT)
            self.text_block(self.document.subtitle, lead=6)
        self.set_draw_color(*ROAD)
        self.set_line_width(0.6)
        self.line(self.l_margin, self.get_y() + 2, self.l_margin + 30, self.get_y() + 2)
        self.ln(6)
        self.plain()

    def notes(self) -> None:
        """The footnotes, at the end."""
        if not self.document.footnotes:
            return
        self.ln(6)
        self.plain(_SMALL, colour=FAINT)
        for note in self.document.footnotes:
            self.text_block(note, lead=4)

    def let_go(self) -> None:
        """Closes the files of the fonts, which fpdf2 leaves open."""
        for font in self.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()

    def _marking(self, y: float) -> None:
        marking = self.document.marking
        if not marking:
            return
        self.plain(10, "B", TLP.get(marking.partition(" ")[0], WHITE))
        width = self.get_string_width(marking) + 6
        self.set_fill_color(*BLACK)
        self.set_xy(self.w - self.r_margin - width, y)
        self.cell(width, 6, marking, align=Align.C, fill=True)


def _put(sheet: _Sheet, block: Block) -> None:
    sheet.plain()
    match block:
        case Heading():
            _heading(sheet, block)
        case Paragraph():
            sheet.text_block(block.text)
            sheet.ln(2)
        case Items():
            _items(sheet, block)
        case Facts():
            _pairs(sheet, block.rows, _BODY, WrapMode.WORD)
        case Proof():
            _pairs(sheet, block.rows, _SMALL, WrapMode.CHAR)
        case Table():
            _table(sheet, block)
        case Bars():
            _bars(sheet, block)
        case Picture():
            _picture(sheet, block)
        case Note():
            _note(sheet, block)
        case NewPage():
            sheet.add_page()
        case _:
            assert_never(block)


def _heading(sheet: _Sheet, block: Heading) -> None:
    if sheet.will_page_break(_WITH_HEADING):
        sheet.add_page()
    sheet.start_section(block.text, min(max(block.level, 1), 3) - 1, strict=False)


def _items(sheet: _Sheet, block: Items) -> None:
    for item in block.items:
        sheet.set_x(sheet.l_margin + 2)
        sheet.cell(4, _LEAD, "•")
        sheet.text_block(item)
    sheet.ln(2)


def _note(sheet: _Sheet, block: Note) -> None:
    sheet.set_fill_color(*(ALARM if block.kind == "warn" else WASH))
    sheet.multi_cell(0, _LEAD, block.text, align=Align.L, fill=True, padding=3, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    sheet.ln(3)


def _pairs(sheet: _Sheet, rows: Sequence[tuple[str, str]], size: float, wrap: WrapMode) -> None:
    if not rows:
        return
    name = sheet.epw * _NAME_SHARE
    sheet.plain(size)
    with sheet.table(
        borders_layout=TableBordersLayout.NONE,
        first_row_as_headings=False,
        col_widths=(name, sheet.epw - name),
        line_height=size / 2,
        text_align=(Align.L, Align.L),
        v_align=VAlign.T,
        wrapmode=wrap,
        padding=0.6,
    ) as table:
        for key, value in rows:
            row = table.row()
            row.cell(key, style=FontFace(color=FAINT))
            row.cell(value)
    sheet.ln(3)


def _table(sheet: _Sheet, block: Table) -> None:
    if not block.rows:
        sheet.plain(colour=FAINT)
        sheet.text_block(block.empty or "–")
        sheet.ln(2)
        return
    sheet.plain(9)
    sheet.set_draw_color(*LINE)
    sheet.set_line_width(0.2)
    with sheet.table(
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        col_widths=tuple(block.widths) or tuple(1 for _ in block.heads),
        headings_style=FontFace(emphasis="BOLD", color=INK, fill_color=WASH),
        line_height=4.4,
        text_align=Align.L,
        v_align=VAlign.T,
        padding=(1, 1.5),
    ) as table:
        for cells in (block.heads, *block.rows):
            row = table.row()
            for cell in cells:
                row.cell(cell)
    sheet.ln(3)


def _bars(sheet: _Sheet, block: Bars) -> None:
    most = max((bar.value for bar in block.bars), default=0.0) or 1.0
    label, figures = sheet.epw * 0.34, 22.0
    room = sheet.epw - label - figures - 4
    for bar in block.bars:
        if sheet.will_page_break(6):
            sheet.add_page()
        y = sheet.get_y()
        sheet.plain(9)
        sheet.cell(label, 5.4, _shortened(sheet, bar.label, label - 2))
        sheet.set_fill_color(*WASH)
        sheet.rect(sheet.l_margin + label, y + 0.9, room, 3.6, style="F")
        sheet.set_fill_color(*ROAD)
        sheet.rect(
            sheet.l_margin + label, y + 0.9, max(room * bar.value / most, 0.4 if bar.value else 0), 3.6, style="F"
        )
        sheet.set_x(sheet.l_margin + label + room + 2)
        sheet.cell(figures, 5.4, bar.shown or f"{bar.value:g}", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    sheet.ln(3)


def _picture(sheet: _Sheet, block: Picture) -> None:
    if "<svg" not in block.svg[:2000]:
        raise ValueError("a picture in a document is an SVG")
    sheet.image(BytesIO(block.svg.encode()), w=sheet.epw, alt_text=block.words, h=0)
    sheet.ln(3)


def _shortened(sheet: _Sheet, text: str, width: float) -> str:
    """As much of a text as fits into `width` millimetres."""
    if sheet.get_string_width(text) <= width:
        return text
    kept = text
    while kept and sheet.get_string_width(kept + "…") > width:
        kept = kept[:-1]
    return kept + "…"
