"""Records: hand in, look up, search, follow references, take back."""

import asyncio
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, JSONBody, PathParameter, QueryParameter

from egnatia.exchange.api.documented import TakesStix, problems
from egnatia.exchange.api.problem import MEDIA_TYPE, BadRequest, NotFound, ProblemDetails, RefusedRecord
from egnatia.exchange.api.surface import Desk, Records, encoded, raw
from egnatia.exchange.asgi import read_body
from egnatia.exchange.submission import Handling, Right, Submission
from egnatia.exchange.taxii.filter import is_identifier
from egnatia.exchange.withdrawal import withdraw
from egnatia.record.record import Invalid
from egnatia.record.record import Problem as Broken
from egnatia.store.query import LAST, Query

BODY_SECONDS = 60

RecordId = Annotated[str, PathParameter(description="A STIX identifier", max_length=300)]
Limit = Annotated[int, QueryParameter(ge=1, le=1_000, description="The most records in the answer")]
Markings = Annotated[
    list[str] | None,
    QueryParameter(name="marking", description="Marking-definitions to put on every record", max_items=32),
]


class AcceptedRecord(msgspec.Struct, frozen=True):
    """A record that is durable. `new` is false for one that was there already, byte for byte; `deviations` is what
    was forgiven. `index` is its place in what was sent."""

    index: int
    id: str
    version: str
    new: bool
    deviations: tuple[Broken, ...] = ()


class Outcome(msgspec.Struct, frozen=True):
    """What became of every record that was sent."""

    accepted: tuple[AcceptedRecord, ...]
    refused: tuple[RefusedRecord, ...]


class Withdrawal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Taking a record back: everywhere it is hidden at once; with `erase` its content is destroyed too."""

    reason: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    erase: bool = False


class Withdrawn(msgspec.Struct, frozen=True):
    """The recall that was published: its receipts tell which nodes have complied."""

    recall: str


@post(
    "/records",
    responses={
        201: ResponseSpec(Outcome, description="All were taken and are durable"),
        207: ResponseSpec(Outcome, description="Some were refused"),
        **problems(408, 413, 415, 422),
    },
    operation_class=TakesStix,
    summary="Hand in records",
)
async def submit(
    request: Request[Any, Any, Any],
    desk: NamedDependency[Desk],
    handling: NamedDependency[Handling],
    atomic: Annotated[bool, QueryParameter(description="Take all or none")] = False,
    strict: Annotated[bool, QueryParameter(description="Forgive no deviation from STIX 2.1")] = False,
) -> Response[Outcome]:
    """Takes one STIX object, a bundle or an array of objects. The answer comes when what was taken is durable."""
    desk.require(Right.SUBMIT)
    bodies = objects_in(await stix_body(request, desk))
    done = desk.host.admission.submit(
        bodies, desk.caller.submitter, handling=handling, atomic=atomic, tolerant=not strict
    )
    outcome = _outcome(await asyncio.wrap_future(done))
    if outcome.refused and not outcome.accepted:
        refused = ProblemDetails("No record was taken", 422, refused=outcome.refused)
        return raw(msgspec.json.encode(refused), 422, MEDIA_TYPE)
    return encoded(outcome, 207 if outcome.refused else 201)


@get("/records/{record_id:str}", responses=problems(404), summary="A record")
async def record(desk: NamedDependency[Desk], record_id: RecordId) -> Response[Records]:
    """The newest version of a record; several where several organisations published under one id."""
    clearance = desk.clearance()
    checked = identifier(record_id)
    return await desk.records(await desk.ask(lambda: desk.store.get(clearance, [checked])))


@get("/records/{record_id:str}/versions", responses=problems(404), summary="All versions of a record")
async def versions(desk: NamedDependency[Desk], record_id: RecordId) -> Response[Records]:
    """Every version that you may see, oldest first."""
    clearance = desk.clearance()
    checked = identifier(record_id)
    return await desk.records(await desk.ask(lambda: desk.store.versions(clearance, checked)))


@get("/records/{record_id:str}/neighbours", responses=problems(404), summary="What a record names, and what names it")
async def neighbours(
    desk: NamedDependency[Desk],
    record_id: RecordId,
    direction: FromQuery[Literal["in", "out", "both"]] = "both",
    limit: Limit = 100,
) -> Response[Records]:
    """The records that this one names (`out`) or that name it (`in`), as far as you may see them."""
    clearance = desk.clearance()
    checked = identifier(record_id)
    store = desk.store
    if not await desk.ask(lambda: store.get(clearance, [checked])):
        raise NotFound
    rows = await desk.ask(lambda: store.neighbours(clearance, checked, direction, limit))
    return await desk.found(rows)


@post(
    "/records/{record_id:str}/recall",
    status_code=202,
    responses=problems(404, 422),
    summary="Take a record back",
)
async def recall(desk: NamedDependency[Desk], record_id: RecordId, data: JSONBody[Withdrawal]) -> Response[Withdrawn]:
    """Its owner withdraws a record from all who have received it. The receipts of the recall tell who complied."""
    desk.require(Right.RECALL)
    clearance = desk.clearance()
    checked = identifier(record_id)
    rows = await desk.ask(lambda: desk.store.get(clearance, [checked]))
    own = next((row for row in rows if row.owner == desk.caller.organisation), None)
    if own is None:
        raise NotFound
    return encoded(Withdrawn(await withdraw(desk.host, desk.caller, own, reason=data.reason, erase=data.erase)), 202)


@get("/search", responses=problems(), summary="Search the text of records")
async def search(
    desk: NamedDependency[Desk],
    q: Annotated[str, QueryParameter(description="Words, in any script or spelling", min_length=1, max_length=400)],
    types: Annotated[list[str] | None, QueryParameter(name="type", max_items=64)] = None,
    limit: Limit = 50,
) -> Response[Records]:
    """Records whose text has all the words: Skopje finds Скопје."""
    clearance = desk.clearance()
    for text in (q, *(types or ())):
        if "\x00" in text:
            raise BadRequest("A NUL is in no text")
    query = Query(types=tuple(sorted(set(types or ()))), versions=(LAST,))
    rows = await desk.ask(lambda: desk.store.search(clearance, q, query, limit))
    return await desk.found(rows)


@get("/values", responses=problems(), summary="Who else has seen a value")
async def values(
    desk: NamedDependency[Desk],
    value: Annotated[
        str, QueryParameter(description="An address, domain, URL, digest...", min_length=1, max_length=2_000)
    ],
    limit: Limit = 50,
) -> Response[Records]:
    """Records that contain the observable value."""
    clearance = desk.clearance()
    if "\x00" in value:
        raise BadRequest("value: a NUL is in no value")
    rows = await desk.ask(lambda: desk.store.by_value(clearance, value, limit))
    return await desk.found(rows)


def identifier(text: str) -> str:
    """A record's id; raises NotFound for what cannot be one."""
    if not is_identifier(text):
        raise NotFound
    return text


