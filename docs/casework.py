"""Writes docs/workflows from the declared workflows: `python -m docs.casework`; `--check` only compares."""

import sys
from pathlib import Path

from egnatia.casework.diagram import diagram
from egnatia.casework.library import Library, general, shipped
from egnatia.casework.page import described
from egnatia.cyber.exercises.exercises import library as exercises
from egnatia.cyber.incidents.protocol import adapted, differences, profiles, protocol
from egnatia.demo.cast import ECONOMIES, KOSOVO_FOOTNOTE

HERE = Path(__file__).parent / "workflows"
MADE = "<!-- Made by docs/casework.py from the declaration; change that. -->\n\n"


def library() -> Library:
    """Every workflow that ships."""
    ours = [adapted(protocol()), shipped("egnatia.cyber.incidents", "assistance.toml")]
    return general().joined(Library(ours), exercises())


def profiles_page() -> str:
    """What each economy does otherwise than the protocol, side by side."""
    lines = [
        "# The incident protocol by economy\n",
        "The protocol that all share is [incident](incident-1.md). Each economy adapts it in a file of its own; a",
        "profile that nobody has confirmed is not to be relied on as that economy's law.\n",
        "| economy | law | confirmed | otherwise than the protocol |\n| --- | --- | --- | --- |",
    ]
    for each in profiles():
        said = [f"{one.what}: {one.profile} instead of {one.protocol}" for one in differences(protocol(), each)]
        name = ECONOMIES[each.economy]
        lines.append(
            f"| {name} | {each.law or 'not examined'} | {each.confirmed or 'no'} | {'; '.join(said) or 'nothing'} |"
        )
    return MADE + "\n".join([*lines, "", KOSOVO_FOOTNOTE, ""])


def pages() -> dict[str, str]:
    """Every file of the folder and what it is to say."""
    found = {"incident-profiles.md": profiles_page()}
    for book in library():
        name = f"{book.workflow.name}-{book.workflow.version}"
        found[f"{name}.svg"] = diagram(book)
        found[f"{name}.md"] = MADE + described(book, f"{name}.svg")
    return found


def stale() -> list[str]:
    """The files that say something else, or are there for nothing."""
    there = {path.name: path.read_text("utf-8") for path in HERE.iterdir()} if HERE.exists() else {}
    made = pages()
    return sorted(name for name in there.keys() | made.keys() if there.get(name) != made.get(name))


def main() -> int:
    """Writes what is stale, or with --check says it."""
    made = pages()
    for name in stale():
        if "--check" in sys.argv:
            sys.stderr.write(f"docs/workflows/{name} is stale: python -m docs.casework\n")
        elif name in made:
            HERE.mkdir(exist_ok=True)
            (HERE / name).write_text(made[name], "utf-8")
        else:
            (HERE / name).unlink()
    return 1 if "--check" in sys.argv and stale() else 0


if __name__ == "__main__":
    sys.exit(main())
