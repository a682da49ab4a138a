"""What the pages of the portal show, asked under the public's clearance."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final
from urllib.parse import quote

import msgspec

from egnatia.cyber.intel.exploited import Exploited, exploited
from egnatia.cyber.intel.product import Kind, kind_of, product, products
from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.taxii.filter import is_identifier
from egnatia.store.entry import Row
from egnatia.store.query import LAST, Query
from egnatia.web.card import major
from egnatia.web.language.speech import N_
from egnatia.web.portal.counter import Counter, PortalContent
from egnatia.web.product.content import Bulletin, Weakness, bulletin, reason_of, weaknesses
from egnatia.web.record.faces import kind_words
from egnatia.web.record.fact import Fact, facts
from egnatia.web.record.name import Names, decoded, name_of, shortened
from egnatia.web.record.text import visible
from egnatia.web.record.translation import translated

_ASIDE: Final = frozenset({"language-content", "recall", "opinion", "extension-definition"})
NEWEST: Final = 6
LISTED: Final = 50
ON_A_PAGE: Final = 20
FOUND: Final = 30
MOST_FOUND: Final = 1_000
PAGES: Final = 50
"""Pages of a list, and of what was found, that can be turned to."""
RELATED: Final = 40

SECTIONS: Final = {
    "alerts": (N_("Alerts"), (Kind.ALERT,)),
    "advisories": (N_("Advisories"), (Kind.ADVISORY,)),
    "campaigns": (N_("Campaigns"), (Kind.AWARENESS,)),
    "situation": (N_("Situation reports"), (Kind.SITUATION,)),
}
"""The lists of the portal: the last part of the address, what it is called, and the kinds of products in it."""


def listed_types() -> tuple[str, ...]:
    """Record types that stand in lists of the portal by themselves."""
    return tuple(each for each in major() if each not in _ASIDE)


class Found(msgspec.Struct, frozen=True):
    """A record in a list: its address is that of a page of the portal."""

    id: str
    name: str
    kind: str
    detail: str = ""
    lang: str = ""


class HomePage(PortalContent, frozen=True, kw_only=True):
    """The newest of everything."""

    template: ClassVar[str] = "portal/home.html"
    alerts: tuple[Bulletin, ...]
    campaigns: tuple[Bulletin, ...]
    situation: tuple[Bulletin, ...]
    exploited: tuple[Exploited, ...]
    exploited_count: int


class SectionPage(PortalContent, frozen=True, kw_only=True):
    """A page of the products of a kind; `newer` and `older` are the pages beside it, empty where there is none."""

    template: ClassVar[str] = "portal/section.html"
    bulletins: tuple[Bulletin, ...]
    number: int
    newer: str
    older: str


class ExploitedPage(PortalContent, frozen=True, kw_only=True):
    """What is exploited in the region."""

    template: ClassVar[str] = "portal/exploited.html"
    rows: tuple[Exploited, ...]


class BulletinPage(PortalContent, frozen=True, kw_only=True):
    """A product."""

    template: ClassVar[str] = "portal/bulletin.html"
    told: Bulletin
    why: str
    weak: tuple[Weakness, ...]
    related: tuple[Found, ...]


class RecordPage(PortalContent, frozen=True, kw_only=True):
    """Any other public record."""

    template: ClassVar[str] = "portal/record.html"
    id: str
    kind: str
    owner: str
    lang: str
    revoked: bool
    facts: tuple[Fact, ...]
    related: tuple[Found, ...]


class SearchPage(PortalContent, frozen=True, kw_only=True):
    """What was looked for."""

    template: ClassVar[str] = "portal/search.html"
    words: str
    found: tuple[Found, ...] | None
    newer: str = ""
    older: str = ""


def home(counter: Counter) -> HomePage:
    """The first page."""
    found = told(counter, tuple(Kind), LISTED)
    rows = exploited(counter.store, counter.clearance)
    urgent = {Kind.ALERT.value, Kind.ADVISORY.value}
    return HomePage(
        title=counter.title,
        alerts=tuple(each for each in found if each.kind in urgent)[:NEWEST],
        campaigns=tuple(each for each in found if each.kind == Kind.AWARENESS.value)[:NEWEST],
        situation=tuple(each for each in found if each.kind == Kind.SITUATION.value)[:3],
        exploited=rows[:5],
        exploited_count=len(rows),
        **counter.around(""),
    )


def section(counter: Counter, name: str, number: int = 1) -> SectionPage:
    """A page of one list; raises NotFound."""
    if name not in SECTIONS:
        raise NotFound
    words, kinds = SECTIONS[name]
    found = told(counter, kinds, ON_A_PAGE + 1, skip=(number - 1) * ON_A_PAGE)
    if number > 1 and not found:
        raise NotFound
    newer, older = _turns(f"{counter.base}/{name}?", number, len(found) > ON_A_PAGE)
    return SectionPage(
        title=counter.speech.gettext(words),
        bulletins=found[:ON_A_PAGE],
        number=number,
        newer=newer,
        older=older,
        **counter.around(f"/{name}"),
    )


def _turns(begin: str, number: int, more: bool) -> tuple[str, str]:
    """Where the page before and the page after lie; empty where there is none."""
    newer = "" if number == 1 else f"{begin}page={number - 1}" if number > 2 else begin.rstrip("?&")
    return newer, f"{begin}page={number + 1}" if more and number < PAGES else ""


def told(counter: Counter, kinds: Sequence[Kind], limit: int, *, skip: int = 0) -> tuple[Bulletin, ...]:
    """Products in the reader's language that hold still, those that were published last first."""
    found = products(counter.store, counter.clearance, kinds, limit, skip=skip, revoked=False)
    known = counter.organisations()
    return tuple(bulletin(each, counter.language, counter.speech, known) for each in found)


