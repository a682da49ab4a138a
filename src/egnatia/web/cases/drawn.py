"""The drawing of a workflow in a reader's language. It takes longer than all else on its page and seldom changes."""

from functools import lru_cache
from typing import Final

from markupsafe import Markup

from egnatia.casework.diagram import diagram
from egnatia.casework.rulebook import Rulebook
from egnatia.web.language import Language
from egnatia.web.language.speech import speech

_KEPT: Final = 64
"""Some 30 kB each."""


@lru_cache(maxsize=_KEPT)
def drawn(book: Rulebook, language: Language, current: str = "") -> Markup:
    """The SVG; the state `current` stands out."""
    return Markup(diagram(book, current=current, say=speech(language).gettext))  # noqa: S704  our own; its words are escaped
