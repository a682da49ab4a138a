"""The record that a page is about, as its visitor may see it; not there and not for them are one answer."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.taxii.filter import is_identifier
from egnatia.policy import Label
from egnatia.policy.clearance import Clearance
from egnatia.record.marking import PAP_IDS, TLP_IDS
from egnatia.store.entry import Row
from egnatia.web.record.name import Names, decoded
from egnatia.web.visit import Visit

FIXED: Final[Mapping[str, str]] = {
    **{marking: f"TLP:{name.upper()}" for marking, name in TLP_IDS.items()},
    **{marking: f"PAP:{name.upper()}" for marking, name in PAP_IDS.items()},
}
"""The names of the markings whose identifiers have a fixed meaning; they are the same in every language."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A record by one owner. `others` are further owners of a record under the same id; `known` the names of the
    organisations that this visitor may know of besides those whose identities it may read."""

    row: Row
    stix: dict[str, Any]
    others: tuple[str, ...]
    known: Mapping[str, str]
    clearance: Clearance
    mine: bool


async def subject(visit: Visit, record_id: str, owner: str = "") -> Subject:
    """The newest version of the record that the visitor may see: their organisation's own before those of others.
    Raises NotFound."""
    clearance = visit.clearance()
    if not is_identifier(record_id):
        raise NotFound
    rows = await visit.ask(lambda: visit.store.get(clearance, [record_id]))
    await visit.surface.releases.note(visit.visitor.caller, "page", rows)
    found = chosen(rows, visit.visitor.organisation, owner)
    return Subject(
        row=found,
        stix=decoded(found),
        others=tuple(row.owner for row in rows if row.owner != found.owner),
        known=known(visit),
        clearance=clearance,
        mine=found.owner == visit.visitor.organisation,
    )


def chosen(rows: Iterable[Row], own: str | None, owner: str = "") -> Row:
    """The row of the owner asked for, else of the visitor's own organisation, else the first; raises NotFound."""
    rows = tuple(rows)
    if owner:
        rows = tuple(row for row in rows if row.owner == owner)
    if not rows:
        raise NotFound
    return next((row for row in rows if row.owner == own), rows[0])


def known(visit: Visit) -> dict[str, str]:
    """The names of organisations that a person of this node may know; the public knows those of the identities that
    are published."""
    if visit.visitor.organisation is None:
        return dict(FIXED)
    return {**FIXED, **{each.id: each.name for each in visit.premises.organisations()}}


def ids_of(label: Label) -> Iterable[str]:
    """Every identity, agreement and marking that a label names."""
    yield label.owner
    yield from label.agreements
    yield from label.unresolved
    for audience in label.audiences:
        yield from audience
    for other in label.also:
        yield from ids_of(other)


def names_of(visit: Visit, about: Subject, ids: Iterable[str]) -> Names:
    """The names of records and organisations as the visitor may see them. Asks the store: call it from a thread."""
    return Names.of(visit.store, about.clearance, tuple(ids), visit.speech, about.known)


class AsText(Mapping[str, str]):
    """Names by id for sentences; what has no name that the reader may know is called by its id."""

    def __init__(self, names: Names, known: Mapping[str, str]) -> None:
        self._names, self._known = names, known

    def __getitem__(self, identifier: str) -> str:
        if identifier in self._known:
            return self._known[identifier]
        if identifier in self._names.rows:
            return self._names.named(identifier).name
        raise KeyError(identifier)

    def __iter__(self) -> Any:
        return iter({**self._known, **self._names.rows})

    def __len__(self) -> int:
        return len({**self._known, **self._names.rows})
