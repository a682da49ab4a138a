"""The order of words in each language: by its own alphabet, in which two letters can be one.

Letters of another alphabet come after it; accents that are no letters of the language count last.
"""

import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Final

_LATIN: Final = "a b c č ć d dž đ e f g h i j k l lj m n nj o p q r s š t u v w x y z ž"
_CYRILLIC: Final = "а б в г д ђ е ж з и ј к л љ м н њ о п р с т ћ у ф х ц ч џ ш"
ALPHABETS: Final[Mapping[str, str]] = {
    "en": "a b c d e f g h i j k l m n o p q r s t u v w x y z",
    "sq": "a b c ç d dh e ë f g gj h i j k l ll m n nj o p q r rr s sh t th u v w x xh y z zh",
    "bs": _LATIN,
    "cnr": _LATIN.replace("š", "š ś").replace("ž", "ž ź").replace("dž ź", "dž"),
    "sr-Latn": _LATIN,
    "sr-Cyrl": _CYRILLIC,
    "mk": "а б в г д ѓ е ж з ѕ и ј к л љ м н њ о п р с т ќ у ф х ц ч џ ш",
}
"""By the code of the language, as its orthography has it."""

_OTHERS: Final = 1_000
"""What is in no alphabet of ours comes after the letters, by its code point; digits and signs before them."""


@cache
def _places(code: str) -> Mapping[str, int]:
    return {letter: place for place, letter in enumerate(ALPHABETS[code].split(), 1)}


def order(text: str, code: str) -> tuple[tuple[int, ...], str]:
    """The key by which words of the language are sorted."""
    places, rest, found = _places(code), unicodedata.normalize("NFC", text.casefold()), list[int]()
    at = 0
    while at < len(rest):
        two, one = rest[at : at + 2], rest[at]
        if len(two) == 2 and two in places:
            found.append(places[two])
            at += 2
            continue
        base = one if one in places else unicodedata.normalize("NFD", one)[0]
        found.append(places.get(base) or (_OTHERS + ord(base) if base.isalpha() else 0))
        at += 1
    return tuple(found), text
