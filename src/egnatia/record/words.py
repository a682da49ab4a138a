"""Words as people search them: one fold for both scripts and all spellings, and the text of a record."""

import re
import unicodedata
from typing import Any


def fold(text: str) -> str:
    """The one spelling under which `text` is indexed and searched."""
    if text.isascii():
        return text.lower().replace("dj", "d")
    return unicodedata.normalize("NFKD", text).casefold()


def tokens(text: str) -> tuple[str, ...]:
    """The folded words of `text` in order."""
    return tuple(re.findall(r"\w+", fold(text)))


def text_of(decoded: dict[str, Any]) -> str:
    """What a person would search a record by."""
    return "\n".join(v for k in ("name", "description", "pattern") if isinstance(v := decoded.get(k), str))
