"""Devices fetch their outputs at `/outputs/NAME`, with a token of their own that opens nothing else.

A device that has the newest is told so in a few bytes, by its tag or by the time since when nothing has changed.
"""

import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Annotated, Any, Final

from litestar import Request, Response, get, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter

from egnatia.casework.workplace import Workplace
from egnatia.cyber.intel.collection import REFUSALS, Shelf, as_response, given, problem_of
from egnatia.cyber.intel.consuming import Outputs
from egnatia.cyber.intel.making import maker_of
from egnatia.cyber.intel.output import TAXII, Made
from egnatia.exchange import token
from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.api.surface import Surface, require
from egnatia.exchange.asgi import header, packed, takes_gzip
from egnatia.exchange.caller import Caller, Throttle, Throttled, Unauthorized, presented_in
from egnatia.exchange.host import Host
from egnatia.exchange.submission import Right
from egnatia.exchange.taxii.answer import Problem
from egnatia.exchange.taxii.negotiation import accepts_taxii
from egnatia.store import Batch, Known, Note

READ: Final = (HttpMethod.GET, HttpMethod.HEAD)
PACKED_FROM: Final = 1_000
"""Bytes from which on an output is compressed for devices that take it so."""


def outputs(place: Workplace) -> tuple[HTTPRouteHandler, ...]:
    """What the domain answers to programs."""
    return routes(place, place.organisations)


Fetch = Callable[[Request[Any, Any, Any], Surface, str], Awaitable[tuple[Made, Caller]]]
"""Finds an output by its name, for whom the credential stands."""


