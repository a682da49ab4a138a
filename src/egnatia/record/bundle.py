"""A bundle carries records and is none: the good objects are taken, every other one is reported."""

import msgspec

from egnatia.record.identifier import target_type
from egnatia.record.marking import FIXED, TLP_IDS
from egnatia.record.read import NOT_JSON, read
from egnatia.record.record import Invalid, Problem, Record
from egnatia.record.schemas import BUILT_IN, Schemas


class Refused(msgspec.Struct, frozen=True):
    """An object of a bundle that was not taken: its place, its id where it has one, and why."""

    index: int
    id: str | None
    problems: tuple[Problem, ...]


class BundleReading(msgspec.Struct, frozen=True):
    """What a bundle held: the records that were taken, in order, and the objects that were not.

    `deviations` are what a tolerant reading had to forgive in the bundle itself.
    """

    records: tuple[Record, ...]
    refused: tuple[Refused, ...] = ()
    deviations: tuple[Problem, ...] = ()


class _Outer(msgspec.Struct):
    objects: list[msgspec.Raw] = []
    type: str | None = None
    id: str | None = None


class _Id(msgspec.Struct):
    id: str


def read_bundle(data: bytes, *, tolerant: bool = False, schemas: Schemas = BUILT_IN) -> BundleReading:
    """Every object of a bundle, read as `read` reads it. Raises Invalid where there is no bundle at all.

    A tolerant reading also takes what has objects and no other name, as a TAXII envelope does.
    """
    try:
        outer = msgspec.json.decode(data, type=_Outer)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid((Problem("$", f"{NOT_JSON}: a bundle", str(error)[:80]),)) from None
    deviations = _outer_problems(outer)
    if deviations and (not tolerant or outer.type not in {"bundle", None} or not outer.objects):
        raise Invalid(deviations)
    records: dict[int, Record] = {}
    refused: dict[int, Refused] = {}
    seen: dict[str, int] = {}  # an id alone, for few come in several versions
    other_versions: dict[tuple[str, str], int] = {}
    for index, raw in enumerate(outer.objects):
        body = bytes(raw)
        try:
            record = read(body, tolerant=tolerant, schemas=schemas)
        except Invalid as invalid:
            refused[index] = Refused(index, _id_of(body), tuple(_within(index, one) for one in invalid.problems))
            continue
        first = seen.setdefault(record.head.id, index)
        if first != index and records[first].version != record.version:
            first = other_versions.setdefault((record.head.id, record.version), index)
        if first == index:
            records[index] = record
        else:
            refused[index] = Refused(index, record.head.id, (_repeated(records[first], record, first, index),))
    _refuse_misused_markings(records, refused)
    return BundleReading(tuple(records.values()), tuple(refused[index] for index in sorted(refused)), deviations)


def _outer_problems(outer: _Outer) -> tuple[Problem, ...]:
    problems = []
    if outer.type != "bundle":
        problems.append(Problem("$.type", "STIX 2.1 section 8: bundle", repr(outer.type)[:80]))
    if outer.id is None or target_type(outer.id) != "bundle":
        problems.append(Problem("$.id", "STIX 2.1 section 8: the identifier of a bundle", repr(outer.id)[:80]))
    return tuple(problems)


def _within(index: int, problem: Problem) -> Problem:
    return Problem(f"$.objects[{index}]{problem.path.removeprefix('$')}", problem.rule, problem.found)


def _id_of(body: bytes) -> str | None:
    try:
        return msgspec.json.decode(body, type=_Id).id
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _repeated(first: Record, again: Record, at: int, index: int) -> Problem:
    same = "the same" if first.body == again.body else "another object under the same id and version"
    return Problem(f"$.objects[{index}].id", f"each version of a record once; $.objects[{at}] came first", same)


def _refuse_misused_markings(records: dict[int, Record], refused: dict[int, Refused]) -> None:
    """A bundle that gives a well-known marking another meaning does not mean that marking by it anywhere."""
    misused = {one.id for one in refused.values() if one.id in TLP_IDS and any(p.rule == FIXED for p in one.problems)}
    if not misused:
        return
    rule = "Egnatia: no record under a well-known marking whose meaning its own bundle changes"
    for index, record in list(records.items()):
        for marking in misused.intersection(record.head.object_marking_refs):
            del records[index]
            refused[index] = Refused(
                index, record.head.id, (Problem(f"$.objects[{index}].object_marking_refs", rule, str(marking)),)
            )
            break
