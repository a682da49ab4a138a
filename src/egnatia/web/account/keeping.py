"""What administrators do with the accounts of others: add, give roles, disable, reset.

A node keeps an administrator who can sign in, and nobody changes what they may do themselves.
"""

import re

import msgspec

from egnatia.store.keeping import Known
from egnatia.web.account.account import NAME, Account, new_account, sign_in_name
from egnatia.web.account.door import Door
from egnatia.web.account.enrolment import Enrolments
from egnatia.web.language.speech import N_
from egnatia.web.permission import Role

NO_NAME = N_("A sign-in name has small letters, digits, dots and dashes, or is an e-mail address")
NO_DISPLAY = N_("Say how colleagues read the person's name")
NO_ROLE = N_("Choose at least one role")
NOT_HOSTED = N_("This organisation has no accounts here: the node does not host it")
TAKEN = N_("There is an account with this sign-in name already")
LAST = N_("The node needs an administrator who can sign in; make another one first")
SELF = N_("Nobody changes their own rights; ask another administrator")


class Cannot(ValueError):
    """What an administrator cannot do, as a message for translation."""


class Keeper:
    """Keeps accounts on behalf of `actor`: the name of an administrator's account, or the operator at the command
    line, who is held back by nothing but the last administrator. `organisation` is whose accounts these are, None
    for all."""

    def __init__(self, door: Door, actor: str, *, organisation: str | None = None) -> None:
        self.door, self.actor, self.organisation = door, actor, organisation

    def all(self) -> tuple[Account, ...]:
        """The accounts that the actor keeps."""
        return tuple(each for each in self.door.accounts.all() if self._keeps(each.organisation))

    def hosted(self) -> tuple[Known, ...]:
        """The organisations whose people may have accounts here, the operator's own first."""
        organisations = self.door.premises.card.organisations
        return tuple(Known(each.id, each.name, each.economy) for each in organisations if self._keeps(each.id))

    def add(
        self, name: str, display: str, roles: frozenset[Role], *, organisation: str = "", subject: str = ""
    ) -> Account:
        """A new account, whose person is still to enrol; raises Cannot."""
        organisation = organisation or self.organisation or self.door.premises.own
        if not re.match(NAME, sign_in_name(name)):
            raise Cannot(NO_NAME)
        if not display.strip():
            raise Cannot(NO_DISPLAY)
        if not roles:
            raise Cannot(NO_ROLE)
        if organisation not in {each.id for each in self.hosted()}:
            raise Cannot(NOT_HOSTED)
        account = new_account(name, display.strip(), organisation, roles)
        account = msgspec.structs.replace(account, subject=subject)
        try:
            self.door.accounts.add(account)
        except FileExistsError:
            raise Cannot(TAKEN) from None
        self._note("account added", account, " ".join(sorted(roles)))
        return account

    def invite(self, account: Account) -> str:
        """The link with which the person enrols, once."""
        enrolments = Enrolments(self.door)
        return enrolments.link(enrolments.invite(account.name))

    def roles(self, name: str, roles: frozenset[Role]) -> Account:
        """Other roles; the person's sessions end, so that nothing goes on with the old ones. Raises Cannot."""
        if not roles:
            raise Cannot(NO_ROLE)
        return self._changed(name, "roles changed", " ".join(sorted(roles)), roles=roles)

    def disable(self, name: str) -> Account:
        """Nobody signs in to it any more, and whoever is in is out at once. Raises Cannot."""
        return self._changed(name, "account disabled", disabled=self.door.clock())

    def enable(self, name: str) -> Account:
        """It may be signed in to again, as before."""
        return self._changed(name, "account enabled", disabled=None, failures=0, locked_until=0)

    def reset(self, name: str) -> Account:
        """Nothing that the person signed in with counts any more: they enrol again. Raises Cannot."""
        return self._changed(
            name,
            "account reset",
            password="",
            totp=b"",
            totp_step=0,
            passkeys=(),
            recovery=(),
            failures=0,
            locked_until=0,
        )

    def end_sessions(self, name: str) -> int:
        """How many were ended."""
        account = self.find(name)
        count = self.door.sessions.end_all(account.name)
        if count:
            self.door.tell(self.actor, "sessions ended", account, str(count))
        return count

    def end_everybodys_sessions(self) -> int:
        """How many were ended: those of all whom the actor keeps, but not the actor's own."""
        kept = [each for each in self.door.accounts.all() if self._keeps(each.organisation) and each.name != self.actor]
        counts = {each.name: self.door.sessions.end_all(each.name) for each in kept}
        for each in kept:
            if counts[each.name]:
                self.door.tell(self.actor, "sessions ended", each, str(counts[each.name]))
        return sum(counts.values())

    def find(self, name: str) -> Account:
        """The account; raises LookupError where there is none, or none that the actor keeps."""
        account = self.door.accounts.get(name)
        if account is None or not self._keeps(account.organisation):
            raise LookupError(f"There is no account {name!r}")
        return account

    def _changed(self, name: str, action: str, detail: str = "", **fields: object) -> Account:
        account = self.find(name)
        if account.name == self.actor:
            raise Cannot(SELF)
        own = self.door.premises.own

        def change(kept: Account, others: tuple[Account, ...]) -> Account:
            changed = msgspec.structs.replace(kept, **fields)
            lost = kept.is_administrator(own) and not changed.is_administrator(own)
            if lost and not any(each.is_administrator(own) for each in others):
                raise Cannot(LAST)
            return changed

        changed = self.door.accounts.decide(account.name, change)
        self.door.sessions.end_all(account.name)
        self.door.tell(self.actor, action, account, detail)
        return changed

    def _keeps(self, organisation: str) -> bool:
        return self.organisation is None or organisation == self.organisation

    def _note(self, action: str, account: Account, detail: str = "") -> None:
        self.door.note(self.actor, action, account.id, detail)
