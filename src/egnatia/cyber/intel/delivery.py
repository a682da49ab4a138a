"""Devices fetch their outputs at `/outputs/NAME`, with a token of their own that opens nothing else.

An output is put together anew when the log has grown or its scores have aged, at most every few seconds for one reader;
a device that has the newest is told so in a few bytes.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter

from egnatia.casework.workplace import Workplace
from egnatia.cyber.intel.collecting import NOBODY, Roll, enrolled
from egnatia.cyber.intel.collection import REFUSALS, Shelf, as_response, given, problem_of
from egnatia.cyber.intel.feeding import feed
from egnatia.cyber.intel.output import MISP_FEED, TAXII, Made, Output, allowing, make
from egnatia.cyber.intel.searching import known_to
from egnatia.cyber.intel.source import Sources
from egnatia.cyber.intel.warning_index import WarningLists, warning_lists
from egnatia.exchange import token
from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.api.surface import Surface, require
from egnatia.exchange.asgi import header
from egnatia.exchange.caller import Caller, Throttle, Throttled, presented_in
from egnatia.exchange.host import Host
from egnatia.exchange.submission import Right
from egnatia.exchange.taxii.answer import Problem
from egnatia.exchange.taxii.negotiation import accepts_taxii
from egnatia.store import Batch, Known, Note, Store
from egnatia.store.keeping import Kept

REST_SECONDS: Final = 10.0
"""An output is not put together more often than this for one reader, however fast the log grows."""

AGED_SECONDS: Final = 600.0
"""After this long scores are asked anew though the log has not grown."""

KEPT: Final = 256
"""How many made outputs are held in memory; the oldest goes first."""


class Consumer(msgspec.Struct, frozen=True):
    """A device that may fetch one output, on behalf of an organisation. Its secret is kept as a digest; microseconds
    UTC."""

    id: str
    digest: bytes
    output: str
    organisation: str
    name: str
    created: int
    revoked: int | None = None


class Outputs:
    """The outputs and the consumers that a node keeps."""

    def __init__(self, store: Store) -> None:
        self.outputs: Kept[Output] = store.kept("output", Output)
        self.consumers: Kept[Consumer] = store.kept("consumer", Consumer)
        self.rolls: Kept[Roll] = store.kept("output roll", Roll)

    def save(self, output: Output) -> None:
        """Keep an output in the place of one of the same name; raises ValueError where it makes no sense."""
        output.check()
        self.outputs.put(output.name, output)

    def remove(self, name: str) -> None:
        """Keep an output no longer, nor what its collections held."""
        self.outputs.remove(name)
        self.rolls.remove(*(key for key in self.rolls.all() if key.partition(" ")[0] == name))

    def grant(self, output: str, organisation: str, name: str) -> token.Minted:
        """A new consumer of an output; its token is shown once. Raises KeyError where there is no such output."""
        if self.outputs.get(output) is None:
            raise KeyError(output)
        minted = token.mint()
        made = Consumer(minted.id, minted.digest, output, organisation, name, time.time_ns() // 1_000)
        self.consumers.put(minted.id, made)
        return minted

    def revoke(self, consumer: str) -> bool:
        """End a consumer's access at once; whether there was one."""
        held = self.consumers.get(consumer)
        if held is None:
            return False
        self.consumers.put(consumer, msgspec.structs.replace(held, revoked=time.time_ns() // 1_000))
        return True


class Maker:
    """Makes outputs, one at a time on a thread of its own, and holds those that are still good: devices that wait for a
    large one keep nobody else from the store."""

    def __init__(self, host: Host, organisations: Callable[[], Sequence[Known]] = tuple) -> None:
        self._host, self._organisations = host, organisations
        self._made: dict[tuple[Output, str | None], tuple[float, int, Made]] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="egnatia-output")

    async def make(self, output: Output, organisation: str | None) -> Made:
        """An output for one reader."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._make, output, organisation)

    def _make(self, output: Output, organisation: str | None) -> Made:
        key, position = (output, organisation), self._host.store.position()
        held = self._made.get(key)
        if held is not None and _is_good(held, position):
            return held[2]
        made = self._fresh(output, organisation)
        self._made.pop(key, None)
        self._made[key] = (time.monotonic(), position, made)
        if len(self._made) > KEPT:
            self._made.pop(next(iter(self._made)))
        return made

    def _fresh(self, output: Output, organisation: str | None) -> Made:
        host = self._host
        store, clearance, warnings = host.store, host.clearance_of(organisation), warning_lists(host.settings.data)
        known = known_to(store, clearance, self._organisations())
        grades, now = Sources(store).reliabilities(), datetime.now(UTC)
        made = make(output, store, clearance, now, warnings=warnings, known=known, reliabilities=grades)
        if output.form == TAXII:
            return msgspec.structs.replace(made, roll=self._roll(output, organisation, made, warnings))
        if output.form != MISP_FEED:
            return made
        files = feed(store, clearance, made.sources, (host.own, host.settings.organisation.name), output.name)
        return msgspec.structs.replace(made, files=files)

    def _roll(self, output: Output, organisation: str | None, made: Made, warnings: WarningLists) -> Roll:
        """The members of a collection, written down where they change: when each was added outlives the process."""
        store, clearance = self._host.store, self._host.clearance_of(organisation)
        rolls, key = Outputs(store).rolls, f"{output.name} {organisation or 'public'}"
        before = rolls.get(key) or NOBODY
        lists = (allowing(output.allow), warnings)
        roll = enrolled(before, store, clearance, made.sources, time.time_ns() // 1_000, lists)
        if roll != before:
            rolls.put(key, roll)
        return roll


def _is_good(held: tuple[float, int, Made], position: int) -> bool:
    age = time.monotonic() - held[0]
    return age < REST_SECONDS or (held[1] == position and age < AGED_SECONDS)


def outputs(place: Workplace) -> tuple[HTTPRouteHandler, ...]:
    """What the domain answers to programs."""
    return routes(place, place.organisations)


Fetch = Callable[[Request[Any, Any, Any], Surface, str], Awaitable[tuple[Made, Caller]]]
"""Finds an output by its name, for whom the credential stands."""


def routes(host: Host, organisations: Callable[[], Sequence[Known]] = tuple) -> tuple[HTTPRouteHandler, ...]:
    """The way in for devices, to be handed to the application."""
    kept, maker, throttle = Outputs(host.store), Maker(host, organisations), Throttle()

    def consumer(authorization: str | None, name: str, address: str) -> Caller | None:
        """The device behind a credential; None where it is none of a device's. Raises Throttled."""
        presented = presented_in(authorization) if authorization else None
        held = kept.consumers.get(presented.id) if presented is not None else None
        if presented is None or held is None:
            return None
        if wait := throttle.wait(address):
            raise Throttled(wait)
        if not token.matches(presented, held.digest) or held.revoked is not None or held.output != name:
            throttle.failed(address)
            raise NotFound
        return Caller(held.organisation, held.name, frozenset({Right.READ}), held.id)

    async def fetched(request: Request[Any, Any, Any], surface: Surface, name: str) -> tuple[Made, Caller]:
        """An output, for whom the credential stands; for the public without one."""
        authorization = header(request.scope, b"authorization")  # type: ignore[arg-type]  # the same mapping
        address = request.client.host if request.client else ""
        caller = await surface.ask(lambda: consumer(authorization, name, address)) or await surface.caller(request)
        require(caller, Right.READ)
        saved = await surface.ask(lambda: kept.outputs.get(name))
        if saved is None:
            raise NotFound
        return await maker.make(saved, caller.organisation), caller

    async def answer(
        request: Request[Any, Any, Any], surface: Surface, caller: Caller, made: Made, what: str, media_type: str
    ) -> Response[bytes]:
        """What is given, noted; or that the device has it already."""
        content = made.files.get(what, made.content)
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"' if what in made.files else made.tag
        headers = {"ETag": f"W/{tag}", "Cache-Control": "private, max-age=60", "Vary": "Authorization"}
        if _has(request.headers.get("if-none-match", ""), tag):
            return Response(b"", status_code=304, headers=headers)
        who = f"{caller.organisation or 'public'} {caller.name}"
        note = Note(who, "release", f"output {what}", f"{made.entries} entries {tag}")
        await surface.ask(lambda: host.store.append(Batch(notes=(note,))).result())
        return Response(content, media_type=media_type, headers=headers)

    @get("/outputs/{name:str}", include_in_schema=False)
    async def output(
        request: Request[Any, Any, Any],
        surface: NamedDependency[Surface],
        name: Annotated[str, PathParameter(max_length=63)],
    ) -> Response[bytes]:
        """An output as one file."""
        made, caller = await fetched(request, surface, name)
        return await answer(request, surface, caller, made, name, made.media_type)

    @get("/outputs/{name:str}/{file:str}", include_in_schema=False)
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
