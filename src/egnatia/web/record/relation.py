"""What a record is linked to, in both directions, as one reader may see it: a link whose other end is not for the
reader is not there at all."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from egnatia.policy.clearance import Clearance
from egnatia.store.entry import Row
from egnatia.store.store import Store
from egnatia.web.language import Speech
from egnatia.web.record.name import Named, Names, decoded, shortened
from egnatia.web.record.parts import heading
from egnatia.web.record.text import visible
from egnatia.web.record.verb import NAMES, verb
from egnatia.web.record.vocabulary import VOCABULARIES

PAGE: Final = 100
"""Rows that name the record which one page looks at."""

REMARKS: Final = frozenset({"note", "opinion", "sighting"})
APART: Final = frozenset({"receipt", "recall", "language-content", "marking-definition", "extension-definition"})
"""What the page shows in places of its own, or nobody asks for."""

UNTOLD: Final = frozenset({"created_by_ref", "object_marking_refs"})


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One link: `words` say it from this record's side ("is used by"), `via` is the record that makes it, where one
    does. `forth` says whether this record points at the other one."""

    words: str
    other: Named
    forth: bool
    via: str = ""
    detail: str = ""
    at: int = 0


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says of the record, or that it was seen: a note, an opinion, a sighting."""

    id: str
    kind: str
    type: str
    text: str
    owner: str
    at: int
    lang: str = ""
    opinion: str = ""
    count: int = 1


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """Everything around a record that one page shows. `older` is where the next page begins, 0 where there is none.
    `rows` are all that was looked at for the reader, to be noted as released."""

    links: tuple[Link, ...]
    remarks: tuple[Remark, ...]
    older: int
    rows: tuple[Row, ...]


def around(
    store: Store,
    clearance: Clearance,
    row: Row,
    speech: Speech,
    known: Mapping[str, str],
    *,
    before: int = 0,
    limit: int = PAGE,
) -> Around:
    """The links and remarks of the record in `row`: on the first page what it names itself, then what names it."""
    own = {} if before else _own_references(decoded(row))
    naming = store.neighbours(clearance, row.id, "in", limit + 1, before=before)
    older = naming[limit - 1].position if len(naming) > limit else 0
    naming = tuple(each for each in naming[:limit] if each.type not in APART)
    contents = {each.position: decoded(each) for each in naming}
    ends = [end for each in naming for end in _ends(contents[each.position], row.id)]
    names = Names.of(store, clearance, [*own, *ends], speech, known)
    links = [
        Link(words=_property_words(name, speech, forth=True), other=names.named(target), forth=True)
        for target, name in own.items()
        if target in names.rows
    ]
    remarks = []
    for each in naming:
        stix = contents[each.position]
        if each.type in REMARKS:
            remarks.append(_remark(each, stix, speech, known))
        elif each.type == "relationship":
            links.extend(_through(each, stix, row.id, names, speech))
        else:
            links.append(_naming(each, stix, row.id, speech))
    return Around(links=tuple(links), remarks=tuple(remarks), older=older, rows=(*naming, *names.rows.values()))


def _own_references(stix: Mapping[str, Any]) -> dict[str, str]:
    """What the record itself names, with the property that does; the first `PAGE` of each list."""
    found: dict[str, str] = {}
    for name, value in stix.items():
        if name in UNTOLD:
            continue
        if name.endswith("_ref") and isinstance(value, str):
            found.setdefault(value, name)
        elif name.endswith("_refs") and isinstance(value, list):
            for each in value[:PAGE]:
                if isinstance(each, str):
                    found.setdefault(each, name)
    return found


def _ends(stix: Mapping[str, Any], record: str) -> Iterator[str]:
    if stix.get("type") == "relationship":
        for name in ("source_ref", "target_ref"):
            if isinstance(end := stix.get(name), str) and end != record:
                yield end


def _through(row: Row, stix: Mapping[str, Any], record: str, names: Names, speech: Speech) -> Iterator[Link]:
    """A relationship as a link to its other end, if the reader may see that."""
    source, target = str(stix.get("source_ref")), str(stix.get("target_ref"))
    said = verb(str(stix.get("relationship_type", "")))
    forth = source == record
    other = target if forth else source
    if other != record and other not in names.rows:
        return
    words = said.forth if forth else said.back
    named = names.named(other) if other != record else Named(record, speech.gettext("this record itself"), "", row.type)
    yield Link(
        words=visible(speech.gettext(words)),
        other=named,
        forth=forth,
        via=row.id,
        detail=shortened(visible(str(stix.get("description", "")))),
        at=row.at,
    )


def _naming(row: Row, stix: Mapping[str, Any], record: str, speech: Speech) -> Link:
    """A record that names this one by a property of its own: a report, a group, an observation."""
    property_ = next(
        (name for name, value in stix.items() if value == record or (isinstance(value, list) and record in value)), ""
    )
    named = Names(speech, (row,)).named(row.id)
    return Link(words=_property_words(property_, speech, forth=False), other=named, forth=False, at=row.at)


def _property_words(name: str, speech: Speech, *, forth: bool) -> str:
    said = NAMES.get(name)
    if said is not None:
        return speech.gettext(said.forth if forth else said.back)
    words = heading(name)
    shown = speech.gettext(words) if words != name else visible(name)
    return shown if forth else speech.gettext("is named by it as: %(property)s", property=shown)


def _remark(row: Row, stix: Mapping[str, Any], speech: Speech, known: Mapping[str, str]) -> Remark:
    text = stix.get("content") or stix.get("explanation") or stix.get("description") or ""
    count = stix.get("count", 1)
    return Remark(
        id=row.id,
        kind=row.type,
        type=row.type,
        text=visible(str(text))[:1_000],
        owner=visible(known.get(row.owner, row.owner)),
        at=row.at,
        lang=str(stix.get("lang", "")),
        opinion=speech.gettext(VOCABULARIES["opinion"].get(str(stix.get("opinion")), "")) if "opinion" in stix else "",
        count=count if isinstance(count, int) else 1,
    )


def grouped(links: Sequence[Link]) -> dict[tuple[bool, str], list[Link]]:
    """Links by direction and words, what the record points at first; each group in its order."""
    found: dict[tuple[bool, str], list[Link]] = {}
    for link in sorted(links, key=lambda each: not each.forth):
        found.setdefault((link.forth, link.words), []).append(link)
    return found
