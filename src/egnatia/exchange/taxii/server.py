"""The TAXII 2.1 server as one ASGI application: route, authenticate, negotiate, ask the feed, answer.

It is mounted beside the framework, not inside it: an answer is a join of stored bytes. Every error is a TAXII
error message; not found and not allowed are one answer.
"""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import TypeVar

import msgspec

from egnatia.exchange.allowance import Allowance, TooOften
from egnatia.exchange.asgi import (
    Answer,
    BodyTooLarge,
    BodyTooSlow,
    ClientGone,
    Receive,
    Scope,
    Send,
    header,
    read_body,
    respond,
)
from egnatia.exchange.bookmark import Bookmarks, NotABookmark
from egnatia.exchange.caller import Caller, Gate, Throttled, Unauthorized
from egnatia.exchange.host import Host
from egnatia.exchange.release import Releases
from egnatia.exchange.submission import Handling, NotAllowed, Right
from egnatia.exchange.taxii import filter as filters
from egnatia.exchange.taxii.collection import Collection, Searches, collections, may_write, none_saved, resource
from egnatia.exchange.taxii.filter import Filter, Malformed, is_identifier, timestamp
from egnatia.exchange.taxii.negotiation import STIX, TAXII, accepts_taxii, is_taxii
from egnatia.exchange.taxii.question import question
from egnatia.exchange.taxii.resource import (
    ApiRoot,
    Collections,
    Discovery,
    ErrorMessage,
    Manifest,
    ManifestRecord,
    VersionList,
)
from egnatia.exchange.taxii.status import Statuses, status_of, version_in
from egnatia.exchange.withdrawal import withdraw
from egnatia.store.entry import Row
from egnatia.store.reading import Lean, LeanPage

ROOT = "/taxii2/exchange/"
"""The one API root: a node is one trust group, and what a reader may see differs by reader, not by root."""

BODY_SECONDS = 60

_BASE = ((b"content-type", TAXII.encode()), (b"vary", b"Accept, Authorization"))
_CHALLENGE = (b"www-authenticate", b'Basic realm="egnatia", charset="UTF-8", Bearer realm="egnatia"')
_LATIN = "latin-1"
_STATUS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_log = logging.getLogger(__name__)
T = TypeVar("T")


class _Envelope(msgspec.Struct):
    """What clients post: the objects as they came, to the byte."""

    objects: list[msgspec.Raw]


_ENVELOPE = msgspec.json.Decoder(_Envelope)


class Problem(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, title: str, description: str = "", *headers: tuple[bytes, bytes]) -> None:
        self.answer = Answer(
            status,
            msgspec.json.encode(ErrorMessage(title, str(status), description)),
            (*_BASE, *headers),
        )
        super().__init__(title)


