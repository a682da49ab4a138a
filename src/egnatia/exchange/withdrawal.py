"""An owner takes a record back by publishing a recall: it travels like every record, and receipts answer it."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

from egnatia.exchange.caller import Caller
from egnatia.exchange.host import Host
from egnatia.exchange.takeback import ERASE, WITHDRAW
from egnatia.record import Invalid
from egnatia.record.agreement import Recall
from egnatia.record.schemas import RECALL
from egnatia.store.entry import Row


async def withdraw(host: Host, caller: Caller, row: Row, *, reason: str = "", erase: bool = False) -> str:
    """Publish the recall of `row`'s record in the caller's name; returns the recall's id. Raises Invalid where the
    recall is refused, NotAllowed where the caller may not."""
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
    recall = Recall(
        spec_version="2.1",
        id=f"recall--{uuid4()}",
        created=now,
        modified=now,
        created_by_ref=row.owner,
        object_ref=row.id,
        action=ERASE if erase else WITHDRAW,
        reason=reason or None,
    )
    submitted = host.admission.submit([RECALL.write(recall)], caller.submitter, atomic=True, tolerant=False)
    outcome = await asyncio.wrap_future(submitted)
    if outcome.refused:
        raise Invalid(outcome.refused[0].problems)
    return recall.id
