"""What is wrong with a question, in the reader's language."""

from collections.abc import Mapping
from typing import Final

import msgspec

from egnatia.cyber.intel.language import BadQuery, Expected
from egnatia.web.language import Speech
from egnatia.web.language.speech import N_
from egnatia.web.record.text import visible

EXPECTED: Final[Mapping[Expected, str]] = {
    Expected.SHORTER: N_("a query of at most %(limit)s characters"),
    Expected.OPENING: N_("an opening parenthesis before this one"),
    Expected.CLOSING: N_("a closing parenthesis"),
    Expected.QUOTATION: N_("a closing quotation mark"),
    Expected.TERM: N_("a term"),
    Expected.BOTH_SIDES: N_("a term on both sides of OR"),
    Expected.BEFORE_AND: N_("a term before AND"),
    Expected.AFTER_AND: N_("a term after AND"),
    Expected.AFTER_NOT: N_("a term after NOT"),
    Expected.FLATTER: N_("at most %(limit)s terms inside each other"),
    Expected.COLON: N_("a colon after %(field)s"),
    Expected.FIELD: N_("%(field)s: instead of %(said)s: – or quotation marks about it, if it is text"),
    Expected.VALUE: N_("after %(field)s: what it is to be"),
    Expected.ONE_OF: N_("after %(field)s: one of %(words)s"),
    Expected.NUMBER: N_("a whole number"),
    Expected.TIME: N_("a date such as 2026-01-31, or a time such as 30d or 12h"),
}
"""One for everything that a question can lack."""

MISREAD: Final = N_("At character %(place)s there should be: %(what)s")


def misread(error: BadQuery, speech: Speech) -> str:
    """Where the question cannot be read, and what should be there."""
    what = speech.gettext(EXPECTED[error.expected], **error.values)
    return speech.gettext(MISREAD, place=speech.number(error.place + 1), what=what)


class Misread(msgspec.Struct, frozen=True):
    """What is wrong with a question in words, and the question up to the place and from there on, as far as that is
    worth showing."""

    words: str
    before: str
    there: str


AROUND: Final = 60
"""The characters that are shown on either side of a place."""


def misplaced(question: str, error: BadQuery, speech: Speech) -> Misread:
    """What is wrong, with where that is."""
    begin = max(error.place - AROUND, 0)
    before = ("…" if begin else "") + question[begin : error.place]
    there = question[error.place :]
    return Misread(misread(error, speech), visible(before), visible(there[:AROUND]) + "…" * (len(there) > AROUND))
