"""The pages of one record: what it says, what it is linked to, its versions, its proof, its readers, its bytes."""

from collections.abc import Sequence
from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter
from litestar.types import ControllerRouterHandler

from egnatia.exchange.api.problem import NotFound
from egnatia.store.entry import Row
from egnatia.web.frame import HEADERS, Content
from egnatia.web.record import sides
from egnatia.web.record.subject import subject
from egnatia.web.visit import Visit

RecordId = Annotated[str, PathParameter(description="A STIX identifier", max_length=300)]
Owner = Annotated[str, QueryParameter(description="Whose record under this id", max_length=300)]
Before = Annotated[int, QueryParameter(ge=0, le=1 << 62, description="Only what was added before this position")]
Original = Annotated[bool, QueryParameter(description="The text as its author wrote it")]


@get("/records/{record_id:str}")
async def record(
    visit: NamedDependency[Visit], record_id: RecordId, owner: Owner = "", original: Original = False
) -> Response[str]:
    """What a record says, how it may be handled, and what is around it."""
    about = await subject(visit, record_id, owner)
    return await _shown(visit, *await visit.ask(lambda: sides.record(visit, about, original=original)))


@get("/records/{record_id:str}/links")
async def links(
    visit: NamedDependency[Visit], record_id: RecordId, owner: Owner = "", before: Before = 0
) -> Response[str]:
    """What it is linked to."""
    about = await subject(visit, record_id, owner)
    return await _shown(visit, *await visit.ask(lambda: sides.links(visit, about, before)))


@get("/records/{record_id:str}/history")
async def history(visit: NamedDependency[Visit], record_id: RecordId, owner: Owner = "") -> Response[str]:
    """Its versions, and what each changed."""
    about = await subject(visit, record_id, owner)
    return await _shown(visit, *await visit.ask(lambda: sides.history(visit, about)))


@get("/records/{record_id:str}/origin")
async def origin(visit: NamedDependency[Visit], record_id: RecordId, owner: Owner = "") -> Response[str]:
    """Who attested it, checked now."""
    about = await subject(visit, record_id, owner)
    return await _shown(visit, *await visit.ask(lambda: sides.origin(visit, about)))


@get("/records/{record_id:str}/audience")
async def audience(visit: NamedDependency[Visit], record_id: RecordId) -> Response[str]:
    """Who sees it and who has it, for its owner; for others there is no such page."""
    if visit.visitor.organisation is None or not visit.visitor.signed_in:
        raise NotFound
    about = await subject(visit, record_id, visit.visitor.organisation)
    return await _shown(visit, *await visit.ask(lambda: sides.audience(visit, about)))


@get("/records/{record_id:str}/raw")
async def raw(visit: NamedDependency[Visit], record_id: RecordId, owner: Owner = "") -> Response[str]:
    """Its bytes as a page."""
    about = await subject(visit, record_id, owner)
    return await _shown(visit, *await visit.ask(lambda: sides.raw(visit, about)))


@get("/records/{record_id:str}/raw.json")
async def stored(visit: NamedDependency[Visit], record_id: RecordId, owner: Owner = "") -> Response[bytes]:
    """Its bytes, untouched, as a file."""
    about = await subject(visit, record_id, owner)
    headers = {**HEADERS, "content-disposition": f'attachment; filename="{visit.file_name(about.row.id)}.json"'}
    return Response(about.row.body, media_type="application/stix+json;version=2.1", headers=headers)


PAGES: tuple[ControllerRouterHandler, ...] = (record, links, history, origin, audience, raw, stored)


async def _shown(visit: Visit, page: Content, rows: Sequence[Row]) -> Response[str]:
    """The page, once it is noted which records it releases."""
    await visit.surface.releases.note(visit.visitor.caller, "page", rows)
    return visit.page(page)