class Taxii:
    """The server. `pool` is where the store is asked; `searches` are those that people have saved, `reads` how
    much one token may read, shared with the API."""

    def __init__(
        self,
        host: Host,
        gate: Gate,
        releases: Releases,
        bookmarks: Bookmarks,
        pool: Executor,
        searches: Searches = none_saved,
        *,
        reads: Allowance | None = None,
    ) -> None:
        self._host, self._gate, self._releases = host, gate, releases
        self._bookmarks, self._pool, self._searches = bookmarks, pool, searches
        self._reads = reads or Allowance(host.settings.limits.token_reads)
        self._page_limit = host.settings.limits.page_records
        self._body_limit = host.settings.limits.body_bytes
        self._statuses = Statuses(host.store)

    async def close(self) -> None:
        """Write down what is still only in memory."""
        await self._statuses.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            answer = await self._answer(scope, receive)
        except ClientGone:
            return
        except Problem as problem:
            answer = problem.answer
        except Malformed as error:
            answer = Problem(400, "The request cannot be understood", str(error)).answer
        except Unauthorized as error:
            answer = Problem(401, "A valid credential is needed", str(error), _CHALLENGE).answer
        except Throttled as error:
            retry = (b"retry-after", str(error.seconds).encode())
            answer = Problem(429, "Too many failed sign-ins", str(error), retry).answer
        except TooOften as error:
            retry = (b"retry-after", str(error.seconds).encode())
            answer = Problem(429, "Too many requests", str(error), retry).answer
        except NotAllowed as error:
            answer = Problem(403, "Not allowed", str(error)).answer
        except BodyTooLarge as error:
            answer = Problem(413, "The request is too large", str(error), (b"connection", b"close")).answer
        except BodyTooSlow as error:
            answer = Problem(408, "The request took too long", str(error), (b"connection", b"close")).answer
        except Exception:  # noqa: BLE001  an edge: whatever went wrong, the client gets a TAXII error and no details
            _log.exception("A TAXII request failed: %s %s", scope["method"], scope["path"])
            answer = Problem(500, "The server failed; it was written down").answer
        await respond(send, answer)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        caller = await self._caller(scope)
        method, path = scope["method"], _path(scope)
        match path:
            case ("taxii2", ""):
                self._want(scope, method, "GET")
                return _json(self._discovery())
            case ("taxii2", "exchange", ""):
                self._want(scope, method, "GET")
                return _json(self._root())
            case ("taxii2", "exchange", "status", status_id, ""):
                self._want(scope, method, "GET")
                return await self._status(caller, status_id)
            case ("taxii2", "exchange", "collections", ""):
                self._want(scope, method, "GET")
                node = self._host.node_id
                found = (*self._collections(caller), *await self._saved(caller))
                return _json(Collections(tuple(resource(each, caller, node) for each in found)))
            case ("taxii2", "exchange", "collections", name, *rest):
                collection = await self._collection(caller, name)
                return await self._in_collection(scope, receive, caller, collection, tuple(rest))
            case _:
                raise _not_found()

    async def _in_collection(
        self, scope: Scope, receive: Receive, caller: Caller, collection: Collection, rest: tuple[str, ...]
    ) -> Answer:
        method, query = scope["method"], scope["query_string"]
        match rest:
            case ("",):
                self._want(scope, method, "GET")
                return _json(resource(collection, caller, self._host.node_id))
            case ("objects", ""):
                if self._want(scope, method, "GET", "POST") == "POST":
                    return await self._add(scope, receive, caller, collection)
                asked = filters.read(query)
                return self._envelope(*await self._page(caller, collection, asked))
            case ("manifest", ""):
                self._want(scope, method, "GET")
                page, following = await self._page(caller, collection, filters.read(query))
                records = tuple(map(_manifest_record, page.rows))
                return _json(Manifest(page.more, following, records), *_added(page))
            case ("objects", object_id, ""):
                if self._want(scope, method, "GET", "DELETE") == "DELETE":
                    return await self._delete(caller, collection, object_id, query)
                asked = filters.read(query, frozenset({"version", "spec_version"}))
                return self._envelope(*await self._one(caller, collection, object_id, asked))
            case ("objects", object_id, "versions", ""):
                self._want(scope, method, "GET")
                asked = filters.read(query, frozenset({"spec_version"}))
                asked = msgspec.structs.replace(asked, versions=filters.Versions(last=False, every=True))
                page, following = await self._one(caller, collection, object_id, asked)
                versions = tuple(dict.fromkeys(map(_version, page.rows)))
                return _json(VersionList(page.more, following, versions), *_added(page))
            case _:
                raise _not_found()

    # Who, and whether it may

    async def _caller(self, scope: Scope) -> Caller:
        authorization = header(scope, b"authorization")
        caller = self._gate.recall_fresh(authorization)
        if caller is None:
            client = scope.get("client")
            caller = await self._ask(lambda: self._gate.admit(authorization, client[0] if client else ""))
        if caller.token_id and scope["method"] == "GET":
            self._reads.take(caller.token_id)
        return caller

    def _want(self, scope: Scope, method: str, *methods: str) -> str:
        """The method, if the resource has it and the client takes TAXII."""
        if method not in methods:
            allow = (b"allow", ", ".join(methods).encode())
            raise Problem(405, "The resource has no such method", f"It has {', '.join(methods)}", allow)
        if not accepts_taxii(header(scope, b"accept")):
            raise Problem(406, "Only TAXII 2.1 is spoken here", f"Send the header Accept: {TAXII}")
        return method

    def _collections(self, caller: Caller) -> tuple[Collection, ...]:
        return collections(caller, self._host.clearance_of(caller.organisation))

    async def _saved(self, caller: Caller) -> tuple[Collection, ...]:
        """What the people of a program's organisation have saved; nothing for who presents no token."""
        organisation = caller.organisation
        if organisation is None or not caller.token_id:
            return ()
        return await self._ask(lambda: self._searches(organisation))

    async def _collection(self, caller: Caller, name: str) -> Collection:
        """The collection by its id or alias."""
        node = self._host.node_id
        for each in self._collections(caller):
            if name in {each.id(node), each.alias}:
                return each
        for each in await self._saved(caller):
            if name in {each.id(node), each.alias}:
                return each
        raise _not_found()

    # Reading

    async def _page(self, caller: Caller, collection: Collection, asked: Filter) -> tuple[LeanPage, str]:
        """A page of the feed and the token of the one that follows, empty where none does."""
        if not caller.may(Right.READ):
            raise _not_found()
        bound = b" ".join((collection.alias.encode(), (caller.organisation or "").encode(), asked.fingerprint))
        after = self._resume(asked.next, bound)
        asking = None if asked.impossible else question(collection, asked)
        if asking is None:
            return LeanPage((), after, more=False), ""
        limit = min(asked.limit or self._page_limit, self._page_limit)
        clearance = self._host.clearance_of(caller.organisation)
        page = await self._ask(lambda: self._host.store.bodies(clearance, after, limit, asking))
        await self._releases.note(caller, "taxii", page.rows)
        return page, self._bookmarks.mark(page.next, bound) if page.more else ""

    async def _one(self, caller: Caller, collection: Collection, object_id: str, asked: Filter) -> tuple[LeanPage, str]:
        """The versions of one object; 404 where the reader sees none at all of them here."""
        if not is_identifier(object_id):
            raise _not_found()
        page, following = await self._page(
            caller, collection, msgspec.structs.replace(asked, ids=frozenset({object_id}))
        )
        if not page.rows and not await self._visible(caller, collection, object_id):
            raise _not_found()
        return page, following

    async def _visible(self, caller: Caller, collection: Collection, object_id: str) -> tuple[Row, ...]:
        """The newest version of the object for every owner of it, as far as the caller sees them here."""
        asking = question(collection, Filter(ids=frozenset({object_id})))
        if asking is None or not caller.may(Right.READ):
            return ()
        clearance = self._host.clearance_of(caller.organisation)
        page = await self._ask(lambda: self._host.store.changes(clearance, 0, 100, asking))
        return page.rows

    def _resume(self, following: str | None, bound: bytes) -> int:
        if following is None:
            return 0
        try:
            return self._bookmarks.read(following, bound)
        except NotABookmark as error:
            raise Malformed(f"next: {error}; give the one of the page before, with the same filters") from error

    def _envelope(self, page: LeanPage, following: str) -> Answer:
        """The stored bytes of the page's objects, joined; `{}` where there are none."""
        if not page.rows:
            return Answer(200, b'{"more":true,"next":"%b"}' % following.encode() if page.more else b"{}", _BASE)
        more = b'"more":true,"next":"%b",' % following.encode() if page.more else b'"more":false,'
        body = b"".join((b"{", more, b'"objects":[', b",".join([row.body for row in page.rows]), b"]}"))
        return Answer(200, body, (*_BASE, *_added(page)))

    # Writing

    async def _add(self, scope: Scope, receive: Receive, caller: Caller, collection: Collection) -> Answer:
        if not is_taxii(header(scope, b"content-type")) or header(scope, b"content-encoding") is not None:
            raise Problem(415, "Only TAXII envelopes are taken here", f"Send the header Content-Type: {TAXII}")
        if caller.organisation is None:
            raise Unauthorized("Records are taken from known organisations only; present a token")
        if not may_write(collection, caller):
            raise Problem(403, "This collection takes nothing from you")
        received = time.time_ns() // 1_000
        body = await read_body(scope, receive, limit_bytes=self._body_limit, seconds=BODY_SECONDS)
        bodies = _objects(body)
        handling = Handling(applied=collection.applied)
        done = self._host.admission.submit(bodies, caller.submitter, handling=handling, atomic=False, tolerant=True)
        status = status_of(await asyncio.wrap_future(done), bodies, received)
        encoded = msgspec.json.encode(status)
        self._statuses.keep(caller, encoded, status.id)
        return Answer(202, encoded, _BASE)

    async def _status(self, caller: Caller, status_id: str) -> Answer:
        if _STATUS.fullmatch(status_id) is None:
            raise _not_found()
        found = await self._ask(lambda: self._statuses.get(caller, status_id))
        if found is None:
            raise _not_found()
        return Answer(200, found, _BASE)

    async def _delete(self, caller: Caller, collection: Collection, object_id: str, query: bytes) -> Answer:
        """The owner takes an object back, everywhere: all of it, for a feed that peers have read knows no less."""
        asked = filters.read(query, frozenset({"version", "spec_version"}))
        rows = await self._visible(caller, collection, object_id) if is_identifier(object_id) else ()
        if not rows:
            raise _not_found()
        own = [row for row in rows if row.owner == caller.organisation]
        if not own or not may_write(collection, caller) or not caller.may(Right.RECALL):
            raise Problem(403, "Only its owner can take an object back, with the right to recall")
        if asked.versions != filters.Versions() and not asked.versions.every:
            raise Problem(403, "Single versions cannot be taken back", "Publish a new version, or take back all")
        await withdraw(self._host, caller, own[0], reason="deleted through TAXII")
        return Answer(200, b"", _BASE)

    # What the server says of itself

    def _discovery(self) -> Discovery:
        organisation = self._host.settings.organisation
        return Discovery(
            title=f"Egnatia at {organisation.name}",
            description="The security exchange of the Western Balkans. You see what its owners share with you.",
            default=ROOT,
            api_roots=(ROOT,),
            contact=organisation.contact,
        )

    def _root(self) -> ApiRoot:
        return ApiRoot(
            title=self._host.settings.organisation.name,
            description="The records of this node, and of those that it exchanges with.",
            versions=(TAXII,),
            max_content_length=self._body_limit,
        )

    async def _ask(self, ask: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, ask)


