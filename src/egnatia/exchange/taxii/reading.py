"""Objects, manifests and versions: the feed asked as TAXII asks, under the reader's clearance."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

import msgspec

from egnatia.exchange.asgi import Answer
from egnatia.exchange.bookmark import Bookmarks, NotABookmark
from egnatia.exchange.caller import Caller
from egnatia.exchange.host import Host
from egnatia.exchange.release import Releases
from egnatia.exchange.submission import Right
from egnatia.exchange.taxii import filter as filters
from egnatia.exchange.taxii.answer import BASE, not_found, resource_answer
from egnatia.exchange.taxii.collection import Collection
from egnatia.exchange.taxii.filter import Filter, Malformed, is_identifier, timestamp
from egnatia.exchange.taxii.negotiation import STIX
from egnatia.exchange.taxii.question import question
from egnatia.exchange.taxii.resource import Manifest, ManifestRecord, VersionList
from egnatia.exchange.taxii.status import version_in
from egnatia.store.entry import Row
from egnatia.store.reading import Lean, LeanPage

T = TypeVar("T")


class Reading:
    """What a collection holds. `pool` is where the store is asked."""

    def __init__(self, host: Host, releases: Releases, bookmarks: Bookmarks, pool: Executor) -> None:
        self._host, self._releases, self._bookmarks, self._pool = host, releases, bookmarks, pool
        self._page_limit = host.settings.limits.page_records

    async def ask(self, ask: Callable[[], T]) -> T:
        """The store's answer, from a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, ask)

    async def objects(self, caller: Caller, collection: Collection, query: bytes) -> Answer:
        """A page of the collection."""
        return _envelope(*await self._page(caller, collection, filters.read(query)))

    async def manifest(self, caller: Caller, collection: Collection, query: bytes) -> Answer:
        """The same page, without the objects."""
        page, following = await self._page(caller, collection, filters.read(query))
        records = tuple(map(_manifest_record, page.rows))
        return resource_answer(Manifest(page.more, following, records), *_added(page))

    async def one(self, caller: Caller, collection: Collection, object_id: str, query: bytes) -> Answer:
        """Versions of one object."""
        asked = filters.read(query, frozenset({"version", "spec_version"}))
        return _envelope(*await self._one(caller, collection, object_id, asked))

    async def versions(self, caller: Caller, collection: Collection, object_id: str, query: bytes) -> Answer:
        """What the versions of one object are called."""
        asked = filters.read(query, frozenset({"spec_version"}))
        asked = msgspec.structs.replace(asked, versions=filters.Versions(last=False, every=True))
        page, following = await self._one(caller, collection, object_id, asked)
        versions = tuple(dict.fromkeys(map(_version, page.rows)))
        return resource_answer(VersionList(page.more, following, versions), *_added(page))

    async def visible(self, caller: Caller, collection: Collection, object_id: str) -> tuple[Row, ...]:
        """The newest version of the object for every owner of it, as far as the caller sees them here."""
        asking = question(collection, Filter(ids=frozenset({object_id})))
        if asking is None or not caller.may(Right.READ):
            return ()
        clearance = self._host.clearance_of(caller.organisation)
        page = await self.ask(lambda: self._host.store.changes(clearance, 0, 100, asking))
        return page.rows

    async def _page(self, caller: Caller, collection: Collection, asked: Filter) -> tuple[LeanPage, str]:
        """A page of the feed and the token of the one that follows, empty where none does."""
        if not caller.may(Right.READ):
            raise not_found()
        bound = b" ".join((collection.alias.encode(), (caller.organisation or "").encode(), asked.fingerprint))
        after = self._resume(asked.next, bound)
        asking = None if asked.impossible else question(collection, asked)
        if asking is None:
            return LeanPage((), after, more=False), ""
        limit = min(asked.limit or self._page_limit, self._page_limit)
        clearance = self._host.clearance_of(caller.organisation)
        page = await self.ask(lambda: self._host.store.bodies(clearance, after, limit, asking))
        await self._releases.note(caller, "taxii", page.rows)
        return page, self._bookmarks.mark(page.next, bound) if page.more else ""

    async def _one(self, caller: Caller, collection: Collection, object_id: str, asked: Filter) -> tuple[LeanPage, str]:
        """The versions of one object; 404 where the reader sees none at all of them here."""
        if not is_identifier(object_id):
            raise not_found()
        page, following = await self._page(
            caller, collection, msgspec.structs.replace(asked, ids=frozenset({object_id}))
        )
        if not page.rows and not await self.visible(caller, collection, object_id):
            raise not_found()
        return page, following

    def _resume(self, following: str | None, bound: bytes) -> int:
        if following is None:
            return 0
        try:
            return self._bookmarks.read(following, bound)
        except NotABookmark as error:
            raise Malformed(f"next: {error}; give the one of the page before, with the same filters") from error


def _envelope(page: LeanPage, following: str) -> Answer:
    """The stored bytes of the page's objects, joined; `{}` where there are none."""
    if not page.rows:
        return Answer(200, b'{"more":true,"next":"%b"}' % following.encode() if page.more else b"{}", BASE)
    more = b'"more":true,"next":"%b",' % following.encode() if page.more else b'"more":false,'
    body = b"".join((b"{", more, b'"objects":[', b",".join([row.body for row in page.rows]), b"]}"))
    return Answer(200, body, (*BASE, *_added(page)))


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
