"""The text of a product as paragraphs and lists: nothing in it is markup, and nothing in it acts."""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Final

import msgspec

from egnatia.paper import Block, Items, Paragraph
from egnatia.web.record.text import visible

_POINT: Final = re.compile(r"\s*(?:[-*•–]|\d{1,2}[.)])\s+")


class Part(msgspec.Struct, frozen=True):
    """One paragraph, or a list where there are points."""

    text: str = ""
    points: tuple[str, ...] = ()


def parts(text: str) -> tuple[Part, ...]:
    """Paragraphs are parted by empty lines; lines that begin with a hyphen are the points of a list."""
    found: list[Part] = []
    for paragraph in re.split(r"\n\s*\n", visible(text).strip()):
        for is_point, lines in groupby(paragraph.splitlines(), key=lambda line: _POINT.match(line) is not None):
            told = [_POINT.sub("", line, count=1) if is_point else line.strip() for line in lines]
            found.append(Part(points=tuple(told)) if is_point else Part(text="\n".join(told)))
    return tuple(each for each in found if each.text or each.points)


def blocks(told: Sequence[Part]) -> tuple[Block, ...]:
    """The same for print."""
    return tuple(Items(each.points) if each.points else Paragraph(each.text) for each in told)
