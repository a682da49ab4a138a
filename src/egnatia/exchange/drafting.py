"""What is handed in becomes drafts for the log: read, checked, labelled, redacted where marked, hashed."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime

import msgspec

from egnatia.exchange import ownership, takeback
from egnatia.exchange.four_eyes import Rule, demands
from egnatia.exchange.labelling import Labelling
from egnatia.exchange.submission import Refused
from egnatia.exchange.world import World
from egnatia.policy import Clearance, Label, Meaning, narrows, redact
from egnatia.record import Invalid, Problem, Record, read
from egnatia.store import Custody, Lift, Recall, Store
from egnatia.trust import leaf

_UNREVIEWED = Problem(
    "$",
    "the organisation's rule: a second person approves it first; hand it in for review, or with the right to release",
    "a submitter without that right",
)

_REFERRERS = 1_000
"""Of the records that name one so many are looked through for its recalls."""

ADDED = -1
"""The index of what this node adds of itself to somebody's records."""


class Draft(msgspec.Struct, frozen=True, gc=False):
    """One leaf of the batch to come: a record, or the redacted variant of one (`unless` is the whole one's label).

    `index` is the record's place in what was handed in, or `ADDED`.
    """

    index: int
    record: Record
    label: Label
    leaf: bytes
    applied: tuple[str, ...] = ()
    unless: Label | None = None


class Drafts(msgspec.Struct):
    """What becomes of one caller's records."""

    drafts: list[Draft] = []
    recalls: list[Recall] = []
    lifts: list[Lift] = []
    refused: list[Refused] = []


