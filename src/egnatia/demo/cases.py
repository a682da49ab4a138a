"""How the sample cases are written: each party's events at its own node, as if the parties had worked together.

The nodes of the demonstration do not exchange while they are made. So a case is folded here from all its events, and
each event is handed in where its author publishes; once the nodes run they give them to each other.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from egnatia.casework.audience import audience, marking
from egnatia.casework.event import event_of
from egnatia.casework.fold import Fold
from egnatia.casework.library import Library
from egnatia.casework.lodging import LODGED, bodies
from egnatia.demo.cast import Actor
from egnatia.record.case import Case, CaseEvent, CaseParty, identified
from egnatia.record.marking import TLP2_IDS
from egnatia.record.schemas import CASE, CASE_EVENT

Submit = Callable[[Actor, Sequence[bytes]], None]
"""Hands records in at the node of an organisation, in its name."""

_AMBER_STRICT = next(id_ for id_, name in TLP2_IDS.items() if name == "amber+strict")


class Play:
    """One case as its parties work on it, in hours since `began`."""

    def __init__(
        self, library: Library, began: datetime, by: Actor, title: str, *, workflow: str = "incident", **facts: Any
    ) -> None:
        book = library.newest(workflow)
        if book is None:
            raise LookupError(workflow)
        self.book, self.began, self.by = book, began, by
        self.title, self.facts = title, facts
        self.parties: list[tuple[Actor, tuple[str, ...]]] = []
        self.written: list[tuple[Actor, CaseEvent]] = []
        self.lodged: list[tuple[Actor, list[dict[str, Any]]]] = []
        self._fold: Fold | None = None

    def party(self, actor: Actor, *roles: str) -> "Play":
        """Somebody who takes part from the beginning."""
        self.parties.append((actor, roles))
        return self

    @property
    def fold(self) -> Fold:
        """The case so far; opened when it is first asked for."""
        if self._fold is None:
            stamp = _stamp(self.began)
            parties = tuple(
                CaseParty(party_ref=who.id, economy=who.economy, roles=roles) for who, roles in self.parties
            )
            case = Case(
                id="",
                spec_version="2.1",
                created=stamp,
                modified=stamp,
                created_by_ref=self.by.id,
                object_marking_refs=(_AMBER_STRICT,),
                title=self.title,
                workflow=self.book.workflow.name,
                workflow_version=self.book.workflow.version,
                parties=parties,
                facts=self.facts or None,
            )
            self._fold = Fold(self.book, identified(case))
        return self._fold

    def at(self, hours: float) -> str:
        """A moment of the story."""
        return _stamp(self.began + timedelta(hours=hours))

    def do(
        self,
        by: Actor,
        does: str,
        hours: float,
        *about: str,
        text: str = "",
        refs: tuple[str, ...] = (),
        person: str = "",
        fields: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> str:
        """What somebody does, who knows all that was done before; its id. Raises ValueError where it is refused."""
        fold = self.fold
        record = identified(
            CaseEvent(
                id="",
                spec_version="2.1",
                created=self.at(hours),
                modified=self.at(hours),
                created_by_ref=by.id,
                case_ref=fold.case.id,
                does=does,
                after=tuple(sorted(fold.state.heads)),
                about=about,
                fields={**(fields or {}), **more} or None,
                text=text or None,
                object_refs=refs,
                by=person or None,
            )
        )
        fold.add([event_of(record, by.id, fold.case)])
        if (refusal := fold.state.refused.get(record.id)) is not None:
            raise ValueError(f"{self.title}: {does} at {hours} hours: {refusal.reason}")
        self.written.append((by, record))
        return record.id

    def find(self, by: Actor, hours: float, records: list[dict[str, Any]], text: str) -> None:
        """What somebody found: records of the case, linked on its timeline."""
        self.lodged.append((by, records))
        refs = tuple(str(each["id"]) for each in records)
        self.do(by, "link", hours, text=text, refs=refs, fields={LODGED: True})

    def hand_in(self, submit: Submit) -> None:
        """Everything at the nodes of its authors, under the marking of who should see it."""
        fold = self.fold
        everybody = marking(fold.state.active())
        case = msgspec.structs.replace(fold.case, object_marking_refs=(_AMBER_STRICT, everybody[0]))
        submit(self.by, [everybody[1], CASE.write(case)])
        for by, records in self.lodged:
            submit(by, bodies(fold, records, everybody))
        for by, record in self.written:
            id_, definition = marking(audience(fold, fold.ordering.events[record.id]))
            marked = msgspec.structs.replace(record, object_marking_refs=(_AMBER_STRICT, id_))
            submit(by, [definition, CASE_EVENT.write(marked)])


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:23] + "Z"
