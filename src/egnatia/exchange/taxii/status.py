"""What became of the requests to add objects, kept for a day for who made them (TAXII 2.1 section 4.3).

The objects of a request are durable before it is answered, so a status is complete from its first moment. Statuses
are kept in memory, the latest 10,000 of them: a restart forgets them, and nothing else with them.
"""

import time
import uuid
import zlib
from collections import OrderedDict
from collections.abc import Callable, Sequence

import msgspec

from egnatia.exchange.caller import Caller
from egnatia.exchange.submission import Submission
from egnatia.exchange.taxii.filter import timestamp
from egnatia.exchange.taxii.resource import Status, StatusDetail

KEPT_SECONDS = 86_400
KEPT = 10_000

_UNKNOWN = "unknown"


class _Kept(msgspec.Struct, frozen=True):
    until: float
    submitter: tuple[str | None, str]
    body: bytes


class Statuses:
    """The statuses that can still be asked for."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def keep(self, caller: Caller, status: bytes, status_id: str) -> None:
        """Keep an encoded status for its submitter."""
        self._forget()
        packed = zlib.compress(status, 1)
        self._kept[status_id] = _Kept(self._clock() + KEPT_SECONDS, _who(caller), packed)

    def get(self, caller: Caller, status_id: str) -> bytes | None:
        """The encoded status, to its submitter alone; None for anybody else, as if it were not there."""
        self._forget()
        kept = self._kept.get(status_id)
        return zlib.decompress(kept.body) if kept is not None and kept.submitter == _who(caller) else None

    def _forget(self) -> None:
        now = self._clock()
        while self._kept:
            oldest = next(iter(self._kept))
            if self._kept[oldest].until > now and len(self._kept) < KEPT:
                return
            del self._kept[oldest]


def status_of(submission: Submission, bodies: Sequence[bytes], received: int) -> Status:
    """The status resource for a submission that is done; `received` is microseconds UTC."""
    failures = [
        StatusDetail(
            id=refused.id or _UNKNOWN,
            version=_version(bodies[refused.index], received),
            message="; ".join(map(str, refused.problems))[:2_000],
        )
        for refused in submission.refused
    ]
    successes = [
        StatusDetail(
            id=accepted.id,
            version=accepted.dated or timestamp(received),
            message="; ".join(map(str, accepted.deviations))[:2_000] if accepted.deviations else "",
        )
        for accepted in submission.accepted
    ]
    return Status(
        id=str(uuid.uuid4()),
        status="complete",
        request_timestamp=timestamp(received),
        total_count=len(bodies),
        success_count=len(successes),
        successes=successes or msgspec.UNSET,
        failure_count=len(failures),
        failures=failures or msgspec.UNSET,
    )


class _Dates(msgspec.Struct):
    """The properties that tell an object's version."""

    created: str | None = None
    modified: str | None = None


_DATES = msgspec.json.Decoder(_Dates)


def version_in(body: bytes) -> str | None:
    """`modified`, else `created`, exactly as the object spells it; None where it has neither."""
    try:
        dates = _DATES.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return dates.modified or dates.created


def _version(body: bytes, received: int) -> str:
    return version_in(body) or timestamp(received)


def _who(caller: Caller) -> tuple[str | None, str]:
    return caller.organisation, caller.token_id or caller.name
