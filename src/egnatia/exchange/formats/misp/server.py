"""A MISP server and its REST interface, both ways (MISP automation and API: /events/restSearch, /events/index,
/events/view, /events/add, /events/edit, /events/delete, /sightings/restSearch, /sightings/add).

Events are pulled by the time of their last change, also deleted attributes; what is pushed is the organisation's own
and only what the server's organisation may see. What came from a server does not go back to it, and what somebody
changed there since our last word is never written over.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import httpx
import msgspec

from egnatia.exchange.formats.fetching import answered, refusal
from egnatia.exchange.formats.misp.event import events_in, flag, seconds
from egnatia.record.record import Invalid, Problem

Fields = dict[str, Any]

PAGE: Final = 50
PAGES: Final = 20_000


class Reached(msgspec.Struct, frozen=True):
    """How far the events of a server were read: all that changed before `since` (seconds); of what changed since then
    the pages before `page`, in which the last change was at `last`. A pull that broke off goes on there."""

    since: int = 0
    page: int = 1
    last: int = 0


class Sent(msgspec.Struct, frozen=True):
    """What was last put onto a server of one event: its digest, the time of change that the server then gave it
    (seconds), and the UUIDs of its attributes."""

    digest: str = ""
    stamp: int = 0
    attributes: tuple[str, ...] = ()


class Diverged(Exception):
    """Somebody changed the event on the server since our last word; `theirs` is what it is there."""

    def __init__(self, theirs: Fields) -> None:
        self.theirs = theirs
        super().__init__(f"event {theirs.get('uuid')} was changed there")

    @property
    def stamp(self) -> int:
        """When it was changed there (seconds)."""
        return seconds(self.theirs.get("timestamp")) or 0


def client_of(url: str, key: str, *, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """A client for the server at `url` with an authentication key."""
    headers = {"Authorization": key, "Accept": "application/json", "Content-Type": "application/json"}
    return httpx.Client(base_url=url.rstrip("/"), headers=headers, timeout=60, transport=transport)


def pull(client: httpx.Client, reached: Reached) -> Iterator[tuple[list[Fields], Reached]]:
    """Pages of events that changed at `since` or later, each with how far that is: what changed in the last second of a
    whole pull may be asked for again, and a pull that broke off begins with its last page. The server gives its events
    in no order of time, so nothing counts as read before its last page. Raises OSError where the server cannot be
    reached or refuses, Invalid for no answer of MISP's."""
    last = max(reached.last, reached.since)
    for page in range(max(1, reached.page - 1), PAGES):
        asked = {"returnFormat": "json", "page": page, "limit": PAGE, "deleted": [0, 1], "timestamp": reached.since}
        events = _events(client, asked)
        last = max([last, *(seconds(event.get("timestamp")) or 0 for event in events)])
        is_whole = len(events) < PAGE
        if events or reached.page > 1:
            yield events, Reached(last) if is_whole else Reached(reached.since, page + 1, last)
        if is_whole:
            return


def named(client: httpx.Client, uuids: Sequence[str]) -> Iterator[list[Fields]]:
    """These events, some at a time. Raises OSError, Invalid."""
    for start in range(0, len(uuids), PAGE):
        asked = {"returnFormat": "json", "uuid": list(uuids[start : start + PAGE]), "deleted": [0, 1]}
        yield _events(client, asked)


def index(client: httpx.Client) -> dict[str, int] | None:
    """Every event that the server shows us, with the time of its last change; None where it lists none to us. What was
    synchronised there from elsewhere bears an older time than the last pull, and only this list tells of it. Raises
    OSError, Invalid."""
    answer = _sent(client, "POST", "/events/index", {"minimal": 1, "published": 1})
    if answer.status_code in {403, 404, 405}:
        return None
    if answer.status_code != 200:
        raise refusal("/events/index", answer)
    listed = _decoded("/events/index", answer, list[Fields])
    return {str(each["uuid"]).lower(): seconds(each.get("timestamp")) or 0 for each in listed if each.get("uuid")}


def is_gone(client: httpx.Client, uuid: str) -> bool:
    """Whether the server has the event no longer, or shows it to us no longer. Raises OSError."""
    answer = _sent(client, "GET", f"/events/view/{uuid}", None)
    if answer.status_code not in {200, 404}:
        raise refusal("/events/view", answer)
    return answer.status_code == 404


def sightings(client: httpx.Client, since: int, until: int) -> list[Fields]:
    """What was seen there in a time (seconds, both ends). A server that does not tell tells of none. Raises OSError."""
    asked = {"returnFormat": "json", "from": since, "to": until, "includeAttribute": True}
    answer = _sent(client, "POST", "/sightings/restSearch/event", asked)
    if answer.status_code in {403, 404, 405}:
        return []
    if answer.status_code != 200:
        raise refusal("/sightings/restSearch", answer)
    found = _decoded("/sightings/restSearch", answer, Any)
    several = found.get("response", []) if isinstance(found, dict) else found
    return [
        each["Sighting"] for each in several or () if isinstance(each, dict) and isinstance(each.get("Sighting"), dict)
    ]


