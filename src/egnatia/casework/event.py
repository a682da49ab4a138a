"""What the fold needs of a case and of its events: the records, read once."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from egnatia.record.case import Case, CaseEvent
from egnatia.record.instant import version_of

NOTHING: Final[Mapping[str, Any]] = {}


class Event(msgspec.Struct, frozen=True):
    """One case-event. `at` is its moment as text that orders as time does (`version_of`); `answered` says that the
    organisation that it names as author is the one that answers for it."""

    id: str
    author: str
    does: str
    at: str
    after: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    fields: Mapping[str, Any] = NOTHING
    text: str = ""
    refs: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    by: str = ""
    answered: bool = True


def opened_at(case: Case) -> str:
    """When a case was opened: by the clock of its exercise, where it has one."""
    return version_of(case.at if case.at and case.exercise else case.created)


def event_of(record: CaseEvent, owner: str, case: Case) -> Event:
    """The event that a record tells, which `owner` answers for; `at` counts in an exercise only."""
    moment = record.at if record.at and case.exercise else record.created
    return Event(
        id=record.id,
        author=record.created_by_ref,
        does=record.does,
        at=version_of(moment),
        after=record.after,
        about=record.about,
        fields=record.fields or NOTHING,
        text=record.text or "",
        refs=record.object_refs,
        only=record.only_roles,
        by=record.by or "",
        answered=record.created_by_ref == owner,
    )
