"""Writes the list of page components in docs/web.md from the macro files: `python -m docs.components`."""

import re
from pathlib import Path

PARTS = Path(__file__).parent.parent / "src/egnatia/web/templates/part"
PAGE = Path(__file__).parent / "web.md"
BEGIN, END = "<!-- components: written by python -m docs.components -->\n", "<!-- end of components -->\n"

_MACRO = re.compile(r"\{# (?P<says>[^#]*) #\}\n\{% macro (?P<call>.+?) -?%\}")
_ABOUT = re.compile(r"\A\{# (?P<says>[^#]*) #\}")


def page() -> str:
    """docs/web.md with the list as it is now."""
    text = PAGE.read_text()
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return head + BEGIN + "".join(_part(path) for path in sorted(PARTS.glob("*.html"))) + END + tail


def _part(path: Path) -> str:
    text = path.read_text()
    about = _ABOUT.search(text)
    if about is None:
        raise ValueError(f"{path.name} does not begin with what it is for")
    rows = "".join(f"| `{found['call']}` | {_line(found['says'])} |\n" for found in _MACRO.finditer(text))
    return f"\n### part/{path.name}\n\n{_line(about['says'])}\n\n| macro | what it shows |\n| --- | --- |\n{rows}\n"


def _line(words: str) -> str:
    return " ".join(words.split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page())
