"""What an administrator says of organisations: who is a member, whose client, in which group, and who is hosted."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, get_args
from uuid import uuid4

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.exchange.api.problem import BadRequest, NotFound
from egnatia.settings import Economy
from egnatia.settings.declared import IDENTITY
from egnatia.store import Batch, Known, Note
from egnatia.web.frame import Content
from egnatia.web.organisations.who import homes
from egnatia.web.permission import Permission
from egnatia.web.visit import Visit

ECONOMIES: tuple[str, ...] = get_args(Economy)


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of an organisation. `groups` has one identity a line; `account`: this node publishes for it."""

    id: Annotated[str, msgspec.Meta(max_length=100)] = ""
    name: Annotated[str, msgspec.Meta(max_length=300)] = ""
    economy: str = ""
    member: bool = False
    client_of: tuple[str, ...] = ()
    groups: Annotated[str, msgspec.Meta(max_length=5_000)] = ""
    account: bool = False


class Nothing(msgspec.Struct, frozen=True):
    """A form without fields."""


class FormPage(Content, frozen=True, kw_only=True):
    """The form; `fixed` where its identity is known already."""

    template: ClassVar[str] = "organisations/form.html"
    form: Form
    to: str
    fixed: bool
    economies: tuple[tuple[str, str], ...]
    others: tuple[Known, ...]
    wrong: Mapping[str, str] = {}


@get("/organisations/add")
async def adding(visit: NamedDependency[Visit]) -> Response[str]:
    """An empty form."""
    visit.require(Permission.MANAGE_ORGANISATIONS)
    return await _page(visit, Form(member=True), "/organisations/add", fixed=False)


@post("/organisations/add")
async def add(visit: NamedDependency[Visit]) -> Response[str]:
    """Somebody new."""
    visit.require(Permission.MANAGE_ORGANISATIONS)
    form = await visit.form(Form)
    known = {each.id for each in await visit.ask(visit.premises.organisations)}
    wrong = dict(_wrong(visit, form, known))
    if form.id in known:
        wrong["id"] = visit.speech.gettext("It is known here already: open its page to change what is said of it.")
    if wrong:
        return await _page(visit, form, "/organisations/add", fixed=False, wrong=wrong)
    identity = form.id or f"identity--{uuid4()}"
    return await _put(visit, identity, form, host=form.account)


@get("/organisations/{organisation:str}/edit")
async def changing(visit: NamedDependency[Visit], organisation: FromPath[str]) -> Response[str]:
    """What is said of it now."""
    known = await _known(visit, organisation)
    form = Form(
        id=known.id,
        name=known.name,
        economy=known.economy,
        member=known.member,
        client_of=known.client_of,
        groups="\n".join(known.groups),
    )
    return await _page(visit, form, f"/organisations/{organisation}/edit", fixed=True)


@post("/organisations/{organisation:str}/edit")
async def change(visit: NamedDependency[Visit], organisation: FromPath[str]) -> Response[str]:
    """Say something else of it."""
    await _known(visit, organisation)
    form = msgspec.structs.replace(await visit.form(Form), id=organisation)
    known = {each.id for each in await visit.ask(visit.premises.organisations)}
    wrong = dict(_wrong(visit, form, known))
    if wrong:
        return await _page(visit, form, f"/organisations/{organisation}/edit", fixed=True, wrong=wrong)
    return await _put(visit, organisation, form, host=False)


@post("/organisations/{organisation:str}/forget")
async def forget(visit: NamedDependency[Visit], organisation: FromPath[str]) -> Response[str]:
    """Say nothing of it any more; what its own node's card says stays."""
    await _known(visit, organisation)
    await visit.form(Nothing)
    if await visit.ask(lambda: visit.store.organisations.get(organisation)) is None:
        raise BadRequest(visit.speech.gettext("Nobody here has said anything of it: there is nothing to forget."))
    await visit.ask(lambda: visit.store.organisations.remove(organisation))
    await visit.ask(lambda: _note(visit, organisation, "removed"))
    said = visit.speech.gettext("Forgotten. Its records stay, under their rules.")
    return visit.go("/organisations", said)