class Drafting(msgspec.Struct, frozen=True):
    """What is the same for all records of one caller: the owner, and what that organisation may see.

    `clearance` is what it may see where it hands in: of what is real, or of the `world` that it plays in.
    """

    owner: str
    clearance: Clearance
    world: World
    applied: tuple[str, ...]
    tolerant: bool
    stays_narrow: bool
    may_recall: bool
    reviewed: Rule
    """What may not be handed in without a second person; never for who may release."""
    members: Set[str]
    labelling: Labelling
    store: Store

    def draft(self, bodies: Sequence[bytes], now: datetime) -> Drafts:
        """Drafts of what can be taken, refusals of what cannot; recalls come last, so that they may take back what is
        handed in with them."""
        out = Drafts()
        records = self._apart(self._read(bodies, out), out)
        meanings = self.labelling.meanings([record for _, record in records if _is_marking(record)])
        held = self._held(records)
        copies = self._copies(records, meanings)
        if self.world.marking is not None and not self.labelling.knows(self.owner, self.world.marking.head.id):
            copies.append(self.world.marking)
        for record in copies:
            meanings |= self.labelling.meanings([record])
            out.drafts.append(self._drafted(ADDED, record, self.labelling.label(record, self.owner), ()))
        recalls: list[tuple[int, Record]] = []
        for index, record in records:
            mine = problem = None
            if record.head.id in held:
                mine = takeback.own_custody(held[record.head.id], self.owner)
                problem = takeback.refusal(record.head, mine, record.version) or self.world.moved(record.head, mine)
            if problem is not None:
                out.refused.append(Refused(index, record.head.id, (problem,)))
            elif record.head.type == "recall":
                recalls.append((index, record))
            else:
                self._take(index, record, mine, meanings, out, now)
        for index, record in recalls:
            self._take_back(index, record, held, out)
        return out

    def _read(self, bodies: Sequence[bytes], out: Drafts) -> list[tuple[int, Record]]:
        records = []
        for index, body in enumerate(bodies):
            try:
                record = read(body, tolerant=self.tolerant)
            except Invalid as invalid:
                out.refused.append(Refused(index, None, invalid.problems))
                continue
            problem = ownership.problem(record.head, self.owner, self.members)
            if problem is None:
                records.append((index, record))
            else:
                out.refused.append(Refused(index, record.head.id, (problem,)))
        return records

    def _apart(self, records: list[tuple[int, Record]], out: Drafts) -> list[tuple[int, Record]]:
        """The records without those that would link what is real with what is of an exercise."""
        linked = self.world.linked([record for _, record in records], self.store, self.clearance)
        kept = []
        for index, record in records:
            if record.head.id in linked:
                out.refused.append(Refused(index, record.head.id, (linked[record.head.id],)))
            else:
                kept.append((index, record))
        return kept

    def _held(self, records: Sequence[tuple[int, Record]]) -> Mapping[str, tuple[Custody, ...]]:
        ids = [record.head.id for _, record in records]
        ids += [each.target for _, record in records if record.head.type == "recall" for each in record.references]
        return self.store.custody.heads(ids)

    def _copies(self, records: Sequence[tuple[int, Record]], batch: Mapping[str, Meaning]) -> list[Record]:
        """Own copies of markings that others defined and these records bear (see `labelling`)."""
        borne = dict.fromkeys(record.head.object_marking_refs for _, record in records)
        inside = (each.marking_ref for _, record in records for each in record.head.granular_markings)
        used = dict.fromkeys(ref for refs in (self.applied, *borne, inside) for ref in refs if ref is not None)
        missing = [ref for ref in used if ref not in batch and not self.labelling.knows(self.owner, ref)]
        if not missing:
            return []
        found: dict[str, Record] = {}
        for row in self.store.get(self.clearance, missing):
            found.setdefault(row.id, read(row.body, tolerant=True))
        return list(found.values())

    def _take(
        self,
        index: int,
        record: Record,
        mine: Custody | None,
        meanings: Mapping[str, Meaning],
        out: Drafts,
        now: datetime,
    ) -> None:
        put_on = self._put_on(record, mine)
        label = whole = self.labelling.label(record, self.owner, put_on, batch=meanings)
        if record.head.granular_markings:
            whole = self.labelling.whole(record, self.owner, put_on, batch=meanings)
        problem = self.world.misplaced(record, label)
        if problem is None and whole is not label:
            problem = self.world.misplaced(record, whole)
        if problem is not None:
            out.refused.append(Refused(index, record.head.id, (problem,)))
            return
        if self.reviewed is not Rule.NEVER and any(
            demands(self.reviewed, record.head.type, each) for each in (whole, label)
        ):
            out.refused.append(Refused(index, record.head.id, (_UNREVIEWED,)))
            return
        # A definition travels as it is, whoever brought it in: what the exercise puts on records is not put on it.
        applied = put_on if not (_is_marking(record) and self.world.exercise) else ()
        out.drafts.append(self._drafted(index, record, whole, applied))
        widest = whole
        if whole != label and (variant := redact(record)) is not None:
            redacted, widest = read(variant, tolerant=True), label
            out.drafts.append(self._drafted(ADDED, redacted, label, put_on, unless=whole))
        if mine is None or record.version <= mine.version:
            return
        if mine.recalled:
            out.lifts.append(Lift(record.head.id, self.owner))
        if narrows(mine.governing, widest):
            refs = (*record.head.object_marking_refs, *put_on)
            recall = takeback.narrowing(record, self.owner, refs, now)
            out.drafts.append(self._drafted(ADDED, recall, mine.governing, ()))

    def _put_on(self, record: Record, mine: Custody | None) -> tuple[str, ...]:
        """The markings that are put on a record: besides those of the caller, where it stays as narrow as a person has
        made it, those that its last narrowing names."""
        if not self.stays_narrow or mine is None or not mine.recalled or record.version <= mine.version:
            return self.applied
        rows = self.store.neighbours(self.clearance, record.head.id, "in", _REFERRERS)
        said = [
            takeback.takeback(read(row.body, tolerant=True))
            for row in sorted(rows, key=lambda row: row.position)
            if row.type == "recall" and row.owner == self.owner
        ]
        narrowed = [each.new_marking_refs for each in said if each.action == takeback.NARROW]
        return tuple(dict.fromkeys((*self.applied, *(narrowed[-1] if narrowed else ()))))

    def _take_back(self, index: int, record: Record, held: Mapping[str, tuple[Custody, ...]], out: Drafts) -> None:
        said = takeback.takeback(record)
        mine = takeback.own_custody(held.get(said.object_ref, ()), self.owner) or self._with_it(said.object_ref, out)
        problem = None
        if not self.may_recall:
            problem = Problem("$.type", "recalling needs the right to recall", "a submitter without it")
        elif mine is None:
            problem = Problem("$.object_ref", "only its owner recalls a record", repr(said.object_ref))
        else:
            problem = self.world.moved(record.head, mine)
        if problem is not None or mine is None:
            out.refused.append(Refused(index, record.head.id, (problem,) if problem else ()))
            return
        out.recalls.append(takeback.recall_of(said, mine, self.labelling))
        out.drafts.append(self._drafted(index, record, mine.governing, ()))

    def _with_it(self, ident: str, out: Drafts) -> Custody | None:
        """What is to be taken back was handed in together with its recall."""
        for each in out.drafts:
            if each.record.head.id == ident and each.index != ADDED:
                return Custody(self.owner, each.record.version, each.record.head.type, each.label, each.label)
        return None

    def _drafted(
        self, index: int, record: Record, label: Label, applied: tuple[str, ...], *, unless: Label | None = None
    ) -> Draft:
        return Draft(index, record, label, leaf(self.owner, applied, record.body), applied, unless)


def _is_marking(record: Record) -> bool:
    return record.head.type == "marking-definition"
