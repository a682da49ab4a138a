"""The organisation's public advisories where programs that read CSAF look for them: provider metadata, a ROLIE feed,
and each document with its digests (CSAF 2.0 section 7.1, requirements 1 to 10 and 15 to 18; RFC 8322; RFC 9116)."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import PathParameter
from litestar.types import ControllerRouterHandler

from egnatia.cyber.intel.product import Kind, Product, product, products
from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.formats.csaf_writing import FORMAT_2_0, tracking_id
from egnatia.store.entry import Row
from egnatia.web.language import LANGUAGES
from egnatia.web.portal.counter import Counter
from egnatia.web.portal.reading import row_of
from egnatia.web.product.content import as_csaf, is_advisory, namespace, shortened

Year = Annotated[str, PathParameter(description="A year", max_length=4)]
File = Annotated[str, PathParameter(description="A file", max_length=100)]

JSON: Final = "application/json; charset=utf-8"
LISTED: Final = 500
"""Advisories in the feed: those that changed last."""
FEED: Final = "/public/csaf/egnatia-feed-tlp-white.json"
METADATA: Final = "/.well-known/csaf/provider-metadata.json"
VALID: Final = timedelta(days=180)
"""How long a security.txt counts; it is made anew each day."""
_FILE: Final = re.compile(r"egnatia-([0-9a-f-]{36})\.json(?:\.(sha256|sha512))?")
_MAIL: Final = re.compile(r"[^\s@:/]+@[^\s@:/]+\.[^\s@:/]+")


@get("/csaf/provider-metadata.json")
async def metadata(counter: NamedDependency[Counter]) -> Response[bytes]:
    """Who publishes advisories here, and where the feed is (requirements 7 and 9)."""
    return await counter.public("csaf provider", lambda: (_metadata(counter), JSON), shared=True, seconds=300)


@get("/security.txt")
async def security(counter: NamedDependency[Counter]) -> Response[bytes]:
    """How to report a weakness to the organisation, and where its advisories are (RFC 9116; requirement 8)."""
    kind = "text/plain; charset=utf-8"
    return await counter.public("security.txt", lambda: (_security(counter), kind), shared=True, seconds=300)


@get("/csaf/egnatia-feed-tlp-white.json")
async def feed(counter: NamedDependency[Counter]) -> Response[bytes]:
    """The advisories as a ROLIE feed (requirement 15)."""
    return await counter.public("csaf feed", lambda: (_feed(counter), JSON), shared=True, seconds=300)


@get("/csaf/{year:str}/{file:str}")
async def document(counter: NamedDependency[Counter], year: Year, file: File) -> Response[bytes]:
    """An advisory under the name that its tracking id asks for, or its digest (requirements 2, 4 and 18)."""
    return await counter.public(f"csaf {year} {file}", lambda: _document(counter, year, file), shared=True)


WELL_KNOWN: Final[tuple[ControllerRouterHandler, ...]] = (metadata, security)
"""What lies under `/.well-known`."""
PAGES: Final[tuple[ControllerRouterHandler, ...]] = (feed, document)
"""What lies under `/public`."""


def _metadata(counter: Counter) -> bytes:
    found = _advisories(counter)
    newest = found[0].modified if found else f"{datetime.fromtimestamp(0, UTC):%Y-%m-%dT%H:%M:%SZ}"
    publisher: dict[str, str] = {
        "category": "coordinator",
        "name": counter.premises.settings.organisation.name,
        "namespace": counter.url(""),
    }
    if contact := counter.premises.settings.organisation.contact:
        publisher["contact_details"] = contact
    listed = {"summary": f"All TLP:CLEAR advisories of {publisher['name']}", "tlp_label": "WHITE"}
    made = {
        "canonical_url": counter.url(METADATA),
        "distributions": [{"rolie": {"feeds": [{**listed, "url": counter.url(FEED)}]}}],
        "last_updated": newest,
        "list_on_CSAF_aggregators": True,
        "metadata_version": "2.0",
        "mirror_on_CSAF_aggregators": True,
        "publisher": publisher,
        "role": "csaf_provider",
    }
    return msgspec.json.encode(made)


def _security(counter: Counter) -> bytes:
    settings = counter.premises.settings
    contact = settings.organisation.contact
    reached = [f"mailto:{contact}" if _MAIL.fullmatch(contact) else contact] if _is_address(contact) else []
    if settings.portal.reports:
        reached.append(counter.url("/public/en/report"))
    if not reached:
        raise NotFound
    today = datetime.fromtimestamp(counter.now / 1_000_000, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [
        *(f"Contact: {each}" for each in reached),
        f"Expires: {today + VALID:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {', '.join(LANGUAGES)}",
        f"Canonical: {counter.url('/.well-known/security.txt')}",
        f"CSAF: {counter.url(METADATA)}",
    ]
    return "\n".join([*lines, ""]).encode()


def _is_address(contact: str) -> bool:
    return bool(_MAIL.fullmatch(contact)) or contact.startswith(("https://", "mailto:", "tel:"))


def _feed(counter: Counter) -> bytes:
    found = _advisories(counter)
    made = {
        "feed": {
            "id": "egnatia-feed-tlp-white",
            "title": f"{counter.premises.settings.organisation.name}: TLP:CLEAR advisories",
            "link": [{"rel": "self", "href": counter.url(FEED)}],
            "category": [{"scheme": "urn:ietf:params:rolie:category:information-type", "term": "csaf"}],
            "updated": found[0].modified if found else f"{datetime.fromtimestamp(0, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "entry": [_entry(counter, each) for each in found],
        }
    }
    return msgspec.json.encode(made)


def _entry(counter: Counter, made: Product) -> dict[str, Any]:
    url = counter.url(place_of(made))
    name, text = made.texts[made.lang]
    return {
        "id": tracking_id(made.stix),
        "title": name,
        "link": [
            {"rel": "self", "href": url},
            {"rel": "hash", "href": f"{url}.sha256"},
            {"rel": "hash", "href": f"{url}.sha512"},
        ],
        "published": made.stix["created"],
        "updated": made.modified,
        "summary": {"content": shortened(text) or name},
        "content": {"type": "application/json", "src": url},
        "format": {"schema": FORMAT_2_0, "version": "2.0"},
    }


def place_of(made: Product) -> str:
    """Where the document of an advisory lies: by the year of its first release, under its tracking id in small letters
    (CSAF section 5.1)."""
    return f"/public/csaf/{str(made.stix['created'])[:4]}/{tracking_id(made.stix).lower()}.json"


def _advisories(counter: Counter) -> list[Product]:
    """The organisation's own, as other organisations are the providers of theirs; the one that changed last first.
    One that was revoked stays, and says so."""
    own = counter.premises.own
    found = products(counter.store, counter.clearance, (Kind.ADVISORY,), LISTED, by_change=True)
    return [each for each in found if each.owner == own]


def _document(counter: Counter, year: str, file: str) -> tuple[bytes, str]:
    said = _FILE.fullmatch(file)
    if said is None:
        raise NotFound
    row = row_of(counter, f"report--{said[1]}")
    made = _own_advisory(counter, row)
    if not place_of(made).startswith(f"/public/csaf/{year}/"):
        raise NotFound
    name = counter.premises.settings.organisation.name
    content = as_csaf(
        counter.store, counter.clearance, row, made, name, base=namespace(counter.premises, row.owner), version="2.0"
    )
    if said[2] is None:
        return content, JSON
    digest = hashlib.new(said[2], content).hexdigest()
    return f"{digest}  {file.rpartition('.')[0]}\n".encode(), "text/plain; charset=utf-8"


def _own_advisory(counter: Counter, row: Row) -> Product:
    if row.owner != counter.premises.own:
        raise NotFound
    try:
        made = product(counter.store, counter.clearance, row)
    except ValueError as error:  # a report that is no product
        raise NotFound from error
    if not is_advisory(made):
        raise NotFound
    return made
