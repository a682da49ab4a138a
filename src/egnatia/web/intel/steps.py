"""Where a reader stands in the graph, as the address of the page: every step is a link, so it works without a script,
and a stand can be kept, sent and gone back to."""

import re
from collections.abc import Iterable
from typing import Any, Final, Self
from urllib.parse import urlencode

import msgspec
from litestar import Request

from egnatia.cyber.intel.graph import ADDED, OPEN, Question, Sieve
from egnatia.exchange.taxii.filter import is_identifier

HERE: Final = "/intel/graph"
_WORD: Final = re.compile(r"[a-z0-9_.-]{1,250}")
_DAY: Final = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")


class Steps(msgspec.Struct, frozen=True):
    """A stand: as `Question`, and besides which group of which record is listed, on which page from 0."""

    at: str = ""
    open: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    less: tuple[str, ...] = ()
    to: str = ""
    type: tuple[str, ...] = ()
    verb: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    look: str = ""
    group: str = ""
    page: int = 0

    @property
    def question(self) -> Question:
        """What is to be looked at."""
        sieve = Sieve(self.type, self.verb, self.since, self.until)
        return Question(self.at, self.open, self.add, self.less, self.to, sieve)

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """The stand as names and values, without what is empty."""
        found: list[tuple[str, str]] = []
        for name, value in msgspec.structs.asdict(self).items():
            found.extend((name, each) for each in (value if isinstance(value, tuple) else (str(value or ""),)) if each)
        return tuple(found)

    def but(self, **changes: Any) -> Self:
        """The same stand with other fields."""
        return msgspec.structs.replace(self, **changes)

    def href(self, path: str = HERE) -> str:
        """The address of a page at this stand."""
        return f"{path}?{urlencode(self.fields, safe='<>')}"

    def toggled(self, record: str) -> Self:
        """With a record opened, or closed where it is open."""
        left = tuple(each for each in self.open if each != record)
        return self.but(open=left if record in self.open else (*left, record)[-OPEN:], look="", group="", page=0)

    def without(self, record: str) -> Self:
        """With a record taken away."""
        return self.but(
            open=tuple(each for each in self.open if each != record),
            add=tuple(each for each in self.add if each != record),
            less=(*(each for each in self.less if each != record), record)[-ADDED:],
            to="" if self.to == record else self.to,
        )

    def with_(self, record: str) -> Self:
        """With a record added."""
        return self.but(
            add=(*(each for each in self.add if each != record), record)[-ADDED:],
            less=tuple(each for each in self.less if each != record),
        )

    def hidden(self, *names: str) -> tuple[tuple[str, str], ...]:
        """The fields that a form has to carry along which sets those of these names itself."""
        return tuple((name, value) for name, value in self.fields if name not in names)


def steps_of(request: Request[Any, Any, Any]) -> Steps:
    """The stand that a request is for; what cannot be one is left out."""
    asked = request.query_params

    def all_of(name: str, fits: "re.Pattern[str] | None", most: int) -> tuple[str, ...]:
        given: Iterable[str] = dict.fromkeys(asked.getall(name, []))
        return tuple(each for each in given if (fits.fullmatch(each) if fits else is_identifier(each)))[:most]

    def one(name: str) -> str:
        return next(iter(all_of(name, None, 1)), "")

    def day(name: str) -> str:
        return next(iter(all_of(name, _DAY, 1)), "")

    number = asked.get("page", "0")
    return Steps(
        at=one("at"),
        open=all_of("open", None, OPEN),
        add=all_of("add", None, ADDED),
        less=all_of("less", None, ADDED),
        to=one("to"),
        type=all_of("type", _WORD, 60),
        verb=all_of("verb", _WORD, 60),
        since=day("since"),
        until=day("until"),
        look=one("look"),
        group=asked.get("group", "")[:600],
        page=int(number) if number.isdecimal() and len(number) < 6 else 0,
    )
