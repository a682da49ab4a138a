"""The page on security names tests that exist: a defence without one is a design, not a promise."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_test_that_the_page_on_security_names_is_there() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    written = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)\(", path.read_text(encoding="utf-8"))
    }
    assert len(named) > 60
    assert not named - written


def test_every_chapter_of_the_standard_is_walked_through() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    walked = {int(each) for each in re.findall(r"\bV(\d+) [A-Z]", page.partition("## OWASP ASVS")[2])}
    assert walked == set(range(1, 17))
