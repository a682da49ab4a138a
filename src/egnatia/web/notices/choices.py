"""What each person chose: which kinds of notices reach them by which ways."""

from typing import Final, Literal

import msgspec

from egnatia.exchange.notice import Kind
from egnatia.store.store import Store

Way = Literal["page", "mail", "webhook"]
WAYS: Final[tuple[Way, ...]] = ("page", "mail", "webhook")

_PAGE: Final[tuple[Way, ...]] = ("page",)
_BOTH: Final[tuple[Way, ...]] = ("page", "mail")
USUAL: Final[dict[Kind, tuple[Way, ...]]] = {
    Kind.ASSIGNED: _BOTH,
    Kind.MENTIONED: _BOTH,
    Kind.ROLE: _PAGE,
    Kind.REVIEW: _BOTH,
    Kind.BEFORE: _BOTH,
    Kind.AFTER: _BOTH,
    Kind.PARTY: _PAGE,
    Kind.RECALL: _PAGE,
    Kind.SAVED: _PAGE,
    Kind.HELD: _PAGE,
    Kind.ACCOUNT: _BOTH,
}
"""What counts until somebody chooses."""

PATIENCE: Final = 48 * 3_600_000_000
"""How long an address waits for its confirmation, microseconds."""

ALWAYS: Final = frozenset({Kind.ACCOUNT})
"""What nobody chooses: a stranger in the account would switch it off first."""


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """One person's. `mail` is the address that letters go to, which its reader has confirmed, none where it is empty;
    `asked` one that is not confirmed yet, `asked_at` since when. With `digest` letters come together, once a day;
    `digested` is when they did last. Microseconds UTC."""

    mail: str = ""
    asked: str = ""
    asked_at: int = 0
    digest: bool = False
    digested: int = 0
    ways: dict[Kind, tuple[Way, ...]] = {}

    def by(self, kind: Kind) -> tuple[Way, ...]:
        """The ways of one kind."""
        return USUAL[kind] if kind in ALWAYS else self.ways.get(kind, USUAL[kind])

    def waiting(self, now: int) -> str:
        """The address that waits for its confirmation; empty for none."""
        return self.asked if now - self.asked_at < PATIENCE else ""


class Chosen:
    """The choices of all accounts, by account id."""

    def __init__(self, store: Store) -> None:
        self.kept = store.kept("notice choices", Choices)

    def of(self, account: str) -> Choices:
        """What the account chose; what is usual where it chose nothing."""
        return self.kept.get(account) or Choices()
