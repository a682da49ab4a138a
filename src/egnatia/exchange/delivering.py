"""What takes letters out of the outbox and sends them, while a node serves.

Each letter is claimed for a while before it is sent, so that two processes do not send it twice and a process that is
killed with it in hand loses nothing. What fails is tried again ever more seldom, for three days; then it is dead.
"""

import asyncio
import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, Protocol

import httpx
import msgspec

from egnatia.exchange.letter import Call, Letter, Mail, Undeliverable
from egnatia.exchange.outbox import SECOND, Outbox
from egnatia.exchange.outward import Barred, is_outside
from egnatia.exchange.webhook import CALL_SECONDS, Hook, Hooks, Later, call_out, call_through
from egnatia.settings import Settings
from egnatia.store.queueing import Queue

if TYPE_CHECKING:
    from egnatia.exchange.mail import Connection

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
LEASE: Final = 300 * SECOND
"""How long a letter belongs to who has claimed it."""
PATIENCE: Final = 3 * 86_400 * SECOND
"""How long after it was written a letter is tried."""
WAITS: Final = (30, 120, 300, 900, 3_600, 7_200, 14_400)
"""Seconds before the next try of a letter, the last one from then on."""
PAUSES: Final = (5, 15, 30, 60, 120, 300)
"""Seconds for which a server, or a program, that does not answer is left alone."""
ROUND: Final = 100
"""Letters in one round: then the connection is let go."""
_WORDS: Final = 300


class Sender(Protocol):
    """One way out."""

    def round(self) -> None:
        """Send what is due, as much as may be sent now."""
        ...


class Pace:
    """At most `most` in a span of time, by key; on the monotonic clock."""

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._seconds, self._clock = most, seconds, clock
        self._times: defaultdict[str, deque[float]] = defaultdict(deque)

    def allows(self, key: str = "") -> bool:
        """Whether there may be another one now."""
        times = self._times.get(key)
        if times is None:
            return True
        while times and times[0] <= self._clock() - self._seconds:
            times.popleft()
        if not times:
            del self._times[key]
            return True
        return len(times) < self._most

    def count(self, key: str = "") -> None:
        """There was one."""
        self._times[key].append(self._clock())