def exploited_page(counter: Counter) -> ExploitedPage:
    """The list of exploited vulnerabilities."""
    rows = exploited(counter.store, counter.clearance)
    title = counter.speech.gettext("Exploited in the region")
    return ExploitedPage(title=title, rows=rows, **counter.around("/exploited"))


def row_of(counter: Counter, record_id: str) -> Row:
    """A public record; raises NotFound."""
    rows = counter.store.get(counter.clearance, [record_id]) if is_identifier(record_id) else ()
    if not rows:
        raise NotFound
    return rows[0]


def record(counter: Counter, record_id: str) -> BulletinPage | RecordPage:
    """The page of a public record; raises NotFound."""
    row = row_of(counter, record_id)
    stix = decoded(row)
    around = counter.around(f"/records/{row.id}")
    if kind_of(stix) is not None:
        made = product(counter.store, counter.clearance, row)
        shown = bulletin(made, counter.language, counter.speech, counter.organisations())
        weak = weaknesses(counter.store, counter.clearance, made.refs)
        related = _related(counter, [each for each in made.refs if not each.startswith("vulnerability--")])
        why = reason_of(counter.store, counter.clearance, made) if made.revoked else ""
        around["summary"] = shown.lead
        return BulletinPage(title=shown.title, told=shown, why=why, weak=weak, related=related, **around)
    contents = counter.store.neighbours(counter.clearance, row.id, "in", 200, types=("language-content",))
    spoken = translated(stix, row.owner, contents, counter.language)
    shown_stix: Mapping[str, Any] = spoken.stix if spoken is not None else stix
    around_rows = counter.store.neighbours(counter.clearance, row.id, "both", RELATED)
    names = Names(counter.speech, around_rows)
    owner = counter.organisations().get(row.owner)
    told_facts = facts(shown_stix, counter.speech, names.named)
    return RecordPage(
        title=name_of(shown_stix, counter.speech),
        id=row.id,
        kind=counter.speech.gettext(kind_words(row.type)),
        owner=visible(owner.name) if owner is not None else "",
        lang=str(shown_stix.get("lang", ""))[:20],
        revoked=stix.get("revoked") is True,
        facts=tuple(each for each in told_facts if each.shape not in {"refs", "parts"}),
        related=tuple(_found(counter, each) for each in around_rows if each.type in listed_types()),
        **around,
    )


def search(counter: Counter, words: str, number: int = 1) -> SearchPage:
    """A page of the public records that have all the words."""
    query = Query(types=(*listed_types(), "language-content"), versions=(LAST,))
    page = SearchPage(
        title=counter.speech.gettext("Search"), words=words[:200], found=None, **counter.around("/search")
    )
    if not words.strip() or "\x00" in words:
        return page
    # A record in three languages may be found four times.
    found_rows = counter.store.search(counter.clearance, words, query, min(4 * (number * FOUND + 1), MOST_FOUND))
    rows = _meant(counter, found_rows)[(number - 1) * FOUND :]
    newer, older = _turns(f"{counter.base}/search?q={quote(words)}&", number, len(rows) > FOUND)
    found = tuple(_found(counter, row) for row in rows[:FOUND])
    return msgspec.structs.replace(page, found=found, newer=newer, older=older)


def _meant(counter: Counter, rows: Sequence[Row]) -> list[Row]:
    """Each record once, where its words were found or those of a translation by its owner."""
    named = {str(decoded(row).get("object_ref", "")): row.owner for row in rows if row.type == "language-content"}
    of = {row.id: row for row in counter.store.get(counter.clearance, list(named))} if named else {}
    meant: dict[str, Row] = {}
    for row in rows:
        told = row
        if row.type == "language-content":
            about = of.get(str(decoded(row).get("object_ref", "")))
            if about is None or about.owner != row.owner or about.type not in listed_types():
                continue
            told = about
        meant.setdefault(told.id, told)
    return list(meant.values())


def _related(counter: Counter, refs: Sequence[str]) -> tuple[Found, ...]:
    rows = counter.store.get(counter.clearance, list(refs)[:RELATED]) if refs else ()
    return tuple(_found(counter, row) for row in rows if row.type in listed_types() and row.type != "identity")


def _found(counter: Counter, row: Row) -> Found:
    stix = decoded(row)
    if kind_of(stix) is not None:
        made = bulletin(
            product(counter.store, counter.clearance, row), counter.language, counter.speech, counter.organisations()
        )
        return Found(row.id, made.title, made.kind_words, made.lead, made.lang)
    detail = shortened(visible(str(stix.get("description", ""))), 200)
    kind = counter.speech.gettext(kind_words(row.type))
    return Found(row.id, name_of(stix, counter.speech), kind, detail, str(stix.get("lang", ""))[:20])
