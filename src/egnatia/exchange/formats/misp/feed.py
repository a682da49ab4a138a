"""A MISP feed is a folder: `manifest.json` names the events and when they changed, a file beside it holds each event,
`hashes.csv` the MD5 of every value with the event that it is in."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from egnatia.exchange.formats.conversion import Conversion, instant, is_uuid, remark
from egnatia.exchange.formats.misp.event import Loose, seconds
from egnatia.exchange.formats.misp.handling import Terms
from egnatia.exchange.formats.misp.reading import read_events
from egnatia.record.record import Invalid, Problem

MANIFEST: Final = "manifest.json"
HASHES: Final = "hashes.csv"

Fetch = Callable[[str], bytes]
"""Gives a file of the feed by its name; raises OSError where that cannot be had."""


class Entry(msgspec.Struct, frozen=True):
    """What the manifest says of an event; `timestamp` is in seconds."""

    info: str = ""
    timestamp: Loose = None


def manifest_of(document: bytes) -> dict[str, Entry]:
    """The events of a feed by UUID; raises Invalid."""
    try:
        return msgspec.json.decode(document, type=dict[str, Entry], strict=False)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Invalid((Problem(MANIFEST, "the manifest of a MISP feed", str(error)),)) from error


def read_feed(
    fetch: Fetch, terms: Terms, held: Callable[[Iterable[str]], Mapping[str, str]] = lambda _: {}
) -> Iterator[Conversion]:
    """The events of a feed that are newer than what is held: `held` tells the `modified` of reports by their ids. What
    cannot be read is told in a remark, and the rest is."""
    manifest = manifest_of(fetch(MANIFEST))
    known = held(f"report--{uuid.lower()}" for uuid in manifest if is_uuid(uuid))
    for uuid, entry in manifest.items():
        if not is_uuid(uuid):
            yield Conversion((), (remark(f"$[{uuid!r}]", "an event is named by its UUID", uuid),))
            continue
        changed = seconds(entry.timestamp)
        if changed is not None and known.get(f"report--{uuid.lower()}", "") >= instant(changed):
            continue
        try:
            yield from read_events(fetch(f"{uuid}.json"), terms)
        except (Invalid, OSError) as error:
            yield Conversion((), (remark(f"{uuid}.json", "an event of the feed that can be read", str(error)),))


def write_feed(events: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, bytes]]:
    """The files of a feed with these events (as `writing` makes them), by name; the manifest last, so that a reader of
    a half-written folder finds the old one."""
    manifest: dict[str, Any] = {}
    hashes: list[str] = []
    for event in events:
        uuid = str(event["uuid"])
        manifest[uuid] = {
            name: event[name] for name in ("info", "date", "analysis", "threat_level_id", "timestamp", "Orgc", "Tag")
        }
        hashes += [f"{digest},{uuid}" for value in _values(event) for digest in [_md5(value)]]
        yield f"{uuid}.json", msgspec.json.encode({"Event": event})
    yield HASHES, "".join(f"{line}\n" for line in dict.fromkeys(hashes)).encode()
    yield MANIFEST, msgspec.json.encode(manifest)


def _values(event: Mapping[str, Any]) -> Iterator[str]:
    """Each value, and each part of a value of two parts: that is what a feed's hashes are of."""
    for attribute in event["Attribute"]:
        value = str(attribute["value"])
        yield from value.split("|") if "|" in str(attribute["type"]) else [value]


def _md5(value: str) -> str:
    return hashlib.md5(value.encode(), usedforsecurity=False).hexdigest()
