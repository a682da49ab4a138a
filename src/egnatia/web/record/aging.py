"""The picture of what a value was worth, is worth and will be: its course with a mark for all that changed it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec
from markupsafe import Markup

from egnatia.cyber.intel.course import Course, Happening
from egnatia.cyber.intel.score import decay_of
from egnatia.web.language.speech import N_, Speech
from egnatia.web.record.faces import FACES, kind_words

WORDS: Final[Mapping[Happening, str]] = {
    "said": N_("said for the first time"),
    "renewed": N_("said again"),
    "seen": N_("seen"),
    "confirmed": N_("confirmed"),
    "doubted": N_("called a false positive"),
    "taken-back": N_("taken back"),
}

FIGURES: Final[Mapping[Happening, str]] = {
    "said": "M-4-4h8v8h-8z",
    "renewed": "M0-5.5 5.5 0 0 5.5-5.5 0z",
    "seen": "M4.5 0A4.5 4.5 0 1 1-4.5 0 4.5 4.5 0 1 1 4.5 0z",
    "confirmed": "M0-5.5 5 4h-10z",
    "doubted": "M0 5.5 5-4h-10z",
    "taken-back": "M-4.5-4.5 4.5 4.5M4.5-4.5-4.5 4.5",
}
"""A figure for each, about its middle: whoever sees no colours tells them apart."""

RULE: Final = N_("Detection rule")


class Happened(msgspec.Struct, frozen=True):
    """One row of the table: when (microseconds UTC), what in words, by whom, what it was worth then."""

    at: int
    what: str
    by: str
    score: int


class Aging(msgspec.Struct, frozen=True):
    """A picture, what its marks mean (figure, kind, words), the same as a table, and how it ages in words."""

    title: str
    drawing: Markup
    keys: tuple[tuple[str, str, str], ...]
    rows: tuple[Happened, ...]
    told: tuple[str, ...]


def aging(speech: Speech, found: Course, kind: str, names: Mapping[str, str]) -> Aging:
    """The course of a value of a kind of observable; `names` are those of organisations."""
    from egnatia.web.drawing import Sign, course  # noqa: PLC0415  svg is heavy, and most records have no course

    say = speech.gettext
    title = say("What it is worth over time")
    rows = tuple(
        Happened(micros(each.at), say(WORDS[each.what]), names.get(each.by, each.by), each.score)
        for each in found.marks
    )
    signs = [
        Sign(row.at, row.score, FIGURES[mark.what], mark.what, _said(row, speech))
        for mark, row in zip(found.marks, rows, strict=True)
    ]
    observed = say(kind_words(kind) if kind in FACES else RULE)
    lifetime = speech.length(f"P{decay_of(kind).lifetime.days}D")
    last, share = speech.day(found.last), speech.percent(found.left)
    told = (
        say("Last confirmed on %(day)s; %(share)s of what it was worth then is left.", day=last, share=share),
        say("%(kind)s: worth nothing %(time)s after the last confirmation.", kind=observed, time=lifetime),
    )
    points = [(micros(at), float(value)) for at, value in found.points]
    drawing = course(speech, title, points, micros(found.now), signs, " ".join(told))
    kinds = [each for each in WORDS if each in {mark.what for mark in found.marks}]
    return Aging(title, drawing, tuple((FIGURES[each], each, say(WORDS[each])) for each in kinds), rows, told)


def _said(row: Happened, speech: Speech) -> str:
    return f"{speech.day(row.at)}: {row.what}, {row.by} ({row.score})"


def micros(at: datetime) -> int:
    """A moment in microseconds UTC."""
    return (at - datetime.fromtimestamp(0, at.tzinfo)) // timedelta(microseconds=1)
