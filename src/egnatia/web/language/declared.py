"""The languages of the region, each by its own name."""

from collections.abc import Mapping

import msgspec


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """One language as a reader chooses it: `code` is its BCP 47 tag, `locale` what CLDR knows it by (dates, numbers
    and plurals), `catalogue` the folder of its words; empty for English, which the code is written in."""

    code: str
    name: str
    locale: str
    catalogue: str
    latin: bool = False
    """The catalogue is in Cyrillic and is read in Latin letters."""


LANGUAGES: Mapping[str, Language] = {
    each.code: each
    for each in (
        Language(code="en", name="English", locale="en_GB", catalogue=""),
        Language(code="sq", name="Shqip", locale="sq", catalogue="sq"),
        Language(code="bs", name="Bosanski", locale="bs_Latn", catalogue="bs"),
        Language(code="mk", name="Македонски", locale="mk", catalogue="mk"),
        # CLDR has no Montenegrin of its own: dates and plurals are those of sr-Latn-ME.
        Language(code="cnr", name="Crnogorski", locale="sr_Latn_ME", catalogue="cnr"),
        Language(code="sr-Latn", name="Srpski", locale="sr_Latn", catalogue="sr", latin=True),
        Language(code="sr-Cyrl", name="Српски", locale="sr_Cyrl", catalogue="sr"),
    )
}
"""In the order in which a reader chooses among them."""

ENGLISH = LANGUAGES["en"]

_ALSO = {"sr": "sr-Cyrl", "sr-rs": "sr-Cyrl", "sr-me": "cnr", "hr": "bs", "sh": "sr-Latn"}
"""What browsers ask for besides our own tags."""


def preferred(accept_language: str) -> Language:
    """The language that an Accept-Language header (RFC 9110 section 12.5.4) likes best of ours; English for none."""
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept_language[:500].split(",")):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        wanted.append((-weight, place, tag.strip().lower()))
    tags = {code.lower(): language for code, language in LANGUAGES.items()}
    for _, _, tag in sorted(wanted):
        for candidate in (tag, tag.rpartition("-")[0], tag.partition("-")[0]):
            found = tags.get(_ALSO.get(candidate, candidate).lower())
            if found is not None:
                return found
    return ENGLISH
