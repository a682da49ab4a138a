"""Who looks at a page: a person with an account, a guest of a demonstration, or the public."""

from typing import Protocol

import msgspec

from egnatia.exchange.caller import Caller
from egnatia.web.permission import Permission, rights

PUBLIC_PERMISSIONS = frozenset({Permission.READ})
PLAYED = frozenset({Permission.READ, Permission.DRAFT, Permission.PUBLISH, Permission.RECALL})
"""What people may do in an exercise as far as they may do it otherwise; the house stays real."""


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """A person at a page. `login` is the name one signs in with, unlike `name` nobody else's; `organisation` is an
    identity id, None for the public; `session` names the session that forms are bound to, empty for those who have
    not signed in; `language` is the one chosen in the account. In an `exercise` everything handed in bears its
    `marking`, and the account keeps drafts and searches of its own."""

    account: str = ""
    login: str = ""
    name: str = ""
    organisation: str | None = None
    permissions: frozenset[Permission] = PUBLIC_PERMISSIONS
    session: str = ""
    language: str = ""
    exercise: str = ""
    marking: bytes = b""

    @property
    def signed_in(self) -> bool:
        """Whether this is a person with an account."""
        return bool(self.session)

    def may(self, permission: Permission) -> bool:
        """Whether the visitor has the permission."""
        return permission in self.permissions

    @property
    def caller(self) -> Caller:
        """The visitor at the exchange's gate, and so in the audit log: by the name that nobody else has."""
        return Caller(
            self.organisation,
            self.login or self.name or "anonymous",
            rights(self.permissions),
            exercise=self.exercise,
            marking=self.marking,
        )

    def within(self, exercise: str, marking: bytes) -> "Visitor":
        """The same person in an exercise, with what may be played."""
        return msgspec.structs.replace(
            self,
            account=f"{self.account}@{exercise}" if self.account else "",
            permissions=self.permissions & PLAYED,
            exercise=exercise,
            marking=marking,
        )


class Entrance(Protocol):
    """Tells who a request is from by its session cookie. Asks the store: call it from a thread."""

    def visitor(self, cookie: str, *, prolongs: bool = True) -> Visitor | None:
        """The person whose session it is; None where it is none, over or ended. The session lasts
        longer for it, unless not `prolongs`."""
        ...

    def still(self, visitor: Visitor) -> bool:
        """Whether a visitor who came in may stay, with all that they were allowed: what lasts longer than a request
        asks every few seconds."""
        ...
