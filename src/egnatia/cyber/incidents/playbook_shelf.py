"""The playbooks that an organisation keeps at its node: each under its id, the newest version alone."""

import hashlib
from collections.abc import Mapping

import msgspec

from egnatia.cyber.incidents.playbook import Playbook, read
from egnatia.store.store import Store


class Shelved(msgspec.Struct, frozen=True):
    """A playbook as it was strictly written, what was forgiven when it was read, and when that was (microseconds)."""

    organisation: str
    body: bytes
    forgiven: tuple[str, ...]
    at: int

    @property
    def playbook(self) -> Playbook:
        """The playbook itself."""
        return Playbook(read(self.body).content, self.forgiven)


class Playbooks:
    """One organisation's shelf; nobody else at the node sees it."""

    def __init__(self, store: Store, organisation: str) -> None:
        self._kept, self._organisation = store.kept("playbook", Shelved), organisation

    def all(self) -> Mapping[str, Shelved]:
        """Everything on it, by the key that addresses use."""
        found = self._kept.all()
        return {key: each for key, each in found.items() if each.organisation == self._organisation}

    def get(self, key: str) -> Shelved | None:
        """One of them; None where it is not there, or another's."""
        found = self._kept.get(key)
        return found if found is not None and found.organisation == self._organisation else None

    def put(self, playbook: Playbook, at: int) -> str:
        """Keep it in the place of an earlier version; its key."""
        key = key_of(self._organisation, playbook.id)
        self._kept.put(key, Shelved(self._organisation, playbook.write(), playbook.forgiven, at))
        return key

    def remove(self, key: str) -> bool:
        """Keep it no longer; whether it was there."""
        if self.get(key) is None:
            return False
        self._kept.remove(key)
        return True


def key_of(organisation: str, playbook: str) -> str:
    """The key of an organisation's playbook."""
    return hashlib.sha256(f"{organisation} {playbook}".encode()).hexdigest()[:24]
