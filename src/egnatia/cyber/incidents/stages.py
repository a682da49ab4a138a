"""The statutory stages of an incident: what each form asks by which article, what was filed, and what is still missing.

Whether other economies could be affected is a fact of its own on every stage: its latest word counts, and each word
that was ever said is kept with who said it, when, and in what.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from egnatia.casework.clock import Owed, owed
from egnatia.casework.fold import Fold
from egnatia.casework.state import Submission

CROSS_BORDER: Final = "cross_border"


class Asks(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a stage asks for: by which article (`help`), whether the law requires it, and whether it is
    known."""

    name: str
    title: str
    help: str
    required: bool
    known: bool


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One report: what it asks, what is owed of it now, every version that was filed. `cross_border` is what its last
    version said of other economies; None where it said nothing."""

    name: str
    title: str
    about: str
    source: str
    asks: tuple[Asks, ...]
    owed: Owed | None
    filings: tuple[Submission, ...]
    cross_border: bool | None


class Word(msgspec.Struct, frozen=True):
    """What somebody said of other economies, in which stage (empty: beside any)."""

    at: str
    author: str
    value: bool | None
    stages: tuple[str, ...] = ()


def stages(fold: Fold) -> Iterator[Stage]:
    """Every stage of the protocol, in its order."""
    dues = list(owed(fold))
    for report in fold.book.workflow.reports:
        filings = tuple(fold.state.submissions.get(report.name, ()))
        mine = [each for each in dues if _met_by(fold, each) == f"report:{report.name}"]
        sources = dict.fromkeys(
            each.source for each in fold.book.workflow.deadlines if each.met_by == f"report:{report.name}"
        )
        yield Stage(
            name=report.name,
            title=report.title,
            about=report.about,
            source="; ".join(sources),
            asks=tuple(_asks(fold, name, name in report.needs) for name in (*report.needs, *report.takes)),
            owed=mine[-1] if mine else None,
            filings=filings,
            cross_border=_said(fold, filings),
        )


def history(fold: Fold) -> tuple[Word, ...]:
    """Every word on whether other economies could be affected, the latest first."""
    found = []
    for id_, value in reversed(fold.state.history.get(CROSS_BORDER, [])):
        event = fold.ordering.events[id_]
        stages_ = event.about if event.does == "submit" else ()
        found.append(Word(fold.ordering.keys[id_][0], event.author, value, stages_))
    return tuple(found)


def _met_by(fold: Fold, each: Owed) -> str:
    return fold.book.deadlines[each.deadline].met_by


def _asks(fold: Fold, name: str, required: bool) -> Asks:
    field = fold.book.fields[name]
    known: Any = fold.state.facts.get(name)
    return Asks(name=name, title=field.title, help=field.help, required=required, known=known is not None)


def _said(fold: Fold, filings: tuple[Submission, ...]) -> bool | None:
    if not filings:
        return None
    value = fold.ordering.events[filings[-1].event].fields.get(CROSS_BORDER)
    return value if isinstance(value, bool) else None
