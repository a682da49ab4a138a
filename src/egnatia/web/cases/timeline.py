"""The events of a case as its timeline shows them: what each said, of what, and what was refused."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from egnatia.casework.clock import Review, moment
from egnatia.casework.event import Event
from egnatia.casework.fold import Fold
from egnatia.record.instant import is_instant
from egnatia.web.cases.saying import DEED_WORDS, FIELD_WORDS, PROGRESS, REVIEWS, micros, told
from egnatia.web.cases.wording import unmet
from egnatia.web.visit import Visit


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One fact as it is known; `source` is the rule that it follows from, `entered` a moment by the clock by which it
    was said, where that was not UTC."""

    title: str
    value: str
    source: str = ""
    entered: str = ""


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One event on the timeline; `about` is which clock, task, report or party it is about, `reviewable` are the
    outcomes that the reader may give to what it filed."""

    id: str
    at: int
    author: str
    person: str
    title: str
    about: str
    text: str
    facts: tuple[Said, ...]
    refs: tuple[str, ...]
    only: tuple[str, ...]
    refused: str
    reviewable: bool


def moment_of(visit: Visit, fold: Fold, id_: str, roles: frozenset[str]) -> Moment:
    """One event as the timeline shows it to who has these roles."""
    event, state, book = fold.ordering.events[id_], fold.state, fold.book
    refusal = state.refused.get(id_)
    reports = [name for name in event.about if name in book.reports] if event.does == "submit" else []
    filed = [each for name in reports for each in state.submissions.get(name, []) if each.event == id_]
    reviewable = any(each.review != "accepted" for each in filed) and all(
        not roles.isdisjoint(book.reports[name].reviewers) for name in reports
    )
    return Moment(
        id=id_,
        at=micros(moment(fold.ordering.keys[id_][0])),
        author=event.author,
        person=event.by,
        title=_title(fold, event.does, event.about),
        about=_about(visit, fold, event),
        text=event.text,
        facts=tuple(_facts(visit, fold, event.fields)),
        refs=event.refs,
        only=tuple(visit.speech.gettext(book.roles[each].title) for each in event.only if each in book.roles),
        refused=unmet(refusal, visit.speech) if refusal else "",
        reviewable=reviewable,
    )


def _facts(visit: Visit, fold: Fold, fields: Mapping[str, Any]) -> Iterator[Said]:
    """What an event says, in words; what only programs need is left out."""
    book, names = fold.book, {each.id: each.name for each in visit.premises.organisations()}
    for name, value in fields.items():
        field = book.fields.get(name)
        if field is not None:
            yield Said(title=field.title, value=told(visit, value, field.choices))
        elif name in FIELD_WORDS:
            values = value if isinstance(value, list) else [value]
            named = [names.get(each) or _word(visit, fold, name, each) for each in values if isinstance(each, str)]
            yield Said(title=FIELD_WORDS[name], value=", ".join(named))


def _word(visit: Visit, fold: Fold, name: str, value: str) -> str:
    """A role, a status, an outcome, an economy or a moment as people read it."""
    say = visit.speech.gettext
    match name:
        case "economy":
            return visit.speech.economy(value)
        case "status":
            return say(PROGRESS.get(value, value))
        case "outcome":
            return say(REVIEWS[Review(value)][1]) if value in set(Review) else value
        case "due" | "until" if is_instant(value):
            return visit.speech.moment(moment(value), "short")
        case _:
            role = fold.book.roles.get(value)
            return say(role.title) if role is not None else value


def _title(fold: Fold, does: str, about: tuple[str, ...]) -> str:
    book = fold.book
    if does in book.steps:
        return book.steps[does].title
    if does == "submit":
        return ", ".join(book.reports[name].title if name in book.reports else name for name in about)
    return DEED_WORDS.get(does, does)


def _about(visit: Visit, fold: Fold, event: Event) -> str:
    """Which clock, task, report or party an event is about, in words; empty where its title says it."""
    book, state, say = fold.book, fold.state, visit.speech.gettext
    match event.does:
        case "pause" | "resume" | "extend":
            found = [say(book.deadlines[each].title) for each in event.about if each in book.deadlines]
        case "assign" | "progress":
            found = [say(state.tasks[each].title) for each in event.about if each in state.tasks]
        case "review":
            found = [
                say(book.reports[name].title)
                for name, filed in state.submissions.items()
                if any(each.event in event.about for each in filed)
            ]
        case "join" | "leave":
            names = {each.id: each.name for each in visit.premises.organisations()}
            found = [names.get(each, each) for each in event.about or (event.author,)]
        case _:
            found = []
    return ", ".join(found)
