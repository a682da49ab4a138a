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
from egnatia.exchange.trouble import Trouble, trouble_of
from egnatia.record.record import Invalid, Problem

MANIFEST: Final = "manifest.json"
HASHES: Final = "hashes.csv"

Fetch = Callable[[str], bytes]
"""Gives a file of the feed by its name; raises OSError where that cannot be had."""

Known = Callable[[Iterable[str]], Mapping[str, str]]
"""Tells the `modified` of reports by their ids."""

OF_THE_FILE: Final = frozenset(
    {
        Trouble.MISSING, Trouble.FORBIDDEN, Trouble.FAULT, Trouble.EMPTY, Trouble.LARGE, Trouble.PACKED, Trouble.PAGE,
        Trouble.FORM, Trouble.OTHER,
    }
)  # fmt: skip
"""What can be wrong with one event of a feed while the rest of it is well."""

FAULTS_IN_A_ROW: Final = 20
"""After so many events one after the other that could not be had, the server is away, and not the events."""


class Entry(msgspec.Struct, frozen=True):
    """What the manifest says of an event; `timestamp` is in seconds."""

    info: str = ""
    timestamp: Loose = None


class Read(msgspec.Struct, frozen=True):
    """An event of a feed that was looked at, by its UUID: the time that the manifest gives it (seconds, 0 for none),
    and what became of it: a conversion, why it could not be read, or neither where all of it is held."""

    uuid: str
    at: int
    conversion: Conversion | None = None
    error: Exception | None = None


def manifest_of(document: bytes) -> dict[str, Entry]:
    """The events of a feed by UUID; raises Invalid."""
    try:
        return msgspec.json.decode(document, type=dict[str, Entry], strict=False)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Invalid((Problem(MANIFEST, "the manifest of a MISP feed", str(error)),)) from error


def events_of(fetch: Fetch, manifest: Mapping[str, Entry], terms: Terms, held: Known = lambda _: {}) -> Iterator[Read]:
    """Each event of a manifest, those that are newer than what is held with what they became. What is wrong with one
    event is told with it; raises OSError where the server is away, busy or wants to be left alone."""
    named = {uuid.lower(): entry for uuid, entry in manifest.items() if is_uuid(uuid)}
    spelled = {uuid.lower(): uuid for uuid in manifest}
    known = held(f"report--{uuid}" for uuid in named)
    faults = 0
    for uuid, entry in named.items():
        at = seconds(entry.timestamp) or 0
        if at and known.get(f"report--{uuid}", "") >= instant(at):
            yield Read(uuid, at)
            continue
        try:
            conversion = _only(read_events(fetch(f"{spelled[uuid]}.json"), terms), uuid)
        except (OSError, ValueError) as error:
            faults = faults + 1 if isinstance(error, OSError) else 0
            if isinstance(error, OSError) and (trouble_of(error) not in OF_THE_FILE or faults >= FAULTS_IN_A_ROW):
                raise
            yield Read(uuid, at, error=error)
        else:
            faults = 0
            yield Read(uuid, at, conversion)


def _only(conversions: Iterable[Conversion], uuid: str) -> Conversion:
    """The event of a file that holds the event that it is named after, and no other: else one feed could change what
    another has brought."""
    found = list(conversions)
    keys = [each.origin.key if each.origin else "" for each in found]
    if keys != [uuid]:
        raise Invalid((Problem(f"{uuid}.json", "the event that the file is named after", ", ".join(keys) or "none"),))
    return found[0]


def strangers(manifest: Mapping[str, Entry]) -> Iterator[Problem]:
    """Entries of a manifest that name no event."""
    for uuid in manifest:
        if not is_uuid(uuid):
            yield remark(f"$[{uuid!r}]", "an event is named by its UUID", uuid)


def read_feed(fetch: Fetch, terms: Terms, held: Known = lambda _: {}) -> Iterator[Conversion]:
    """The events of a feed that are newer than what is held. What cannot be read is told in a remark, and the rest
    is."""
    manifest = manifest_of(fetch(MANIFEST))
    for problem in strangers(manifest):
        yield Conversion((), (problem,))
    for read in events_of(fetch, manifest, terms, held):
        if read.conversion is not None:
            yield read.conversion
        elif read.error is not None:
            said = remark(f"{read.uuid}.json", "an event of the feed that can be read", str(read.error))
            yield Conversion((), (said,))


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
