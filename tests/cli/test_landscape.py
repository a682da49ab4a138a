"""The landscape is told on the command line as on its page: for one economy, in a reader's language, as a PDF."""

from pathlib import Path

import pytest
from tests.cli.test_cli import Place, file_of, told
from tests.cli.test_knowledge import place

__all__ = ["place"]


def test_a_landscape_is_counted_and_written_for_print(place: Place, tmp_path: Path) -> None:
    place.run("import", file_of(tmp_path, told("Скопје")), "--tlp", "green")
    paper = tmp_path / "landscape.pdf"
    made = place.ask("landscape", "--from", "2025-01-01", "--to", "2027-12-31", "--language", "mk", "-o", str(paper))
    assert made["title"] == "Преглед на заканите"
    assert made["figures"][0]["value"] >= 1
    assert made["marking"] == "TLP:GREEN"
    assert paper.read_bytes().startswith(b"%PDF-")


def test_a_landscape_up_to_green_says_nothing_of_amber(place: Place, tmp_path: Path) -> None:
    place.run("import", file_of(tmp_path, told("for a few")), "--tlp", "amber")
    of_all = place.ask("landscape", "--from", "2025-01-01", "--to", "2027-12-31")
    of_green = place.ask("landscape", "--from", "2025-01-01", "--to", "2027-12-31", "--most", "green")
    assert of_all["figures"][0]["value"] == of_green["figures"][0]["value"] + 1
    assert "for a few" not in str(of_green)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "2010-01-01", "--to", "2026-01-01"), "three years"),
        (("--sector", "not a sector"), "as in STIX"),
    ],
)
def test_what_is_no_period_or_sector_is_said(place: Place, words: tuple[str, ...], said: str) -> None:
    assert said in place.run("landscape", *words, ok=1).output
