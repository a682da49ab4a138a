"""What was filled in becomes a record: a new one, or a newer version of one's own that keeps all it did not ask for."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from egnatia.record import read
from egnatia.record.deterministic import observable_id
from egnatia.record.instant import version_of
from egnatia.record.schemas import BUILT_IN
from egnatia.web.publish.form import asked
from egnatia.web.record.faces import OBSERVABLE_TYPES

_STAMPED: Final[Mapping[str, tuple[str, ...]]] = {
    "indicator": ("valid_from",),
    "report": ("published",),
    "observed-data": ("first_observed", "last_observed"),
    "sharing-agreement": ("valid_from",),
}
"""Moments that the standard requires and that mean now where nobody says another."""


def stamp(at: datetime) -> str:
    """A STIX timestamp in milliseconds."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def moments_of(type_: str, at: datetime) -> dict[str, str]:
    """What a new form of the type says of time."""
    return {name: stamp(at.replace(microsecond=0)) for name in _STAMPED.get(type_, ())}


def new_record(type_: str, said: Mapping[str, Any], owner: str, refs: Sequence[str], at: datetime) -> dict[str, Any]:
    """A new record that says this."""
    common: dict[str, Any] = {"type": type_, "spec_version": "2.1"}
    marked = {"object_marking_refs": list(refs)} if refs else {}
    if type_ in OBSERVABLE_TYPES:
        identifier = observable_id(type_, said) or f"{type_}--{uuid.uuid4()}"
        return {**common, "id": identifier, **said, **marked}
    moment = stamp(at)
    head = {"id": f"{type_}--{uuid.uuid4()}", "created": moment, "modified": moment, "created_by_ref": owner}
    return {**common, **head, **said, **_defined(type_), **marked}


def newer_version(
    stix: Mapping[str, Any], said: Mapping[str, Any], refs: Sequence[str], at: datetime
) -> dict[str, Any]:
    """The record with what was filled in, and everything that the form did not ask for as it was."""
    names = {each.name for each in asked(str(stix["type"]))}
    kept = {name: value for name, value in stix.items() if name not in names and name != "object_marking_refs"}
    marked = {"object_marking_refs": list(refs)} if refs else {}
    return {**kept, **said, **marked, "modified": _later(str(stix["modified"]), at)}


def checked(stix: Mapping[str, Any]) -> bytes:
    """The record's bytes, if it keeps every rule of its type; raises Invalid."""
    body = msgspec.json.encode(stix)
    read(body, tolerant=False)
    return body


def _later(modified: str, at: datetime) -> str:
    """Now, or a millisecond after the version before where the clock is behind it."""
    now = stamp(at)
    if version_of(now) > version_of(modified):
        return now
    before = datetime.fromisoformat(modified[:26].rstrip("Z") + "+00:00")
    return stamp(before + timedelta(milliseconds=1))


def _defined(type_: str) -> dict[str, Any]:
    """What a record of one of our own types says of its definition."""
    own = next((each for each in BUILT_IN.types if each.adds == "new-sdo" and each.name == type_), None)
    return {} if own is None else {"extensions": {own.extension_id: {"extension_type": own.adds}}}
