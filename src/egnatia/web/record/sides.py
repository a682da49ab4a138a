"""Makes each page of a record, with the rows that it releases. All of this asks the store: it runs on a thread."""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import msgspec

from egnatia.policy import clearance_within, explanation
from egnatia.store.entry import Row
from egnatia.store.query import Query
from egnatia.trust import Forged
from egnatia.web.permission import Permission
from egnatia.web.record.change import changes
from egnatia.web.record.content import (
    AudiencePage,
    Grouped,
    Head,
    HistoryPage,
    LinksPage,
    OriginPage,
    RawPage,
    Reader,
    RecordPage,
    Version,
)
from egnatia.web.record.enriching import known_of
from egnatia.web.record.faces import kind_words
from egnatia.web.record.fact import facts, names_in
from egnatia.web.record.graph import picture
from egnatia.web.record.handling import handling, marked_parts
from egnatia.web.record.name import Names, decoded, name_of
from egnatia.web.record.proof import origin as proven
from egnatia.web.record.receipt import receipts
from egnatia.web.record.relation import Link, around, grouped
from egnatia.web.record.ruling import said
from egnatia.web.record.subject import AsText, Subject, ids_of, names_of
from egnatia.web.record.text import visible
from egnatia.web.record.translation import translated
from egnatia.web.record.voices import worths
from egnatia.web.visit import Visit

FIRST_LINKS: Final = 24
VERSIONS: Final = 50
"""The newest versions whose changes are shown."""

ANSWERS: Final = 1_000
"""Receipts that are looked at."""

Rows = Sequence[Row]


def record(visit: Visit, about: Subject, *, original: bool = False) -> tuple[RecordPage, Rows]:
    """What a record says, how it may be handled, what is around it, where it comes from."""
    row, store = about.row, visit.store
    contents = store.neighbours(about.clearance, row.id, "in", 50, types=("language-content",))
    told = None if original else translated(about.stix, row.owner, contents, visit.language)
    stix = told.stix if told is not None else about.stix
    author = str(stix.get("created_by_ref", ""))
    beside = around(store, about.clearance, row, visit.speech, about.known, limit=FIRST_LINKS)
    names = names_of(visit, about, [*names_in(stix), *ids_of(row.label), author, told.owner if told else ""])
    words = AsText(names, about.known)
    taken = _recalls(visit, about)
    said_so, voices = worths(visit, about)
    page = RecordPage(
        title=name_of(stix, visit.speech),
        head=head(visit, about, "", names, stix),
        original=f"{_base(about)}{_query(about)}{'&' if _query(about) else '?'}original=true" if told else "",
        translator=visible(words.get(told.owner, told.owner)) if told is not None else "",
        created=micros(stix.get("created")),
        modified=micros(stix.get("modified")),
        author=names.named(author) if author and author != row.owner else None,
        others=tuple((f"{_base(about)}?owner={quote(each)}", visible(words.get(each, each))) for each in about.others),
        facts=facts(stix, visit.speech, names.named),
        handling=handling(
            row.label,
            visit.speech,
            words,
            redacted=row.redacted,
            parts=() if row.redacted else marked_parts(stix, words, visit.speech),
        ),
        why=_why(visit, about, words),
        links=_grouped(beside.links),
        more_links=bool(beside.older),
        remarks=beside.remarks,
        versions=store.count(about.clearance, Query(ids=(row.id,), owners=(row.owner,)), cap=1_000),
        added=row.at,
        way=way(visit, row),
        recalls=tuple(Names(visit.speech, taken).named(each.id) for each in taken),
        worths=said_so,
        known=known_of(visit, about),
        now=now(),
    )
    return page, (*beside.rows, *names.rows.values(), *contents, *taken, *voices)


def links(visit: Visit, about: Subject, before: int) -> tuple[LinksPage, Rows]:
    """What it is linked to, with a picture on the first page."""
    beside = around(visit.store, about.clearance, about.row, visit.speech, about.known, before=before)
    names = names_of(visit, about, [about.row.owner])
    name = name_of(about.stix, visit.speech)
    kind = visit.speech.gettext(kind_words(about.row.type))
    query = _query(about)
    here = f"{_base(about)}/links{query}"
    page = LinksPage(
        title=name,
        head=head(visit, about, "/links", names),
        groups=_grouped(beside.links),
        remarks=beside.remarks,
        picture=picture(name, kind, beside.links, visit.speech) if beside.links else None,
        older=f"{here}{'&' if query else '?'}before={beside.older}" if beside.older else "",
        first=here if before else "",
        now=now(),
    )
    return page, (*beside.rows, *names.rows.values())


def history(visit: Visit, about: Subject) -> tuple[HistoryPage, Rows]:
    """Its versions, the newest first, each with what it changed against the one before that this reader may see."""
    rows = [row for row in visit.store.versions(about.clearance, about.row.id) if row.owner == about.row.owner]
    told = rows[-(VERSIONS + 1) :]
    stixes = [decoded(row) for row in told]
    names = names_of(visit, about, [about.row.owner, *(each for stix in stixes for each in names_in(stix))])
    versions = [
        Version(
            modified=micros(stix.get("modified") or stix.get("created")),
            added=row.at,
            changes=changes(stixes[place - 1], stix, visit.speech, names.named) if place else (),
            redacted=row.redacted,
            first=row is rows[0],
        )
        for place, (row, stix) in enumerate(zip(told, stixes, strict=True))
    ]
    page = HistoryPage(
        title=name_of(about.stix, visit.speech),
        head=head(visit, about, "/history", names),
        versions=tuple(reversed(versions[-VERSIONS:])),
        count=len(rows),
    )
    return page, (*told, *names.rows.values())


