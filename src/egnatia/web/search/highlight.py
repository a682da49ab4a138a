"""Marks in a text the words that were looked for, in whatever script and spelling either is written."""

import re
from collections.abc import Sequence
from typing import Final

from markupsafe import Markup, escape

from egnatia.record.words import Term, tokens

_WORD: Final = re.compile(r"[^\W_]+")
_AROUND: Final = 90


class Looked:
    """What was looked for."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self._words = frozenset(word for term in terms for word in (term.words[:-1] if term.prefix else term.words))
        self._beginnings = tuple(term.words[-1] for term in terms if term.prefix)

    def marked(self, text: str) -> Markup:
        """The text with `mark` around what was looked for; everything else is escaped."""
        pieces = [Markup("")]
        done = 0
        for found in _WORD.finditer(text):
            if self._is_meant(found[0]):
                pieces += [escape(text[done : found.start()]), Markup("<mark>%s</mark>") % found[0]]
                done = found.end()
        pieces.append(escape(text[done:]))
        return Markup("").join(pieces)

    def around(self, text: str) -> str:
        """A piece of a long text with what was looked for in it; empty where it is not there."""
        for found in _WORD.finditer(text):
            if self._is_meant(found[0]):
                start = max(0, found.start() - _AROUND)
                piece = " ".join(text[start : found.end() + _AROUND].split())
                return ("…" if start else "") + piece + ("…" if found.end() + _AROUND < len(text) else "")
        return ""

    def is_in(self, text: str) -> bool:
        """Whether anything that was looked for is in the text."""
        return any(self._is_meant(found[0]) for found in _WORD.finditer(text))

    def _is_meant(self, word: str) -> bool:
        folded = "".join(tokens(word))
        return folded in self._words or folded.startswith(self._beginnings or ("\0",))
