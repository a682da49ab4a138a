"""The footnote of Kosovo*: wherever the name leaves the pages, whose own foot carries it, it goes along."""

from collections.abc import Callable
from typing import Final

from egnatia.web.language.speech import N_

FOOTNOTE: Final = N_(
    "Kosovo*: this designation is without prejudice to positions on status, and is in line with UNSCR 1244/1999 and "
    "the ICJ Opinion on the Kosovo declaration of independence."
)

_NAMES: Final = ("kosov", "косов")
"""How the name begins in every one of our languages."""


def footnotes(say: Callable[[str], str], *said: object) -> tuple[str, ...]:
    """The footnote in the reader's language, where the name is in anything that is said; else none."""
    whole = " ".join(str(each) for each in said).casefold()
    return (say(FOOTNOTE),) if any(name in whole for name in _NAMES) else ()


def with_footnote(say: Callable[[str], str], text: str, *also: str) -> str:
    """A letter's text with the footnote under it, where the name is in it, or in its subject."""
    return "\n\n".join((text, *footnotes(say, text, *also)))
