"""A command that makes things and fails leaves nothing behind."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def all_or_nothing(*places: Path) -> Iterator[None]:
    """Whatever comes to be at these places (files, or folders with what is in them) is gone again if this fails; what
    was there before stays."""
    before = {_topmost(place.resolve()): _content(place) for place in places}
    try:
        yield
    except BaseException:
        for place, content in before.items():
            _put_back(place, content)
        raise


def _topmost(place: Path) -> Path:
    """The place itself, or the first folder above it that is still to be made."""
    while not place.parent.exists():
        place = place.parent
    return place


def _content(place: Path) -> frozenset[str] | None:
    """What is in a folder; None where there is nothing at all."""
    if not place.exists():
        return None
    return frozenset(each.name for each in place.iterdir()) if place.is_dir() else frozenset()


def _put_back(place: Path, content: frozenset[str] | None) -> None:
    if content is None:
        _remove(place)
    elif place.is_dir():
        for each in place.iterdir():
            if each.name not in content:
                _remove(each)


def _remove(place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
