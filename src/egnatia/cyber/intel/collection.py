"""What a TAXII server of one collection answers: an output's indicators, read only, for who its token stands for."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from litestar import Response

from egnatia.cyber.intel.collecting import Member, Page, Roll, page, rows_of
from egnatia.exchange.allowance import TooOften
from egnatia.exchange.api.problem import CHALLENGE, NotFound
from egnatia.exchange.asgi import Answer
from egnatia.exchange.bookmark import Bookmarks, NotABookmark
from egnatia.exchange.caller import Caller, Throttled, Unauthorized
from egnatia.exchange.host import Host
from egnatia.exchange.submission import NotAllowed
from egnatia.exchange.taxii import filter as filters
from egnatia.exchange.taxii.answer import Problem
from egnatia.exchange.taxii.collection import Collection, resource
from egnatia.exchange.taxii.filter import Filter, Malformed, timestamp
from egnatia.exchange.taxii.negotiation import STIX, TAXII
from egnatia.exchange.taxii.resource import (
    ApiRoot,
    CollectionResource,
    Collections,
    Discovery,
    Manifest,
    ManifestRecord,
    VersionList,
)
from egnatia.exchange.taxii.status import version_in
from egnatia.store import Row

_BASE: Final = ((b"content-type", TAXII.encode()),)


class Shelf(msgspec.Struct, frozen=True):
    """One output as one program finds it: `search` is what its indicators have to match."""

    name: str
    search: str
    roll: Roll
    caller: Caller


def collection_of(output: str, search: str = "") -> Collection:
    """The collection of an output, under its name."""
    about = f"Indicators that match {search!r}." if search else "Indicators."
    return Collection(f"output-{output}", output, about, types=frozenset({"indicator"}))


class Given(msgspec.Struct, frozen=True):
    """An answer, and how many records leave with it."""

    answer: Answer
    records: int = 0


def given(host: Host, bookmarks: Bookmarks, shelf: Shelf, path: Sequence[str], query: bytes) -> Given:
    """What is answered at a path below the server's own. Asks the store. Raises Problem, Malformed, NotABookmark."""
    found = _resource(host, shelf)
    match tuple(path):
        case ():
            return _json(_discovery(host, shelf))
        case ("exchange",):
            return _json(_root(host, shelf))
        case ("exchange", "collections"):
            return _json(Collections((found,)))
        case ("exchange", "collections", name, *rest) if name in {found.id, found.alias}:
            return _within(host, bookmarks, shelf, rest, query)
        case _:
            raise _absent()


REFUSALS: Final = (Malformed, NotABookmark, NotAllowed, NotFound, Throttled, TooOften, Unauthorized)
"""What goes wrong on the way to an answer."""


def problem_of(error: Exception) -> Problem:
    """A refusal as TAXII has it."""
    match error:
        case Unauthorized():
            return Problem(401, "A valid credential is needed", str(error), (b"www-authenticate", CHALLENGE.encode()))
        case Throttled() | TooOften():
            return Problem(429, "Too many requests", str(error), (b"retry-after", str(error.seconds).encode()))
        case Malformed() | NotABookmark():
            return Problem(400, "The request cannot be understood", str(error))
        case NotAllowed():
            return Problem(403, "Not allowed", str(error))
        case _:
            return _absent()


def as_response(answer: Answer, headers: Mapping[str, str] = {}) -> Response[bytes]:
    """An answer for the framework; `headers` come besides its own, or in their place."""
    own = {name.decode(): value.decode() for name, value in answer.headers}
    return Response(answer.body, status_code=answer.status, headers=own | dict(headers), media_type=TAXII)


