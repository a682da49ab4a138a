"""The ways through the pages: those of the house in one list, each domain's with its pages. A visitor is offered those
that it may go."""

from functools import cache
from itertools import groupby
from typing import Final

import msgspec

from egnatia.domain import parts
from egnatia.web.language.speech import N_
from egnatia.web.permission import Permission
from egnatia.web.playable import is_played
from egnatia.web.visitor import Visitor


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One page in the navigation: `key` is the letter that goes there after `g`, `icon` its picture. A domain's stands
    behind the entry of the path `after`, or last in its group."""

    path: str
    words: str
    permission: Permission
    group: str
    icon: str
    key: str = ""
    after: str = ""

    def leads(self, path: str) -> bool:
        """Whether the page at `path` is this one or below it."""
        return path == self.path or (self.path != "/" and path.startswith(f"{self.path}/"))


class Way(msgspec.Struct, frozen=True):
    """Entries that stand together under one heading."""

    words: str
    entries: tuple[Entry, ...]


WORK, SHARING, HOUSE = N_("Work"), N_("Sharing"), N_("This node")

HOUSE_ENTRIES: Final = (
    Entry(path="/", words=N_("Situation"), permission=Permission.READ, group=WORK, icon="situation", key="s"),
    Entry(path="/feed", words=N_("Feed"), permission=Permission.READ, group=WORK, icon="feed", key="f"),
    Entry(path="/search", words=N_("Search"), permission=Permission.READ, group=WORK, icon="search", key="h"),
    Entry(path="/publish", words=N_("Publish"), permission=Permission.DRAFT, group=WORK, icon="publish", key="p"),
    Entry(path="/triage", words=N_("Reports"), permission=Permission.TRIAGE, group=WORK, icon="link", key="r"),
    Entry(path="/cases", words=N_("Cases"), permission=Permission.READ, group=WORK, icon="cases", key="i"),
    Entry(path="/peers", words=N_("Peers"), permission=Permission.SEE_PEERS, group=SHARING, icon="peers", key="e"),
    Entry(
        path="/organisations",
        words=N_("Organisations"),
        permission=Permission.READ,
        group=SHARING,
        icon="organisations",
        key="o",
    ),
    Entry(
        path="/agreements",
        words=N_("Agreements"),
        permission=Permission.READ,
        group=SHARING,
        icon="agreements",
        key="a",
    ),
    Entry(path="/audit", words=N_("Audit"), permission=Permission.SEE_AUDIT, group=HOUSE, icon="audit", key="u"),
    Entry(
        path="/accounts",
        words=N_("Accounts"),
        permission=Permission.MANAGE_ACCOUNTS,
        group=HOUSE,
        icon="accounts",
        key="c",
    ),
    Entry(path="/tokens", words=N_("Tokens"), permission=Permission.MANAGE_TOKENS, group=HOUSE, icon="tokens", key="t"),
    Entry(
        path="/settings",
        words=N_("Settings"),
        permission=Permission.SEE_SETTINGS,
        group=HOUSE,
        icon="settings",
        key="n",
    ),
)


@cache
def all_entries() -> tuple[Entry, ...]:
    """Every entry, those of the domains in their places."""
    found = list(HOUSE_ENTRIES)
    for entry in parts("ways", Entry):
        before = [at for at, each in enumerate(found) if each.path == entry.after]
        group = [at for at, each in enumerate(found) if each.group == entry.group]
        found.insert((before or group or [len(found) - 1])[-1] + 1, entry)
    return tuple(found)


def entries(visitor: Visitor) -> tuple[Entry, ...]:
    """What the visitor may open, in order; in an exercise only what is for work in it."""
    offered = (each for each in all_entries() if not visitor.exercise or is_played(each.path))
    return tuple(each for each in offered if visitor.may(each.permission))


def ways(offered: tuple[Entry, ...]) -> tuple[Way, ...]:
    """The same under their headings."""
    return tuple(Way(words, tuple(found)) for words, found in groupby(offered, key=lambda entry: entry.group))
