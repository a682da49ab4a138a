"""The accounts of a node, by sign-in name."""

from collections.abc import Callable, Mapping

from egnatia.store.store import Store
from egnatia.web.account.account import Account, sign_in_name


class Accounts:
    """What is kept of people. An account is never removed, so that what the audit log says of it stays true; it is
    disabled."""

    def __init__(self, store: Store) -> None:
        self._kept = store.kept("account", Account)
        self._settled = False

    def get(self, name: str) -> Account | None:
        """The account with the sign-in name, however it was capitalised."""
        return self._kept.get(sign_in_name(name))

    def all(self) -> tuple[Account, ...]:
        """By sign-in name."""
        return tuple(self._kept.all().values())

    def is_vacant(self) -> bool:
        """Whether nobody has an account yet."""
        if not self._settled:
            self._settled = bool(self._kept.all())
        return not self._settled

    def add(self, account: Account) -> None:
        """Raises FileExistsError where the name is taken."""
        if not self._kept.add(account.name, account):
            raise FileExistsError(f"There is an account {account.name!r} already")

    def decide(self, name: str, change: Callable[[Account, tuple[Account, ...]], Account]) -> Account:
        """The account after `change`, which is given the account and all others as they are at that moment: no other
        process changes any of them in between. Nothing is kept where it raises; raises LookupError where there is
        none."""
        changed: list[Account] = []
        key = sign_in_name(name)

        def work(kept: Mapping[str, Account]) -> Account:
            if key not in kept:
                raise LookupError(f"There is no account {name!r}")
            others = tuple(each for other, each in kept.items() if other != key)
            changed[:] = [change(kept[key], others)]
            return changed[0]

        self._kept.decide(key, work)
        return changed[0]

    def change(self, name: str, change: Callable[[Account], Account]) -> Account:
        """The account after `change`, which is kept unless it raises; raises LookupError where there is none."""
        changed: list[Account] = []

        def work(account: Account) -> Account:
            changed[:] = [change(account)]
            return changed[0]

        self._kept.change(name, work)
        if not changed:
            raise LookupError(f"There is no account {name!r}")
        return changed[0]
