"""The outbox: letters are kept until they are sent, and sent once wherever that can be known.

Any room puts letters in, by itself or together with its records (`keeps`). A letter whose sending was cut off is sent
again under the same id, for only the receiver knows whether it came.
"""

from typing import Any, Final

import msgspec

from egnatia.exchange.letter import Call, Letter, Mail
from egnatia.policy import PUBLIC
from egnatia.settings import Settings
from egnatia.store import Keep, Store
from egnatia.store.queueing import Queue

SECOND: Final = 1_000_000
REMEMBERED: Final = 90 * 86_400 * SECOND
"""How long an id counts as sent, microseconds."""

DEAD: Final = "letter dead"


class _Head(msgspec.Struct):
    revoked: Any = False


_decode = msgspec.json.Decoder(_Head).decode


class Outbox:
    """The letters of one node. Mail is taken only where the settings name a mail server."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.mail: Queue[Letter] = store.queue("letter mail", Letter)
        self.calls: Queue[Letter] = store.queue("letter call", Letter)
        self._dead, self._store = store.kept(DEAD, Letter), store
        self.sends_mail = bool(settings.mail.host)

    def put(self, letter: Letter) -> bool:
        """Durable when this returns; false for one that was put before, or that nothing here can send."""
        queue = self._queue(letter)
        return queue is not None and queue.put(letter.id, letter, letter.at)

    def keeps(self, letter: Letter) -> tuple[Keep, ...]:
        """The same, as part of a batch: kept together with its records or not at all."""
        queue = self._queue(letter)
        return queue.keeps(letter.id, letter, letter.at) if queue is not None else ()

    def dead(self, limit: int = 100) -> tuple[Letter, ...]:
        """Letters that were given up, some of the many where there are many."""
        return self._dead.latest(limit)

    def bury(self, letter: Letter, now: int) -> None:
        """It is given up, for an administrator to see."""
        dead = msgspec.structs.replace(letter, state="dead")
        self._dead.put(letter.id, dead)
        self._settle(dead, now)

    def sent(self, letter: Letter, now: int) -> None:
        """It has gone: its words are forgotten, its id is not."""
        self._settle(msgspec.structs.replace(letter, state="sent", error=""), now)

    def is_needless(self, mail: Mail) -> bool:
        """Whether what it tells everyone of was taken back while it waited."""
        if not mail.public_record:
            return False
        rows = self._store.get(PUBLIC, [mail.public_record])
        return all(_decode(row.body).revoked is True for row in rows)

    def needless(self, letter: Letter, now: int) -> None:
        """It is not sent any more, and not put again."""
        self._settle(msgspec.structs.replace(letter, state="needless"), now)

    def again(self, letter_id: str, now: int) -> bool:
        """One that was given up is tried again; false where there is none."""
        letter = self._dead.take(letter_id)
        if letter is None:
            return False
        fresh = msgspec.structs.replace(letter, state="waiting", tries=0, at=now)
        queue = self._queue(letter)
        if queue is not None:
            queue.forget(letter_id)
            queue.put(letter_id, fresh, now)
        return True

    def drop(self, letter_id: str) -> bool:
        """One that was given up is forgotten; false where there is none."""
        return self._dead.take(letter_id) is not None

    def _settle(self, letter: Letter, now: int) -> None:
        queue = self._queue(letter)
        if queue is not None:
            queue.put_back(letter.id, msgspec.structs.replace(letter, content=None), now + REMEMBERED)

    def _queue(self, letter: Letter) -> Queue[Letter] | None:
        match letter.content:
            case Mail():
                return self.mail if self.sends_mail else None
            case Call():
                return self.calls
            case None:
                return None
