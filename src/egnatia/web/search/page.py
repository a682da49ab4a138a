"""The search: one box for words in any script, for values and for ids; what matches exactly comes first."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, ClassVar, Final

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from markupsafe import Markup

from egnatia.exchange.api.surface import raw
from egnatia.exchange.formats.fang import refang
from egnatia.exchange.shown import TLP_NAMES
from egnatia.exchange.taxii.filter import is_identifier
from egnatia.record.values import guessed
from egnatia.record.words import query_terms, text_of
from egnatia.store.entry import Row
from egnatia.web.card import Card, Organisations, by_id
from egnatia.web.feed.saved import SavedShown, Saves, saved_of
from egnatia.web.frame import Content
from egnatia.web.intel.voices import as_one
from egnatia.web.language import Speech
from egnatia.web.permission import Permission
from egnatia.web.record.faces import kind_words
from egnatia.web.record.name import decoded, name_of
from egnatia.web.record.text import visible
from egnatia.web.search.highlight import Looked
from egnatia.web.sieve import Chip, Choices, Sieve, address, chips, choices, sieve_of
from egnatia.web.visit import Visit

PAGE: Final = 50
MOST: Final = 200
"""Matches that are looked at for one page; facets count among them."""

EXACT: Final = 20
SUGGESTED: Final = 8
FACET: Final = 8
"""The most values that one facet offers."""

Until = Annotated[
    str | None, QueryParameter(description="A bookmark: what is older follows, newest first", max_length=64)
]
Newest = Annotated[bool, QueryParameter(description="Newest first instead of best first")]
Words = Annotated[str, QueryParameter(name="q", max_length=400)]


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """One match: its card, and its title and detail with what was looked for marked."""

    card: Card
    title: Markup
    detail: Markup


class Facet(msgspec.Struct, frozen=True):
    """One value that narrows the search: its words, how many matches have it, where it leads."""

    words: str
    count: int
    href: str


class SearchPage(Content, frozen=True, kw_only=True):
    """What was found. `exact` are the records with that very id or value; `full` says that there were more matches than
    facets count."""

    template: ClassVar[str] = "search/page.html"
    sieve: Sieve
    exact: tuple[Hit, ...]
    value: str
    hits: tuple[Hit, ...]
    facets: tuple[tuple[str, tuple[Facet, ...]], ...]
    full: bool
    chips: tuple[Chip, ...]
    choices: Choices
    newest: bool
    by_rank: str
    by_time: str
    older: str
    saved: tuple[SavedShown, ...]
    may_save: bool


class Answer(msgspec.Struct, frozen=True):
    """What the store found."""

    exact: tuple[Row, ...]
    value: str
    rows: tuple[Row, ...]
    saved: tuple[SavedShown, ...]


@get("/search")
async def search(visit: NamedDependency[Visit], before: Until = None, newest: Newest = False) -> Response[str]:
    """Records by words, value or id."""
    sieve = sieve_of(visit)
    until = visit.surface.resume(before) if before else None
    organisations = by_id(await visit.ask(visit.premises.organisations))
    newest = newest or before is not None
    answer = await visit.ask(lambda: _found(visit, sieve, organisations, until, newest=newest))
    await visit.surface.releases.note(visit.visitor.caller, "page", (*answer.exact, *answer.rows[:PAGE]))
    return visit.page(_page(visit, sieve, organisations, answer, newest=newest))


@get("/search/suggest")
async def suggest(visit: NamedDependency[Visit], q: Words = "") -> Response[bytes]:
    """Titles that begin so, of the newest that the visitor may see: a JSON list of texts."""
    clearance, store = visit.clearance(), visit.store
    query = Sieve().query({}, visit.now)
    beginning = q.strip().replace("\0", "")
    if len(beginning) < 2:
        return raw(b"[]")
    asked = beginning if beginning.endswith(("*", '"')) else f"{beginning}*"
    rows = await visit.ask(lambda: store.suggest(clearance, asked, query, SUGGESTED * 2))
    await visit.surface.releases.note(visit.visitor.caller, "page", rows)
    titles = dict.fromkeys(name_of(decoded(row), visit.speech) for row in rows)
    return raw(msgspec.json.encode(list(titles)[:SUGGESTED]))


def _found(visit: Visit, sieve: Sieve, organisations: Organisations, until: int | None, *, newest: bool) -> Answer:
    clearance, store = visit.clearance(), visit.store
    saved = saved_of(visit, Saves(store).of(visit.visitor.account), organisations)
    if not sieve.q:
        return Answer((), "", (), saved)
    value, exact = ("", ()) if until else _exact(visit, sieve.q)
    query = sieve.query(organisations, visit.now, everything=True)
    query = msgspec.structs.replace(query, until=until, newest_first=newest)
    rows = store.search(clearance, refang(sieve.q), query, MOST)
    return Answer(exact, value, rows, saved)


def _exact(visit: Visit, words: str) -> tuple[str, tuple[Row, ...]]:
    """The records with this very id or value, and the value as it is kept."""
    clearance, store = visit.clearance(), visit.store
    asked = refang(words.strip())
    if is_identifier(asked):
        return asked, store.get(clearance, [asked])
    for value in guessed(asked):
        if found := store.by_value(clearance, value.value, EXACT):
            return value.value, found
    return "", ()


def _page(visit: Visit, sieve: Sieve, organisations: Organisations, answer: Answer, *, newest: bool) -> SearchPage:
    speech = visit.speech
    looked = Looked(query_terms(refang(sieve.q)))
    exact_ids = {row.id for row in answer.exact}
    rows = [row for row in answer.rows[:PAGE] if row.id not in exact_ids]
    older = answer.rows[PAGE - 1].at if newest and len(answer.rows) > PAGE else 0
    return SearchPage(
        title=speech.gettext("Search"),
        sieve=sieve,
        exact=_hits(answer.exact, organisations, speech, looked),
        value=visible(answer.value),
        hits=_hits(rows, organisations, speech, looked),
        facets=_facets(answer.rows, sieve, organisations, speech),
        full=len(answer.rows) >= MOST,
        chips=chips(sieve, "/search", organisations, speech),
        choices=choices(organisations, speech),
        newest=newest,
        by_rank=address("/search", sieve),
        by_time=address("/search", sieve, newest="true"),
        older=address("/search", sieve, before=visit.surface.mark(older)) if older else "",
        saved=answer.saved,
        may_save=visit.visitor.signed_in and visit.visitor.may(Permission.DRAFT) and bool(sieve.q),
    )


def _hits(rows: Sequence[Row], organisations: Organisations, speech: Speech, looked: Looked) -> tuple[Hit, ...]:
    return tuple(
        Hit(card=card, title=looked.marked(card.title), detail=looked.marked(_detail(row, card, looked)))
        for row, card in as_one(rows, organisations, speech)
    )


def _detail(row: Row, card: Card, looked: Looked) -> str:
    """The second line of a card; of a record that says further down what was looked for, that place."""
    if looked.is_in(card.title) or looked.is_in(card.detail):
        return card.detail
    return visible(looked.around(text_of(decoded(row)))) or card.detail


def _facets(
    rows: Sequence[Row], sieve: Sieve, organisations: Organisations, speech: Speech
) -> tuple[tuple[str, tuple[Facet, ...]], ...]:
    def economy(row: Row) -> str:
        owner = organisations.get(row.owner)
        return owner.economy if owner else ""

    def owner(found: str) -> str:
        known = organisations.get(found)
        return visible(known.name) if known else ""

    def facet(name: str, of: Callable[[Row], str], words: Callable[[str], str]) -> tuple[Facet, ...]:
        counted = Counter(filter(None, map(of, rows)))
        if len(counted) < 2:
            return ()
        return tuple(
            Facet(said, count, address("/search", sieve.but(**{name: value})))
            for value, count in counted.most_common(FACET)
            if (said := words(value))
        )

    facets: Mapping[str, tuple[Facet, ...]] = {
        speech.gettext("Type"): facet("type", lambda row: row.type, lambda kind: speech.gettext(kind_words(kind))),
        speech.gettext("TLP"): facet("tlp", lambda row: TLP_NAMES[row.label.tlp], lambda tlp: f"TLP:{tlp.upper()}"),
        speech.gettext("Economy"): facet("economy", economy, speech.economy),
        speech.gettext("Owner"): facet("owner", lambda row: row.owner, owner),
    }
    return tuple((words, found) for words, found in facets.items() if found)
