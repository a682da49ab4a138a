"""What waits for a second person, what was decided, and the rule that an administrator sets."""

from typing import ClassVar, Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency

from egnatia.exchange.four_eyes import FourEyes, Rule
from egnatia.exchange.review import Review, Reviews
from egnatia.store import Batch, Note
from egnatia.web.frame import Content
from egnatia.web.language.speech import N_
from egnatia.web.permission import Permission
from egnatia.web.record.name import Named, Names
from egnatia.web.record.subject import known
from egnatia.web.visit import Visit

RULES: Final = {
    Rule.NEVER: N_("Nothing: whoever may publish publishes at once."),
    Rule.PUBLIC: N_("Whatever everyone may read (TLP:CLEAR)."),
    Rule.OTHERS: N_("Whatever leaves the organisation: all that anybody else may read, now or later."),
    Rule.ALWAYS: N_("Everything."),
}
"""What a second person reads before it is published, in words."""

STATES: Final = {
    "waiting": (N_("To review"), "warn"),
    "approved": (N_("Published"), "good"),
    "returned": (N_("Returned"), "bad"),
    "withdrawn": (N_("Taken back by its author"), "plain"),
}


class Ruled(msgspec.Struct, frozen=True):
    """The form of the rule."""

    rule: Rule = Rule.NEVER


class ReviewRow(msgspec.Struct, frozen=True, kw_only=True):
    """One review in the list. What is published has its record's name, what is not its author's title."""

    id: str
    title: str
    record: Named | None
    author: str
    submitted: int
    state: str
    kind: str
    reason: str
    mine: bool
    records: int


class ReviewsPage(Content, frozen=True, kw_only=True):
    """All reviews that wait and those that were decided; `rules` is empty for who sets none."""

    template: ClassVar[str] = "review/list.html"
    waiting: tuple[ReviewRow, ...]
    others: tuple[ReviewRow, ...]
    rule: str
    rules: tuple[tuple[str, str], ...]
    rule_words: str
    now: int


@get("/publish/reviews")
async def reviews(visit: NamedDependency[Visit]) -> Response[str]:
    """What waits, what was decided, and the rule."""
    sets = visit.visitor.may(Permission.MANAGE_ACCOUNTS)
    if not sets:
        visit.require(Permission.DRAFT)
    own, say = visit.visitor.organisation or "", visit.speech.gettext
    reads = visit.visitor.may(Permission.DRAFT)

    def look() -> ReviewsPage:
        found = Reviews(visit.store, own).latest() if reads else ()
        shown = tuple(each for each in found if may_read(visit, each))
        published = [each.main for each in shown if each.state == "approved"]
        names = Names.of(visit.store, visit.clearance(), published, visit.speech, known(visit))
        rule = FourEyes(visit.store).rule(own)
        rows = tuple(_row(visit, each, names) for each in shown)
        return ReviewsPage(
            title=say("Review"),
            waiting=tuple(each for each in rows if each.state == "waiting"),
            others=tuple(each for each in rows if each.state != "waiting"),
            rule=rule.value,
            rules=tuple((each.value, say(words)) for each, words in RULES.items()) if sets else (),
            rule_words=say(RULES[rule]),
            now=visit.now,
        )

    return visit.page(await visit.ask(look))


@post("/publish/reviews")
async def ruled(visit: NamedDependency[Visit]) -> Response[str]:
    """An administrator says what a second person reads."""
    form = await visit.form(Ruled)
    visit.require(Permission.MANAGE_ACCOUNTS)
    own = visit.visitor.organisation or ""

    def work() -> None:
        FourEyes(visit.store).set(own, form.rule)
        visit.store.append(Batch(notes=(Note(visit.actor, "review rule", own, form.rule.value),))).result()

    await visit.ask(work)
    return visit.go("/publish/reviews", visit.speech.gettext("The rule counts from now on."))


def may_read(visit: Visit, review: Review) -> bool:
    """Whether the visitor may see this review of their organisation: its author, or who may approve it."""
    return visit.visitor.may(Permission.PUBLISH) or review.author == visit.visitor.login


def _row(visit: Visit, review: Review, names: Names) -> ReviewRow:
    _, kind = STATES[review.state]
    last = review.steps[-1]
    return ReviewRow(
        id=review.id,
        title=review.title,
        record=names.named(review.main) if review.state == "approved" else None,
        author=review.author,
        submitted=review.submitted,
        state=review.state,
        kind=kind,
        reason=last.reason,
        mine=review.author == visit.visitor.login,
        records=len(review.records),
    )