class Pause:
    """Who does not answer is left alone for a while, by key."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: dict[str, tuple[int, float]] = {}

    def left(self, key: str = "") -> float:
        """Seconds that are left of it."""
        return max(0.0, self._failed.get(key, (0, 0.0))[1] - self._clock())

    def begin(self, key: str = "", least: float = 0.0) -> None:
        """It did not answer."""
        times = self._failed.get(key, (0, 0.0))[0]
        seconds = max(least, PAUSES[min(times, len(PAUSES) - 1)])
        self._failed[key] = (times + 1, self._clock() + seconds)

    def end(self, key: str = "") -> None:
        """It answers."""
        self._failed.pop(key, None)


class _Letters:
    """What is due in one queue, and what becomes of it."""

    def __init__(self, outbox: Outbox, queue: Queue[Letter], now: Callable[[], int]) -> None:
        self._outbox, self._queue, self.now = outbox, queue, now

    def next(self) -> Letter | None:
        """The next one that is to be sent; what was sent long ago is forgotten on the way."""
        while (claimed := self._queue.claim(self.now(), self.now() + LEASE)) is not None:
            id_, letter = claimed
            if letter.state == "waiting":
                return letter
            self._queue.forget(id_)
        return None

    def sent(self, letter: Letter) -> None:
        self._outbox.sent(letter, self.now())

    def is_needless(self, mail: Mail) -> bool:
        """Whether nobody should get it any more."""
        return self._outbox.is_needless(mail)

    def drop(self, letter: Letter) -> None:
        """It is not sent any more."""
        self._outbox.needless(letter, self.now())

    def failed(self, letter: Letter, error: str, *, after: float = 0.0) -> None:
        """Once more, later; or given up, where it is too old."""
        tried = msgspec.structs.replace(letter, tries=letter.tries + 1, error=error[:_WORDS])
        if self.now() - letter.at > PATIENCE:
            self.bury(letter, error)
            return
        seconds = max(after, WAITS[min(letter.tries, len(WAITS) - 1)])
        self._queue.put_back(letter.id, tried, self.now() + int(seconds * SECOND))

    def postpone(self, letter: Letter, seconds: float) -> None:
        """Not its fault: it waits, and that counts as no try."""
        self._queue.put_back(letter.id, letter, self.now() + int(seconds * SECOND))

    def bury(self, letter: Letter, error: str) -> None:
        """It can never be sent."""
        log.warning("letter %s is given up: %s", letter.id, error[:_WORDS])
        self._outbox.bury(msgspec.structs.replace(letter, tries=letter.tries + 1, error=error[:_WORDS]), self.now())


def microseconds() -> int:
    """Now, UTC."""
    return time.time_ns() // 1_000


class MailSender:
    """Letters by e-mail, over one connection a round."""

    def __init__(self, outbox: Outbox, settings: Settings, now: Callable[[], int] = microseconds) -> None:
        self._settings = settings
        self._letters = _Letters(outbox, outbox.mail, now)
        self._pace = Pace(settings.mail.per_minute, 60)
        self._person = Pace(settings.mail.per_person, 3_600)
        self._pause = Pause()

    def round(self) -> None:
        """Send what is due."""
        if not self._settings.mail.host or self._pause.left() or not self._pace.allows():
            return
        letter = self._letters.next()
        if letter is None:
            return
        # Only a node that has something to send loads what it takes to send it.
        from egnatia.exchange.mail import Connection  # noqa: PLC0415

        sent = 0
        try:
            with Connection(self._settings) as connection:
                self._pause.end()
                while letter is not None:
                    self._send(connection, letter)
                    sent += 1
                    letter = self._letters.next() if sent < ROUND and self._pace.allows() else None
        except OSError as error:
            log.warning("the mail server %s: %s", self._settings.mail.host, error)
            self._pause.begin()
            if letter is not None:
                self._letters.failed(letter, str(error))

    def _send(self, connection: "Connection", letter: Letter) -> None:
        """One letter; raises OSError where it is the connection that fails."""
        from egnatia.exchange.mail import Postponed  # noqa: PLC0415

        mail = letter.content
        if not isinstance(mail, Mail):
            self._letters.bury(letter, "no e-mail")
        elif self._letters.is_needless(mail):
            self._letters.drop(letter)
        elif not self._person.allows(mail.to):
            self._letters.postpone(letter, 600)
        else:
            try:
                connection.send(letter, mail)
            except Undeliverable as error:
                self._letters.bury(letter, str(error))
            except Postponed as error:
                self._letters.failed(letter, str(error))
            else:
                self._letters.sent(letter)
                self._pace.count()
                self._person.count(mail.to)


class CallSender:
    """Calls of webhooks, one after the other; a program that does not answer keeps no other one waiting for long."""

    def __init__(self, outbox: Outbox, hooks: Hooks, settings: Settings, now: Callable[[], int] = microseconds) -> None:
        self._hooks, self._allow, self._proxy = hooks, settings.webhooks.allow, settings.network.proxy
        self._letters = _Letters(outbox, outbox.calls, now)
        self._pace = Pace(settings.webhooks.per_minute, 60)
        self._pause = Pause()

    def round(self) -> None:
        """Send what is due."""
        letter = self._letters.next() if self._pace.allows() else None
        if letter is None:
            return
        with httpx.Client(timeout=CALL_SECONDS, trust_env=False, follow_redirects=False) as client:
            sent = 0
            while letter is not None:
                self._call(client, letter)
                sent += 1
                letter = self._letters.next() if sent < ROUND and self._pace.allows() else None

    def _call(self, client: httpx.Client, letter: Letter) -> None:
        call = letter.content
        hook = self._hooks.get(call.hook) if isinstance(call, Call) else None
        if not isinstance(call, Call) or hook is None:
            self._letters.sent(letter)  # nobody is there any more to be told
            return
        if left := self._pause.left(hook.id):
            self._letters.postpone(letter, left)
            return
        self._pace.count()
        error = self._tried(client, letter, call, hook)
        self._hooks.went(hook.id, error)

    def _tried(self, client: httpx.Client, letter: Letter, call: Call, hook: Hook) -> str:
        """What went wrong; empty where it was taken."""
        body, headers = self._hooks.signed(hook, letter, call, self._letters.now() // SECOND)
        try:
            self._call_out(client, hook.url, body, headers)
        except (Undeliverable, Barred) as error:
            self._letters.bury(letter, str(error))
            return str(error)
        except OSError as error:
            after = float(min(error.after, 86_400)) if isinstance(error, Later) else 0.0
            self._pause.begin(hook.id, after)
            self._letters.failed(letter, str(error), after=after)
            return str(error)
        self._pause.end(hook.id)
        self._letters.sent(letter)
        return ""

    def _call_out(self, client: httpx.Client, url: str, body: bytes, headers: dict[str, str]) -> None:
        if not self._proxy or not is_outside(url, self._allow):
            call_out(client, url, self._allow, body, headers)
            return
        with httpx.Client(timeout=CALL_SECONDS, trust_env=False, proxy=self._proxy) as through:
            call_through(through, url, body, headers)


async def deliver(senders: Iterable[Sender], look_seconds: float = LOOK_SECONDS) -> None:
    """Send what is due, for ever; cancel it to end. Each way out goes at its own pace."""
    await asyncio.gather(*(_keep_sending(each, look_seconds) for each in senders))


async def _keep_sending(sender: Sender, look_seconds: float) -> None:
    while True:
        try:
            await asyncio.to_thread(sender.round)
        except Exception:  # one letter, or a database that is away, must not end the sending of all
            log.exception("letters could not be sent")
            await asyncio.sleep(30 * look_seconds)
        await asyncio.sleep(look_seconds)
