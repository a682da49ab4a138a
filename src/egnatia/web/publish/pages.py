"""The pages of publishing: what to say, the form of it, and what was begun before."""

import time
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter
from litestar.types import ControllerRouterHandler

from egnatia.cyber.intel.product import kind_of
from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.review import Review, Reviews
from egnatia.exchange.taxii.filter import is_identifier
from egnatia.store.entry import Row
from egnatia.store.query import LAST, Query
from egnatia.web.frame import HEADERS, fragment
from egnatia.web.permission import Permission
from egnatia.web.publish import desk, product, quick, start
from egnatia.web.publish.content import Offer, StartPage
from egnatia.web.publish.draft import Draft, Drafts
from egnatia.web.publish.form import Given, form_of, given_in, given_of, offered, problems_by_name
from egnatia.web.publish.marking import KEEP, Chosen
from egnatia.web.record.name import Names, decoded
from egnatia.web.record.subject import subject
from egnatia.web.visit import Visit

Type = Annotated[str, PathParameter(description="A record type", max_length=100)]
RecordId = Annotated[str, PathParameter(description="A STIX identifier", max_length=300)]
About = Annotated[str, QueryParameter(description="The record that it is about", max_length=300)]
DraftId = Annotated[str, QueryParameter(name="draft", description="A draft to go on with", max_length=40)]
Words = Annotated[str, QueryParameter(description="Words, a value or an identifier", max_length=200)]

FOUND = 12


class Dropped(msgspec.Struct, frozen=True):
    """A draft that is not wanted any more."""

    draft: str = ""


@get("/publish")
async def beginning(visit: NamedDependency[Visit]) -> Response[str]:
    """What somebody may want to say, and what they have begun."""
    visit.require(Permission.DRAFT)
    drafts = await visit.ask(lambda: Drafts(visit.store, visit.visitor.account).all())
    waiting = await visit.ask(lambda: Reviews(visit.store, visit.visitor.organisation or "").waiting())
    products = tuple(
        Offer(f"/publish/product/{kind.value}", visit.speech.gettext(name), visit.speech.gettext(about))
        for kind, (name, about) in product.KINDS.items()
    )
    (words, offers), *others = start.groups(visit.speech)
    return visit.page(
        StartPage(
            title=visit.speech.gettext("Publish"),
            groups=(
                (visit.speech.gettext("For people to act on"), products),
                (words, (start.quick(visit.speech), *offers)),
                *others,
            ),
            more=start.more(visit.speech),
            drafts=drafts,
            waiting=waiting,
            may_publish=visit.visitor.may(Permission.PUBLISH),
            may_recall=visit.visitor.may(Permission.RECALL),
            now=_now(),
        )
    )


@get("/publish/new/{type_:str}")
async def new(visit: NamedDependency[Visit], type_: Type, about: About = "", draft: DraftId = "") -> Response[str]:
    """An empty form, or a draft."""
    visit.require(Permission.DRAFT)
    if not offered(type_):
        raise NotFound
    begun = await _draft(visit, draft, type_)
    given = begun.given if begun is not None else desk.beginning(type_, about if is_identifier(about) else "")
    chosen = begun.chosen if begun is not None else Chosen()
    names = await desk.names_for(visit, desk.named_in(given))
    return visit.page(
        await visit.ask(lambda: desk.page(visit, type_, given, chosen, names, draft=draft if begun else ""))
    )


@post("/publish/new/{type_:str}")
async def written(visit: NamedDependency[Visit], type_: Type) -> Response[str]:
    """A form that was filled in: looked at once more, kept, or published."""
    visit.require(Permission.DRAFT)
    if not offered(type_):
        raise NotFound
    return await _answered(visit, type_, None)


@get("/publish/edit/{record_id:str}")
async def edit(visit: NamedDependency[Visit], record_id: RecordId, draft: DraftId = "") -> Response[str]:
    """The form of a record of one's own, with what it says."""
    row = await _own(visit, record_id)
    if kind_of(decoded(row)) is not None and not draft:
        return visit.go(f"/publish/product/edit/{row.id}")
    begun = await _draft(visit, draft, row.type)
    given = begun.given if begun is not None else given_of(row.type, decoded(row))
    chosen = begun.chosen if begun is not None else Chosen(tlp=KEEP)
    names = await desk.names_for(visit, desk.named_in(given))
    begun_as = draft if begun else ""
    return visit.page(
        await visit.ask(lambda: desk.page(visit, row.type, given, chosen, names, draft=begun_as, edits=row))
    )


@post("/publish/edit/{record_id:str}")
async def edited(visit: NamedDependency[Visit], record_id: RecordId) -> Response[str]:
    """A newer version that was filled in."""
    row = await _own(visit, record_id)
    return await _answered(visit, row.type, row)


@post("/publish/foresee/{type_:str}", status_code=200)
async def foresee(visit: NamedDependency[Visit], type_: Type, edits: About = "") -> Response[str]:
    """Who would see what is being written, as a part of its page."""
    visit.require(Permission.DRAFT)
    if not offered(type_):
        raise NotFound
    row = await _own(visit, edits) if edits else None
    given, chosen, _, form = await _filled(visit, type_, keep=row is not None)
    names = await desk.names_for(visit)

    def seen() -> str:
        done = desk.written(visit, type_, given, chosen, row, insisted=_insists(form))
        return fragment("publish/foreseen.html", visit.language, foreseen=desk.foreseen(visit, type_, done, names))

    return Response(await visit.ask(seen), media_type="text/html", headers=HEADERS)


