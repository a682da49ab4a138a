"""A server that is busy is asked again, after as long as it says, and a few times at most."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

BUSY: Final = frozenset({429, 500, 502, 503, 504})
REFUSED: Final = frozenset({429, 503})
"""What says that nothing was done: a change may be asked for again."""

TRIES: Final = 4
LONGEST: Final = 10.0
"""Seconds that one call waits at most: a server that wants more is asked again when its source is next due."""

DAY: Final = 86_400.0


class Patient(httpx.BaseTransport):
    """Asks again what a busy server did not answer: after 1, 2 and 4 seconds, or after what `Retry-After` says. A
    question is repeated after any fault of the server's, a change only where the server says that it did nothing."""

    def __init__(self, inner: httpx.BaseTransport, sleep: Callable[[float], None] = time.sleep) -> None:
        self._inner, self._sleep = inner, sleep

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, the last one where it stays busy."""
        request.read()
        for attempt in range(TRIES):
            answer = self._inner.handle_request(request)
            wait = retry_after(answer)
            pause = 2.0**attempt if wait is None else wait
            if (
                answer.status_code not in (BUSY if _asks(request) else REFUSED)
                or attempt == TRIES - 1
                or pause > LONGEST
            ):
                return answer
            answer.close()
            self._sleep(pause)
        raise AssertionError("the last try returns")

    def close(self) -> None:
        """No more calls."""
        self._inner.close()


def _asks(request: httpx.Request) -> bool:
    """Whether a request changes nothing: MISP's questions are posted."""
    return request.method in {"GET", "HEAD"} or "/restSearch" in request.url.path or request.url.path.endswith("/index")


def retry_after(answer: httpx.Response) -> float | None:
    """Seconds that an answer asks to wait (RFC 9110 section 10.2.3), a day at most; None where it does not."""
    said = answer.headers.get("Retry-After", "").strip()
    if said.isdecimal():
        return min(float(said[:9]), DAY)
    try:
        at = parsedate_to_datetime(said)
    except ValueError:
        return None
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(0.0, (aware - datetime.now(UTC)).total_seconds()), DAY)