def origin(visit: Visit, about: Subject) -> tuple[OriginPage, Rows]:
    """What proves it, checked now."""
    names = names_of(visit, about, [about.row.owner])
    page = OriginPage(
        title=name_of(about.stix, visit.speech),
        head=head(visit, about, "/origin", names),
        origin=proven(about.row, visit.store, visit.premises.card_of),
        added=about.row.at,
        way=way(visit, about.row),
        position=about.row.position,
    )
    return page, tuple(names.rows.values())


def audience(visit: Visit, about: Subject) -> tuple[AudiencePage, Rows]:
    """Who sees it and by which rule, and who has it; for its owner alone."""
    answers = visit.store.neighbours(about.clearance, about.row.id, "in", ANSWERS, types=("receipt",))
    names = names_of(visit, about, ids_of(about.row.label))
    page = AudiencePage(
        title=name_of(about.stix, visit.speech),
        head=head(visit, about, "/audience", names),
        readers=tuple(readers(visit, about, AsText(names, about.known))),
        receipts=receipts(visit.premises, about.row, answers, about.known),
        now=now(),
        asks_audit=visit.visitor.may(Permission.SEE_AUDIT),
    )
    return page, (*answers, *names.rows.values())


def raw(visit: Visit, about: Subject) -> tuple[RawPage, Rows]:
    """Its bytes, laid out to be read."""
    row = about.row
    names = names_of(visit, about, [row.owner, *row.applied])
    page = RawPage(
        title=name_of(about.stix, visit.speech),
        head=head(visit, about, "/raw", names),
        text=visible_lines(msgspec.json.format(row.body, indent=2).decode()),
        size=len(row.body),
        applied=tuple(names.named(each).name for each in row.applied),
    )
    return page, tuple(names.rows.values())


def visible_lines(text: str) -> str:
    """A text of many lines with nothing hidden in it."""
    return "\n".join(visible(line) for line in text.split("\n"))


def readers(visit: Visit, about: Subject, words: Mapping[str, str]) -> Iterable[Reader]:
    """Each organisation that is known here: what it sees of the record now, and why."""
    premises, row = visit.premises, about.row
    for each in premises.organisations():
        clearance = clearance_within(premises.clearance_of(each.id), row.label.exercise)
        seen = next((got for got in visit.store.get(clearance, [row.id]) if got.owner == row.owner), None)
        found = explanation(seen.label if seen is not None else row.label, clearance, words)
        sees = "not" if seen is None else "part" if seen.redacted else "whole"
        yield Reader(name=visible(each.name), economy=each.economy, sees=sees, why=said(found, visit.speech))


def head(visit: Visit, about: Subject, here: str, names: Names, stix: Mapping[str, Any] | None = None) -> Head:
    """What the page begins with; `stix` is the record as shown, where that is a translation."""
    row, say = about.row, visit.speech.gettext
    base, query = _base(about), _query(about)
    tabs = [
        (base + query, say("Record")),
        (f"{base}/links{query}", say("Links")),
        (f"{base}/history{query}", say("Versions")),
        (f"{base}/origin{query}", say("Origin and proof")),
    ]
    if about.mine and visit.visitor.signed_in:
        tabs.append((f"{base}/audience", say("Readers and receipts")))
    tabs.append((f"{base}/raw{query}", say("As stored")))
    found = handling(row.label, visit.speech, {})
    own = about.mine and not found.withdrawn
    return Head(
        id=row.id,
        type=row.type,
        kind=say(kind_words(row.type)),
        name=name_of(stix or about.stix, visit.speech),
        lang=str((stix or about.stix).get("lang", "")),
        tlp=found.tlp,
        owner=names.named(row.owner),
        tabs=tuple(tabs),
        here=base + here + ("" if here == "/audience" else query),
        revoked=about.stix.get("revoked") is True,
        withdrawn=found.withdrawn,
        redacted=row.redacted,
        mine=about.mine,
        may_edit=own and visit.visitor.may(Permission.DRAFT) and "modified" in about.stix,
        may_recall=own and visit.visitor.may(Permission.RECALL) and row.type != "recall",
    )


def way(visit: Visit, row: Row) -> str:
    """The name of the node that a row came from; empty where it was submitted at this one."""
    if not row.source:
        return ""
    try:
        return visible(visit.premises.card_of(row.source).operator.name)
    except Forged:
        return row.source


def now() -> int:
    """Microseconds UTC."""
    return time.time_ns() // 1_000


def micros(instant: object) -> int | None:
    """A STIX timestamp in microseconds UTC; None for what is none."""
    try:
        return int(datetime.fromisoformat(str(instant)[:26].rstrip("Z") + "+00:00").timestamp() * 1_000_000)
    except ValueError:
        return None


def _why(visit: Visit, about: Subject, words: Mapping[str, str]) -> str:
    return said(explanation(about.row.label, about.clearance, words), visit.speech)


def _recalls(visit: Visit, about: Subject) -> tuple[Row, ...]:
    """The recalls of the record by its owner, the newest first, as far as the visitor may see them."""
    naming = visit.store.neighbours(about.clearance, about.row.id, "in", FIRST_LINKS, types=("recall",))
    return tuple(row for row in naming if row.owner == about.row.owner)


def _grouped(links: Sequence[Link]) -> Grouped:
    return tuple((words, tuple(each)) for (_, words), each in grouped(links).items())


def _base(about: Subject) -> str:
    return f"/records/{about.row.id}"


def _query(about: Subject) -> str:
    """Says whose record it is, where several have one under the id."""
    return f"?owner={quote(about.row.owner)}" if about.others else ""
