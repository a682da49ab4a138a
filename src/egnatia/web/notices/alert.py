"""What a person is told when something changes about how they sign in: always, on their pages and by e-mail.

Whoever has got into an account cannot switch this off, and a letter goes to the address that counted before.
"""

from collections.abc import Mapping
from typing import Final

from egnatia.exchange.letter import letter_id
from egnatia.exchange.notice import Kind, Notice, Notices
from egnatia.store import Keep
from egnatia.web.account.account import Account
from egnatia.web.notices.choices import Chosen
from egnatia.web.notices.letters import Letters
from egnatia.web.premises import Premises

TOLD: Final[Mapping[str, str]] = {
    "password changed": "account-password",
    "authenticator app renewed": "account-app",
    "passkey added": "account-passkey",
    "passkey removed": "account-passkey-gone",
    "recovery codes renewed": "account-recovery",
    "recovery code used": "account-recovery-used",
    "enrolled": "account-enrolled",
    "roles changed": "account-roles",
    "account disabled": "account-disabled",
    "account enabled": "account-enabled",
    "account reset": "account-reset",
    "account locked": "account-locked",
    "sessions ended": "account-sessions",
    "token issued": "account-token",
    "token revoked": "account-token-gone",
    "letters go elsewhere": "account-mail",
}
"""By the action of the audit log: the sentence, as `egnatia.web.notices.words` has it."""


class Alerts:
    """Writes notices and letters about accounts; what they become is part of a batch."""

    def __init__(self, premises: Premises) -> None:
        self._notices, self._chosen = Notices(premises.store), Chosen(premises.store)
        self._letters = Letters(premises)

    def keeps(self, account: Account, action: str, at: int, *, name: str = "", to: str = "") -> tuple[Keep, ...]:
        """What tells the account's person of an action, `at` microseconds UTC; none for one that nobody is told of.
        `name` is that of a token. The letter goes `to` an address, or to the one that the person confirmed."""
        what = TOLD.get(action)
        if what is None:
            return ()
        notice = Notice(
            id=letter_id("account", account.id, action, name, str(at))[:24],
            kind=Kind.ACCOUNT,
            at=at,
            subject="",
            path="/profile",
            what=what,
            values={"name": name} if name else {},
        )
        listed = self._notices.keeps(account.id, notice)
        return (*listed, *self._letters.alert(account, to or self._chosen.of(account.id).mail, notice))

    def latest(self, account: str, limit: int) -> list[Notice]:
        """What an account was told of last, the newest first, of the last ninety days."""
        return self._notices.of(account, limit, kind=Kind.ACCOUNT)
