"""An owner takes a record back by publishing a recall: it travels like every record, and receipts answer it."""

import asyncio
import uuid
from datetime import UTC, datetime

import msgspec

from egnatia.exchange.caller import Caller
from egnatia.exchange.host import Host
from egnatia.record.record import Invalid
from egnatia.store.entry import Row


async def withdraw(host: Host, caller: Caller, row: Row, *, reason: str = "", erase: bool = False) -> str:
    """Publish the recall of `row`'s record in the caller's name; returns the recall's id. Raises Invalid where the
    recall is refused, NotAllowed where the caller may not."""
    recall_id = f"recall--{uuid.uuid4()}"
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
    recall = {
        "type": "recall",
        "spec_version": "2.1",
        "id": recall_id,
        "created": now,
        "modified": now,
        "created_by_ref": row.owner,
        "object_ref": row.id,
        "mode": "erase" if erase else "withdraw",
        **({"reason": reason} if reason else {}),
    }
    submitted = host.admission.submit([msgspec.json.encode(recall)], caller.submitter, atomic=True, tolerant=False)
    outcome = await asyncio.wrap_future(submitted)
    if outcome.refused:
        raise Invalid(outcome.refused[0].problems)
    return recall_id