def sight(client: httpx.Client, attribute: str, kind: str, at: int, source: str) -> bool:
    """Say that an attribute was seen (`0`) or is a false positive (`1`), at a time (seconds); whether the server knows
    the attribute. Raises OSError."""
    told = {"type": kind, "timestamp": at, "source": source}
    answer = _sent(client, "POST", f"/sightings/add/{attribute}", told)
    if answer.status_code in {400, 403, 404, 405}:
        return False
    if answer.status_code not in {200, 201}:
        raise refusal("/sightings/add", answer)
    return True


def push(client: httpx.Client, event: Fields, base: Sent | None = None, over: int = 0) -> tuple[str, Sent]:
    """Put an event onto the server: `added`, `changed`, or `held` where it has all of it; and what it has then. `base`
    is what we put there last. What we had put there and the event has no longer is deleted there; what others added
    stays. Raises Diverged where somebody changed it there since, unless it is the change of the time `over`, which a
    person has seen; OSError, Invalid."""
    uuid, stamp = event["uuid"], seconds(event["timestamp"]) or 0
    held = _sent(client, "GET", f"/events/view/{uuid}", None)
    if held.status_code == 404:
        return "added", _put(client, "/events/add", event)
    if held.status_code != 200:
        raise refusal("/events/view", held)
    (theirs,) = events_in(held.content)
    changed = seconds(theirs.get("timestamp")) or 0
    gone = _gone(theirs, event, base.attributes if base else (), changed + 1)
    if changed == stamp and not gone:
        return "held", Sent(stamp=changed, attributes=_uuids(event))
    if changed != over and changed > (base.stamp if base else stamp):
        raise Diverged(theirs)
    whole = {**event, "timestamp": str(max(changed + 1, stamp)), "Attribute": [*event["Attribute"], *gone]}
    return "changed", _put(client, f"/events/edit/{uuid}", whole)


def _gone(theirs: Fields, ours: Fields, before: Sequence[str], at: int) -> list[Fields]:
    """Attributes that we put there and have no longer, as deleted."""
    kept, put = set(_uuids(ours)), set(before)
    return [
        {**each, "deleted": True, "timestamp": str(at)}
        for each in theirs.get("Attribute", ())
        if each.get("uuid") in put and each.get("uuid") not in kept and not flag(each.get("deleted"))
    ]


def _uuids(event: Fields) -> tuple[str, ...]:
    return tuple(str(each["uuid"]) for each in event["Attribute"])


def delete(client: httpx.Client, uuid: str, base: Sent | None = None, over: int = 0) -> None:
    """Take an event off the server; one that it has no longer is no fault. Raises Diverged where somebody changed it
    there since our last word, unless a person has seen that change; OSError."""
    if base is not None and base.stamp:
        held = _sent(client, "GET", f"/events/view/{uuid}", None)
        theirs: Fields = next(iter(events_in(held.content)), {}) if held.status_code == 200 else {}
        changed = seconds(theirs.get("timestamp")) or 0
        if changed > base.stamp and changed != over:
            raise Diverged(theirs)
    answer = _sent(client, "POST", f"/events/delete/{uuid}", {})
    if answer.status_code not in {200, 404}:
        raise refusal("/events/delete", answer)


def _put(client: httpx.Client, path: str, event: Fields) -> Sent:
    answer = _sent(client, "POST", path, {"Event": event})
    if answer.status_code not in {200, 201}:
        raise refusal(path, answer)
    said = _decoded(path, answer, Fields)
    if said.get("errors"):
        raise OSError(f"{path}: {str(said['errors'])[:200]}")
    kept = said.get("Event")
    stamp = seconds(kept.get("timestamp")) if isinstance(kept, dict) else None
    return Sent(stamp=stamp or seconds(event["timestamp"]) or 0, attributes=_uuids(event))


def _events(client: httpx.Client, asked: Fields) -> list[Fields]:
    answer = _sent(client, "POST", "/events/restSearch", asked)
    if answer.status_code != 200:
        raise refusal("/events/restSearch", answer)
    return list(events_in(answer.content))


def _decoded(path: str, answer: httpx.Response, kind: Any) -> Any:
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Invalid((Problem(path, "an answer in JSON", str(error)),)) from error


def _sent(client: httpx.Client, method: str, path: str, content: Fields | None) -> httpx.Response:
    body = None if content is None else msgspec.json.encode(content)
    return answered(client, client.build_request(method, path, content=body), path)
