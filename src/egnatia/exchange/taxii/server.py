"""The TAXII 2.1 server as one ASGI application: route, authenticate, negotiate, and hand on to who reads or writes.

It is mounted beside the framework, not inside it: an answer is a join of stored bytes. Every error is a TAXII
error message; not found and not allowed are one answer.
"""

import logging
from concurrent.futures import Executor

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
    respond,
)
from egnatia.exchange.bookmark import Bookmarks
from egnatia.exchange.caller import Caller, Gate, Throttled, Unauthorized
from egnatia.exchange.host import Host
from egnatia.exchange.release import Releases
from egnatia.exchange.submission import NotAllowed
from egnatia.exchange.taxii.answer import Problem, not_found, resource_answer
from egnatia.exchange.taxii.collection import Collection, Searches, collections, none_saved, resource
from egnatia.exchange.taxii.filter import Malformed
from egnatia.exchange.taxii.intake import Intake
from egnatia.exchange.taxii.negotiation import TAXII, accepts_taxii
from egnatia.exchange.taxii.reading import Reading
from egnatia.exchange.taxii.resource import ApiRoot, Collections, Discovery
from egnatia.exchange.taxii.status import Statuses
from egnatia.exchange.taxii.writing import Writing

ROOT = "/taxii2/exchange/"
"""The one API root: a node is one trust group, and what a reader may see differs by reader, not by root."""

_CHALLENGE = (b"www-authenticate", b'Basic realm="egnatia", charset="UTF-8", Bearer realm="egnatia"')
_LATIN = "latin-1"

_log = logging.getLogger(__name__)


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
        self._host, self._gate, self._searches = host, gate, searches
        self._reads = reads or Allowance(host.settings.limits.token_reads)
        self._statuses = Statuses(host.store)
        self.intake = Intake(host, self._statuses)
        self._reading = Reading(host, releases, bookmarks, pool)
        self._writing = Writing(host, self._reading, self._statuses, self.intake)

    async def open(self) -> None:
        """Begin to store what was journaled."""
        await self.intake.open()

    async def close(self) -> None:
        """Write down what is still only in memory."""
        await self.intake.close()
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
                return resource_answer(self._discovery())
            case ("taxii2", "exchange", ""):
                self._want(scope, method, "GET")
                return resource_answer(self._root())
            case ("taxii2", "exchange", "status", status_id, ""):
                self._want(scope, method, "GET")
                return await self._writing.status(caller, status_id)
            case ("taxii2", "exchange", "collections", ""):
                self._want(scope, method, "GET")
                node = self._host.node_id
                found = (*self._collections(caller), *await self._saved(caller))
                return resource_answer(Collections(tuple(resource(each, caller, node) for each in found)))
            case ("taxii2", "exchange", "collections", name, *rest):
                collection = await self._collection(caller, name)
                return await self._in_collection(scope, receive, caller, collection, tuple(rest))
            case _:
                raise not_found()

    async def _in_collection(
        self, scope: Scope, receive: Receive, caller: Caller, collection: Collection, rest: tuple[str, ...]
    ) -> Answer:
        method, query = scope["method"], scope["query_string"]
        match rest:
            case ("",):
                self._want(scope, method, "GET")
                return resource_answer(resource(collection, caller, self._host.node_id))
            case ("objects", ""):
                if self._want(scope, method, "GET", "POST") == "POST":
                    return await self._writing.add(scope, receive, caller, collection)
                return await self._reading.objects(caller, collection, query)
            case ("manifest", ""):
                self._want(scope, method, "GET")
                return await self._reading.manifest(caller, collection, query)
            case ("objects", object_id, ""):
                if self._want(scope, method, "GET", "DELETE") == "DELETE":
                    return await self._writing.delete(caller, collection, object_id, query)
                return await self._reading.one(caller, collection, object_id, query)
            case ("objects", object_id, "versions", ""):
                self._want(scope, method, "GET")
                return await self._reading.versions(caller, collection, object_id, query)
            case _:
                raise not_found()

    # Who, and whether it may

    async def _caller(self, scope: Scope) -> Caller:
        authorization = header(scope, b"authorization")
        caller = self._gate.recall_fresh(authorization)
        if caller is None:
            client = scope.get("client")
            caller = await self._reading.ask(lambda: self._gate.admit(authorization, client[0] if client else ""))
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
        return await self._reading.ask(lambda: self._searches(organisation))

    async def _collection(self, caller: Caller, name: str) -> Collection:
        """The collection by its id or alias."""
        node = self._host.node_id
        for each in self._collections(caller):
            if name in {each.id(node), each.alias}:
                return each
        for each in await self._saved(caller):
            if name in {each.id(node), each.alias}:
                return each
        raise not_found()

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
            max_content_length=self._host.settings.limits.body_bytes,
        )


def _path(scope: Scope) -> tuple[str, ...]:
    """The segments of the whole path; the last is empty where it ends in a slash, as TAXII paths must."""
    path: str = scope.get("raw_path", b"").decode(_LATIN).partition("?")[0] or scope["path"]
    return tuple(path.removeprefix("/").split("/"))
