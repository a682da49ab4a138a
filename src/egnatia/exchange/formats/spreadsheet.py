"""Tables as CSV (RFC 4180) that a spreadsheet shows as text: no cell becomes a formula, and none breaks its row."""

import csv
import io
from collections.abc import Iterable
from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""What a formula begins with, in full width as well (OWASP, CSV injection)."""


def csv_of(rows: Iterable[Iterable[object]], line_end: str = "\r\n") -> str:
    """The rows; a cell that a spreadsheet could take for a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=line_end)
    writer.writerows([cell(str(each)) for each in row] for row in rows)
    return out.getvalue()


def cell(text: str) -> str:
    """The text on one line, as text."""
    line = "".join(each if each.isprintable() else " " for each in text)
    return f"'{line}" if line.lstrip().startswith(_FORMULA) else line
