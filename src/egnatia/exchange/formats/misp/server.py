"""A MISP server and its REST interface, both ways (MISP automation and API: /events/restSearch, /events/view,
/events/add, /events/edit, /events/delete).

Events are pulled by the time of their last change, also deleted attributes; what is pushed is the organisation's own
and only what the server's organisation may see. What came from a server does not go back to it.
"""

from collections.abc import Iterator
from typing import Any, Final

import httpx
import msgspec

from egnatia.exchange.formats.misp.event import events_in, flag, seconds
from egnatia.record.record import Invalid, Problem

Fields = dict[str, Any]

PAGE: Final = 50
PAGES: Final = 20_000


def client_of(url: str, key: str, *, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """A client for the server at `url` with an authentication key."""
    headers = {"Authorization": key, "Accept": "application/json", "Content-Type": "application/json"}
    return httpx.Client(base_url=url.rstrip("/"), headers=headers, timeout=60, transport=transport)


def pull(client: httpx.Client, since: int) -> Iterator[tuple[list[Fields], int]]:
    """Pages of events that changed at `since` (seconds) or later, each with the time of the last change in it, which
    may be asked for again. Raises OSError where the server cannot be reached or refuses, Invalid for no answer of
    MISP's."""
    last = since
    for page in range(1, PAGES):
        asked = {"returnFormat": "json", "page": page, "limit": PAGE, "deleted": [0, 1], "timestamp": since}
        answer = _sent(client, "POST", "/events/restSearch", asked)
        if answer.status_code != 200:
            raise OSError(f"/events/restSearch: answered {answer.status_code}")
        events = list(events_in(answer.content))
        if not events:
            return
        last = max(last, *(seconds(event.get("timestamp")) or 0 for event in events))
        yield events, last
        if len(events) < PAGE:
            return


def push(client: httpx.Client, event: Fields) -> str:
    """Put an event onto the server: `added`, `changed`, or `held` where it has all of it. What the server has of the
    event and the event has no longer is deleted there. Raises OSError, Invalid."""
    uuid = event["uuid"]
    held = _sent(client, "GET", f"/events/view/{uuid}", None)
    if held.status_code == 404:
        return _put(client, "/events/add", event, "added")
    if held.status_code != 200:
        raise OSError(f"/events/view: answered {held.status_code}")
    (theirs,) = events_in(held.content)
    changed = seconds(theirs.get("timestamp")) or 0
    gone = _gone(theirs, event, changed + 1)
    if changed >= (seconds(event["timestamp"]) or 0) and not gone:
        return "held"
    stamp = str(max(changed + 1, seconds(event["timestamp"]) or 0))
    whole = {**event, "timestamp": stamp, "Attribute": [*event["Attribute"], *gone]}
    return _put(client, f"/events/edit/{uuid}", whole, "changed")


def _gone(theirs: Fields, ours: Fields, at: int) -> list[Fields]:
    """Attributes that the server has and we have no longer, as deleted."""
    kept = {each["uuid"] for each in ours["Attribute"]}
    return [
        {**each, "deleted": True, "timestamp": str(at)}
        for each in theirs.get("Attribute", ())
        if each.get("uuid") not in kept and not flag(each.get("deleted"))
    ]


def delete(client: httpx.Client, uuid: str) -> None:
    """Take an event off the server; one that it has no longer is no fault. Raises OSError."""
    answer = _sent(client, "POST", f"/events/delete/{uuid}", {})
    if answer.status_code not in {200, 404}:
        raise OSError(f"/events/delete: answered {answer.status_code}")


def _put(client: httpx.Client, path: str, event: Fields, done: str) -> str:
    answer = _sent(client, "POST", path, {"Event": event})
    if answer.status_code not in {200, 201}:
        raise OSError(f"{path}: answered {answer.status_code} {answer.text[:200]}")
    try:
        said = msgspec.json.decode(answer.content, type=Fields)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Invalid((Problem(path, "an answer in JSON", str(error)),)) from error
    if said.get("errors"):
        raise OSError(f"{path}: {str(said['errors'])[:200]}")
    return done


def _sent(client: httpx.Client, method: str, path: str, content: Fields | None) -> httpx.Response:
    try:
        body = None if content is None else msgspec.json.encode(content)
        return client.request(method, path, content=body)
    except httpx.HTTPError as error:
        raise OSError(f"{path}: {error}") from error
