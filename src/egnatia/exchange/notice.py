"""What a person is told at this node: a list with what is unread, kept for ninety days. Any room adds to it.

A notice names what it is about and never more: its reader is shown the words of that thing by their clearance of the
day.
"""

import enum
from collections.abc import Iterator
from typing import Final

import msgspec

from egnatia.store import Keep, Store

DAY: Final = 86_400_000_000
KEPT: Final = 90 * DAY


class Kind(enum.StrEnum):
    """Why somebody is told; each person chooses by kind."""

    ASSIGNED = "assigned"
    MENTIONED = "mentioned"
    ROLE = "role"
    REVIEW = "review"
    BEFORE = "before"
    AFTER = "after"
    PARTY = "party"
    RECALL = "recall"
    SAVED = "saved"
    ACCOUNT = "account"
    HELD = "held"


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that somebody is told. `id` stands for what and for whom; `at` is when they were told, microseconds
    UTC. `subject` is the case or record that it is about (its words are shown to who may see that), `path` where one
    reads on. `what` is the key of a sentence and `values` what is put into it."""

    id: str
    kind: Kind
    at: int
    subject: str
    path: str
    what: str
    values: dict[str, str] = {}
    read: bool = False

    @property
    def place(self) -> str:
        """Orders a person's notices by time."""
        return f"{self.at:020d} {self.id}"


class Notices:
    """The notices of all accounts of a node, by account id."""

    def __init__(self, store: Store) -> None:
        self._kept = store.kept("notice", Notice)
        self._unread = store.kept("notice unread", bool)
        self._told = store.kept("notice told", int)

    def is_told(self, account: str, notice_id: str) -> bool:
        """Whether the account was told it before."""
        return self._told.get(f"{account} {notice_id}") is not None

    def keeps(self, account: str, notice: Notice, *, listed: bool = True) -> tuple[Keep, ...]:
        """The notice as part of a batch, in the list or only as told; ask `is_told` first."""
        key = f"{account} {notice.place}"
        told = self._told.keep(f"{account} {notice.id}", notice.at, once=True)
        kept = self._kept.keep(key, notice, once=True)
        return (kept, told, self._unread.keep(key, True, once=True)) if listed else (kept, told)

    def of(self, account: str, limit: int, *, before: str = "", kind: Kind | None = None) -> list[Notice]:
        """The newest of an account, of those before a place; of one kind or of all."""
        found: list[Notice] = []
        for each in reversed(self._kept.between(f"{account} ", f"{account} {before or '~'}")):
            if (before and each.place >= before) or (kind is not None and each.kind is not kind):
                continue
            unread = self._unread.get(f"{account} {each.place}") is not None
            found.append(msgspec.structs.replace(each, read=not unread))
            if len(found) == limit:
                break
        return found

    def unread(self, account: str) -> int:
        """How many an account has not read."""
        return self._unread.count(f"{account} ", f"{account} ~")

    def get(self, account: str, place: str) -> Notice | None:
        """One of an account's own."""
        return self._kept.get(f"{account} {place}")

    def read(self, account: str, *places: str) -> None:
        """These are read; all of them where none is named."""
        named = places or tuple(each.place for each in self.of(account, 10_000))
        self._unread.remove(*(f"{account} {place}" for place in named))

    def old(self, account: str, now: int) -> Iterator[Keep]:
        """What is to be forgotten, as part of a batch."""
        for each in self._kept.between(f"{account} ", f"{account} {now - KEPT:020d}"):
            key = f"{account} {each.place}"
            yield Keep("notice", key)
            yield Keep("notice unread", key)
            yield Keep("notice told", f"{account} {each.id}")
