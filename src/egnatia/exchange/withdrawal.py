"""An owner takes a record back by publishing a recall: it travels like every record, and receipts answer it."""

import asyncio
from datetime import UTC, datetime

from egnatia.exchange.caller import Caller
from egnatia.exchange.host import Host
from egnatia.exchange.takeback import ERASE, WITHDRAW, recalling
from egnatia.record import Invalid, read
from egnatia.store.entry import Row


async def withdraw(host: Host, caller: Caller, row: Row, *, reason: str = "", erase: bool = False) -> str:
    """Publish the recall of `row`'s record in the caller's name; returns the recall's id. Raises Invalid where the
    recall is refused, NotAllowed where the caller may not."""
    body = recalling(row.id, ERASE if erase else WITHDRAW, owner=row.owner, reason=reason, now=datetime.now(UTC))
    submitted = host.admission.submit([body], caller.submitter, atomic=True, tolerant=False)
    outcome = await asyncio.wrap_future(submitted)
    if outcome.refused:
        raise Invalid(outcome.refused[0].problems)
    return read(body).head.id
