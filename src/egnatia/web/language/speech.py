"""One reader's language, as pages use it: the words, and how dates, numbers and economies are written."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final, Literal

import msgspec
from babel import Locale
from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_decimal, format_percent

from egnatia.casework.span import span
from egnatia.web.language.alphabet import order
from egnatia.web.language.catalogue import Catalogue, catalogue
from egnatia.web.language.declared import Language

Unit = Literal["month", "day", "hour", "minute"]

_NEVER: Final = 1e9
"""More of a unit than any length has: the next greater one is not taken in its place."""

ECONOMIES = ("AL", "BA", "XK", "ME", "MK", "RS")


def N_(message: str) -> str:  # noqa: N802  gettext's own name for "translate this later"
    """The message itself, marked for translators where it is declared."""
    return message


class Speech(msgspec.Struct, frozen=True):
    """Words in one language. Times go in as microseconds UTC or aware datetimes, and are shown in UTC."""

    language: Language
    words: Catalogue
    locale: Locale

    def gettext(self, message: str, **values: object) -> str:
        """The message with its `%(name)s` filled in."""
        said = self.words.one(message)
        return said % values if values else said

    def ngettext(self, singular: str, plural: str, count: int, **values: object) -> str:
        """The form for `count`, which is `%(count)s` in it."""
        return self.words.many(singular, plural, count) % {"count": self.number(count), **values}

    def number(self, value: float) -> str:
        """A number with the separators of the language."""
        return str(format_decimal(value, locale=self.locale))

    def percent(self, share: float) -> str:
        """A share of one, as a percentage."""
        return str(format_percent(share, locale=self.locale))

    def length(self, text: str) -> str:
        """An ISO 8601 duration in words: "24 hours", "1 month"."""
        found = span(text)
        hours, left = divmod(found.seconds, 3_600)
        day = timedelta(days=1)
        parts: tuple[tuple[Unit, timedelta], ...] = (
            ("month", found.months * 30 * day),
            ("day", found.days * day),
            ("hour", timedelta(hours=hours)),
            ("minute", timedelta(minutes=left // 60)),
        )
        return " ".join(self._counted(unit, long) for unit, long in parts if long)

    def _counted(self, unit: Unit, long: timedelta) -> str:
        """So many of one unit. What CLDR has of units by themselves lacks days and hours of four of our languages."""
        return self._spoken(str(format_timedelta(long, granularity=unit, threshold=_NEVER, locale=self.locale)))

    def _spoken(self, length: str) -> str:
        """CLDR has no Montenegrin, and the Serbian that stands in for it says these words otherwise."""
        if self.language.code != "cnr":
            return length
        return re.sub(r"\bpre\b", "prije", length).replace("mesec", "mjesec").replace("nedelj", "nedjelj")

    def moment(self, at: int | datetime, style: str = "medium") -> str:
        """A date with its time, in UTC; `style` is CLDR's short, medium, long, or a pattern."""
        return str(format_datetime(_aware(at), self._pattern(style), tzinfo=UTC, locale=self.locale))

    def _pattern(self, style: str) -> str:
        """The day of 24 hours: twelve and their halves, which CLDR has for Albanian, are no good on a timeline."""
        clock = self.locale.time_formats.get(style)
        if clock is None or "a" not in clock.pattern:
            return style
        day = self.locale.date_formats[style].pattern
        hours = re.sub(r"\s*a\b", "", re.sub(r"h+", "HH", clock.pattern))
        joined = str(self.locale.datetime_formats[style])
        return joined.replace("{1}", day).replace("{0}", hours)

    def local(self, at: datetime) -> str:
        """A date with its time by the clock that `at` bears."""
        return str(format_datetime(at, self._pattern("short"), tzinfo=at.tzinfo, locale=self.locale))

    def day(self, at: int | datetime) -> str:
        """A date, in UTC."""
        return str(format_datetime(_aware(at), "d MMM y", tzinfo=UTC, locale=self.locale))

    def ago(self, at: int | datetime, now: int | datetime) -> str:
        """How long ago, or in how long: "3 minutes ago"."""
        passed: timedelta = _aware(at) - _aware(now)
        return self._spoken(str(format_timedelta(passed, add_direction=True, locale=self.locale)))

    def economy(self, code: str) -> str:
        """The name of an economy. Kosovo* carries its asterisk; the page carries the footnote."""
        match code:
            case "XK":
                return f"{self.locale.territories['XK']}*"
            case "regional":
                return self.gettext("Region")
            case "other" | "":
                return self.gettext("Elsewhere")
            case "MK" if self.language.code == "cnr":
                return "Sjeverna Makedonija"  # CLDR has no Montenegrin, and Serbian says it otherwise
        return str(self.locale.territories.get(code, code)).replace(" & ", " and ")  # CLDR's own is no official name

    def order(self, words: str) -> tuple[tuple[int, ...], str]:
        """The key that sorts words by the alphabet of the language."""
        return order(words, self.language.code)

    def economies(self, codes: Iterable[str] = ECONOMIES) -> tuple[tuple[str, str], ...]:
        """Codes and names, in the alphabetical order of the language."""
        return tuple(sorted(((code, self.economy(code)) for code in codes), key=lambda each: self.order(each[1])))


@cache
def speech(language: Language) -> Speech:
    """The one speech of a language."""
    return Speech(language, catalogue(language), Locale.parse(language.locale))


def _aware(at: int | datetime) -> datetime:
    if isinstance(at, datetime):
        return at
    return datetime.fromtimestamp(at // 1_000_000, UTC) + timedelta(microseconds=at % 1_000_000)
