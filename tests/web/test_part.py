"""Every component is written down, and every chart carries its figures, its words, and nothing that is not escaped."""

import re
from html import unescape
from xml.etree import ElementTree

import pytest
from docs.components import PAGE, PARTS, page

from egnatia.web.chart import Chart, Series
from egnatia.web.drawing import bars, donut, lines, sparkline
from egnatia.web.language import LANGUAGES, speech

ENGLISH = speech(LANGUAGES["en"])
HOSTILE = '<script>alert(1)</script>"&'
LABELS = ("Monday", HOSTILE)
SERIES = (Series("Reports", (3, 1_200)), Series(HOSTILE, (0, 4)))


def charts() -> list[Chart]:
    return [
        bars(ENGLISH, HOSTILE, LABELS, SERIES),
        lines(ENGLISH, HOSTILE, LABELS, SERIES),
        donut(ENGLISH, HOSTILE, [("Monday", 1_203.0), (HOSTILE, 4.0), ("none", 0.0)]),
    ]


def test_the_list_of_components_is_fresh() -> None:
    assert PAGE.read_text() == page(), "run python -m docs.components"


def test_every_component_is_in_the_list() -> None:
    for path in PARTS.glob("*.html"):
        for name in re.findall(r"\{% macro (\w+)\(", path.read_text()):
            assert f"`{name}(" in PAGE.read_text(), f"{path.name}: {name} has no comment above it"


@pytest.mark.parametrize("chart", charts(), ids=["bars", "lines", "donut"])
def test_a_chart_is_well_formed_and_says_what_it_shows(chart: Chart) -> None:
    root = ElementTree.fromstring(chart.drawing)  # noqa: S314  our own
    assert root.get("role") == "img"
    assert root.findtext("{*}title") == HOSTILE
    assert root.findtext("{*}desc")
    assert "<script" not in chart.drawing
    assert "style=" not in chart.drawing
    assert any("1,20" in text for row in chart.rows for text in row)
    assert HOSTILE in unescape(chart.drawing)


def test_a_chart_of_nothing_is_a_chart() -> None:
    for chart in (bars(ENGLISH, "t", [], []), lines(ENGLISH, "t", [], []), donut(ENGLISH, "t", [])):
        ElementTree.fromstring(chart.drawing)  # noqa: S314  our own
    assert not sparkline("t", [])
    ElementTree.fromstring(sparkline('a "title"', [0, 0, 3]))  # noqa: S314  our own


def test_a_ring_of_one_part_is_closed() -> None:
    assert 'class="slice series-1"' in donut(ENGLISH, "t", [("all", 7)]).drawing
