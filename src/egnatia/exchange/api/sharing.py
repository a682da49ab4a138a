"""Who will see a record, who may see it and why, and who has it."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from egnatia.exchange.api.documented import TakesStix, problems
from egnatia.exchange.api.problem import BadRequest, NotFound
from egnatia.exchange.api.record import RecordId, identifier, objects_in, stix_body
from egnatia.exchange.api.surface import Desk, Records, encoded
from egnatia.exchange.submission import Handling, Right
from egnatia.policy.decision import Decision, decide


class Ruling(msgspec.Struct, frozen=True):
    """Whether an organisation may see it, by which rule, in plain words."""

    organisation: str
    allowed: bool
    rule: str
    reason: str


class Preview(msgspec.Struct, frozen=True):
    """Who would see each record, organisation by organisation; in the order of what was sent."""

    records: tuple[tuple[Ruling, ...], ...]


class Explanation(msgspec.Struct, frozen=True):
    """Why a record may or may not be seen; one ruling for each owner of a record under the id."""

    rulings: tuple[Ruling, ...]


@post(
    "/preview",
    status_code=200,
    responses=problems(408, 413, 422),
    operation_class=TakesStix,
    summary="Who would see this",
)
async def preview(
    request: Request[Any, Any, Any], desk: NamedDependency[Desk], handling: NamedDependency[Handling]
) -> Response[Preview]:
    """Before publishing: which organisations would see the records, and by which rule. Nothing is stored."""
    desk.require(Right.SUBMIT)
    bodies = objects_in(await stix_body(request, desk))
    submitter = desk.caller.submitter
    seen = await desk.ask(lambda: [desk.host.preview(body, submitter, handling) for body in bodies])
    return encoded(Preview(tuple(tuple(_ruling(each.organisation, each.decision) for each in one) for one in seen)))


@get("/records/{record_id:str}/explain", responses=problems(404), summary="Why a record may be seen")
async def explain(
    desk: NamedDependency[Desk],
    record_id: RecordId,
    organisation: Annotated[
        str | None, QueryParameter(description="Another organisation; only the record's owner may ask")
    ] = None,
) -> Response[Explanation]:
    """Why you may see it; for an owner, why another organisation may or may not. Of what you may not see, nothing."""
    clearance = desk.clearance()
    checked = identifier(record_id)
    if organisation is not None and not organisation.startswith("identity--"):
        raise BadRequest("organisation: an identity id is needed")
    rows = await desk.ask(lambda: desk.store.get(clearance, [checked]))
    asked = organisation or desk.caller.organisation
    if asked != desk.caller.organisation:
        rows = tuple(row for row in rows if row.owner == desk.caller.organisation)
        clearance = desk.host.clearance_of(asked)
    if not rows:
        raise NotFound
    return encoded(Explanation(tuple(_ruling(asked or "", decide(row.label, clearance)) for row in rows)))


@get("/records/{record_id:str}/receipts", responses=problems(404), summary="Who has received a record")
async def receipts(desk: NamedDependency[Desk], record_id: RecordId) -> Response[Records]:
    """The receipts of a record of your organisation: which nodes have it, or have complied with its recall."""
    clearance = desk.clearance()
    checked = identifier(record_id)
    store = desk.store
    rows = await desk.ask(lambda: store.get(clearance, [checked]))
    if not any(row.owner == desk.caller.organisation for row in rows):
        raise NotFound
    return await desk.found(
        await desk.ask(lambda: store.neighbours(clearance, checked, "in", 1_000, types=("receipt",)))
    )


def _ruling(organisation: str, decision: Decision) -> Ruling:
    return Ruling(organisation, decision.allowed, decision.rule, decision.reason)