def _path(scope: Scope) -> tuple[str, ...]:
    """The segments of the whole path; the last is empty where it ends in a slash, as TAXII paths must."""
    path: str = scope.get("raw_path", b"").decode(_LATIN).partition("?")[0] or scope["path"]
    return tuple(path.removeprefix("/").split("/"))


def _objects(body: bytes) -> Sequence[bytes]:
    try:
        envelope = _ENVELOPE.decode(body)
    except msgspec.ValidationError as error:
        raise Problem(422, "The body is no TAXII envelope", str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, "The body is not JSON", str(error)[:200]) from error
    if not envelope.objects:
        raise Problem(422, "The envelope is empty", "It must hold at least one object")
    return [bytes(raw) for raw in envelope.objects]


def _json(content: msgspec.Struct, *headers: tuple[bytes, bytes]) -> Answer:
    return Answer(200, msgspec.json.encode(content), (*_BASE, *headers))


def _added(page: LeanPage) -> tuple[tuple[bytes, bytes], ...]:
    """When the first and the last object of the page came here; nothing of an empty page, which has neither."""
    if not page.rows:
        return ()
    return (
        (b"x-taxii-date-added-first", timestamp(page.rows[0].at).encode()),
        (b"x-taxii-date-added-last", timestamp(page.rows[-1].at).encode()),
    )


def _manifest_record(row: Lean) -> ManifestRecord:
    return ManifestRecord(row.id, timestamp(row.at), _version(row), STIX)


def _version(row: Lean) -> str:
    """`modified`, else `created`, as the object spells it; for observables, which have neither, when it was added."""
    return version_in(row.body) or timestamp(row.at)


def _not_found() -> Problem:
    return Problem(404, "There is no such resource, or it is not for you", "TAXII paths end in a slash")
