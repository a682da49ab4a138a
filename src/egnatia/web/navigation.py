"""The ways through the pages, declared in one list; a visitor is offered those that it may go."""

import msgspec

from egnatia.web.language.speech import N_
from egnatia.web.permission import Permission
from egnatia.web.visitor import Visitor


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One page in the navigation: `key` is the letter that goes there after `g`."""

    path: str
    words: str
    permission: Permission
    group: str
    key: str = ""


WORK, SHARING, HOUSE = N_("Work"), N_("Sharing"), N_("House")

ENTRIES = (
    Entry(path="/", words=N_("Situation"), permission=Permission.READ, group=WORK, key="s"),
    Entry(path="/feed", words=N_("Feed"), permission=Permission.READ, group=WORK, key="f"),
    Entry(path="/search", words=N_("Search"), permission=Permission.READ, group=WORK, key="/"),
    Entry(path="/publish", words=N_("Publish"), permission=Permission.DRAFT, group=WORK, key="p"),
    Entry(path="/peers", words=N_("Peers"), permission=Permission.SEE_PEERS, group=SHARING, key="e"),
    Entry(path="/organisations", words=N_("Organisations"), permission=Permission.READ, group=SHARING, key="o"),
    Entry(path="/agreements", words=N_("Agreements"), permission=Permission.READ, group=SHARING, key="a"),
    Entry(path="/audit", words=N_("Audit"), permission=Permission.SEE_AUDIT, group=HOUSE, key="u"),
    Entry(path="/accounts", words=N_("Accounts"), permission=Permission.MANAGE_ACCOUNTS, group=HOUSE, key="c"),
    Entry(path="/tokens", words=N_("Tokens"), permission=Permission.MANAGE_TOKENS, group=HOUSE, key="t"),
    Entry(path="/settings", words=N_("Settings"), permission=Permission.SEE_SETTINGS, group=HOUSE, key=","),
)


def entries(visitor: Visitor) -> tuple[Entry, ...]:
    """What the visitor may open, in order."""
    return tuple(each for each in ENTRIES if visitor.may(each.permission))
