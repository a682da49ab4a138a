"""Identifiers as numbers: the large tables hold eight bytes where they would hold fifty."""

import hashlib
from collections import OrderedDict
from collections.abc import Collection, Iterable
from itertools import count
from typing import Final

from egnatia.store import schema
from egnatia.store.database import Database
from egnatia.store.link import Link

NAME_LIMIT: Final = 500
"""Bytes of the longest identifier that is taken: PostgreSQL indexes no more than 2,700."""

_KEPT: Final = 50_000


def check_name(name: str) -> None:
    """Raises ValueError for what cannot be an identifier in both databases."""
    if name.isascii() and 0 < len(name) <= NAME_LIMIT and "\0" not in name:
        return
    if "\0" in name or not 0 < len(name.encode(errors="surrogatepass")) <= NAME_LIMIT:
        raise ValueError(f"{name[:80]!r} is no identifier: 1 to {NAME_LIMIT} bytes without NUL are")
    name.encode()  # a lone surrogate is a UnicodeEncodeError, a ValueError as well


def possible(names: Iterable[str]) -> list[str]:
    """Those of the names that a record here could have."""
    return [name for name in names if "\0" not in name and len(name) <= NAME_LIMIT and name.isprintable()]


def value_key(value: str) -> str:
    """A value as it is looked up: itself, or its digest where it is long or not plain text."""
    if len(value) <= 128 and "\0" not in value and value.isprintable():
        return value
    return "sha256:" + hashlib.sha256(value.encode(errors="surrogatepass")).hexdigest()


class Naming:
    """The numbers of names, as a writer uses them: the recent ones are kept in memory."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._recent: OrderedDict[str, int] = OrderedDict()

    def forget(self) -> None:
        """After a transaction that was rolled back: what it numbered does not count."""
        self._recent.clear()

    def numbers(self, link: Link, names: Collection[str], last: int) -> tuple[dict[str, int], int]:
        """The number of each name, all different; new ones are numbered from `last` + 1 in their order. Returns them
        and the last one used."""
        recent, numbers, unknown = self._recent, dict[str, int](), list[str]()
        for name in names:
            number = recent.get(name)
            if number is None:
                unknown.append(name)
            else:
                numbers[name] = number
        if unknown:
            for name in unknown:
                check_name(name)
            found = dict(self._database.numbers(link, unknown))
            fresh = dict(zip([one for one in unknown if one not in found], count(last + 1), strict=False))
            self._database.insert(link, schema.names, [(number, name) for name, number in fresh.items()])
            last += len(fresh)
            found.update(fresh)
            numbers.update(found)
            recent.update(found)
            while len(recent) > _KEPT:
                recent.popitem(last=False)
        return numbers, last