@post("/publish/drafts/drop")
async def drop(visit: NamedDependency[Visit]) -> Response[str]:
    """A draft that is not wanted any more."""
    visit.require(Permission.DRAFT)
    form = await visit.form(Dropped)
    await visit.ask(lambda: Drafts(visit.store, visit.visitor.account).drop(form.draft))
    return visit.go("/publish", visit.speech.gettext("The draft was deleted"))


@get("/publish/find")
async def find(visit: NamedDependency[Visit], words: Words = "") -> Response[bytes]:
    """Records to refer to, by words or value, as a form completes them."""
    visit.require(Permission.DRAFT)
    clearance, store = visit.clearance(), visit.store

    def look() -> tuple[Row, ...]:
        if is_identifier(words):
            return store.get(clearance, [words])
        if len(words) < 2 or "\x00" in words:
            return ()
        exact = store.by_value(clearance, words, FOUND)
        return (*exact, *store.search(clearance, words, Query(versions=(LAST,)), FOUND))[:FOUND]

    rows = await visit.ask(look)
    await visit.surface.releases.note(visit.visitor.caller, "page", rows)
    names = Names(visit.speech, rows)
    found = {row.id: names.named(row.id) for row in rows}
    told = [{"id": each.id, "name": each.name, "kind": each.kind} for each in found.values()]
    return Response(msgspec.json.encode(told), media_type="application/json", headers=HEADERS)


PAGES: tuple[ControllerRouterHandler, ...] = (
    beginning,
    new,
    written,
    edit,
    edited,
    foresee,
    drop,
    find,
    *quick.PAGES,
    *product.PAGES,
)


async def _answered(visit: Visit, type_: str, row: Row | None) -> Response[str]:
    given, chosen, wrong, form = await _filled(visit, type_, keep=row is not None)
    do, draft = str(getattr(form, "do", "")), str(getattr(form, "draft", ""))
    if do == "draft":
        edits = row.id if row is not None else ""
        await visit.ask(lambda: desk.kept_draft(visit, type_, given, chosen, draft=draft, edits=edits, at=_now()))
        return visit.go("/publish", visit.speech.gettext("The draft was kept"))
    done = await visit.ask(lambda: desk.written(visit, type_, given, chosen, row, insisted=_insists(form)))
    is_held = not done.insisted and await visit.ask(lambda: desk.held_up(visit, [done.body]))
    sends = do in desk.SENDING
    if sends and not (done.wrong or wrong or is_held):
        edits = row.id if row is not None else ""
        begun = await visit.ask(
            lambda: desk.draft_of(visit, type_, given, chosen, before=draft, edits=edits, at=_now())
        )
        bodies = [*done.definitions, done.body]
        outcome = await desk.handed(visit, bodies, done.applied, draft=begun, asks=do == "review")
        if isinstance(outcome, Review):
            await visit.ask(lambda: Drafts(visit.store, visit.visitor.account).drop(draft))
            return visit.go(f"/publish/reviews/{outcome.id}", visit.speech.gettext(desk.HANDED))
        if not outcome.refused:
            await visit.ask(lambda: Drafts(visit.store, visit.visitor.account).drop(draft))
            return visit.go(f"/records/{done.stix['id']}", _published(visit, row))
        problems = [problem for each in outcome.refused for problem in each.problems]
        done = msgspec.structs.replace(done, wrong=problems_by_name(problems))
    names = await desk.names_for(visit, desk.named_in(given))
    page = await visit.ask(
        lambda: desk.page(
            visit, type_, given, chosen, names, done=done, choice_wrong=wrong, draft=draft, edits=row, is_foreseen=True
        )
    )
    return visit.page(page, status=422 if sends else 200)


def _insists(form: Any) -> bool:
    return getattr(form, "insist", "") == "yes"


def _published(visit: Visit, row: Row | None) -> str:
    return visit.speech.gettext("Published") if row is None else visit.speech.gettext("The new version is published")


async def _filled(visit: Visit, type_: str, *, keep: bool) -> tuple[Given, Chosen, dict[str, str], Any]:
    """The form, what it says, the handling it asks for, and what is wrong with that."""
    form: msgspec.Struct = await visit.form(form_of(type_))
    chosen, wrong = await visit.ask(lambda: desk.chosen_in(visit, form, keep=keep))
    return given_in(type_, form), chosen, wrong, form


async def _own(visit: Visit, record_id: str) -> Row:
    """A record of the visitor's organisation that can have a newer version; raises NotFound."""
    visit.require(Permission.DRAFT)
    about = await subject(visit, record_id, visit.visitor.organisation or "nobody")
    if not about.mine or not offered(about.row.type) or about.row.label.withdrawn or "modified" not in about.stix:
        raise NotFound
    return about.row


async def _draft(visit: Visit, draft: str, type_: str) -> Draft | None:
    if not draft:
        return None
    found = await visit.ask(lambda: Drafts(visit.store, visit.visitor.account).get(draft))
    if found is None or found.type != type_:
        raise NotFound
    return found


def _now() -> int:
    return time.time_ns() // 1_000
