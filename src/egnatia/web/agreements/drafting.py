"""Drafts of agreements: written, looked at with what they would change, signed or thrown away."""

import time
from collections.abc import Mapping
from typing import ClassVar
from uuid import uuid4

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.exchange.directory import moment
from egnatia.record.agreement import SharingAgreement
from egnatia.store import Known
from egnatia.web.agreements.draft import (
    PERIODS,
    Draft,
    Form,
    body_of,
    overlapping,
    terms_of,
    types,
    wrong_with,
)
from egnatia.web.agreements.effect import COUNTED, Gain, gains
from egnatia.web.agreements.reading import all_seen, drafts, names, now, own_draft
from egnatia.web.agreements.signing import hand_in
from egnatia.web.agreements.standing import Seen
from egnatia.web.frame import Content
from egnatia.web.organisations.listing import told_of
from egnatia.web.permission import Permission
from egnatia.web.record.faces import kind_words
from egnatia.web.visit import Visit


def offered() -> tuple[tuple[str, str], ...]:
    """The record types that the form offers, with their words."""
    return tuple((each, kind_words(each)) for each in types())


class Nothing(msgspec.Struct, frozen=True):
    """A form without fields."""


class DraftForm(Content, frozen=True, kw_only=True):
    """The form of a draft; `wrong` names what keeps it from being signed."""

    template: ClassVar[str] = "agreements/form.html"
    form: Form
    to: str
    organisations: tuple[Known, ...]
    wrong: Mapping[str, str] = {}
    types: tuple[tuple[str, str], ...] = msgspec.field(default_factory=offered)
    periods: tuple[str, ...] = PERIODS
    own_name: str


class DraftPage(Content, frozen=True, kw_only=True):
    """A draft as it would be signed, and what would change."""

    template: ClassVar[str] = "agreements/draft.html"
    draft: Draft
    terms: SharingAgreement
    overlapping: tuple[Seen, ...]
    gains: tuple[Gain, ...]
    counted: int = COUNTED
    names: Mapping[str, str]
    begins: object
    ends: object | None


@get("/agreements/new")
async def blank(visit: NamedDependency[Visit]) -> Response[str]:
    """An empty form."""
    visit.require(Permission.SIGN_AGREEMENTS)
    today = now().date()
    form = Form(valid_from=today.isoformat(), valid_until=today.replace(day=1, year=today.year + 2).isoformat())
    return await _form(visit, form, "/agreements/new", visit.speech.gettext("Draft an agreement"))


@post("/agreements/new")
async def write(visit: NamedDependency[Visit]) -> Response[str]:
    """Keep a new draft."""
    visit.require(Permission.SIGN_AGREEMENTS)
    draft = Draft(
        id=f"sharing-agreement--{uuid4()}",
        organisation=visit.visitor.organisation or "",
        author=visit.visitor.name,
        at=time.time_ns() // 1_000,
        form=Form(),
    )
    return await _keep(visit, draft, "/agreements/new")


@get("/agreements/drafts/{draft:str}/edit")
async def edit(visit: NamedDependency[Visit], draft: FromPath[str]) -> Response[str]:
    """The form of a draft."""
    visit.require(Permission.SIGN_AGREEMENTS)
    held = await own_draft(visit, draft)
    return await _form(visit, held.form, f"/agreements/drafts/{draft}/edit", visit.speech.gettext("Change the draft"))


@post("/agreements/drafts/{draft:str}/edit")
async def rewrite(visit: NamedDependency[Visit], draft: FromPath[str]) -> Response[str]:
    """Keep a draft as it is now."""
    visit.require(Permission.SIGN_AGREEMENTS)
    held = await own_draft(visit, draft)
    return await _keep(visit, held, f"/agreements/drafts/{draft}/edit")


