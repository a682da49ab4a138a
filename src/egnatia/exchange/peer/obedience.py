"""What arriving records do to those that are held already: a recall hides, a newer version lifts.

Only the owner's own recall counts, whoever brings it; a recall of what is not here yet is kept, and hides it when it
comes (the live lane overtakes the backlog).
"""

from collections.abc import Sequence

import msgspec

from egnatia.exchange.labelling import Labelling
from egnatia.exchange.takeback import ERASE, NARROW, Takeback, own_custody, recall_of, refusal, takeback, withdrawn
from egnatia.policy import Label, Tlp
from egnatia.record import Invalid, Problem, Record
from egnatia.store.entry import Lift, Recall
from egnatia.store.store import Store


class Obeyed(msgspec.Struct):
    """What to do for one page. `labels` are those of its recall records, by place; `obeyed` what is to be answered."""

    recalls: list[Recall] = []
    lifts: list[Lift] = []
    labels: dict[int, Label] = {}
    obeyed: list[tuple[Record, str]] = []
    refused: dict[int, Problem] = {}


def obey(store: Store, labelling: Labelling, arriving: Sequence[tuple[Record, str]]) -> Obeyed:
    """`arriving` are records of one page with their owners, in order; their places are the keys of the answer."""
    out = Obeyed()
    said: dict[int, Takeback] = {}
    for place, (record, _) in enumerate(arriving):
        if record.head.type == "recall":
            try:
                said[place] = takeback(record)
            except msgspec.MsgspecError as error:
                out.refused[place] = Problem("$", "a recall that can be read", str(error)[:80])
    ids = {record.head.id for record, _ in arriving} | {each.object_ref for each in said.values()}
    held = store.custody.heads(sorted(ids))
    for place, (record, owner) in enumerate(arriving):
        mine = own_custody(held.get(record.head.id, ()), owner)
        if place in said:
            target = own_custody(held.get(said[place].object_ref, ()), owner)
            out.labels[place] = target.governing if target is not None else _own(labelling, record, owner)
            if target is None:
                out.recalls.append(_beforehand(said[place], record, owner))
            elif not (said[place].action == NARROW and said[place].until < target.version):
                out.recalls.append(recall_of(said[place], target, labelling))
            out.obeyed.append((record, owner))
            continue
        problem = refusal(record.head, mine, record.version)
        if problem is not None:
            out.refused[place] = problem
        elif mine is not None and mine.recalled and not mine.withdrawn and record.version > mine.version:
            out.lifts.append(Lift(record.head.id, owner))
    return out


def _own(labelling: Labelling, record: Record, owner: str) -> Label:
    try:
        return labelling.label(record, owner)
    except Invalid:
        return Label(owner=owner, tlp=Tlp.RED)


def _beforehand(said: Takeback, record: Record, owner: str) -> Recall:
    """The recall of what is not here: until it can be judged, nobody but the owner sees it."""
    hidden = withdrawn(Label(owner=owner, tlp=Tlp.RED, type=record.head.type))
    return Recall(said.object_ref, owner, hidden, erase=said.action == ERASE)
