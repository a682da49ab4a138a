"""A document as one HTML file that needs nothing else: to be kept, sent and printed."""

from collections.abc import Sequence
from html import escape
from typing import Final, assert_never

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

_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;color:#1e262b;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1,h2,h3{color:#175866;line-height:1.2}table{border-collapse:collapse;width:100%;margin:1rem 0}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #cbd2d5;overflow-wrap:anywhere}
.marking{position:sticky;top:0;text-align:right}.marking b{background:#000;color:#fff;padding:.2rem .6rem}
.banner{background:#fff3d6;text-align:center;font-weight:700;padding:.4rem}.note{border:1px solid #cbd2d5;padding:.6rem}
.warn{background:#fff3d6}.proof{font:12px/1.4 ui-monospace,monospace}.pre{white-space:pre-wrap}
@media print{.marking{position:fixed;top:0;right:0}}
"""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def page(document: Document, *, tail: str = "") -> str:
    """The document as HTML; everything in it is escaped. `tail` is put before the end as it is."""
    marking = f'<p class="marking"><b>{escape(document.marking)}</b></p>' if document.marking else ""
    banner = f'<p class="banner">{escape(document.banner)}</p>' if document.banner else ""
    subtitle = f"<p>{escape(document.subtitle)}</p>" if document.subtitle else ""
    notes = "".join(f"<p><small>{escape(each)}</small></p>" for each in document.footnotes)
    body = "\n".join(_block(each) for each in document.blocks)
    return (
        f'<!doctype html>\n<html lang="{escape(document.language)}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{escape(document.title)}</title><style>{_STYLE}</style></head><body>\n"
        f"{banner}{marking}<h1>{escape(document.title)}</h1>{subtitle}\n{body}\n{notes}{marking}{tail}</body></html>\n"
    )


def _block(block: Block) -> str:
    match block:
        case Heading():
            level = min(block.level + 1, 4)
            return f"<h{level}>{escape(block.text)}</h{level}>"
        case Paragraph():
            return f'<p class="pre">{escape(block.text)}</p>'
        case Items():
            return "<ul>" + "".join(f"<li>{escape(each)}</li>" for each in block.items) + "</ul>"
        case Facts():
            return _pairs(block.rows, "")
        case Proof():
            return _pairs(block.rows, ' class="proof"')
        case Table():
            return _table(block)
        case Bars():
            return _pairs([(each.label, each.shown or f"{each.value:g}") for each in block.bars], "")
        case Picture():
            return f'<p class="note">{escape(block.words)}</p>'
        case Note():
            kind = "note warn" if block.kind == "warn" else "note"
            return f'<p class="{kind} pre">{escape(block.text)}</p>'
        case NewPage():
            return "<hr>"
        case _:
            assert_never(block)


def _pairs(rows: Sequence[tuple[str, str]], kind: str) -> str:
    pairs = "".join(f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in rows)
    return f"<table{kind}>{pairs}</table>"


def _table(table: Table) -> str:
    if not table.rows:
        return f"<p>{escape(table.empty)}</p>"
    heads = "".join(f'<th scope="col">{escape(each)}</th>' for each in table.heads)
    rows = "".join("<tr>" + "".join(f"<td>{escape(each)}</td>" for each in row) + "</tr>" for row in table.rows)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
