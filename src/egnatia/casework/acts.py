"""What each common deed does to a case. Each function checks what is left to check, then changes the state."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeGuard, get_args

from egnatia.casework.event import Event
from egnatia.casework.state import Extension, Outcome, Party, Progress, Rule, Stop, Submission, Task
from egnatia.record.instant import is_instant, version_of

if TYPE_CHECKING:
    from egnatia.casework.fold import Fold

Act = Callable[["Fold", Event, Party], None]

_LONGEST: Final = 300
"""Characters of a name or title."""


def comment(fold: "Fold", event: Event, party: Party) -> None:
    """Words stand on the timeline; nothing changes."""


def attach(fold: "Fold", event: Event, party: Party) -> None:
    """Records (files, indicators, reports) belong to the case from now on."""
    if not event.refs:
        fold.refuse(event, Rule.FIELD_MISSING, f"{event.does} names no record")
    elif not event.only:
        fold.state.refs.update(dict.fromkeys(event.refs))


def say(fold: "Fold", event: Event, party: Party) -> None:
    """Facts are known."""
    if not event.fields:
        fold.refuse(event, Rule.FIELD_MISSING, "nothing is said")
    elif fold.state.state in fold.book.final:
        fold.refuse(event, Rule.CASE_OVER, "the case is over: open it again first")
    elif fold.check(event, party, lambda _: True):
        for name, value in event.fields.items():
            fold.say(event, name, value)


def join(fold: "Fold", event: Event, party: Party) -> None:
    """A party comes in, comes back, or is given other roles."""
    if not _admits(fold, event, party):
        return
    fields = event.fields
    roles, economy, whole = fields.get("roles"), fields.get("economy"), fields.get("whole", True)
    if len(event.about) != 1 or not event.about[0].startswith("identity--"):
        fold.refuse(event, Rule.UNKNOWN_SUBJECT, "one organisation is named by its identity")
        return
    wrong = not isinstance(economy, str) or not economy or len(economy) > 10 or not isinstance(whole, bool)
    if not _are_texts(roles) or wrong or not set(roles) <= fold.book.roles.keys():
        fold.refuse(event, Rule.FIELD_WRONG, "a party needs its economy, and roles that the workflow knows")
        return
    before = fold.state.parties.get(event.about[0])
    joined = fold.ordering.keys[event.id][0]
    if before is not None and not before.left:
        joined, whole = before.joined, before.whole or whole
    fold.state.parties[event.about[0]] = Party(str(economy), frozenset(roles), joined, whole=whole)


def leave(fold: "Fold", event: Event, party: Party) -> None:
    """A party leaves, or is sent away with a reason; what it does afterwards has no effect."""
    gone = event.about[0] if event.about else event.author
    leaving = fold.state.parties.get(gone)
    if len(event.about) > 1 or leaving is None or leaving.left:
        fold.refuse(event, Rule.UNKNOWN_SUBJECT, "no party of the case is named")
    elif gone != event.author and not event.text:
        fold.refuse(event, Rule.REASON_MISSING, "sending a party away needs words")
    elif gone == event.author or _admits(fold, event, party):
        leaving.left = fold.ordering.keys[event.id][0]


def submit(fold: "Fold", event: Event, party: Party) -> None:
    """Reports are filed: one, or several in one go."""
    reports = [fold.book.reports.get(name) for name in event.about]
    if not reports or None in reports:
        fold.refuse(event, Rule.UNKNOWN_SUBJECT, "no report of the workflow is named")
        return
    named = [report for report in reports if report is not None]
    if any(party.roles.isdisjoint(report.roles) for report in named):
        fold.refuse(event, Rule.NOT_ITS_ROLE, f"filed by {', '.join(named[0].roles)}")
        return
    form = {name for report in named for name in (*report.needs, *report.takes)}
    if not fold.check(event, party, form.__contains__):
        return
    if lacking := fold.lacking(event, (name for report in named for name in report.needs)):
        fold.refuse(event, Rule.FIELD_MISSING, f"the report needs {lacking}")
        return
    for name, value in event.fields.items():
        fold.say(event, name, value)
    at = fold.ordering.keys[event.id][0]
    for report in named:
        fold.state.submissions.setdefault(report.name, []).append(Submission(event.id, at, event.author))


def review(fold: "Fold", event: Event, party: Party) -> None:
    """One filing is under review, sent back, or accepted; in one go for all the reports that it filed."""
    outcome: Any = event.fields.get("outcome")
    filed = {
        name: each
        for name, submissions in fold.state.submissions.items()
        for each in submissions
        if each.event in event.about
    }
    if not filed:
        fold.refuse(event, Rule.UNKNOWN_SUBJECT, "no filing of a report is named")
    elif any(party.roles.isdisjoint(fold.book.reports[name].reviewers) for name in filed):
        fold.refuse(event, Rule.NOT_ITS_ROLE, "others review this report")
    elif outcome not in get_args(Outcome)[1:]:
        fold.refuse(event, Rule.FIELD_WRONG, f"the outcome is one of {', '.join(get_args(Outcome)[1:])}")
    elif outcome == "revision-required" and not event.text:
        fold.refuse(event, Rule.REASON_MISSING, "sending a report back needs words")
    elif any(each.review == "accepted" for each in filed.values()):
        fold.refuse(event, Rule.WRONG_STATE, "what was accepted stays so: file a further version")
    else:
        for each in filed.values():
            each.review, each.reviewer, each.reviewed = outcome, event.author, fold.ordering.keys[event.id][0]


def pause(fold: "Fold", event: Event, party: Party) -> None:
    """A clock stands still from now on."""
    for name in _deadlines(fold, event, party, "pausable_by"):
        stops = fold.state.stops.setdefault(name, [])
        if stops and not stops[-1].end:
            fold.refuse(event, Rule.WRONG_STATE, f"{name} stands still already")
        else:
            stops.append(Stop(fold.ordering.keys[event.id][0], event.text))


def resume(fold: "Fold", event: Event, party: Party) -> None:
    """A clock goes on."""
    for name in _deadlines(fold, event, party, "pausable_by"):
        stops = fold.state.stops.get(name, [])
        if not stops or stops[-1].end:
            fold.refuse(event, Rule.WRONG_STATE, f"{name} does not stand still")
        else:
            stops[-1].end = fold.ordering.keys[event.id][0]


def extend(fold: "Fold", event: Event, party: Party) -> None:
    """A later moment is set by who may, with a reason."""
    until = event.fields.get("until")
    if not isinstance(until, str) or not is_instant(until):
        fold.refuse(event, Rule.FIELD_WRONG, "until when: a moment in UTC")
        return
    for name in _deadlines(fold, event, party, "extendable_by"):
        more = Extension(event.id, event.author, version_of(until), event.text)
        fold.state.extensions.setdefault(name, []).append(more)


def task(fold: "Fold", event: Event, party: Party) -> None:
    """Work is asked of somebody; the task bears the id of this event."""
    fields = event.fields
    title, responsible = fields.get("title"), fields.get("responsible", event.author)
    accountable = fields.get("accountable", event.author)
    due, person = fields.get("due", ""), fields.get("person", "")
    texts = (title, responsible, accountable, due, person)
    if not all(isinstance(each, str) and len(each) <= _LONGEST for each in texts) or not title:
        fold.refuse(event, Rule.FIELD_WRONG, "a task has a title, and perhaps responsible, accountable, person and due")
        return
    if due and not is_instant(due):
        fold.refuse(event, Rule.FIELD_WRONG, "a task is due at a moment in UTC")
        return
    others = [fields.get("consulted", ()), fields.get("informed", ())]
    known = all(isinstance(each, list | tuple) and all(_is_known(fold, who) for who in each) for each in others)
    if not known or not _is_known(fold, responsible) or not _is_known(fold, accountable):
        fold.refuse(event, Rule.UNKNOWN_SUBJECT, "who is named is neither a party nor a role")
        return
    fold.state.tasks[event.id] = Task(
        str(title),
        fold.ordering.keys[event.id][0],
        responsible,
        accountable,
        tuple(others[0]),
        tuple(others[1]),
        person=person,
        due=version_of(due),
    )


def open_duty(fold: "Fold", event: Event, name: str) -> None:
    """A step opens a task that the workflow declares."""
    duty = fold.book.duties[name]
    fold.state.tasks[f"{event.id}/{name}"] = Task(
        duty.title,
        fold.ordering.keys[event.id][0],
        duty.responsible,
        duty.accountable,
        duty.consulted,
        duty.informed,
        duty=name,
    )


def assign(fold: "Fold", event: Event, party: Party) -> None:
    """A task is given to a party, a role, or a person by name."""
    responsible, person = event.fields.get("responsible"), event.fields.get("person", "")
    for each in _tasks(fold, event):
        if not _is_known(fold, responsible) or not isinstance(person, str) or len(person) > _LONGEST:
            fold.refuse(event, Rule.FIELD_WRONG, "responsible is a party or a role; a person has a name")
            return
        each.responsible, each.person = str(responsible), person


def progress(fold: "Fold", event: Event, party: Party) -> None:
    """A task stands otherwise."""
    status: Any = event.fields.get("status")
    answer = event.fields.get("answer", "")
    for each in _tasks(fold, event):
        if not isinstance(answer, str) or len(answer) > _LONGEST:
            fold.refuse(event, Rule.FIELD_WRONG, "the answer is a short text")
            return
        if status not in get_args(Progress):
            fold.refuse(event, Rule.FIELD_WRONG, f"the status is one of {', '.join(get_args(Progress))}")
            return
        each.status, each.answer = status, answer


def duplicate(fold: "Fold", event: Event, party: Party) -> None:
    """Another case is the same matter."""
    if len(event.about) != 1 or not event.about[0].startswith("case--") or event.about[0] == fold.case.id:
        fold.refuse(event, Rule.UNKNOWN_SUBJECT, "no other case is named")
    elif _admits(fold, event, party):
        fold.state.duplicates[event.about[0]] = event.id


def merge(fold: "Fold", event: Event, party: Party) -> None:
    """This case goes on in another one (`into`), or another one goes on in this (`from`)."""
    way = event.fields.get("as")
    if len(event.about) != 1 or not event.about[0].startswith("case--") or event.about[0] == fold.case.id:
        fold.refuse(event, Rule.UNKNOWN_SUBJECT, "no other case is named")
    elif way not in {"into", "from"}:
        fold.refuse(event, Rule.FIELD_WRONG, "it is merged into another case, or another one from which it takes over")
    elif way == "into" and fold.state.merged:
        fold.refuse(event, Rule.WRONG_STATE, f"it goes on in {fold.state.merged} already")
    elif _admits(fold, event, party):
        if way == "into":
            fold.state.merged = event.about[0]
        else:
            fold.state.absorbed[event.about[0]] = event.id


def unmerge(fold: "Fold", event: Event, party: Party) -> None:
    """A merging is taken back: each case goes on by itself, with all that it had."""
    other = event.about[0] if len(event.about) == 1 else ""
    if not other or (fold.state.merged != other and other not in fold.state.absorbed):
        fold.refuse(event, Rule.UNKNOWN_SUBJECT, "it is not merged with that case")
    elif _admits(fold, event, party):
        if fold.state.merged == other:
            fold.state.merged = ""
        fold.state.absorbed.pop(other, None)


ACTS: Final[Mapping[str, Act]] = {
    "comment": comment,
    "attach": attach,
    "link": attach,
    "set": say,
    "join": join,
    "leave": leave,
    "submit": submit,
    "review": review,
    "pause": pause,
    "resume": resume,
    "extend": extend,
    "task": task,
    "assign": assign,
    "progress": progress,
    "duplicate": duplicate,
    "merge": merge,
    "unmerge": unmerge,
}
"""By the name of the deed."""


def _admits(fold: "Fold", event: Event, party: Party) -> bool:
    if party.roles.isdisjoint(fold.book.workflow.admits):
        fold.refuse(event, Rule.NOT_ITS_ROLE, f"{event.does} is for {', '.join(fold.book.workflow.admits)}")
        return False
    return True


def _deadlines(fold: "Fold", event: Event, party: Party, right: str) -> list[str]:
    """The deadlines that an event is about, if its author may; none where it is refused."""
    unknown = not event.about or not set(event.about) <= fold.book.deadlines.keys()
    if unknown:
        fold.refuse(event, Rule.UNKNOWN_SUBJECT, "no deadline of the workflow is named")
        return []
    if len(event.about) > 1:
        fold.refuse(event, Rule.UNKNOWN_SUBJECT, "one deadline at a time")
        return []
    allowed = getattr(fold.book.deadlines[event.about[0]], right)
    if party.roles.isdisjoint(allowed):
        fold.refuse(event, Rule.NOT_ITS_ROLE, f"{event.does} is for {', '.join(allowed) or 'nobody'}")
        return []
    return [event.about[0]]


def _tasks(fold: "Fold", event: Event) -> list[Task]:
    found = [fold.state.tasks[name] for name in event.about if name in fold.state.tasks]
    if not found or len(found) != len(event.about):
        fold.refuse(event, Rule.UNKNOWN_SUBJECT, "no task of the case is named")
        return []
    return found


def _is_known(fold: "Fold", who: Any) -> bool:
    """Whether it is a party that is there, or a role."""
    if not isinstance(who, str):
        return False
    party = fold.state.parties.get(who)
    return (party is not None and not party.left) or who in fold.book.roles


def _are_texts(value: Any) -> TypeGuard[list[str]]:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(each, str) for each in value)
