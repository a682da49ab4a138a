"""Adding and deleting objects, and what became of it.

An envelope of few objects is stored before it is answered: who posts an object learns at once what is wrong with it.
One of many is journaled, which is as durable, and its status is pending until it is stored (`intake`).
"""

import asyncio
import re
import time
from typing import Final

import msgspec

from egnatia.exchange.asgi import Answer, Receive, Scope, header, read_body
from egnatia.exchange.caller import Caller, Unauthorized
from egnatia.exchange.host import Host
from egnatia.exchange.submission import Handling, Right
from egnatia.exchange.taxii import filter as filters
from egnatia.exchange.taxii.answer import BASE, Problem, not_found
from egnatia.exchange.taxii.collection import Collection, may_write
from egnatia.exchange.taxii.envelope import bodies_of, raws_of
from egnatia.exchange.taxii.filter import is_identifier
from egnatia.exchange.taxii.intake import Intake
from egnatia.exchange.taxii.negotiation import TAXII, is_taxii
from egnatia.exchange.taxii.reading import Reading
from egnatia.exchange.taxii.room import NoRoom
from egnatia.exchange.taxii.status import Statuses, new_id, status_of
from egnatia.exchange.withdrawal import withdraw

BODY_SECONDS: Final = 60

FEW: Final = 20
"""Objects of an envelope that are stored before it is answered: they cost about as much as the request and the commit
do, so nobody would be answered much sooner without."""

_STATUS: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Writing:
    """What clients may change: objects of their own organisation."""

    def __init__(self, host: Host, reading: Reading, statuses: Statuses, intake: Intake) -> None:
        self._host, self._reading, self._statuses, self._intake = host, reading, statuses, intake
        self._body_limit = host.settings.limits.body_bytes

    async def add(self, scope: Scope, receive: Receive, caller: Caller, collection: Collection) -> Answer:
        """Take an envelope; the status resource says what became of it, or that it waits."""
        if not is_taxii(header(scope, b"content-type")) or header(scope, b"content-encoding") is not None:
            raise Problem(415, "Only TAXII envelopes are taken here", f"Send the header Content-Type: {TAXII}")
        if caller.organisation is None:
            raise Unauthorized("Records are taken from known organisations only; present a token")
        if not may_write(collection, caller):
            raise Problem(403, "This collection takes nothing from you")
        received = time.time_ns() // 1_000
        body = await read_body(scope, receive, limit_bytes=self._body_limit, seconds=BODY_SECONDS)
        objects = raws_of(body)
        if len(objects) > FEW:
            return await self._journaled(caller, collection, body, len(objects), received)
        bodies = bodies_of(objects)
        handling = Handling(applied=collection.applied)
        done = self._host.admission.submit(bodies, caller.submitter, handling=handling, atomic=False, tolerant=True)
        status = status_of(new_id(), received, bodies, await asyncio.wrap_future(done))
        encoded = msgspec.json.encode(status)
        self._statuses.keep(caller, encoded, status.id)
        return Answer(202, encoded, BASE)

    async def _journaled(
        self, caller: Caller, collection: Collection, body: bytes, objects: int, received: int
    ) -> Answer:
        try:
            return Answer(202, await self._intake.take(caller, collection.applied, body, objects, received), BASE)
        except NoRoom as error:
            retry = (b"retry-after", str(error.seconds).encode())
            raise Problem(503, "Too much waits to be stored", str(error), retry) from error

    async def status(self, caller: Caller, status_id: str) -> Answer:
        """What became of an envelope; for its submitter alone."""
        if _STATUS.fullmatch(status_id) is None:
            raise not_found()
        found = await self._reading.ask(
            # In this order: where it waits no longer its status is there.
            lambda: self._intake.pending(caller, status_id) or self._statuses.get(caller, status_id)
        )
        if found is None:
            raise not_found()
        return Answer(200, found, BASE)

    async def delete(self, caller: Caller, collection: Collection, object_id: str, query: bytes) -> Answer:
        """The owner takes an object back, everywhere: all of it, for a feed that peers have read knows no less."""
        asked = filters.read(query, frozenset({"version", "spec_version"}))
        rows = await self._reading.visible(caller, collection, object_id) if is_identifier(object_id) else ()
        if not rows:
            raise not_found()
        own = [row for row in rows if row.owner == caller.organisation]
        if not own or not may_write(collection, caller) or not caller.may(Right.RECALL):
            raise Problem(403, "Only its owner can take an object back, with the right to recall")
        if asked.versions != filters.Versions() and not asked.versions.every:
            raise Problem(403, "Single versions cannot be taken back", "Publish a new version, or take back all")
        await withdraw(self._host, caller, own[0], reason="deleted through TAXII")
        return Answer(200, b"", BASE)
