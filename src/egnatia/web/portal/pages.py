"""The addresses of the portal. They are for everyone and stay: a record's page is `/public/LANGUAGE/records/ID`."""

from collections.abc import Sequence
from typing import Annotated, Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import PathParameter, QueryParameter
from litestar.types import ControllerRouterHandler

from egnatia.cyber.intel.product import kind_of, product
from egnatia.exchange.api.problem import NotFound, respond
from egnatia.exchange.api.surface import Surface
from egnatia.exchange.caller import Throttled
from egnatia.paper import pdf
from egnatia.store.entry import Row
from egnatia.web.language import LANGUAGES
from egnatia.web.portal import feed, provider, reading
from egnatia.web.portal.counter import Counter, Missing, Shelf
from egnatia.web.premises import Premises
from egnatia.web.product.content import as_csaf, bulletin, is_advisory, namespace, paper, weaknesses
from egnatia.web.record.name import decoded

RecordId = Annotated[str, PathParameter(description="A STIX identifier", max_length=300)]
Lang = Annotated[str, PathParameter(description="A language", max_length=10)]
Words = Annotated[str, QueryParameter(name="q", description="Words", max_length=200)]
Number = Annotated[int, QueryParameter(name="page", description="Which page, from 1", ge=1, le=reading.PAGES)]

HTML, JSON = "text/html", "application/json; charset=utf-8"


@get("/")
async def root(counter: NamedDependency[Counter]) -> Response[bytes]:
    """The newest of everything, in the reader's language at once: to lead them on would cost one more way there and
    back before they see anything."""
    return await counter.public("home", lambda: (counter.html(reading.home(counter)), HTML))


@get("/{lang:str}")
async def home(counter: NamedDependency[Counter], lang: Lang) -> Response[bytes]:
    """The newest of everything."""
    return await counter.public("home", lambda: (counter.html(reading.home(counter)), HTML))


@get("/{lang:str}/{name:str}")
async def section(counter: NamedDependency[Counter], lang: Lang, name: Lang, number: Number = 1) -> Response[bytes]:
    """One list."""
    return await counter.public(
        f"section {name} {number}", lambda: (counter.html(reading.section(counter, name, number)), HTML)
    )


@get("/{lang:str}/exploited")
async def exploited(counter: NamedDependency[Counter], lang: Lang) -> Response[bytes]:
    """What is exploited in the region."""
    return await counter.public("exploited", lambda: (counter.html(reading.exploited_page(counter)), HTML))


@get("/{lang:str}/search")
async def search(
    counter: NamedDependency[Counter], lang: Lang, words: Words = "", number: Number = 1
) -> Response[bytes]:
    """Public records by words."""
    return counter.page(await counter.ask(lambda: reading.search(counter, words, number)))


@get("/records/{record_id:str}")
async def anywhere(counter: NamedDependency[Counter], record_id: RecordId) -> Response[bytes]:
    """A record's page in the reader's language."""
    row = await counter.ask(lambda: reading.row_of(counter, record_id))
    return counter.go(f"{counter.base}/records/{row.id}")


@get("/{lang:str}/records/{record_id:str}")
async def record(counter: NamedDependency[Counter], lang: Lang, record_id: RecordId) -> Response[bytes]:
    """A record's page."""
    return await counter.public(f"record {record_id}", lambda: (counter.html(reading.record(counter, record_id)), HTML))


@get("/{lang:str}/records/{record_id:str}/paper.pdf")
async def sheet(counter: NamedDependency[Counter], lang: Lang, record_id: RecordId) -> Response[bytes]:
    """A product for print."""

    def print_() -> tuple[bytes, str]:
        row = _product_row(counter, record_id)
        made = product(counter.store, counter.clearance, row)
        told = bulletin(made, counter.language, counter.speech, counter.organisations())
        weak = weaknesses(counter.store, counter.clearance, made.refs)
        address = counter.url(f"{counter.base}/records/{record_id}")
        return pdf(paper(told, weak, "clear", counter.speech, counter.title, address)), "application/pdf"

    return await counter.public(f"paper {record_id}", print_)


@get("/records/{record_id:str}/csaf/{version:str}")
async def advisory(counter: NamedDependency[Counter], record_id: RecordId, version: Lang) -> Response[bytes]:
    """An advisory as CSAF."""

    def write() -> tuple[bytes, str]:
        row = _product_row(counter, record_id)
        made = product(counter.store, counter.clearance, row)
        owner = counter.organisations().get(row.owner)
        if not is_advisory(made) or version not in {"2.0", "2.1"}:
            raise NotFound
        name = owner.name if owner is not None else ""
        return as_csaf(
            counter.store,
            counter.clearance,
            row,
            made,
            name,
            base=namespace(counter.premises, row.owner),
            version=version,
        ), JSON

    return await counter.public(f"csaf {version} {record_id}", write, shared=True)


