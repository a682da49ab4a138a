"""Opens cases, adds events to them and shows them: the way from people to the fold and back.

It reads under a clearance and writes through the one way in, so a case is worked on like any other record; what a
party may not see is not part of the case that it is shown.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from egnatia.casework.attaching import attached, files_widened
from egnatia.casework.audience import audience, marking, remarked, stamp_of, tlps, wider
from egnatia.casework.event import Event, event_of
from egnatia.casework.fold import Fold
from egnatia.casework.library import Library
from egnatia.casework.lodging import LODGED, bodies, widened
from egnatia.casework.stage import NoStage, Stage, everywhere, is_linking
from egnatia.casework.standing import standing_of
from egnatia.casework.state import Refusal, Rule
from egnatia.exchange.host import Host
from egnatia.exchange.submission import Submitter
from egnatia.policy import Clearance, clearance_within
from egnatia.record import Invalid, read, reading
from egnatia.record.case import Case, CaseEvent, CaseParty, identified
from egnatia.record.marking import TLP2_IDS
from egnatia.record.schemas import CASE, CASE_EVENT
from egnatia.store.casebook import Due, Held, Kept, Standing

_WAIT: Final = 30.0
_AT_ONCE: Final = 500
_LINKED_MOST: Final = 1_000
_WORTH_NOTING: Final = 10_000
"""Rows of the log without a case that are looked at again rather than noted as seen."""

_MARKING: Final = {name: id_ for id_, name in TLP2_IDS.items()}


class Unknown(LookupError):
    """There is no such case here that the reader may see, or its workflow is not known here."""


class Refused(PermissionError):
    """What would have no effect and was not written: by which rule."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.reason)


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to do in a case; see `CaseEvent`."""

    does: str
    about: tuple[str, ...] = ()
    fields: Mapping[str, Any] = {}
    text: str = ""
    refs: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    at: str = ""


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """A case to be opened; `version` empty for the newest. `tlp` as OASIS spells it, without `TLP:`."""

    workflow: str
    title: str
    parties: tuple[CaseParty, ...]
    facts: Mapping[str, Any] = {}
    version: str = ""
    tlp: str = "amber+strict"
    exercise: str = ""


class Lodged(msgspec.Struct, frozen=True):
    """What became of records that were lodged in a case: those that are there now, and why others are not; `event`
    linked them."""

    ids: tuple[str, ...]
    refused: tuple[str, ...] = ()
    event: str = ""


class Registry:
    """The cases of one node. `hosted` tells the organisations that the node publishes for."""

    def __init__(self, host: Host, library: Library, hosted: Callable[[], Iterable[str]]) -> None:
        self.host, self.library, self.hosted = host, library, hosted
        self.stage: Stage = NoStage()
        self._book = host.store.casebook

    def open(self, submitter: Submitter, opening: Opening, *, now: datetime | None = None) -> str:
        """Opens a case in the submitter's name and returns its id. Raises Unknown for a workflow that is not known,
        ValueError for parties or facts that it does not have, Invalid where the record is refused."""
        book = (
            self.library.get(opening.workflow, opening.version)
            if opening.version
            else self.library.newest(opening.workflow)
        )
        if book is None:
            raise Unknown(f"there is no workflow {opening.workflow!r} here")
        if opening.exercise != submitter.exercise:
            raise ValueError("a case belongs to the exercise in which it is opened, and to none outside of one")
        stamp = stamp_of(now or datetime.now(UTC))
        named = [each.party_ref for each in opening.parties]
        watching = self.stage.watchers(opening.exercise)
        id_, definition = marking({*named, submitter.organisation, *watching}, opening.exercise)
        case = identified(
            Case(
                id="",
                spec_version="2.1",
                created=stamp,
                modified=stamp,
                created_by_ref=submitter.organisation,
                object_marking_refs=(_tlp(opening.tlp), id_),
                title=opening.title,
                workflow=book.workflow.name,
                workflow_version=book.workflow.version,
                parties=opening.parties,
                facts=dict(opening.facts) or None,
                exercise=opening.exercise or None,
            )
        )
        if (at := self.stage.moment(case)) is not None:
            case = identified(msgspec.structs.replace(case, at=stamp_of(at)))
        fold = Fold(book, case)
        lost = opening.facts.keys() - fold.state.facts.keys()
        strange = {role for each in opening.parties for role in each.roles} - book.roles.keys()
        if lost or strange:
            raise ValueError(f"{book.workflow.name} has no such facts or roles: {', '.join(sorted(lost | strange))}")
        if submitter.organisation not in named:
            raise ValueError("who opens a case takes part in it")
        self.submit(submitter, definition, CASE.write(case))
        self.refresh([case.id])
        return case.id

    def clearance_of(self, submitter: Submitter) -> Clearance:
        """What somebody may see where they work: of what is real, or of the exercise that they are in."""
        return clearance_within(self.host.clearance_of(submitter.organisation), submitter.exercise)

    def fold(self, clearance: Clearance, case: str) -> Fold:
        """The case as somebody may see it. Raises Unknown."""
        return self._fold(clearance, case)[0]

    def news(self, clearance: Clearance, case: str, after: int) -> tuple[Fold, list[Event], bool]:
        """The case as somebody may see it, those of its events that came after a position of the log, in order, and
        whether the case itself did. Raises Unknown."""
        fold, record = self._fold(clearance, case)
        new = {_id(held.body) for held in self._book.events(clearance, case) if held.position > after}
        return fold, [event for event in fold.ordering if event.id in new], record.position > after

    def titles(self, clearance: Clearance, cases: Iterable[str]) -> dict[str, str]:
        """What cases are called, those that the reader may see."""
        return self._book.titles(clearance, cases)

    def act(self, submitter: Submitter, case: str, deed: Deed, *, now: datetime | None = None) -> Event:
        """Adds an event and returns it. Raises Unknown, Refused where it would have no effect, Invalid."""
        clearance = self.clearance_of(submitter)
        fold, held = self._fold(clearance, case)
        if is_linking(self.host, submitter, deed.about, deed.fields):
            raise Refused(Refusal("", Rule.UNKNOWN_SUBJECT, "nothing links an exercise with what is real"))
        if not deed.at and (moment_ := self.stage.moment(fold.case)) is not None:
            deed = msgspec.structs.replace(deed, at=stamp_of(moment_))
        before = fold.state.active().keys()
        body, event = self._event(submitter, fold, deed, now or datetime.now(UTC))
        fold.add([event])
        if (refusal := fold.state.refused.get(event.id)) is not None:
            raise Refused(refusal)
        readers = audience(fold, event) | (before if not deed.only else frozenset())
        id_, definition = self.marking_for(fold, readers)
        written = msgspec.structs.replace(body, object_marking_refs=(*tlps(held.body), id_))
        self.submit(submitter, definition, CASE_EVENT.write(written))
        self.share(submitter, case)
        self.refresh([case])
        return event

    def merge(self, submitter: Submitter, case: str, into: str, text: str) -> None:
        """Lets one case go on in another: an event in each says so. Raises Unknown, Refused, Invalid."""
        clearance = self.clearance_of(submitter)
        self._admitted(self.fold(clearance, case), submitter.organisation)
        self.act(submitter, into, Deed(does="merge", about=(case,), fields={"as": "from"}, text=text))
        self.act(submitter, case, Deed(does="merge", about=(into,), fields={"as": "into"}, text=text))

    def unmerge(self, submitter: Submitter, case: str, other: str, text: str) -> None:
        """Takes a merging back in both cases, as far as each says so. Raises Unknown, Refused, Invalid."""
        clearance = self.clearance_of(submitter)
        for one, another in ((case, other), (other, case)):
            state = self.fold(clearance, one).state
            if state.merged == another or another in state.absorbed:
                self.act(submitter, one, Deed(does="unmerge", about=(another,), text=text))

    def _admitted(self, fold: Fold, organisation: str) -> None:
        """Raises Refused where the organisation could not merge the case, before anything is written."""
        party = fold.state.active().get(organisation)
        if party is None or party.roles.isdisjoint(fold.book.workflow.admits):
            roles = ", ".join(fold.book.workflow.admits)
            raise Refused(Refusal("", Rule.NOT_ITS_ROLE, f"merge is for {roles}"))
        if fold.state.merged:
            raise Refused(Refusal("", Rule.WRONG_STATE, f"it goes on in {fold.state.merged} already"))

    def share(self, submitter: Submitter, case: str, *, now: datetime | None = None) -> int:
        """Gives the parties of a case what the submitter's organisation wrote in it and they may see, in an exercise or
        not; how many records that were."""
        clearance = everywhere(self.host.clearance_of(submitter.organisation))
        fold, record = self._fold(clearance, case)
        submitter = msgspec.structs.replace(submitter, exercise=fold.case.exercise or "", marking=b"")
        own = {
            _id(held.body): held for held in self._book.events(clearance, case) if held.owner == submitter.organisation
        }
        wanted = wider(fold, submitter.organisation, {id_: held.audience for id_, held in own.items()})
        todo = [(own[id_].body, readers, CASE_EVENT) for id_, readers in wanted.items()]
        everybody = record.audience | fold.state.active().keys()
        if record.owner == submitter.organisation and everybody != record.audience:
            todo.append((record.body, everybody, CASE))
        at = now or datetime.now(UTC)
        written: dict[bytes, None] = {}
        for body, readers, own_type in todo:
            id_, definition = self.marking_for(fold, readers)
            written[definition] = None
            written[remarked(body, (*tlps(body), id_), own_type, at)] = None
        # A file goes where the event goes that attached it.
        files = {each: readers for id_, readers in wanted.items() for each in attached(fold.ordering.events[id_])}
        written |= dict.fromkeys(files_widened(self, clearance, submitter, fold, files))
        marks = self.marking_for(fold, frozenset(fold.state.active()))
        written |= dict.fromkeys(
            widened(fold, submitter.organisation, lambda ids: self.host.store.get(clearance, ids), marks, at)
        )
        if written:
            self.submit(submitter, *written)
        return len(todo)

    def lodge(self, submitter: Submitter, case: str, records: Iterable[Mapping[str, Any]], words: str) -> "Lodged":
        """Hands in records under the case's label and links them to it, with words for the timeline; those that are
        refused are told. Raises Unknown, Refused, NotAllowed."""
        fold = self.fold(self.clearance_of(submitter), case)
        written = bodies(fold, records, self.marking_for(fold, frozenset(fold.state.active())))
        ids: list[str] = []
        refused: list[str] = []
        for start in range(1, len(written), _AT_ONCE):
            part = [written[0], *written[start : start + _AT_ONCE]]
            outcome = self.host.admission.submit(part, submitter).result(_WAIT)
            refused += [str(each.problems[0]) for each in outcome.refused]
            ids += [each.id for each in outcome.accepted if each.index > 0]
        if not ids:
            return Lodged((), tuple(refused))
        deed = Deed(does="link", refs=tuple(ids[:_LINKED_MOST]), fields={LODGED: True}, text=words)
        return Lodged(tuple(ids), tuple(refused), self.act(submitter, case, deed).id)

    def standings(self, clearance: Clearance, **how: Any) -> tuple[Standing, ...]:
        """The cases that a reader takes part in; see `Casebook.standings`."""
        return self._book.standings(clearance, **how)

    def standing(self, clearance: Clearance, cases: Iterable[str]) -> dict[str, Standing]:
        """How those of the cases stand that are open and that a reader takes part in."""
        return self._book.among(clearance, cases)

    def dues(self, clearance: Clearance, **how: Any) -> tuple[Due, ...]:
        """What is owed in them; see `Casebook.dues`."""
        return self._book.dues(clearance, **how)

    def touched(self, after: int) -> tuple[tuple[str, ...], int]:
        """The cases that the log has touched after a position, and how far was looked."""
        return self._book.changed(after=after)

    def reached(self) -> int:
        """How far in the log the view of cases is."""
        return self._book.reached()

    def refresh(self, cases: Iterable[str], reached: int | None = None) -> None:
        """Brings the view of these cases up to what is held of them here."""
        now, gone = [], []
        everything = self._everything()
        for case in cases:
            try:
                fold = self.fold(everything, case)
            except Unknown:
                gone.append(case)
            else:
                now.append(Kept(*standing_of(fold), self._apart(fold)))
        if now or gone or reached is not None:
            self._book.put(now, gone, reached)

    def catch_up(self) -> tuple[str, ...]:
        """Takes in what has happened to cases since it was last called, here or by another process; which cases."""
        touched: list[str] = []
        while True:
            cases, reached = self._book.changed()
            if not cases and reached - self._book.reached() < _WORTH_NOTING:
                return tuple(dict.fromkeys(touched))
            self.refresh(cases, reached)
            touched += cases

    def _everything(self) -> Clearance:
        """All that the organisations of this node may see, in exercises too: what its view is made of."""
        standings = [each for one in self.hosted() for each in self.host.clearance_of(one).standings]
        return everywhere(Clearance(tuple(standings)))

    def _apart(self, fold: Fold) -> dict[str, tuple[Standing, list[Due]]]:
        """How the case stands for those organisations of this node that take part in it and do not see all of it."""
        hosted = set(self.hosted())
        if len(hosted) == 1:
            return {}
        found = {}
        for party in hosted & fold.state.active().keys():
            try:
                own = self.fold(everywhere(self.host.clearance_of(party)), fold.case.id)
            except Unknown:
                continue
            if own.ordering.events.keys() != fold.ordering.events.keys():
                found[party] = standing_of(own)
        return found

    def marking_for(self, fold: Fold, readers: frozenset[str]) -> tuple[str, bytes]:
        """The marking for these readers of a record of the case, and for who watches its exercise."""
        exercise = fold.case.exercise or ""
        return marking(readers | self.stage.watchers(exercise), exercise)

    def _fold(self, clearance: Clearance, id_: str) -> tuple[Fold, Held]:
        held = self._book.case(clearance, id_)
        if held is None:
            raise Unknown(f"there is no case {id_!r} here that you may see")
        case = reading(read(held.body))
        if not isinstance(case, Case):
            raise Unknown(f"{id_!r} is no case")
        book = self.library.get(case.workflow, case.workflow_version)
        if book is None:
            raise Unknown(f"the case follows {case.workflow} {case.workflow_version}, which is not known here")
        return Fold(book, case, _events(self._book.events(clearance, id_), case)), held

    def _event(self, submitter: Submitter, fold: Fold, deed: Deed, now: datetime) -> tuple[CaseEvent, Event]:
        stamp = stamp_of(now)
        record = identified(
            CaseEvent(
                id="",
                spec_version="2.1",
                created=stamp,
                modified=stamp,
                created_by_ref=submitter.organisation,
                case_ref=fold.case.id,
                does=deed.does,
                after=tuple(sorted(fold.state.heads)),
                about=deed.about,
                fields=dict(deed.fields) or None,
                text=deed.text or None,
                object_refs=deed.refs,
                only_roles=deed.only,
                by=submitter.name or None,
                at=deed.at or None,
            )
        )
        return record, event_of(record, submitter.organisation, fold.case)

    def submit(self, submitter: Submitter, *bodies: bytes) -> None:
        """Hands records in, all or none; raises Invalid."""
        outcome = self.host.admission.submit(bodies, submitter, atomic=True, tolerant=False).result(_WAIT)
        if outcome.refused:
            raise Invalid(outcome.refused[0].problems)


def _events(held: Sequence[Held], case: Case) -> list[Event]:
    found = []
    for each in held:
        record = reading(read(each.body))
        if isinstance(record, CaseEvent) and record.case_ref == case.id:
            found.append(event_of(record, each.owner, case))
    return found


def _tlp(name: str) -> str:
    if name not in _MARKING:
        raise ValueError(f"{name!r} is none of {', '.join(_MARKING)}")
    return _MARKING[name]


def _id(body: bytes) -> str:
    return read(body).head.id