@post("/organisations/{organisation:str}/host")
async def host(visit: NamedDependency[Visit], organisation: FromPath[str]) -> Response[str]:
    """From now on this node publishes for it too."""
    known = await _known(visit, organisation)
    await visit.form(Nothing)
    await _host(visit, known)
    said = visit.speech.gettext("%(name)s has its account here from now on.", name=known.name)
    return visit.go(f"/organisations/{organisation}", said)


async def _put(visit: Visit, identity: str, form: Form, *, host: bool) -> Response[str]:
    known = Known(
        id=identity,
        name=form.name,
        economy=form.economy,
        member=form.member,
        groups=groups_of(form),
        client_of=tuple(dict.fromkeys(form.client_of)),
    )
    await visit.ask(lambda: visit.store.organisations.put(known))
    await visit.ask(lambda: _note(visit, identity, "known"))
    if host:
        await _host(visit, known)
    said = visit.speech.gettext("%(name)s is known here as you say.", name=form.name)
    return visit.go(f"/organisations/{identity}", said)


async def _host(visit: Visit, known: Known) -> None:
    """Raises BadRequest where it is at home somewhere already."""
    gettext = visit.speech.gettext
    elsewhere = homes(await visit.ask(visit.premises.pairings.all)).get(known.id)
    if elsewhere is not None:
        raise BadRequest(
            gettext("It is at home at the node of %(name)s: one node publishes for it.", name=elsewhere[1])
        )
    try:
        await visit.ask(lambda: visit.premises.host(known.id, known.name, known.economy))
    except FileExistsError as error:
        raise BadRequest(gettext("It has its account here already.")) from error
    await visit.ask(lambda: _note(visit, known.id, "account"))


def _note(visit: Visit, organisation: str, what: str) -> None:
    visit.store.append(Batch(notes=(Note(visit.actor, "organisation", organisation, what),))).result()
    visit.premises.forget_facts()


async def _known(visit: Visit, organisation: str) -> Known:
    visit.require(Permission.MANAGE_ORGANISATIONS)
    for each in await visit.ask(visit.premises.organisations):
        if each.id == organisation:
            return each
    raise NotFound


def groups_of(form: Form) -> tuple[str, ...]:
    """The groups, each once."""
    return tuple(dict.fromkeys(form.groups.split()))


def _wrong(visit: Visit, form: Form, known: set[str]) -> Iterator[tuple[str, str]]:
    gettext = visit.speech.gettext
    if not form.name:
        yield "name", gettext("Give it the name by which others know it.")
    if form.economy not in ECONOMIES:
        yield "economy", gettext("Choose its economy.")
    if form.id and re.fullmatch(IDENTITY, form.id) is None:
        yield "id", gettext("A STIX identity is written identity-- and a UUID; leave it empty for a new one.")
    if form.id and form.id in form.client_of:
        yield "client_of", gettext("Nobody is a client of itself.")
    elif not set(form.client_of) <= known:
        yield "client_of", gettext("One of these is not known here.")
    if not all(re.fullmatch(IDENTITY, each) for each in groups_of(form)):
        yield "groups", gettext("Each line names a group by its STIX identity.")


async def _page(
    visit: Visit, form: Form, to: str, *, fixed: bool, wrong: Mapping[str, str] | None = None
) -> Response[str]:
    known = await visit.ask(visit.premises.organisations)
    gettext = visit.speech.gettext
    content = FormPage(
        title=gettext("Change %(name)s", name=form.name) if fixed else gettext("Add an organisation"),
        form=form,
        to=to,
        fixed=fixed,
        economies=(("", ""), *visit.speech.economies(ECONOMIES)),
        others=tuple(each for each in known if each.id != form.id),
        wrong=wrong or {},
    )
    return visit.page(content, status=422 if wrong else 200)