@get("/records/{record_id:str}/stix.json")
async def stored(counter: NamedDependency[Counter], record_id: RecordId) -> Response[bytes]:
    """A record's own bytes."""
    kind = "application/stix+json;version=2.1"
    return await counter.public(
        f"stix {record_id}", lambda: (reading.row_of(counter, record_id).body, kind), shared=True
    )


@get("/{lang:str}/feed.atom")
async def atom(counter: NamedDependency[Counter], lang: Lang) -> Response[bytes]:
    """The newest products as Atom."""
    kind = "application/atom+xml; charset=utf-8"
    return await counter.public("atom", lambda: (feed.atom(counter), kind), shared=True, seconds=300)


@get("/{lang:str}/feed.json")
async def json_feed(counter: NamedDependency[Counter], lang: Lang) -> Response[bytes]:
    """The newest products as JSON Feed."""
    kind = "application/feed+json; charset=utf-8"
    return await counter.public("json feed", lambda: (feed.json_feed(counter), kind), shared=True, seconds=300)


@get("/stix.json")
async def bundle(counter: NamedDependency[Counter]) -> Response[bytes]:
    """The newest products as a STIX bundle."""
    kind = "application/stix+json;version=2.1"
    return await counter.public("bundle", lambda: (feed.bundle(counter), kind), shared=True, seconds=300)


@get("/exploited.json")
async def exploited_json(counter: NamedDependency[Counter]) -> Response[bytes]:
    """What is exploited in the region, in the shape of CISA's catalogue."""
    return await counter.public(
        "exploited json", lambda: (feed.exploited_json(counter), JSON), shared=True, seconds=300
    )


@get("/exploited.csv")
async def exploited_csv(counter: NamedDependency[Counter]) -> Response[bytes]:
    """The same as CSV."""
    kind = "text/csv"
    return await counter.public("exploited csv", lambda: (feed.exploited_csv(counter), kind), shared=True, seconds=300)


PAGES: tuple[ControllerRouterHandler, ...] = (
    root, home, section, exploited, search, anywhere, record, sheet, advisory, stored, atom, json_feed, bundle,
    exploited_json, exploited_csv,
)  # fmt: skip


def portal(premises: Premises, handlers: tuple[ControllerRouterHandler, ...] = ()) -> tuple[Router, Router]:
    """All addresses under /public, and those under /.well-known; `handlers` are those of its forms."""
    shelf = Shelf()

    def counter(request: Request[Any, Any, Any], surface: NamedDependency[Surface]) -> Counter:
        return Counter(premises, surface, request, shelf)

    def refuse(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        return refused(premises, request, shelf, error)

    def router(path: str, handlers: Sequence[ControllerRouterHandler]) -> Router:
        return Router(
            path,
            route_handlers=handlers,
            dependencies={"counter": Provide(counter, sync_to_thread=False)},
            exception_handlers={Exception: refuse},
            include_in_schema=False,
        )

    return router("/public", [*PAGES, *provider.PAGES, *handlers]), router("/.well-known", provider.WELL_KNOWN)


def refused(premises: Premises, request: Request[Any, Any, Any], shelf: Shelf, error: Exception) -> Response[Any]:
    """An error as a page of the portal, in the language of the address; plain where there is no portal."""
    status = respond(request, error).status_code or 500
    if not premises.settings.portal.open:
        return Response("There is no such page.", status_code=404, media_type="text/plain")
    params, path = request.path_params, request.url.path
    if params.get("lang") not in LANGUAGES:
        request.scope["path_params"] = {}
    counter = Counter(premises, request.app.state.surface, request, shelf)
    say = counter.speech.gettext
    words = say("There is no such page") if status == 404 else say("This cannot be done now; try again later")
    detail = say("What was taken back is not shown any more.") if status == 404 and "/records/" in path else ""
    if 400 <= status < 500 and status != 404:
        words = str(error) if type(error).__module__.startswith("egnatia.") else say("The request cannot be understood")
    if isinstance(error, Throttled):
        minutes = -(-error.seconds // 60)
        words = say("Too much was sent from your address")
        detail = counter.speech.ngettext("Try again in %(count)s minute", "Try again in %(count)s minutes", minutes)
    return counter.page(Missing(title=words, detail=detail, **counter.around("")), status=status)


def _product_row(counter: Counter, record_id: str) -> Row:
    row = reading.row_of(counter, record_id)
    if kind_of(decoded(row)) is None:
        raise NotFound
    return row
