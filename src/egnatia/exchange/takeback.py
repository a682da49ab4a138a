"""What an owner takes back: withdrawn, erased, or narrowed to fewer readers. The owner decides, every holder obeys."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Literal
from uuid import uuid4

import msgspec

from egnatia.exchange.labelling import Labelling
from egnatia.policy import Label
from egnatia.policy.meet import strictest
from egnatia.record import Head, Problem, Record, read
from egnatia.record.agreement import Recall as Taken
from egnatia.record.instant import version_of
from egnatia.record.schemas import RECALL
from egnatia.store import Custody, Recall

Action = Literal["withdraw", "narrow", "erase"]
WITHDRAW: Final = "withdraw"
NARROW: Final = "narrow"
ERASE: Final = "erase"


class Takeback(msgspec.Struct, frozen=True):
    """A recall record, read: `until` is the last version that a narrowing holds for, empty for all of them."""

    object_ref: str
    action: str
    new_marking_refs: tuple[str, ...] = ()
    object_modified: str | None = None

    @property
    def until(self) -> str:
        return version_of(self.object_modified) if self.object_modified else ""


_decode = msgspec.json.Decoder(Takeback).decode


def takeback(record: Record) -> Takeback:
    """The reading of a `recall` record that has been validated."""
    return _decode(record.body)


def own_custody(held: Sequence[Custody], owner: str) -> Custody | None:
    """What is held of a record in its owner's name."""
    return next((each for each in held if each.owner == owner), None)


def recall_of(said: Takeback, held: Custody, labelling: Labelling) -> Recall:
    """What a recall does to what is held: the label that from now on lies over every version of the record."""
    if said.action == NARROW:
        head = Head(type=held.type, id=said.object_ref, object_marking_refs=said.new_marking_refs)
        label = strictest(held.label, labelling.of_head(head, held.owner))
    else:
        label = withdrawn(held.label)
    return Recall(said.object_ref, held.owner, label, erase=said.action == ERASE)


def withdrawn(label: Label) -> Label:
    """The label of a record that its owner has taken back altogether."""
    return msgspec.structs.replace(label, withdrawn=True)


def refusal(head: Head, held: Custody | None, version: str) -> Problem | None:
    """What is wrong with one more version of a record, if its owner has withdrawn it for good."""
    if held is None or not held.withdrawn or version <= held.version:
        return None
    return Problem("$.id", "a withdrawn record gets no new versions: publish it under a new id", repr(head.id))


def narrowing(record: Record, owner: str, marking_refs: Sequence[str], now: datetime) -> Record:
    """The recall that tells those who may see the older versions, but not this one, that they are to hide them."""
    body = recalling(
        record.head.id,
        NARROW,
        owner=owner,
        reason="A newer version is for fewer readers",
        now=now,
        marking_refs=marking_refs,
        object_modified=record.head.modified,
    )
    return read(body)


def recalling(
    object_ref: str,
    action: Action,
    *,
    owner: str,
    reason: str,
    now: datetime,
    marking_refs: Sequence[str] = (),
    object_modified: str | None = None,
) -> bytes:
    """A recall record, as its owner submits it; `marking_refs` say how narrow a narrowed record is to be."""
    stamp = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    recall = Taken(
        spec_version="2.1",
        id=f"recall--{uuid4()}",
        created=stamp,
        modified=stamp,
        created_by_ref=owner,
        object_ref=object_ref,
        object_modified=object_modified,
        action=action,
        new_marking_refs=tuple(dict.fromkeys(marking_refs)),
        reason=reason or None,
    )
    return RECALL.write(recall)
