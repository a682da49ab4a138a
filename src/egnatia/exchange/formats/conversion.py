"""What a document of another format becomes: records, and everything of it that did not come along as it was.

Nothing is lost in silence: whatever of the document is not in the records is named in `remarks`, with its place, the
reason and what was found there.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal
from uuid import uuid5

import msgspec

from egnatia.record.identifier import target_type
from egnatia.record.marking import AUDIENCE_EXTENSION, EGNATIA, PAP_IDS, TLP2_IDS
from egnatia.record.record import Problem

TLP_IDS: Final[Mapping[str, str]] = {name: marking for marking, name in TLP2_IDS.items()}
PAP_MARKINGS: Final[Mapping[str, str]] = {name: marking for marking, name in PAP_IDS.items()}
FOUND_LIMIT: Final = 80


class Strange(msgspec.Struct, frozen=True):
    """A word that seems to restrict and is not understood: where it stands in the document, and what it is put on."""

    word: str
    path: str
    about: str


class Origin(msgspec.Struct, frozen=True):
    """The document that was converted: its form, what names it for ever, what people call it, the record that stands
    for it, and the TLP that it states apart from what is not understood (empty for none)."""

    form: Literal["misp", "csaf", "list", "stix"]
    key: str
    title: str
    record: str = ""
    tlp: str = ""


class Conversion(msgspec.Struct, frozen=True):
    """Records (bytes of one STIX object each) in an order in which they can be handed in, and remarks.

    `context` are the ids of records that only name something known anyway (an organisation, a technique): where one of
    them is held already it stays as it is. `origins` tells for each part of the document that has an identifier of its
    own (a MISP attribute) what it became; none for a part that became nothing, which then has a remark. Where it is not
    `dated`, times say when it was read: a record that is held keeps its own, until half of its validity is over.
    Where it `retires`, what a report of it listed before and does not list now is taken back.
    `strange` are the words for which records are TLP:RED until a person decides; then `document` is what was read, to
    be read again when somebody has.
    """

    records: tuple[bytes, ...]
    remarks: tuple[Problem, ...] = ()
    context: frozenset[str] = frozenset()
    origins: Mapping[str, tuple[str, ...]] = {}
    dated: bool = True
    strange: tuple[Strange, ...] = ()
    origin: Origin | None = None
    document: bytes = b""
    retires: bool = True


def remark(path: str, reason: str, found: object) -> Problem:
    """One thing that did not come along, or not as it was."""
    text = found if isinstance(found, str) else repr(found)
    return Problem(path, reason, text if len(text) <= FOUND_LIMIT else f"{text[: FOUND_LIMIT - 1]}…")


def identifier(kind: str, *names: str) -> str:
    """The id of what these names name: the same for everybody who converts the same document. A single name that is an
    RFC 4122 UUID is kept, so that other converters' records and ours are one."""
    if len(names) == 1:
        kept = f"{kind}--{names[0].lower()}"
        if target_type(kept) == kind:
            return kept
    return f"{kind}--{uuid5(EGNATIA, ':'.join(names))}"


def own_identifier(kind: str, *names: str) -> str:
    """As `identifier`, of a thing that has no UUID of its own."""
    return f"{kind}--{uuid5(EGNATIA, ':'.join(names))}"


def is_uuid(text: str) -> bool:
    """Whether `text` is a UUID that STIX takes."""
    return target_type(f"x--{text.lower()}") == "x"


def instant(seconds: float) -> str:
    """Seconds since the epoch as a STIX timestamp with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def written(record: Mapping[str, Any]) -> bytes:
    """A record as bytes, without what is empty."""
    return msgspec.json.encode({key: value for key, value in record.items() if value not in (None, "", [], (), {})})


def audience(name: str, recipients: Iterable[str], *, personal: bool = False) -> tuple[str, bytes]:
    """An audience marking, its id and its record: both follow from whom it names, so that other members are another
    marking. It names nobody where `recipients` is empty: only its owner may see what bears it."""
    named = sorted(set(recipients))
    marking = f"marking-definition--{uuid5(EGNATIA, f'audience:{name}:{personal}:{named}')}"
    extension: dict[str, Any] = {"extension_type": "property-extension", "recipient_refs": named}
    if personal:
        extension["personal_data"] = True
    record = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": marking,
        "created": "2026-11-24T00:00:00.000Z",
        "name": name,
        "extensions": {AUDIENCE_EXTENSION: extension if named else {k: v for k, v in extension.items() if v != []}},
    }
    return marking, msgspec.json.encode(record)