@get("/agreements/drafts/{draft:str}")
async def look(visit: NamedDependency[Visit], draft: FromPath[str]) -> Response[str]:
    """A draft as it would be signed."""
    visit.require(Permission.SIGN_AGREEMENTS)
    held = await own_draft(visit, draft)
    moment_now = now()
    terms = terms_of(held, moment_now)
    directory = visit.premises.directory()
    gained = await visit.ask(lambda: gains(visit.store, directory, terms, held.organisation, moment_now))
    return visit.page(
        DraftPage(
            title=held.form.name,
            draft=held,
            terms=terms,
            overlapping=overlapping(held.form, held.organisation, await all_seen(visit), held.agreement),
            gains=gained,
            names=await visit.ask(lambda: names(visit)),
            begins=moment(terms.valid_from),
            ends=moment(terms.valid_until) if terms.valid_until else None,
        )
    )


@post("/agreements/drafts/{draft:str}/sign")
async def sign_draft(visit: NamedDependency[Visit], draft: FromPath[str]) -> Response[str]:
    """Publish a draft as the organisation's own copy: that is its signature."""
    visit.require(Permission.SIGN_AGREEMENTS)
    await visit.form(Nothing)
    held = await own_draft(visit, draft)
    wrong = wrong_with(held.form, held.organisation, now(), visit.speech)
    if wrong:
        return visit.go(f"/agreements/drafts/{draft}/edit", wrong[0][1])
    await hand_in(visit, "agreement signed", body_of(held, now()))
    await visit.ask(lambda: drafts(visit).remove(draft))
    said = visit.speech.gettext("Signed and published. It is in force once every other party has signed the same text.")
    return visit.go(f"/agreements/{held.agreement or held.id}", said)


@post("/agreements/drafts/{draft:str}/delete")
async def throw_away(visit: NamedDependency[Visit], draft: FromPath[str]) -> Response[str]:
    """Keep a draft no longer."""
    visit.require(Permission.SIGN_AGREEMENTS)
    await visit.form(Nothing)
    await own_draft(visit, draft)
    await visit.ask(lambda: drafts(visit).remove(draft))
    return visit.go("/agreements", visit.speech.gettext("The draft is gone; nobody else has seen it."))


async def _keep(visit: Visit, draft: Draft, to: str) -> Response[str]:
    form = await visit.form(Form)
    wrong = wrong_with(form, draft.organisation, now(), visit.speech)
    known = {each.id for each in await _possible(visit, draft.form)}
    if not set(form.parties) <= known:
        wrong = (*wrong, ("parties", visit.speech.gettext("One of the parties is not known here.")))
    if wrong:
        title = visit.speech.gettext("Draft an agreement")
        possible = await _possible(visit, draft.form)
        return await _form(visit, form, to, title, possible=possible, wrong=dict(reversed(wrong)))
    kept = msgspec.structs.replace(draft, form=form, author=visit.visitor.name, at=time.time_ns() // 1_000)
    await visit.ask(lambda: drafts(visit).put(draft.id, kept))
    return visit.go(f"/agreements/drafts/{draft.id}")


async def _possible(visit: Visit, form: Form) -> tuple[Known, ...]:
    """Who may be a party: whom the visitor is told of, and who is one in the draft already."""
    own = visit.visitor.organisation
    told = {each.known.id for each in await told_of(visit)} | set(form.parties)
    return tuple(each for each in await visit.ask(visit.premises.organisations) if each.id in told - {own})


async def _form(
    visit: Visit,
    form: Form,
    to: str,
    title: str,
    *,
    possible: tuple[Known, ...] | None = None,
    wrong: Mapping[str, str] | None = None,
) -> Response[str]:
    content = DraftForm(
        title=title,
        form=form,
        to=to,
        organisations=await _possible(visit, form) if possible is None else possible,
        wrong=wrong or {},
        own_name=(await visit.ask(lambda: names(visit))).get(visit.visitor.organisation or "", ""),
    )
    return visit.page(content, status=422 if wrong else 200)
