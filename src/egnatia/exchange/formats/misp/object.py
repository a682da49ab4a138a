"""An object of a MISP event becomes one observation of observables that belong together; its attributes that are meant
for detection become indicators besides, each for itself: a log rarely holds all that an object holds."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from egnatia.exchange.formats.conversion import identifier
from egnatia.exchange.formats.misp.attribute import take_attribute
from egnatia.exchange.formats.misp.event import Attribute, Object, ObjectReference, flag, seconds
from egnatia.exchange.formats.misp.handling import Handled, handled
from egnatia.exchange.formats.misp.sheet import Sheet
from egnatia.exchange.formats.misp.types import HASHES, PERSONAL, observe
from egnatia.exchange.formats.observable import NotOfItsKind, file_name, hash_value, observable
from egnatia.record.instant import mend_instant

Fields = dict[str, Any]
Placed = tuple[str, Attribute]

PARTS_OF_A_FILE: Final = frozenset({"pe", "elf", "macho"})
"""Objects that describe the file that includes them."""

RESTATED: Final = frozenset({"scheme", "host", "domain", "port", "resource_path", "tld", "subdomain", "query_string"})
"""Of a url object: what the URL says already."""


class Whole(msgspec.Struct):
    """An object with its readable attributes, and those of the objects that are parts of it."""

    object: Object
    path: str
    attributes: list[Placed]
    parts: list["Whole"] = []


def take_object(sheet: Sheet, whole: Whole, within: Handled) -> None:
    """Take one object with its parts."""
    made = whole.object
    how = handled(sheet.terms, (), made.distribution, made.sharing_group, within)
    placed = [*whole.attributes, *(each for part in whole.parts for each in part.attributes)]
    alike: list[Placed] = []
    for path, attribute in placed:
        own = handled(
            sheet.terms,
            [tag.name for tag in attribute.tags or ()],
            attribute.distribution,
            attribute.sharing_group,
            how,
        )
        apart = own.is_stricter_than(how) or attribute.type in PERSONAL
        attribute_ = msgspec.structs.replace(attribute, deleted=flag(attribute.deleted) or flag(made.deleted))
        take_attribute(sheet, attribute_, path, how, inside=not apart and not flag(attribute_.deleted))
        if not apart and not flag(attribute.deleted):
            alike.append((path, attribute))
    _observe(sheet, whole, alike, how)


def _observe(sheet: Sheet, whole: Whole, alike: Sequence[Placed], how: Handled) -> None:
    made = whole.object
    objects, used = _observables(sheet, whole, alike, how)
    observed = None
    if objects:
        first, last = sheet.seen(made.first_seen, made.last_seen)
        name = identifier("observed-data", *((made.uuid,) if made.uuid else (sheet.report, whole.path)))
        record = sheet.made("observed-data", name, seconds(made.timestamp), deleted=flag(made.deleted))
        record |= {
            "first_observed": first,
            "last_observed": last,
            "number_observed": 1,
            "object_refs": sheet.observables(objects, how),
            "labels": [f'misp:object="{made.name}"'],
            "x_misp_comment": made.comment,
        }
        observed = sheet.tell(sheet.put(record, how), how)
    rest = [(path, each) for path, each in alike if id(each) not in used]
    note = _note(sheet, whole, rest, observed, how)
    for path, each in alike:
        key = each.uuid or path
        further = observed if id(each) in used else note
        if further is not None:
            sheet.origins[key] = tuple(dict.fromkeys((*sheet.origins.get(key, ()), further)))
            sheet.by_uuid.setdefault(each.uuid, further)
    for one in (whole, *whole.parts):
        sheet.by_uuid[one.object.uuid] = observed or note or sheet.report


def _note(sheet: Sheet, whole: Whole, rest: Sequence[Placed], observed: str | None, how: Handled) -> str | None:
    lines = [f"{each.object_relation or each.type}: {each.text}" for _, each in rest if each.text]
    made = whole.object
    if not lines:
        return None
    name = identifier("note", *((made.uuid,) if made.uuid else (sheet.report, whole.path)))
    record = sheet.made("note", name, seconds(made.timestamp), deleted=flag(made.deleted))
    record |= {
        "abstract": made.name,
        "content": "\n".join([*lines, *([f"\n{made.comment}"] if made.comment and observed is None else [])]),
        "object_refs": [observed or sheet.report],
        "labels": [f'misp:object="{made.name}"'],
    }
    return sheet.put(record, how)


def _observables(sheet: Sheet, whole: Whole, alike: Sequence[Placed], how: Handled) -> tuple[list[Fields], set[int]]:
    """The observables of an object, and the attributes (by `id`) that are in them."""
    under = how.under(sheet.terms.tlp)
    if whole.object.name in {"file", *PARTS_OF_A_FILE}:
        return _file(alike, under)
    found: list[Fields] = []
    used: set[int] = set()
    for _, each in alike:
        if whole.object.name == "url" and each.object_relation in RESTATED:
            used.add(id(each))
            continue
        try:
            observed = observe(each.type, each.text, under)
        except NotOfItsKind:
            continue
        if observed is not None and observed.objects:
            found += observed.objects
            used.add(id(each))
    if whole.object.name == "domain-ip":
        found = _resolved(found, under)
    return found, used if found else set()


def _resolved(found: list[Fields], under: str) -> list[Fields]:
    """Names with the addresses that they resolved to."""
    addresses = [each for each in found if each["type"] in {"ipv4-addr", "ipv6-addr"}]
    refs = list(dict.fromkeys(each["id"] for each in addresses))
    if not refs:
        return found
    names = [each for each in found if each["type"] == "domain-name"]
    return [
        *addresses,
        *(observable("domain-name", {"value": each["value"], "resolves_to_refs": refs}, under) for each in names),
        *(each for each in found if each not in addresses and each not in names),
    ]


def _file(alike: Sequence[Placed], under: str) -> tuple[list[Fields], set[int]]:
    """One file of all that its object and the parts of it say."""
    hashes: dict[str, str] = {}
    fields: Fields = {}
    program: Fields = {}
    folder: list[Fields] = []
    used: set[int] = set()
    for _, each in alike:
        try:
            match each.object_relation or each.type:
                case relation if relation in HASHES and HASHES[relation] not in hashes:
                    hashes[HASHES[relation]] = hash_value(HASHES[relation], each.text)
                case "filename" if "name" not in fields:
                    *folder, named = file_name(each.text, under).objects
                    fields |= {key: named[key] for key in ("name", "parent_directory_ref") if key in named}
                case "size-in-bytes" if each.text.isdecimal() and len(each.text) < 16:
                    fields["size"] = int(each.text)
                case "imphash":
                    program["imphash"] = hash_value("MD5", each.text)
                case "type" if each.text in {"exe", "dll", "sys"}:
                    program["pe_type"] = each.text
                case "compilation-timestamp" if (at := mend_instant(each.text)) is not None:
                    program["time_date_stamp"] = at
                case _:
                    continue
        except NotOfItsKind:
            continue
        used.add(id(each))
    if not hashes and "name" not in fields:
        return [], set()
    if program:
        fields["extensions"] = {"windows-pebinary-ext": {"pe_type": "exe", **program}}
    made = observable("file", {**({"hashes": hashes} if hashes else {}), **fields}, under)
    return [*folder, made], used


def take_references(sheet: Sheet, whole: Whole, within: Handled) -> None:
    """Say how objects stand to each other, once all are taken."""
    made = whole.object
    how = handled(sheet.terms, (), made.distribution, made.sharing_group, within)
    source = sheet.by_uuid.get(made.uuid)
    for place, reference in enumerate(made.references or ()):
        _relate(sheet, source, reference, how, f"{whole.path}.ObjectReference[{place}]")


def _relate(sheet: Sheet, source: str | None, reference: ObjectReference, how: Handled, path: str) -> None:
    target = sheet.by_uuid.get(reference.referenced_uuid)
    if source is None or target is None:
        sheet.remark(path, "a reference to what is not in the event", reference.referenced_uuid)
        return
    if source == target:
        return
    said = "".join(
        each if each.isascii() and each.isalnum() else "-" for each in (reference.relationship_type or "").lower()
    )
    names = (reference.uuid,) if reference.uuid else (source, said, target)
    made = sheet.made("relationship", identifier("relationship", *names), deleted=flag(reference.deleted))
    made |= {"relationship_type": said.strip("-") or "related-to", "source_ref": source, "target_ref": target}
    sheet.tell(sheet.put(made | {"description": reference.comment}, how), how)
