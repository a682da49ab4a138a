"""The words of one language, read from its gettext catalogue when they are first needed.

The .po files are what translators edit and what is shipped: nothing is compiled beforehand, so nothing can be stale.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Final

import msgspec
from babel.messages.pofile import read_po

from egnatia.web.language.declared import Language

DOMAIN = "egnatia.po"

_LETTERS = {
    **dict(zip("абвгдђежзијклмнопрстћуфхцчш", "abvgdđežzijklmnoprstćufhcčš", strict=True)),
    "љ": "lj",
    "њ": "nj",
    "џ": "dž",
}


class Catalogue(msgspec.Struct, frozen=True):
    """Messages by their English text; a message with plurals has one text for each form of the language."""

    messages: Mapping[str, tuple[str, ...]]
    plural: Callable[[int], int]

    def one(self, message: str) -> str:
        """The message; the English one where it is not translated."""
        found = self.messages.get(message)
        return found[0] if found else message

    def many(self, singular: str, plural: str, count: int) -> str:
        """The form for `count`."""
        found = self.messages.get(singular)
        if not found:
            return singular if count == 1 else plural
        return found[min(self.plural(count), len(found) - 1)]


ENGLISH_WORDS = Catalogue({}, lambda count: 0 if count == 1 else 1)


@cache
def catalogue(language: Language) -> Catalogue:
    """The catalogue of a language; raises FileNotFoundError where it has none."""
    if not language.catalogue:
        return ENGLISH_WORDS
    path = resources.files("egnatia.web") / "locale" / language.catalogue / DOMAIN
    with path.open("rb") as file:
        read = read_po(file, locale=language.locale)
    turned = in_latin if language.latin else str
    messages: dict[str, tuple[str, ...]] = {}
    for message in read:
        if not message.id or not message.string or message.fuzzy:
            continue
        key = message.id if isinstance(message.id, str) else message.id[0]
        strings = (message.string,) if isinstance(message.string, str) else tuple(message.string)
        if all(strings):
            messages[key] = tuple(map(turned, strings))
    return Catalogue(messages, _plural(read.plural_expr))


def in_latin(text: str) -> str:
    """Serbian Cyrillic in Serbian Latin letters; whatever is no Serbian letter stays."""
    written = []
    for place, letter in enumerate(text):
        latin = _LETTERS.get(letter.lower())
        if latin is None:
            written.append(letter)
        elif letter.islower():
            written.append(latin)
        else:
            following = text[place + 1 : place + 2]
            written.append(latin.upper() if following.isupper() else latin.capitalize())
    return "".join(written)


def spelled_for(language: Language, lang: str, text: str) -> str:
    """Serbian text that somebody wrote, in the letters that the reader chose. What may be a name in a network (it has
    Latin letters, digits, or a point, slash or @ within) is never spelled anew: it may be a look-alike to warn of."""
    if not language.latin or lang.lower().partition("-")[0] != "sr":
        return text
    return _WORD.sub(lambda word: word[0] if _NETWORKED.search(word[0]) else in_latin(word[0]), text)


_WORD: Final = re.compile(r"\S+")
_NETWORKED: Final = re.compile(r"[A-Za-z0-9]|\w[./@:\[\]]+\w")


def _plural(expression: str) -> Callable[[int], int]:
    from gettext import c2py  # noqa: PLC0415  the one reader of plural expressions there is

    turned: Callable[[int], int] = c2py(expression)
    return turned
