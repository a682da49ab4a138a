"""What was seen at one time: objects by their ids, when and how often, as observed-data says it (STIX 2.1, 4.14)."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from egnatia.engine.pattern.expression import Step, instant

Object = Mapping[str, Any]


class Observation(msgspec.Struct, frozen=True):
    """Objects seen together `count` times, between `first` and `last`. `source` is whatever the caller knows it by."""

    objects: Mapping[str, Object]
    first: datetime
    last: datetime
    count: int = 1
    source: Any = None


def observations_of(records: Iterable[Object]) -> Iterator[Observation]:
    """The observations that observed-data among records tell of: with objects inside, or with references to others of
    the records; what is referred to and not there is left out. Raises KeyError or ValueError where a time is none."""
    kept = list(records)
    by_id = {str(each["id"]): each for each in kept if "id" in each}
    for record in kept:
        if record.get("type") != "observed-data":
            continue
        inside = record.get("objects")
        objects = inside if isinstance(inside, dict) else {
            ref: by_id[ref] for ref in record.get("object_refs", ()) if ref in by_id
        }  # fmt: skip
        yield Observation(
            objects,
            instant(record["first_observed"]),
            instant(record["last_observed"]),
            int(record.get("number_observed", 1)),
            record.get("id"),
        )


def found(objects: Mapping[str, Object], start: Object, steps: tuple[Step, ...]) -> list[Any]:
    """What is at the end of a path from one object; a reference leads on to what it refers to, where that is known."""
    here: list[Any] = [start]
    for step in steps:
        there: list[Any] = []
        for each in here:
            if step is None:
                if isinstance(each, list):
                    there.extend(each)
            elif isinstance(step, int):
                if isinstance(each, list) and 0 <= step < len(each):
                    there.append(each[step])
            elif isinstance(each, dict) and step in each:
                there.append(_meant(objects, step, each[step]))
        if not there:
            return there
        here = there
    return [each for each in here if each is not _NOTHING]


class _Nothing:
    """What a reference leads to that leads nowhere."""


_NOTHING = _Nothing()


def _meant(objects: Mapping[str, Object], key: str, value: Any) -> Any:
    """A property's value as patterns mean it: references followed, binary decoded (STIX 2.1 section 9.6)."""
    if key.endswith("_ref"):
        return objects.get(value, _NOTHING) if isinstance(value, str) else _NOTHING
    if key.endswith("_refs"):
        return [objects[ref] for ref in value if ref in objects] if isinstance(value, list) else _NOTHING
    if not isinstance(value, str):
        return value
    try:
        if key.endswith("_hex"):
            return bytes.fromhex(value)
        if key.endswith("_bin"):
            return base64.standard_b64decode(value)
    except ValueError:
        return _NOTHING
    return value
