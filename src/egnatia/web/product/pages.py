"""The newest products that a reader may see, what is exploited in the region, and both as files."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Literal

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, PathParameter

from egnatia.cyber.intel.exploited import Exploited, as_csv, catalog, exploited
from egnatia.cyber.intel.product import Product, kind_of, product, products
from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.shown import TLP_NAMES
from egnatia.paper import pdf
from egnatia.store import Known
from egnatia.store.entry import Row
from egnatia.web.frame import HEADERS, Content
from egnatia.web.permission import Permission
from egnatia.web.product.content import Bulletin, as_csaf, bulletin, is_advisory, namespace, paper, weaknesses
from egnatia.web.record.subject import subject
from egnatia.web.visit import Visit

RecordId = Annotated[str, PathParameter(description="A STIX identifier", max_length=300)]


class ProductsPage(Content, frozen=True, kw_only=True):
    """The newest products."""

    template: ClassVar[str] = "product/list.html"
    bulletins: tuple[Bulletin, ...]
    may_draft: bool
    portal: bool
    now: int


class ExploitedPage(Content, frozen=True, kw_only=True):
    """Vulnerabilities that are exploited in the region."""

    template: ClassVar[str] = "product/exploited.html"
    rows: tuple[Exploited, ...]
    owners: Mapping[str, str]


@get("/products")
async def products_page(visit: NamedDependency[Visit]) -> Response[str]:
    """The newest products of all kinds."""
    clearance = visit.clearance()

    def look() -> tuple[list[Product], tuple[Bulletin, ...]]:
        known = organisations(visit)
        found = products(visit.store, clearance)
        return found, tuple(bulletin(each, visit.language, visit.speech, known) for each in found)

    found, told = await visit.ask(look)
    rows = await visit.ask(lambda: visit.store.get(clearance, [each.id for each in found]) if found else ())
    await visit.surface.releases.note(visit.visitor.caller, "page", rows)
    return visit.page(
        ProductsPage(
            title=visit.speech.gettext("Publications"),
            bulletins=told,
            may_draft=visit.visitor.may(Permission.DRAFT),
            portal=visit.premises.settings.portal.open,
            now=visit.now,
        )
    )


@get("/products/{record_id:str}/paper.pdf")
async def sheet(visit: NamedDependency[Visit], record_id: RecordId) -> Response[bytes]:
    """A product for print."""
    row, made = await _product(visit, record_id)

    def print_() -> bytes:
        told = bulletin(made, visit.language, visit.speech, organisations(visit))
        weak = weaknesses(visit.store, visit.clearance(), made.refs)
        name = visit.premises.settings.organisation.name
        return pdf(paper(told, weak, TLP_NAMES[row.label.tlp], visit.speech, name))

    headers = {**HEADERS, "content-disposition": f'attachment; filename="{made.kind.value}.pdf"'}
    return Response(await visit.ask(print_), media_type="application/pdf", headers=headers)


@get("/products/{record_id:str}/csaf.json")
async def advisory(
    visit: NamedDependency[Visit], record_id: RecordId, version: FromQuery[Literal["2.0", "2.1"]] = "2.0"
) -> Response[bytes]:
    """An advisory as CSAF."""
    row, made = await _product(visit, record_id)
    if not is_advisory(made):
        raise NotFound
    owner = organisations(visit).get(row.owner)
    base = namespace(visit.premises, row.owner)
    content = await visit.ask(
        lambda: as_csaf(
            visit.store, visit.clearance(), row, made, owner.name if owner else "", base=base, version=version
        )
    )
    headers = {**HEADERS, "content-disposition": f'attachment; filename="egnatia-{row.id.partition("--")[2]}.json"'}
    return Response(content, media_type="application/json", headers=headers)


@get("/products/exploited")
async def exploited_page(visit: NamedDependency[Visit]) -> Response[str]:
    """What is exploited in the region, as far as the reader may know it."""
    rows = await _exploited(visit)
    names = {id_: each.name for id_, each in organisations(visit).items()}
    title = visit.speech.gettext("Exploited in the region")
    return visit.page(ExploitedPage(title=title, rows=rows, owners=names))


@get("/products/exploited.json")
async def listed(visit: NamedDependency[Visit]) -> Response[bytes]:
    """The same in the shape of CISA's catalogue."""
    made = catalog(await _exploited(visit), "Exploited in the region", datetime.now(UTC))
    return Response(msgspec.json.encode(made), media_type="application/json", headers=HEADERS)


@get("/products/exploited.csv")
async def listed_csv(visit: NamedDependency[Visit]) -> Response[bytes]:
    """The same as CSV."""
    content = as_csv(await _exploited(visit)).encode()
    headers = {**HEADERS, "content-disposition": 'attachment; filename="exploited.csv"'}
    return Response(content, media_type="text/csv", headers=headers)


def organisations(visit: Visit) -> Mapping[str, Known]:
    """The organisations that are known here, by identity id."""
    return {each.id: each for each in visit.premises.organisations()}


async def _exploited(visit: Visit) -> tuple[Exploited, ...]:
    clearance = visit.clearance()
    found = await visit.ask(lambda: exploited(visit.store, clearance))
    rows = await visit.ask(lambda: visit.store.get(clearance, [each.record for each in found]) if found else ())
    await visit.surface.releases.note(visit.visitor.caller, "page", rows)
    return found


async def _product(visit: Visit, record_id: str) -> tuple[Row, Product]:
    about = await subject(visit, record_id)
    if kind_of(about.stix) is None:
        raise NotFound
    return about.row, await visit.ask(lambda: product(visit.store, about.clearance, about.row))