class Door:
    """Tells devices from other programs, and slows down who guesses."""

    def __init__(self, host: Host, kept: Outputs) -> None:
        self._host, self._kept, self._throttle = host, kept, Throttle()

    def device(self, authorization: str | None, name: str, address: str) -> Caller | None:
        """The device behind a credential; None where it is none of a device's. Raises Throttled, Unauthorized, and
        NotFound where it opens another output."""
        presented = presented_in(authorization) if authorization else None
        held = self._kept.consumers.get(presented.id) if presented is not None else None
        if presented is None or held is None:
            return None
        if wait := self._throttle.wait(address):
            raise Throttled(wait)
        if not token.matches(presented, held.digest) or not held.may_fetch(time.time_ns() // 1_000):
            self._refused(presented.id, address)
            raise Unauthorized("This credential is not valid: unknown, revoked or expired")
        if held.output != name:
            raise NotFound
        self._kept.used(held)
        return Caller(held.organisation, held.name, frozenset({Right.READ}), held.id)

    def _refused(self, device: str, address: str) -> None:
        count = self._throttle.failed(address)
        if count in {1, 5, 20}:
            self._host.store.append(Batch(notes=(Note(address, "sign-in refused", device, f"failure {count}"),)))


def routes(host: Host, organisations: Callable[[], Sequence[Known]] = tuple) -> tuple[HTTPRouteHandler, ...]:
    """The way in for devices, to be handed to the application."""
    kept, maker = Outputs(host.store), maker_of(host, organisations)
    door = Door(host, kept)

    async def fetched(request: Request[Any, Any, Any], surface: Surface, name: str) -> tuple[Made, Caller]:
        """An output, for whom the credential stands; for the public without one."""
        authorization = header(request.scope, b"authorization")  # type: ignore[arg-type]  # the same mapping
        address = request.client.host if request.client else ""
        device = await surface.ask(lambda: door.device(authorization, name, address))
        caller = device or await surface.caller(request)
        require(caller, Right.READ)
        saved = await surface.ask(lambda: kept.outputs.get(name))
        if saved is None:
            raise NotFound
        return await maker.make(saved, caller.organisation), caller

    async def answer(
        request: Request[Any, Any, Any], surface: Surface, caller: Caller, made: Made, what: str, media_type: str
    ) -> Response[bytes]:
        """What is given, noted; or that the device has it already."""
        is_file = what in made.files
        content = made.files.get(what, made.content)
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"' if is_file else made.tag
        vary = "Accept-Encoding, Authorization"
        headers = {"ETag": f"W/{tag}", "Cache-Control": "private, max-age=60", "Vary": vary}
        # A file of a folder can change while the entries stay: only its tag tells.
        since = None if is_file else made.since
        if since is not None:
            headers["Last-Modified"] = format_datetime(since, usegmt=True)
        if _has_newest(request, tag, since):
            return Response(b"", status_code=304, headers=headers)
        if len(content) >= PACKED_FROM and takes_gzip(request.headers):
            whole = content
            content, headers["Content-Encoding"] = await surface.ask(lambda: packed(whole)), "gzip"
        if request.method == HttpMethod.HEAD:
            headers["Content-Length"] = str(len(content))
            return Response(b"", media_type=media_type, headers=headers)
        who = f"{caller.organisation or 'public'} {caller.name}"
        note = Note(who, "release", f"output {what}", f"{made.entries} entries {tag}")
        await surface.ask(lambda: host.store.append(Batch(notes=(note,))).result())
        return Response(content, media_type=media_type, headers=headers)

    @route("/outputs/{name:str}", http_method=READ, include_in_schema=False)
    async def output(
        request: Request[Any, Any, Any],
        surface: NamedDependency[Surface],
        name: Annotated[str, PathParameter(max_length=63)],
    ) -> Response[bytes]:
        """An output as one file."""
        made, caller = await fetched(request, surface, name)
        return await answer(request, surface, caller, made, name, made.media_type)

    @route("/outputs/{name:str}/{file:str}", http_method=READ, include_in_schema=False)
    async def folder(
        request: Request[Any, Any, Any],
        surface: NamedDependency[Surface],
        name: Annotated[str, PathParameter(max_length=63)],
        file: Annotated[str, PathParameter(max_length=63)],
    ) -> Response[bytes]:
        """A file of an output that is a folder."""
        made, caller = await fetched(request, surface, name)
        if file not in made.files:
            raise NotFound
        media_type = "text/csv" if file.endswith(".csv") else "application/json"
        return await answer(request, surface, caller, made, file, media_type)

    return (output, folder, _taxii(host, kept, fetched))


def _taxii(host: Host, kept: Outputs, fetched: Fetch) -> HTTPRouteHandler:
    """The way in for programs that speak TAXII."""

    @get(["/outputs/{name:str}/taxii2", "/outputs/{name:str}/taxii2/{rest:path}"], include_in_schema=False)
    async def taxii(
        request: Request[Any, Any, Any],
        surface: NamedDependency[Surface],
        name: Annotated[str, PathParameter(max_length=63)],
        rest: Annotated[str, PathParameter(max_length=500)] = "",
    ) -> Response[bytes]:
        """An output as a TAXII server of one collection."""
        try:
            if not accepts_taxii(header(request.scope, b"accept")):  # type: ignore[arg-type]  # the same mapping
                raise Problem(406, "Only TAXII 2.1 is spoken here", "Send the header Accept: application/taxii+json")
            made, caller = await fetched(request, surface, name)
            saved = await surface.ask(lambda: kept.outputs.get(name))
            if saved is None or saved.form != TAXII:
                raise NotFound
            shelf = Shelf(name, saved.search, made.roll, caller)
            path, query = [each for each in rest.split("/") if each], request.scope["query_string"]
            gift = await surface.ask(lambda: given(host, surface.bookmarks, shelf, path, query))
        except Problem as problem:
            return as_response(problem.answer)
        except REFUSALS as error:
            return as_response(problem_of(error).answer)
        tag = f'"{hashlib.sha256(gift.answer.body).hexdigest()[:32]}"'
        headers = {"ETag": f"W/{tag}", "Cache-Control": "private, max-age=60", "Vary": "Accept, Authorization"}
        if _has(request.headers.get("if-none-match", ""), tag):
            return Response(b"", status_code=304, headers=headers)
        if gift.records:
            who = f"{caller.organisation or 'public'} {caller.name}"
            note = Note(who, "release", f"output {name}", f"{gift.records} indicators {tag}")
            await surface.ask(lambda: host.store.append(Batch(notes=(note,))).result())
        return as_response(gift.answer, headers)

    return taxii


def _has(asked: str, tag: str) -> bool:
    """Whether an If-None-Match names the tag (RFC 9110 section 13.1.2: weakly compared)."""
    return asked.strip() == "*" or tag in {each.strip().removeprefix("W/") for each in asked.split(",")}


def _has_newest(request: Request[Any, Any, Any], tag: str, since: datetime | None) -> bool:
    """Whether a device has it already, by its tag, else by its time (RFC 9110 section 13.2.2)."""
    named = request.headers.get("if-none-match")
    if named is not None:
        return _has(named, tag)
    asked = request.headers.get("if-modified-since")
    if since is None or asked is None:
        return False
    try:
        moment = parsedate_to_datetime(asked)
    except ValueError:
        return False
    return since <= (moment if moment.tzinfo else moment.replace(tzinfo=UTC))
