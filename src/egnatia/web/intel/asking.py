"""Questions in the search language, and what a record has in common with others."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Final
from urllib.parse import quote

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from egnatia.cyber.intel.correlation import Shared, correlate
from egnatia.cyber.intel.language import FIELDS, BadQuery, parse, suggestions
from egnatia.cyber.intel.matrix import every_technique_name
from egnatia.cyber.intel.searching import Found, Stretch, known_to, search
from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.api.surface import raw
from egnatia.exchange.taxii.filter import is_identifier
from egnatia.policy import Clearance
from egnatia.store import Query, Store
from egnatia.store.query import LAST
from egnatia.web.card import Card, by_id, cards
from egnatia.web.feed.saved import Saved, SavedShown, Saves, saved_of
from egnatia.web.frame import Content
from egnatia.web.intel.voices import as_one
from egnatia.web.intel.wording import Misread, misplaced
from egnatia.web.language.speech import N_, Speech
from egnatia.web.permission import Permission
from egnatia.web.record.faces import FACES, kind_words
from egnatia.web.record.name import name_of
from egnatia.web.record.text import defanged, visible
from egnatia.web.record.vocabulary import VOCABULARIES
from egnatia.web.visit import Visit

WORTH_COMPLETING: Final = 3
"""Letters of a word of which names are offered."""

NAMED: Final = 8
"""The most records whose names are offered."""

THINGS: Final = 8
"""The most things in common that are told of one record, and of those that are too common fifty."""

TAGGED: Final = 1_000
"""The newest records whose tags are offered."""

Question = Annotated[str, QueryParameter(name="q", max_length=50_000)]
"""Longer than a question may be: whoever pastes too much is told how long it may be."""


Looked = Annotated[int, QueryParameter(ge=0, le=1 << 62, description="What was added after this moment is new")]

WORDS: Mapping[str, str] = {
    "type": N_("the record type: indicator, malware, report"),
    "tag": N_("a label of the record, or its beginning with a final *"),
    "tlp": N_("clear, green, amber, amber+strict or red"),
    "pap": N_("what may be done with it: clear, green, amber or red"),
    "economy": N_("an economy: al, ba, xk, me, mk or rs"),
    "sector": N_("a sector: energy, government, healthcare"),
    "technique": N_("a technique of ATT&CK or DISARM, with all that is under it"),
    "value": N_("an observable value: an address, a domain, a digest"),
    "owner": N_("the organisation that answers for it: its id or part of its name"),
    "since": N_("changed since: 2026-01-31, or 30d, 12h"),
    "until": N_("changed before: 2026-01-31, or 30d, 12h"),
    "confidence": N_("how sure its author is, from 0 to 100; also with > and <"),
    "is": N_("revoked, expired, redacted or live"),
    "id": N_("the identifier of a record"),
}
"""What each field of the language asks for."""


class AskingPage(Content, frozen=True, kw_only=True):
    """A question and what was found; `fresh` of that is what came since the visitor last looked. `wrong` says where
    the question cannot be read; `further` leads to older records that were not looked at."""

    template: ClassVar[str] = "intel/asking.html"
    q: str
    wrong: Misread | None
    found: tuple[Card, ...]
    further: str
    asked: bool
    fields: tuple[tuple[str, str], ...]
    fresh: tuple[Card, ...]
    saved: tuple[SavedShown, ...]
    may_save: bool


class Thing(msgspec.Struct, frozen=True):
    """One thing in common: what kind of thing in words, itself, where it leads (empty for nowhere), and how many other
    records have it."""

    kind: str
    value: str
    href: str
    of: int


class InCommon(msgspec.Struct, frozen=True):
    """A record and what it has in common; `more` are the things that are not told."""

    card: Card
    things: tuple[Thing, ...]
    more: int


class CommonPage(Content, frozen=True, kw_only=True):
    """What a record has in common with others."""

    template: ClassVar[str] = "intel/common.html"
    id: str
    name: str
    related: tuple[InCommon, ...]
    popular: tuple[Thing, ...]
    complete: bool


@get("/intel")
async def asking(
    visit: NamedDependency[Visit], q: Question = "", before: FromQuery[str] = "", looked: Looked = 0
) -> Response[str]:
    """Records by a question in the search language."""
    clearance = visit.clearance()
    until = visit.surface.resume(before) if before else 0
    found = Found(())
    wrong: Misread | None = None
    if q.strip():
        try:
            term = parse(q)
            organisations = await visit.ask(visit.premises.organisations)
            now = datetime.now(UTC)

            def ask() -> Found:
                known = known_to(visit.store, clearance, organisations)
                return search(visit.store, clearance, term, known, now, Stretch(before=until))

            found = await visit.ask(ask)
        except BadQuery as error:
            wrong = misplaced(q, error, visit.speech)
    await visit.surface.releases.note(visit.visitor.caller, "page", found.rows)
    known = by_id(await visit.ask(visit.premises.organisations))
    shown = tuple(card for _, card in as_one(found.rows, known, visit.speech))
    saved = await visit.ask(lambda: saved_of(visit, _questions(visit), known))
    further = f"/intel?q={quote(q)}&before={visit.surface.mark(found.next)}" if found.next else ""
    content = AskingPage(
        title=visit.speech.gettext("Ask"),
        q=q,
        wrong=wrong,
        found=tuple(card for card in shown if not looked or card.added <= looked),
        fresh=tuple(card for card in shown if looked and card.added > looked),
        saved=saved,
        may_save=visit.visitor.signed_in and visit.visitor.may(Permission.DRAFT),
        further=further,
        asked=bool(q.strip()) and not wrong,
        fields=tuple((name, visit.speech.gettext(WORDS[name])) for name in FIELDS),
    )
    return visit.page(content, status=422 if wrong else 200)


def _questions(visit: Visit) -> tuple[Saved, ...]:
    """The saved questions of the visitor."""
    return tuple(each for each in Saves(visit.store).of(visit.visitor.account) if each.question)


@get("/intel/suggest")
async def suggest(visit: NamedDependency[Visit], q: Question = "") -> Response[bytes]:
    """How a question may go on: a JSON list of whole questions, of words that the visitor may see in use."""
    clearance = visit.clearance()
    begun = re.split(r"[\s(]", q)[-1].lstrip("-")
    field = begun.partition(":")[0].lower()
    words = await visit.ask(lambda: _in_use(visit.store, clearance, field))
    offered = suggestions(q, {field: words} if words else {})
    if ":" not in begun and len(begun) >= WORTH_COMPLETING:
        rows = await visit.ask(lambda: visit.store.suggest(clearance, f"{begun}*", limit=NAMED))
        await visit.surface.releases.note(visit.visitor.caller, "page", rows)
        names = dict.fromkeys(name_of(msgspec.json.decode(row.body), visit.speech) for row in rows)
        offered += [f'"{name}"' for name in names if '"' not in name]
    return raw(msgspec.json.encode([q[: len(q) - len(begun)] + each for each in offered]))


def _in_use(store: Store, clearance: Clearance, field: str) -> Sequence[str]:
    """The words of a field that are in use, as far as the reader may see them."""
    match field:
        case "type":
            return tuple(sorted(FACES))
        case "sector":
            return tuple(VOCABULARIES["industry-sector"])
        case "technique":
            return tuple(every_technique_name(store, clearance))
        case "tag":
            rows = store.bodies(clearance, 0, TAGGED, Query(versions=(LAST,), newest_first=True)).rows
            counted = Counter(label for row in rows for label in _labels(row.body).labels)
            return [label for label, _ in counted.most_common() if not re.search(r'[\s"()]', label)]
        case _:
            return ()


class _Labelled(msgspec.Struct):
    """What of a record is asked for its tags."""

    labels: tuple[str, ...] = ()


_labels = msgspec.json.Decoder(_Labelled, strict=False).decode


@get("/intel/common/{record:str}")
async def common(visit: NamedDependency[Visit], record: FromPath[str]) -> Response[str]:
    """What a record has in common with others."""
    clearance = visit.clearance()
    if not is_identifier(record):
        raise NotFound
    found = await visit.ask(lambda: correlate(visit.store, clearance, record))
    rows = await visit.ask(lambda: visit.store.get(clearance, [record]))
    if found is None or not rows:
        raise NotFound
    related = tuple(each.row for each in found.related)
    both = await visit.ask(lambda: visit.store.get(clearance, found.names) if found.names else ())
    await visit.surface.releases.note(visit.visitor.caller, "page", (*rows, *related, *both))
    named = {row.id: name_of(msgspec.json.decode(row.body), visit.speech) for row in both}
    shown = cards(related, by_id(await visit.ask(visit.premises.organisations)), visit.speech)
    content = CommonPage(
        title=visit.speech.gettext("In common with others"),
        id=record,
        name=name_of(msgspec.json.decode(rows[0].body), visit.speech),
        related=tuple(
            InCommon(
                card,
                tuple(_thing(one, named, visit.speech) for one in each.shared[:THINGS]),
                len(each.shared[THINGS:]),
            )
            for card, each in zip(shown, found.related, strict=True)
        ),
        popular=tuple(_thing(each, named, visit.speech) for each in found.popular[:50]),
        complete=found.complete,
    )
    return visit.page(content)


def _thing(said: Shared, named: Mapping[str, str], speech: Speech) -> Thing:
    type_ = said.value.partition("--")[0] if said.kind == "names" else said.kind.partition(":")[0]
    kind = speech.gettext(kind_words(type_))
    if said.kind == "names":
        return Thing(kind, named.get(said.value, said.value), f"/records/{said.value}", said.of)
    algorithm = said.kind.partition("hashes.")[2].strip("'")
    return Thing(f"{kind}, {algorithm}" if algorithm else kind, visible(defanged(said.value)), "", said.of)
