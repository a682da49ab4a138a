"""The outputs that a node keeps, and the devices that may fetch them, each with a token of its own."""

import time
from typing import Final

import msgspec

from egnatia.cyber.intel.collecting import Roll
from egnatia.cyber.intel.output import Output
from egnatia.exchange import token
from egnatia.store import Store
from egnatia.store.keeping import Kept

DAY: Final = 86_400_000_000
USED: Final = 60_000_000
"""Microseconds within which another use is not written down."""


class Consumer(msgspec.Struct, frozen=True):
    """A device that may fetch one output, on behalf of an organisation. Its secret is kept as a digest; microseconds
    UTC. It is refused from `expires` on, where that is set; `last_use` is exact to a minute."""

    id: str
    digest: bytes
    output: str
    organisation: str
    name: str
    created: int
    revoked: int | None = None
    expires: int | None = None
    last_use: int | None = None

    def may_fetch(self, now: int) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked is None and (self.expires is None or now < self.expires)


class Outputs:
    """The outputs and the consumers that a node keeps."""

    def __init__(self, store: Store) -> None:
        self.outputs: Kept[Output] = store.kept("output", Output)
        self.consumers: Kept[Consumer] = store.kept("consumer", Consumer)
        self.rolls: Kept[Roll] = store.kept("output roll", Roll)

    def save(self, output: Output) -> None:
        """Keep an output in the place of one of the same name; raises ValueError where it makes no sense."""
        output.check()
        self.outputs.put(output.name, output)

    def remove(self, name: str) -> None:
        """Keep an output no longer, nor what its collections held."""
        self.outputs.remove(name)
        self.rolls.remove(*(key for key in self.rolls.all() if key.partition(" ")[0] == name))

    def grant(self, output: str, organisation: str, name: str, *, days: int = 0) -> token.Minted:
        """A new consumer of an output, for so many days, 0 for until it is revoked; its token is shown once. Raises
        KeyError where there is no such output."""
        if self.outputs.get(output) is None:
            raise KeyError(output)
        minted = token.mint()
        now = time.time_ns() // 1_000
        until = now + days * DAY if days else None
        made = Consumer(minted.id, minted.digest, output, organisation, name, now, expires=until)
        self.consumers.put(minted.id, made)
        return minted

    def revoke(self, consumer: str) -> bool:
        """End a consumer's access at once; whether there was one."""
        if self.consumers.get(consumer) is None:
            return False
        now = time.time_ns() // 1_000
        self.consumers.change(consumer, lambda held: msgspec.structs.replace(held, revoked=now))
        return True

    def used(self, consumer: Consumer) -> None:
        """It has fetched."""
        now = time.time_ns() // 1_000
        if consumer.last_use is None or now - consumer.last_use > USED:
            self.consumers.change(consumer.id, lambda held: msgspec.structs.replace(held, last_use=now))
