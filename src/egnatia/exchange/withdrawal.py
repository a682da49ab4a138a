"""An owner takes a record back by publishing a recall: it travels like every record, and receipts answer it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from egnatia.exchange.caller import Caller
from egnatia.exchange.host import Host
from egnatia.exchange.takeback import ERASE, WITHDRAW, Action, recalling
from egnatia.record import Invalid, read
from egnatia.store.entry import Row


async def withdraw(host: Host, caller: Caller, row: Row, *, reason: str = "", erase: bool = False) -> str:
    """Publish the recall of `row`'s record in the caller's name; returns the recall's id. Raises Invalid where the
    recall is refused, NotAllowed where the caller may not."""
    return await take_back(host, caller, row, ERASE if erase else WITHDRAW, reason=reason)


async def take_back(
    host: Host,
    caller: Caller,
    row: Row,
    action: Action,
    *,
    reason: str = "",
    marking_refs: Sequence[str] = (),
    definitions: Sequence[bytes] = (),
) -> str:
    """As `withdraw`, or narrow it to what `marking_refs` say. `definitions` are those of them that are to be known
    before; they are published first, so that nobody has to wait for their meaning."""
    if definitions:
        await _published(host, caller, definitions)
    body = recalling(row.id, action, owner=row.owner, reason=reason, now=datetime.now(UTC), marking_refs=marking_refs)
    await _published(host, caller, [body])
    return read(body).head.id


async def _published(host: Host, caller: Caller, bodies: Sequence[bytes]) -> None:
    submitted = host.admission.submit(bodies, caller.submitter, atomic=True, tolerant=False)
    outcome = await asyncio.wrap_future(submitted)
    if outcome.refused:
        raise Invalid(outcome.refused[0].problems)
