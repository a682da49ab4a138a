"""Which pages have a place in an exercise: those on which one works on records and cases, and no others."""

from collections.abc import Iterable
from typing import Final

_PLAYED: Final = (
    "/feed", "/search", "/intel", "/publish", "/recall", "/records", "/cases", "/saved", "/exercises", "/live",
    "/assets", "/choose", "/sign-out", "/sign-in", "/about",
)  # fmt: skip
_REAL: Final = (
    "/intel/match", "/intel/outputs", "/intel/sources", "/intel/devices", "/publish/reviews", "/cases/templates",
    "/cases/calendar",
)  # fmt: skip


def is_played(path: str) -> bool:
    """Whether a page has a place in an exercise: those on which one works on records and cases. Every other one, also
    one that is not thought of here, is for what is real."""

    def below(places: Iterable[str]) -> bool:
        return any(path == each or path.startswith(f"{each}/") for each in places)

    # What is kept for the organisation or read by programs is not made of an exercise.
    return (path == "/" or below(_PLAYED)) and not below(_REAL) and not path.endswith("/template")