async def stix_body(request: Request[Any, Any, Any], desk: Desk) -> bytes:
    """The body of a request that brings STIX; raises BodyTooLarge, BodyTooSlow, BadRequest."""
    if request.headers.get("content-encoding", "identity") != "identity":
        raise BadRequest("Content-Encoding: a body is taken as it is only")
    limit = desk.host.settings.limits.body_bytes
    scope, receive = request.scope, request.receive
    return await read_body(scope, receive, limit_bytes=limit, seconds=BODY_SECONDS)  # type: ignore[arg-type]


class _Outer(msgspec.Struct):
    type: str = ""
    objects: list[msgspec.Raw] | None = None


_OUTER = msgspec.json.Decoder(_Outer)
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])


def objects_in(body: bytes) -> list[bytes]:
    """The objects in a body, each to the byte; raises Invalid."""
    try:
        if body.lstrip()[:1] == b"[":
            return _some([bytes(each) for each in _ARRAY.decode(body)])
        outer = _OUTER.decode(body)
        if outer.type == "bundle":
            return _some([bytes(each) for each in outer.objects or ()])
        return [body]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(
            (Broken("$", "a STIX object, a bundle or an array of objects, as JSON", str(error)[:80]),)
        ) from error


def _some(objects: list[bytes]) -> list[bytes]:
    if not objects:
        raise Invalid((Broken("$.objects", "at least one object", "none"),))
    return objects


async def handling_of(markings: Markings = None) -> Handling:
    """The handling that the URL asks for; raises BadRequest."""
    for marking in markings or ():
        if not is_identifier(marking) or not marking.startswith("marking-definition--"):
            raise BadRequest(f"marking: {marking[:60]!r} is no id of a marking-definition")
    return Handling(applied=tuple(dict.fromkeys(markings or ())))


def _outcome(submission: Submission) -> Outcome:
    return Outcome(
        accepted=tuple(
            AcceptedRecord(each.index, each.id, each.version, each.position > 0, each.deviations)
            for each in submission.accepted
        ),
        refused=tuple(RefusedRecord(each.index, each.id, each.problems) for each in submission.refused),
    )
