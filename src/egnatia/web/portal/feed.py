"""The portal for programs: Atom (RFC 4287) and JSON Feed 1.1 in each language, STIX, and the list of exploited
vulnerabilities."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

import msgspec

from egnatia.cyber.intel.exploited import as_csv, catalog, exploited
from egnatia.cyber.intel.product import Kind, products, translations
from egnatia.policy import PUBLIC
from egnatia.store.entry import Row
from egnatia.web.portal.counter import Counter
from egnatia.web.portal.reading import LISTED
from egnatia.web.product.content import Bulletin, bulletin, reason_of
from egnatia.web.product.text import Part

FED: Final = (Kind.ALERT, Kind.ADVISORY, Kind.AWARENESS, Kind.SITUATION)
BUNDLED: Final = 1_000
_UNFIT: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document may hold (XML 1.0 section 2.2)."""


def fed(counter: Counter) -> list[Bulletin]:
    """The products that changed last; one that was revoked says so and why, for whoever has its entry already."""
    known, told = counter.organisations(), []
    say = counter.speech.gettext
    for made in products(counter.store, counter.clearance, FED, LISTED, by_change=True):
        each = bulletin(made, counter.language, counter.speech, known)
        if made.revoked:
            said = (say("Do not act on it any more, and do not pass it on."), reason_of(counter.store, PUBLIC, made))
            each = msgspec.structs.replace(
                each,
                title=say("Taken back: %(title)s", title=each.title),
                lead=said[0],
                parts=tuple(Part(text=words) for words in said if words),
                lang=counter.language.code,
            )
        told.append(each)
    return told


def atom(counter: Counter) -> bytes:
    """The newest products as Atom."""
    found = fed(counter)
    here, home = counter.url(f"{counter.base}/feed.atom"), counter.url(counter.base)
    newest = max((each.changed or each.published for each in found), default=counter.now)
    parts = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={quoteattr(counter.language.code)}>',
        f"<id>{_text(home)}</id>",
        f"<title>{_text(counter.title)}</title>",
        f"<updated>{_stamp(newest)}</updated>",
        f'<link rel="self" type="application/atom+xml" href={quoteattr(here)}/>',
        f'<link rel="alternate" type="text/html" href={quoteattr(home)}/>',
        f"<author><name>{_text(counter.title)}</name></author>",
        *(_entry(counter, each) for each in found),
        "</feed>",
    ]
    return "\n".join(parts).encode()


def _entry(counter: Counter, each: Bulletin) -> str:
    url = counter.url(f"{counter.base}/records/{each.id}")
    owner = f"<author><name>{_text(each.owner)}</name></author>" if each.owner else ""
    return (
        f"<entry><id>urn:uuid:{each.id.partition('--')[2]}</id><title>{_text(each.title)}</title>"
        f"<published>{_stamp(each.published)}</published><updated>{_stamp(each.changed or each.published)}</updated>"
        f'<link rel="alternate" type="text/html" href={quoteattr(url)}/>{owner}'
        f"<category term={quoteattr(each.kind)} label={quoteattr(each.kind_words)}/>"
        f"<summary xml:lang={quoteattr(each.lang)}>{_text(each.lead)}</summary>"
        f'<content type="text" xml:lang={quoteattr(each.lang)}>{_text(_plain(each))}</content></entry>'
    )


def json_feed(counter: Counter) -> bytes:
    """The same as JSON Feed 1.1."""
    items = [
        {
            "id": each.id,
            "url": counter.url(f"{counter.base}/records/{each.id}"),
            "title": each.title,
            "summary": each.lead,
            "content_text": _plain(each),
            "date_published": _stamp(each.published),
            "date_modified": _stamp(each.changed or each.published),
            "language": each.lang,
            "tags": [each.kind, *([f"severity:{each.severity}"] if each.severity else [])],
            **({"authors": [{"name": each.owner}]} if each.owner else {}),
        }
        for each in fed(counter)
    ]
    return msgspec.json.encode(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": counter.title,
            "home_page_url": counter.url(counter.base),
            "feed_url": counter.url(f"{counter.base}/feed.json"),
            "language": counter.language.code,
            "items": items,
        }
    )


def bundle(counter: Counter) -> bytes:
    """The newest products with their translations and all public records that they name, each to the byte."""
    rows: dict[tuple[str, str], Row] = {}
    for made in products(counter.store, counter.clearance, FED, LISTED, by_change=True):
        for row in counter.store.get(counter.clearance, [made.id]):
            for each in (row, *translations(counter.store, counter.clearance, row)):
                rows[each.id, each.owner] = each
        for row in counter.store.get(counter.clearance, list(made.refs)[:200]) if made.refs else ():
            rows[row.id, row.owner] = row
    bodies = [row.body for row in rows.values()][:BUNDLED]
    name = counter.premises.own.partition("--")[2]
    return b'{"type":"bundle","id":"bundle--' + name.encode() + b'","objects":[' + b",".join(bodies) + b"]}"


def exploited_json(counter: Counter) -> bytes:
    """What is exploited in the region, in the shape of CISA's catalogue."""
    rows = exploited(counter.store, counter.clearance)
    return msgspec.json.encode(catalog(rows, f"{counter.title}: exploited in the region", datetime.now(UTC)))


def exploited_csv(counter: Counter) -> bytes:
    """The same as CSV."""
    return as_csv(exploited(counter.store, counter.clearance)).encode()


def _plain(each: Bulletin) -> str:
    return "\n\n".join(_lines(each.parts))


def _lines(parts: Sequence[Any]) -> Iterator[str]:
    for part in parts:
        yield part.text or "\n".join(f"- {point}" for point in part.points)


def _text(text: str) -> str:
    return escape(_UNFIT.sub("\ufffd", text))


def _stamp(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"
