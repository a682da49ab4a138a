"""One reader's language, as pages use it: the words, and how dates, numbers and economies are written."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache

import msgspec
from babel import Locale
from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from egnatia.casework.span import span
from egnatia.web.language.alphabet import order
from egnatia.web.language.catalogue import Catalogue, catalogue
from egnatia.web.language.declared import Language

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
        parts = (("month", found.months), ("day", found.days), ("hour", hours), ("minute", left // 60))
        return " ".join(format_unit(count, unit, locale=self.locale) for unit, count in parts if count)

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
        return str(format_timedelta(passed, add_direction=True, locale=self.locale))

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
