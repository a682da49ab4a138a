"""What pages are made of besides their HTML: the sheets, the modules and the mark, as they are packaged."""

from functools import cache
from importlib import resources
from typing import Final

TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


def asset(name: str) -> tuple[bytes, str]:
    """A packaged file with its media type; raises FileNotFoundError for any other name."""
    found = _assets().get(name)
    if found is None:
        raise FileNotFoundError(f"There is no asset {name!r}")
    return found


@cache
def _assets() -> dict[str, tuple[bytes, str]]:
    folder = resources.files("egnatia.web") / "assets"
    return {
        each.name: (each.read_bytes(), TYPES[each.name.rpartition(".")[2]])
        for each in folder.iterdir()
        if each.name.rpartition(".")[2] in TYPES
    }
