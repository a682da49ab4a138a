"""Templates: a case whose facts, parties and tasks are known before it begins; each organisation keeps its own."""

import secrets
from typing import Annotated, Any, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.casework.fold import Fold
from egnatia.casework.registry import Deed, Opening, Refused, Unknown
from egnatia.exchange.api.problem import BadRequest, NotFound
from egnatia.record import Invalid
from egnatia.record.case import CaseParty
from egnatia.record.marking import TLP2_IDS
from egnatia.store import Batch, Note
from egnatia.store.store import Store
from egnatia.web.cases.doing import acting
from egnatia.web.frame import Content
from egnatia.web.permission import Permission
from egnatia.web.visit import Visit, found

_PASSING = frozenset({"instant", "record", "records"})
"""Kinds of facts that belong to one case only."""


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """What a case begins with. `tasks` are what a `task` event says."""

    id: str
    organisation: str
    name: str
    workflow: str
    tlp: str
    facts: dict[str, Any]
    parties: tuple[CaseParty, ...]
    tasks: tuple[dict[str, Any], ...]


class Templates:
    """The templates of every organisation of a node."""

    def __init__(self, store: Store) -> None:
        self._kept = store.kept("case template", Template)

    def of(self, organisation: str) -> tuple[Template, ...]:
        """An organisation's own, by name."""
        found_ = self._kept.between(f"{organisation} ", f"{organisation} ~")
        return tuple(sorted(found_, key=lambda each: each.name.casefold()))

    def get(self, organisation: str, template: str) -> Template | None:
        """One of an organisation's own."""
        return self._kept.get(f"{organisation} {template}")

    def put(self, template: Template) -> None:
        """Keep it."""
        self._kept.put(f"{template.organisation} {template.id}", template)

    def remove(self, organisation: str, template: str) -> None:
        """Forget it."""
        self._kept.remove(f"{organisation} {template}")


class TemplatePage(Content, frozen=True, kw_only=True):
    """A template, and the form that opens a case of it."""

    template: ClassVar[str] = "cases/template.html"
    held: Template
    workflow: str
    facts: tuple[tuple[str, str], ...]
    parties: tuple[tuple[str, str], ...]
    tasks: tuple[str, ...]


class Named(msgspec.Struct, frozen=True):
    """A name, of a template or of a case."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


def template_of(fold: Fold, organisation: str, name: str) -> Template:
    """What of a case may begin another one."""
    book, state = fold.book, fold.state
    tlps = [TLP2_IDS[ref] for ref in fold.case.object_marking_refs if ref in TLP2_IDS]
    facts = {
        key: value
        for key, value in state.facts.items()
        if book.fields[key].kind not in _PASSING
        and (not book.fields[key].by or not state.parties[organisation].roles.isdisjoint(book.fields[key].by))
    }
    return Template(
        id=secrets.token_hex(8),
        organisation=organisation,
        name=name,
        workflow=book.workflow.name,
        tlp=tlps[0] if tlps else "amber+strict",
        facts=facts,
        parties=tuple(
            CaseParty(party_ref=id_, economy=party.economy, roles=tuple(sorted(party.roles)))
            for id_, party in state.active().items()
        ),
        tasks=tuple(
            {"title": task.title, "responsible": task.responsible, "accountable": task.accountable}
            for task in state.tasks.values()
            if not task.duty
        ),
    )


@post("/cases/{case:str}/template")
async def keep_template(visit: NamedDependency[Visit], case: FromPath[str]) -> Response[str]:
    """Keep what a case began with as a template."""
    fold = await acting(visit, case)
    form = await visit.form(Named)
    made = template_of(fold, visit.visitor.organisation or "", form.name)
    await visit.ask(lambda: Templates(visit.store).put(made))
    return visit.go(f"/cases/templates/{made.id}", visit.speech.gettext("Kept as “%(name)s”", name=form.name))


@get("/cases/templates/{template:str}")
async def template(visit: NamedDependency[Visit], template: FromPath[str]) -> Response[str]:
    """One template."""
    visit.require(Permission.PUBLISH)
    organisation = visit.visitor.organisation or ""
    held = found(await visit.ask(lambda: Templates(visit.store).get(organisation, template)))
    book = visit.premises.casework.library.newest(held.workflow)
    if book is None:
        raise NotFound
    names = {each.id: each.name for each in await visit.ask(visit.premises.organisations)}
    say = visit.speech.gettext
    return visit.page(
        TemplatePage(
            title=held.name,
            held=held,
            workflow=book.workflow.title,
            facts=tuple(
                (book.fields[key].title, str(value)) for key, value in held.facts.items() if key in book.fields
            ),
            parties=tuple(
                (
                    names.get(each.party_ref, each.party_ref),
                    ", ".join(say(book.roles[role].title) for role in each.roles),
                )
                for each in held.parties
            ),
            tasks=tuple(each["title"] for each in held.tasks),
        )
    )


@post("/cases/templates/{template:str}")
async def open_template(visit: NamedDependency[Visit], template: FromPath[str]) -> Response[str]:
    """Open a case of a template."""
    visit.require(Permission.PUBLISH)
    form = await visit.form(Named)
    submitter, registry = visit.visitor.caller.submitter, visit.premises.casework
    held = found(await visit.ask(lambda: Templates(visit.store).get(submitter.organisation, template)))
    opening = Opening(workflow=held.workflow, title=form.name, parties=held.parties, facts=held.facts, tlp=held.tlp)

    def opened() -> str:
        case = registry.open(submitter, opening)
        for fields in held.tasks:
            registry.act(submitter, case, Deed(does="task", fields=fields))
        return case

    try:
        case = await visit.ask(opened)
    except (Unknown, Refused, Invalid, ValueError) as error:
        raise BadRequest(str(error)) from error
    note = Note(visit.actor, "case opened", case, held.name)
    await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result(30))
    return visit.go(f"/cases/{case}", visit.speech.gettext("Opened. Say what is known, and bring in who is missing."))


@post("/cases/templates/{template:str}/forget")
async def forget_template(visit: NamedDependency[Visit], template: FromPath[str]) -> Response[str]:
    """Keep a template no longer."""
    visit.require(Permission.PUBLISH)
    await visit.form(Nothing)
    organisation = visit.visitor.organisation or ""
    await visit.ask(lambda: Templates(visit.store).remove(organisation, template))
    return visit.go("/cases/new", visit.speech.gettext("Removed."))


class Nothing(msgspec.Struct, frozen=True):
    """A form without fields."""
