"""Pulls from TAXII 2.1 and 2.0 collections, with state: a page counts as read when it is durable here.

After any stop the next pull goes on where the last page ended; what comes twice is there already.
"""

from collections.abc import Iterator
from typing import Final

import httpx
import msgspec

from egnatia.exchange.formats.fetching import answered, no_page, refusal
from egnatia.record.record import Invalid, Problem

PAGE: Final = 1_000
PAGES: Final = 10_000
"""The most pages of one pull: a server that says `more` for ever must not keep us."""

ADDED_LAST: Final = "X-TAXII-Date-Added-Last"


class Mark(msgspec.Struct, frozen=True):
    """How far a collection was read: `added_after` is the time of the last object that came, `next` the server's own
    mark within it. For TAXII 2.0 `next` is the number of the next object."""

    added_after: str = ""
    next: str = ""


class Envelope(msgspec.Struct, frozen=True):
    """A page, of 2.1 or (as a bundle) of 2.0. Objects stay the bytes that came."""

    objects: list[msgspec.Raw] = []
    more: bool = False
    next: str = ""


def pull(client: httpx.Client, collection: str, mark: Mark, version: str = "2.1") -> Iterator[tuple[list[bytes], Mark]]:
    """The pages of a collection (its URL, with or without `objects/`) after a mark, each with the mark behind it.

    Raises OSError where the server cannot be reached or refuses, Invalid where its answer is none of TAXII's.
    """
    url = collection.rstrip("/").removesuffix("/objects") + "/objects/"
    read = _page_2_1 if version == "2.1" else _page_2_0
    for _ in range(PAGES):
        bodies, mark, more = read(client, url, mark)
        if bodies:
            yield bodies, mark
        if not more or not bodies:
            return


def _page_2_1(client: httpx.Client, url: str, mark: Mark) -> tuple[list[bytes], Mark, bool]:
    asked: dict[str, str | int] = {"limit": PAGE}
    asked |= {"added_after": mark.added_after} if mark.added_after else {}
    asked |= {"next": mark.next} if mark.next else {}
    answer = _asked(client, url, asked, {"Accept": "application/taxii+json;version=2.1"})
    page = _envelope(url, answer)
    last = answer.headers.get(ADDED_LAST, "")
    if page.more and page.next:
        return _bodies(page), Mark(mark.added_after, page.next), True
    return _bodies(page), Mark(last or mark.added_after), page.more and bool(last) and last != mark.added_after


def _page_2_0(client: httpx.Client, url: str, mark: Mark) -> tuple[list[bytes], Mark, bool]:
    first = int(mark.next or 0)
    headers = {"Accept": "application/vnd.oasis.stix+json; version=2.0", "Range": f"items {first}-{first + PAGE - 1}"}
    answer = _asked(client, url, {"added_after": mark.added_after} if mark.added_after else {}, headers)
    if answer.status_code == 416:
        return [], Mark(mark.added_after), False
    page = _envelope(url, answer)
    last = answer.headers.get(ADDED_LAST, "")
    total = answer.headers.get("Content-Range", "").rpartition("/")[2]
    end = first + len(page.objects)
    more = answer.status_code == 206 and (not total.isdecimal() or end < int(total))
    # The time moves on once all is read: what was added meanwhile is then asked for from there.
    return _bodies(page), Mark(mark.added_after, str(end)) if more else Mark(last or mark.added_after), more


def _asked(client: httpx.Client, url: str, asked: dict[str, str | int], headers: dict[str, str]) -> httpx.Response:
    answer = answered(client, client.build_request("GET", url, params=asked, headers=headers), url)
    if answer.status_code not in {200, 206, 416}:
        raise refusal(url, answer)
    return answer


def _envelope(url: str, answer: httpx.Response) -> Envelope:
    try:
        return msgspec.json.decode(no_page(url, answer.content) or b"{}", type=Envelope)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Invalid((Problem("$", "a TAXII envelope or a bundle", str(error)),)) from error


def _bodies(page: Envelope) -> list[bytes]:
    return [bytes(each) for each in page.objects]