def _within(host: Host, bookmarks: Bookmarks, shelf: Shelf, rest: Sequence[str], query: bytes) -> Given:
    match rest:
        case []:
            return _json(_resource(host, shelf))
        case ["objects"]:
            return _envelope(*_asked(host, bookmarks, shelf, filters.read(query)))
        case ["manifest"]:
            rows, following = _asked(host, bookmarks, shelf, filters.read(query))
            records = tuple(
                ManifestRecord(member.id, timestamp(member.added), _version(member, row), STIX) for member, row in rows
            )
            return _json(Manifest(bool(following), following, records), *_added(rows))
        case ["objects", name]:
            asked = filters.read(query, frozenset({"version", "spec_version"}))
            return _envelope(*_one(host, bookmarks, shelf, asked, name))
        case ["objects", name, "versions"]:
            asked = filters.read(query, frozenset({"spec_version"}))
            rows, following = _one(host, bookmarks, shelf, asked, name)
            versions = tuple(_version(member, row) for member, row in rows)
            return _json(VersionList(bool(following), following, versions), *_added(rows))
        case _:
            raise _absent()


Rows = tuple[tuple[Member, Row], ...]


def _asked(host: Host, bookmarks: Bookmarks, shelf: Shelf, asked: Filter) -> tuple[Rows, str]:
    """A page, and the token of the one that follows, empty where none does."""
    bound = f"output {shelf.name} {shelf.caller.organisation or ''} ".encode() + asked.fingerprint
    after = bookmarks.read(asked.next, bound) if asked.next is not None else 0
    most = host.settings.limits.page_records
    found: Page = page(shelf.roll, asked, after, min(asked.limit or most, most))
    rows = rows_of(host.store, host.clearance_of(shelf.caller.organisation), found.members)
    return rows, bookmarks.mark(found.next, bound) if found.next else ""


def _one(host: Host, bookmarks: Bookmarks, shelf: Shelf, asked: Filter, name: str) -> tuple[Rows, str]:
    if not any(each.id == name for each in shelf.roll.members):
        raise _absent()
    rows, following = _asked(host, bookmarks, shelf, msgspec.structs.replace(asked, ids=frozenset({name})))
    if not rows and asked.versions == filters.Versions():
        raise _absent()
    return rows, following


def _envelope(rows: Rows, following: str) -> Given:
    """The stored bytes of the records, joined; `{}` where there are none and none follow."""
    if not rows and not following:
        return Given(Answer(200, b"{}", _BASE))
    more = b'"more":true,"next":"%b",' % following.encode() if following else b'"more":false,'
    body = b"".join((b"{", more, b'"objects":[', b",".join([row.body for _, row in rows]), b"]}"))
    return Given(Answer(200, body, (*_BASE, *_added(rows))), len(rows))


def _added(rows: Rows) -> tuple[tuple[bytes, bytes], ...]:
    if not rows:
        return ()
    return (
        (b"x-taxii-date-added-first", timestamp(rows[0][0].added).encode()),
        (b"x-taxii-date-added-last", timestamp(rows[-1][0].added).encode()),
    )


def _version(member: Member, row: Row) -> str:
    return version_in(row.body) or timestamp(member.added)


def _json(content: msgspec.Struct, *headers: tuple[bytes, bytes]) -> Given:
    return Given(Answer(200, msgspec.json.encode(content), (*_BASE, *headers)))


def _resource(host: Host, shelf: Shelf) -> CollectionResource:
    return resource(collection_of(shelf.name, shelf.search), shelf.caller, host.node_id)


def _discovery(host: Host, shelf: Shelf) -> Discovery:
    organisation = host.settings.organisation
    root = f"/outputs/{shelf.name}/taxii2/exchange/"
    return Discovery(
        title=f"{shelf.name}, an output of {organisation.name}",
        description="Indicators for one device, chosen by what they are about and what they are worth.",
        default=root,
        api_roots=(root,),
        contact=organisation.contact,
    )


def _root(host: Host, shelf: Shelf) -> ApiRoot:
    return ApiRoot(
        title=shelf.name,
        description="Read only: one collection, of the indicators of one output.",
        versions=(TAXII,),
        max_content_length=host.settings.limits.body_bytes,
    )


def _absent() -> Problem:
    return Problem(404, "There is no such resource, or it is not for you")
