"""A workflow that was checked for contradictions and made ready: the fold asks it, never the declaration."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from egnatia.casework.condition import Condition, Facts, Unsound, condition
from egnatia.casework.deed import DEEDS
from egnatia.casework.field import Field, complaint
from egnatia.casework.span import Span, span
from egnatia.casework.workflow import Conclusion, Deadline, Line, Report, Step, Workflow

BUILT_IN: Final = (
    Field(name="state", title="State", kind="choice"),
    Field(name="economies", title="Economies of the parties", kind="texts"),
    Field(name="parties", title="Parties", kind="texts"),
)
"""What every case knows of itself; rules may ask for it, nobody says it."""


class Rulebook:
    """One version of one workflow. Raises Unsound with everything that is wrong with it."""

    def __init__(self, workflow: Workflow) -> None:
        self.workflow = workflow
        self.initial = workflow.states[0].name if workflow.states else ""
        self.fields = {field.name: field for field in workflow.fields}
        self.roles = {role.name: role for role in workflow.roles}
        self.states = {state.name: state for state in workflow.states}
        self.final = frozenset(state.name for state in workflow.states if state.final)
        self.steps = {step.name: step for step in workflow.steps}
        self.reports = {report.name: report for report in workflow.reports}
        self.deadlines = {deadline.name: deadline for deadline in workflow.deadlines}
        self.conclusions = {each.name: each for each in workflow.conclusions}
        self.duties = {duty.name: duty for duty in workflow.tasks}
        self.acting = frozenset(role.name for role in workflow.roles if role.acts)
        self.spans: dict[str, Span] = {}
        self._rules: dict[tuple[str, str], Condition] = {}
        problems = list(dict.fromkeys(Examination(self).problems()))
        if problems:
            raise Unsound(f"{workflow.name} {workflow.version}: " + "; ".join(problems))

    @property
    def known(self) -> Mapping[str, Field]:
        """Every fact that a rule may ask for: fields, conclusions, and what a case knows of itself."""
        state = Field(name="state", title="State", kind="choice", choices=tuple(self.states))
        concluded = {each.name: concluded_field(each) for each in self.workflow.conclusions}
        return {**{field.name: field for field in BUILT_IN}, "state": state, **self.fields, **concluded}

    def rule(self, kind: str, name: str) -> Condition | None:
        """The rule of a step, deadline, view or line (`name`, or `name:number`); None where it has none."""
        return self._rules.get((kind, name))

    def admit_rule(self, kind: str, name: str, rule: Condition) -> None:
        """Keep a rule that was found in order."""
        self._rules[kind, name] = rule

    def sources(self, step: Step) -> frozenset[str]:
        """The states that a step can be done in."""
        return frozenset(step.source) or frozenset(self.states) - self.final

    def concluded(self, facts: Facts) -> dict[str, Any]:
        """The facts and what follows from them, in the order of declaration."""
        known = dict(facts)
        for each in self.workflow.conclusions:
            line = self.line(each, known)
            known[each.name] = line.value if line else (None if each.choices else False)
        return known

    def line(self, conclusion: Conclusion, facts: Facts) -> Line | None:
        """The line that decides a conclusion; None where none holds. `facts` hold earlier conclusions."""
        return next(iter(self.lines(conclusion, facts)), None)

    def lines(self, conclusion: Conclusion, facts: Facts) -> Iterator[Line]:
        """Every line of a conclusion that holds; the first one decides."""
        for number, line in enumerate(conclusion.lines):
            rule = self._rules["conclusion", f"{conclusion.name}:{number}"]
            if rule.holds(facts):
                yield line


def concluded_field(conclusion: Conclusion) -> Field:
    """A conclusion as a fact that rules may ask for."""
    kind = "choice" if conclusion.choices else "flag"
    return Field(name=conclusion.name, title=conclusion.title, kind=kind, choices=conclusion.choices)  # type: ignore[arg-type]  # one of the two


class Examination:
    """Looks for contradictions in one workflow."""

    def __init__(self, book: Rulebook) -> None:
        self.book, self.workflow = book, book.workflow

    def problems(self) -> Iterator[str]:
        """Everything that is wrong, in the order of the declaration."""
        yield from self._names()
        yield from self._conclusions()
        for step in self.workflow.steps:
            yield from self._step(step)
        for report in self.workflow.reports:
            yield from self._report(report)
        for deadline in self.workflow.deadlines:
            yield from self._deadline(deadline)
        yield from self._others()
        yield from self._reach()

    def _names(self) -> Iterator[str]:
        workflow = self.workflow
        for what in ("roles", "states", "steps", "fields", "conclusions", "reports", "deadlines", "tasks", "views"):
            names = [each.name for each in getattr(workflow, what)]
            yield from (f"{what}: {name!r} is there twice" for name in {n for n in names if names.count(n) > 1})
        if not workflow.states:
            yield "there are no states"
        if workflow.states and workflow.states[0].final:
            yield f"the first state {workflow.states[0].name!r} is final"
        yield from (f"the step {name!r} bears the name of a deed" for name in self.book.steps if name in DEEDS)
        taken = {field.name for field in BUILT_IN} | set(self.book.fields)
        yield from (f"the field {each.name!r} is built in" for each in BUILT_IN if each.name in self.book.fields)
        yield from (
            f"the conclusion {name!r} bears the name of a fact" for name in self.book.conclusions if name in taken
        )
        for field in workflow.fields:
            if (field.kind in {"choice", "choices"}) != bool(field.choices):
                yield f"the field {field.name!r} needs choices if and only if it is a choice"
            yield from self._roles(f"the field {field.name!r}", field.by)
        yield from self._roles("admits", workflow.admits)
        if not workflow.admits:
            yield "nobody admits parties"

    def _conclusions(self) -> Iterator[str]:
        known = {**{name: field for name, field in self.book.known.items() if name not in self.book.conclusions}}
        for each in self.workflow.conclusions:
            as_field = concluded_field(each)
            for number, line in enumerate(each.lines):
                yield from self._rule("conclusion", f"{each.name}:{number}", line.when, known)
                yield from self._roles(f"the conclusion {each.name!r}", line.tells)
                if problem := complaint(as_field, line.value):
                    yield f"the conclusion {problem}"
                if line.when == "True" and number < len(each.lines) - 1:
                    yield f"the conclusion {each.name!r}: no line after {line.value!r} can ever count"
            known[each.name] = as_field

    def _step(self, step: Step) -> Iterator[str]:
        place = f"the step {step.name!r}"
        yield from self._roles(place, step.roles + step.tells)
        if not step.roles:
            yield f"{place} can be done by nobody"
        if not set(step.roles) & self.book.acting and step.roles:
            yield f"{place} can be done only by roles that do not act"
        yield from (
            f"{place}: there is no state {name!r}"
            for name in (*step.source, step.to)
            if name and name not in self.book.states
        )
        yield from self._fields(place, (*step.needs, *step.takes, *step.sets, *step.stamps))
        for name, value in step.sets.items():
            if name in self.book.fields and (problem := complaint(self.book.fields[name], value)):
                yield f"{place} sets {problem}"
        for name in step.stamps:
            if name in self.book.fields and self.book.fields[name].kind != "instant":
                yield f"{place} stamps {name!r}, which is no moment"
        yield from (f"{place}: there is no task {name!r}" for name in step.opens if name not in self.book.duties)
        yield from self._rule("step", step.name, step.when)

    def _report(self, report: Report) -> Iterator[str]:
        place = f"the report {report.name!r}"
        yield from self._roles(place, report.roles + report.reviewers)
        yield from self._fields(place, report.needs + report.takes)
        if not report.roles:
            yield f"{place} can be filed by nobody"
        if not any(deadline.met_by == f"report:{report.name}" for deadline in self.workflow.deadlines):
            yield f"{place} is never owed: no deadline is met by it"

    def _deadline(self, deadline: Deadline) -> Iterator[str]:
        place = f"the deadline {deadline.name!r}"
        people = (deadline.owed_by, deadline.owed_to, *deadline.pausable_by, *deadline.extendable_by)
        yield from self._roles(place, people)
        yield from self._rule("deadline", deadline.name, deadline.when)
        yield from self._trigger(place, deadline.starts, {"fact", "step", "filed", "accepted"})
        yield from self._trigger(place, deadline.met_by, {"report", "step"})
        if not deadline.within and deadline.working_days < 1:
            yield f"{place} says no length of time"
        if deadline.within and deadline.working_days:
            yield f"{place} says both a duration and working days"
        for text in (deadline.within, *deadline.remind):
            yield from self._span(place, text)
        if deadline.within.startswith("-"):
            yield f"{place} is over before it starts"
        if deadline.deferred_by:
            yield from self._trigger(place, f"fact:{deadline.deferred_by}", {"fact"})
        if deadline.instead_of:
            other = self.book.deadlines.get(deadline.instead_of)
            if other is None or not other.deferred_by:
                yield f"{place} stands instead of {deadline.instead_of!r}, which nothing defers"
        yield from self._circle(deadline)

    def _circle(self, deadline: Deadline) -> Iterator[str]:
        """A clock that starts only once what it times is done."""
        met = {each.met_by.partition(":")[2]: each for each in self.workflow.deadlines}
        seen, current = {deadline.name}, deadline
        while current.starts.partition(":")[0] in {"filed", "accepted"}:
            before = met.get(current.starts.partition(":")[2])
            if before is None:
                return
            if before.name in seen:
                yield f"the deadline {deadline.name!r} waits for itself"
                return
            seen.add(before.name)
            current = before

    def _others(self) -> Iterator[str]:
        for duty in self.workflow.tasks:
            roles = (
                duty.responsible,
                *(() if not duty.accountable else (duty.accountable,)),
                *duty.consulted,
                *duty.informed,
            )
            yield from self._roles(f"the task {duty.name!r}", roles)
            yield from self._span(f"the task {duty.name!r}", duty.within)
        for view in self.workflow.views:
            yield from self._rule("view", view.name, view.when)
            yield from (
                f"the view {view.name!r}: there is no state {name!r}"
                for name in view.states
                if name not in self.book.states
            )

    def _reach(self) -> Iterator[str]:
        """Every state can be reached, and from every one that is not final some final one can."""
        moves = [(source, step.to) for step in self.workflow.steps if step.to for source in self.book.sources(step)]
        reached = _closure({self.book.initial}, moves)
        yield from (f"the state {name!r} cannot be reached" for name in self.book.states if name not in reached)
        ending = _closure(set(self.book.final), [(to, source) for source, to in moves])
        if not self.book.final:
            yield "no state is final"
        yield from (f"from the state {name!r} no case can end" for name in self.book.states if name not in ending)

    def _roles(self, place: str, names: tuple[str, ...]) -> Iterator[str]:
        yield from (f"{place}: there is no role {name!r}" for name in names if name not in self.book.roles)

    def _fields(self, place: str, names: tuple[str, ...]) -> Iterator[str]:
        yield from (f"{place}: there is no field {name!r}" for name in names if name not in self.book.fields)

    def _rule(self, kind: str, name: str, text: str, known: Mapping[str, Field] | None = None) -> Iterator[str]:
        if text:
            try:
                self.book.admit_rule(kind, name, condition(text, known or self.book.known))
            except Unsound as unsound:
                yield f"the {kind} {name!r}: {unsound}"

    def _span(self, place: str, text: str) -> Iterator[str]:
        if text:
            try:
                self.book.spans[text] = span(text)
            except ValueError as error:
                yield f"{place}: {error}"

    def _trigger(self, place: str, text: str, kinds: set[str]) -> Iterator[str]:
        kind, _, name = text.partition(":")
        named: Mapping[str, Any] = self.book.reports
        if kind == "fact":
            named = {each: field for each, field in self.book.fields.items() if field.kind == "instant"}
        elif kind == "step":
            named = self.book.steps
        if kind not in kinds:
            yield f"{place}: {text!r} is none of {', '.join(sorted(kinds))}, a colon and a name"
        elif name not in named:
            yield f"{place}: {text!r} names nothing that is declared"


def _closure(start: set[str], moves: list[tuple[str, str]]) -> set[str]:
    reached, new = set(start), set(start)
    while new:
        new = {to for source, to in moves if source in new} - reached
        reached |= new
    return reached
