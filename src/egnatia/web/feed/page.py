"""The feed: what the reader may see, newest first, page by page, and a word when more has come."""

from typing import Annotated, ClassVar

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from egnatia.store.entry import Page
from egnatia.web.card import Card, by_id, cards
from egnatia.web.feed.saved import SavedShown, Saves, saved_of
from egnatia.web.frame import Content
from egnatia.web.live import stream_at
from egnatia.web.permission import Permission
from egnatia.web.sieve import Chip, Choices, Sieve, address, chips, choices, sieve_of
from egnatia.web.visit import Visit

PAGE = 50

Before = Annotated[str | None, QueryParameter(description="A bookmark: what is older follows", max_length=64)]


class FeedPage(Content, frozen=True, kw_only=True):
    """A stretch of the feed. `stream` is empty on pages of older records; `older` where there are none."""

    template: ClassVar[str] = "feed/page.html"
    script: ClassVar[str] = "live.js"
    cards: tuple[Card, ...]
    sieve: Sieve
    chips: tuple[Chip, ...]
    choices: Choices
    stream: str
    newest: str
    older: str
    saved: tuple[SavedShown, ...]
    may_save: bool


@get("/feed")
async def feed(visit: NamedDependency[Visit], before: Before = None) -> Response[str]:
    """What came, newest first."""
    sieve = sieve_of(visit).but(q="")
    clearance, store, surface = visit.clearance(), visit.store, visit.surface
    after = surface.resume(before) if before else 0
    organisations = by_id(await visit.ask(visit.premises.organisations))
    query = sieve.query(organisations, visit.now)
    here = surface.live.position

    def read() -> tuple[Page, tuple[SavedShown, ...]]:
        page = store.changes(clearance, after, PAGE, query)
        return page, saved_of(visit, Saves(store).of(visit.visitor.account), organisations)

    page, saved = await visit.ask(read)
    await surface.releases.note(visit.visitor.caller, "page", page.rows)
    newest = address("/feed", sieve)
    return visit.page(
        FeedPage(
            title=visit.speech.gettext("Feed"),
            cards=cards(page.rows, organisations, visit.speech),
            sieve=sieve,
            chips=chips(sieve, "/feed", organisations, visit.speech),
            choices=choices(organisations, visit.speech),
            stream="" if before else stream_at(visit, here, sieve),
            newest=newest if before else "",
            older=address("/feed", sieve, before=surface.mark(page.next)) if page.more else "",
            saved=saved,
            may_save=visit.visitor.signed_in and visit.visitor.may(Permission.DRAFT),
        )
    )
