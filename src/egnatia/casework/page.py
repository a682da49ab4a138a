"""What a workflow says, as Markdown: written from the declaration, never by hand."""

from collections.abc import Iterator, Sequence

from egnatia.casework.rulebook import Rulebook
from egnatia.casework.workflow import Deadline, Step


def described(book: Rulebook, picture: str = "") -> str:
    """The whole description; `picture` is where its drawing is."""
    workflow = book.workflow
    lines = [f"# {workflow.title}\n", f"`{workflow.name}`, version {workflow.version}. {workflow.about.strip()}\n"]
    if picture:
        lines.append(f"![The states of the workflow and the steps between them]({picture})\n")
    lines += _table("Roles", ("role", "what it is"), [(each.title, each.about) for each in workflow.roles])
    lines += _table(
        "States", ("state", "", "what it means"),
        [(each.title, "final" if each.final else "", each.about) for each in workflow.states],
    )  # fmt: skip
    header = ("step", "who may", "from", "to", "asks for", "effects")
    lines += _table("Steps", header, [_step(book, each) for each in workflow.steps])
    lines += _table(
        "Reports", ("report", "filed by", "reviewed by", "needs", "takes"),
        [(each.title, _roles(book, each.roles), _roles(book, each.reviewers), _facts(book, each.needs),
          _facts(book, each.takes)) for each in workflow.reports],
    )  # fmt: skip
    columns = ("deadline", "owed by", "to", "how long", "from", "met by", "where", "source")
    lines += _table("Deadlines", columns, [_deadline(book, each) for each in workflow.deadlines])
    for each in workflow.conclusions:
        rows = [(str(line.value), f"`{line.when}`", line.source, _roles(book, line.tells)) for line in each.lines]
        lines += _table(each.title, ("value", "where", "source", "told"), rows, each.about)
    lines += _table(
        "Tasks", ("task", "responsible", "accountable", "consulted", "informed"),
        [(each.title, _roles(book, (each.responsible,)), _roles(book, (each.accountable,)),
          _roles(book, each.consulted), _roles(book, each.informed)) for each in workflow.tasks],
    )  # fmt: skip
    lines += _table(
        "Facts", ("fact", "name", "kind", "said by"),
        [(each.title, f"`{each.name}`", ", ".join(each.choices) or each.kind, _roles(book, each.by) or "all")
         for each in workflow.fields],
    )  # fmt: skip
    lines += _table(
        "Views", ("view", "states", "where"),
        [(each.title, _states(book, each.states), f"`{each.when}`" if each.when else "") for each in workflow.views],
    )  # fmt: skip
    return "\n".join(lines).rstrip() + "\n"


def _step(book: Rulebook, step: Step) -> tuple[str, ...]:
    asks = [_facts(book, step.needs), f"`{step.when}`" if step.when else "", "a reason" if step.reason else ""]
    effects = [f"{book.fields[name].title}: {value}" for name, value in step.sets.items()]
    effects += [f"{book.fields[name].title}: now" for name in step.stamps]
    effects += [f"opens “{book.duties[name].title}”" for name in step.opens]
    effects += [f"tells {_roles(book, step.tells)}"] if step.tells else []
    source = _states(book, step.source) or "any open one"
    return (step.title, _roles(book, step.roles), source, _states(book, (step.to,)) if step.to else "",
            "; ".join(each for each in asks if each), "; ".join(effects))  # fmt: skip


def _deadline(book: Rulebook, deadline: Deadline) -> tuple[str, ...]:
    length = deadline.within or f"{deadline.working_days} working days"
    length += {"moment": "", "day": ", to the end of the day", "working-day": ", to the end of a working day"}[
        deadline.ends
    ]
    kind, _, name = deadline.starts.partition(":")
    titles = {
        "fact": {each.name: each.title for each in book.workflow.fields},
        "step": {each.name: each.title for each in book.workflow.steps},
    }.get(kind, {each.name: each.title for each in book.workflow.reports})
    said = {"fact": "", "step": "step: ", "filed": "filing of ", "accepted": "first accepted "}[kind]
    met_kind, _, met = deadline.met_by.partition(":")
    title = book.reports[met].title if met_kind == "report" else book.steps[met].title
    where = [f"`{deadline.when}`" if deadline.when else ""]
    if deadline.deferred_by:
        where.append(f"runs again from {book.fields[deadline.deferred_by].title} where that is later")
    if deadline.instead_of:
        where.append(f"while {book.deadlines[deadline.instead_of].title} is deferred")
    return (deadline.title, _roles(book, (deadline.owed_by,)), _roles(book, (deadline.owed_to,)), length,
            said + titles[name], title, "; ".join(each for each in where if each), deadline.source)  # fmt: skip


def _table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]], about: str = "") -> Iterator[str]:
    if rows:
        yield f"## {title}\n"
        if about:
            yield f"{about.strip()}\n"
        yield f"| {' | '.join(header)} |\n|{' --- |' * len(header)}"
        yield from (f"| {' | '.join(map(_cell, row))} |" for row in rows)
        yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _roles(book: Rulebook, names: Sequence[str]) -> str:
    return ", ".join(book.roles[name].title for name in names if name)


def _facts(book: Rulebook, names: Sequence[str]) -> str:
    return ", ".join(book.fields[name].title for name in names)


def _states(book: Rulebook, names: Sequence[str]) -> str:
    return ", ".join(book.states[name].title for name in names)
