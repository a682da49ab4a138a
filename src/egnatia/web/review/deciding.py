"""One review: what would be published to the byte, who would see it, and what its reader decides."""

import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter

from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.review import Changed, Overtaken, OwnWork, Review, Reviews
from egnatia.exchange.shown import TLP_NAMES
from egnatia.exchange.submission import Handling
from egnatia.record import read
from egnatia.web.frame import Content
from egnatia.web.language.speech import N_
from egnatia.web.permission import Permission
from egnatia.web.publish import desk
from egnatia.web.publish.draft import Draft, Drafts
from egnatia.web.publish.foresight import Foresight, foresight
from egnatia.web.record.change import Change, changes
from egnatia.web.record.faces import kind_words
from egnatia.web.record.fact import Fact, facts, names_in
from egnatia.web.record.handling import TLP_WORDS
from egnatia.web.record.name import Named, Names, decoded, name_of
from egnatia.web.record.subject import AsText, known
from egnatia.web.record.text import visible
from egnatia.web.review.listing import STATES, may_read
from egnatia.web.visit import Visit, found

ReviewId = Annotated[str, PathParameter(description="A review", max_length=60)]

SHOWN: Final = 50
"""Records of one review that are shown with all that they say; the others are named."""

NO_REASON: Final = N_("Say what is to be changed")
OWN: Final = N_("Nobody approves what they wrote themselves: another person has to read it")
CHANGED: Final = N_("It is not what you looked at any more: read it again")
OVERTAKEN: Final = N_("A newer version was published or taken back meanwhile; return it to its author")


class Decision(msgspec.Struct, frozen=True):
    """The form. `digest` is that of what the reader looked at."""

    do: Literal["approve", "return", "withdraw", ""] = ""
    digest: str = ""
    reason: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One record as it would be read; `changes` are those against the version that is published."""

    id: str
    name: str
    kind: str
    lang: str
    facts: tuple[Fact, ...]
    changes: tuple[Change, ...]
    is_newer: bool


class Stepped(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody did, in words."""

    at: int
    who: str
    words: str
    kind: str
    reason: str


class ReviewPage(Content, frozen=True, kw_only=True):
    """A review. What is decided has no records to show any more but the published one. `others` are records that are
    only named; `has_form` where there is a draft to go back to; `remark` is what was to be changed before."""

    template: ClassVar[str] = "review/review.html"
    id: str
    state: str
    state_words: str
    state_kind: str
    author: str
    digest: str
    tlp: str
    tlp_words: str
    shown: tuple[Shown, ...]
    others: tuple[str, ...]
    foreseen: Foresight | None
    steps: tuple[Stepped, ...]
    published: Named | None
    may_decide: bool
    mine: bool
    draft: str
    has_form: bool
    remark: str
    wrong: str
    reason: str


@get("/publish/reviews/{review_id:str}")
async def review(visit: NamedDependency[Visit], review_id: ReviewId) -> Response[str]:
    """What is to be read."""
    return visit.page(await _page(visit, await _read(visit, review_id)))


@post("/publish/reviews/{review_id:str}")
async def decided(visit: NamedDependency[Visit], review_id: ReviewId) -> Response[str]:
    """Approved and published, returned with a reason, or taken back by its author."""
    form = await visit.form(Decision)
    about = await _read(visit, review_id)
    reviews = Reviews(visit.store, about.organisation)
    who, say = visit.visitor.login, visit.speech.gettext
    wrong = ""
    try:
        match form.do:
            case "approve":
                visit.require(Permission.PUBLISH)
                outcome = await reviews.approve(visit.premises, about, who, form.digest, _now())
                if not outcome.refused:
                    return visit.go(f"/records/{about.main}", say("Approved and published"))
                problem = outcome.refused[0].problems[0]
                wrong = visible(f"{problem.path}: {problem.rule} ({problem.found})")
            case "return":
                visit.require(Permission.PUBLISH)
                if form.reason:
                    await visit.ask(lambda: _given_back(visit, reviews, about, form.reason, "returned"))
                    return visit.go("/publish/reviews", say("Returned to its author"))
                wrong = say(NO_REASON)
            case "withdraw" if about.author == who:
                await visit.ask(lambda: _given_back(visit, reviews, about, form.reason, "withdrawn"))
                told = say("It is among your drafts again") if about.form else say("It is taken back")
                return visit.go("/publish" if about.form else "/publish/reviews", told)
            case _:
                raise NotFound
    except (OwnWork, Changed, Overtaken) as error:
        wrong = say(OWN if isinstance(error, OwnWork) else CHANGED if isinstance(error, Changed) else OVERTAKEN)
        about = await _read(visit, review_id)
    return visit.page(await _page(visit, about, wrong=wrong, reason=form.reason), status=422)


async def _read(visit: Visit, review_id: str) -> Review:
    visit.require(Permission.DRAFT)
    about = found(await visit.ask(lambda: Reviews(visit.store, visit.visitor.organisation or "").get(review_id)))
    if not may_read(visit, about):
        raise NotFound
    return about


def _given_back(
    visit: Visit, reviews: Reviews, about: Review, reason: str, what: Literal["returned", "withdrawn"]
) -> None:
    """Nobody waits for it any more; what was handed in with a form is its author's draft again."""
    reviews.give_back(about, visit.visitor.login, reason, _now(), what=what)
    if about.form:
        draft = msgspec.msgpack.decode(about.form, type=Draft)
        remark = reason if what == "returned" else draft.remark
        Drafts(visit.store, draft.account).keep(msgspec.structs.replace(draft, saved=_now(), remark=remark))


async def _page(visit: Visit, about: Review, *, wrong: str = "", reason: str = "") -> ReviewPage:
    stixes = [msgspec.json.decode(body, type=dict[str, Any]) for body in about.bodies]
    told = [each for each in stixes if each["type"] != "marking-definition"]
    names = await desk.names_for(
        visit, [*dict.fromkeys([each for stix in told for each in names_in(stix)]), about.main]
    )
    return await visit.ask(lambda: _made(visit, about, told, names, wrong, reason))


def _made(
    visit: Visit, about: Review, told: Sequence[Mapping[str, Any]], names: Names, wrong: str, reason: str
) -> ReviewPage:
    say = visit.speech.gettext
    words, kind = STATES[about.state]
    mine = about.author == visit.visitor.login
    waits = about.state == "waiting"
    present = {row.id: row for row in visit.store.get(visit.clearance(), [str(each["id"]) for each in told])}
    own = {id_: decoded(row) for id_, row in present.items() if row.owner == about.organisation}
    told_names = {str(each["id"]): name_of(each, visit.speech) for each in told}
    label = None
    foreseen = None
    if waits:
        record = read(about.bodies[-1], tolerant=True)
        definitions = [each for each in about.bodies if read(each, tolerant=True).head.type == "marking-definition"]
        label = visit.premises.label_of(record, desk.submitter(visit), Handling(about.applied), definitions)
        foreseen = foresight(
            visit.premises,
            desk.submitter(visit),
            record,
            definitions,
            applied=about.applied,
            names=AsText(names, known(visit)),
            speech=visit.speech,
            bodies=about.bodies,
            insisted=True,
        )
    form = msgspec.msgpack.decode(about.form, type=Draft) if about.form else None
    draft = form if mine else None
    return ReviewPage(
        title=about.title or (names.named(about.main).name if about.state == "approved" else say("Review")),
        id=about.id,
        state=about.state,
        state_words=say(words),
        state_kind=kind,
        author=about.author,
        digest=about.digest,
        tlp=TLP_NAMES[label.tlp] if label is not None else "",
        tlp_words=say(TLP_WORDS[label.tlp]) if label is not None else "",
        shown=tuple(
            _shown(visit, each, own.get(str(each["id"])), names, told_names) for each in reversed(told[-SHOWN:])
        ),
        others=tuple(_line(visit, each, names) for each in reversed(told[:-SHOWN])),
        foreseen=foreseen,
        steps=tuple(_step(visit, each) for each in reversed(about.steps)),
        published=names.named(about.main) if about.state == "approved" else None,
        may_decide=waits and visit.visitor.may(Permission.PUBLISH) and not mine,
        mine=mine,
        draft=draft.href if draft is not None and about.state == "returned" else "",
        has_form=bool(about.form),
        remark=visible(form.remark) if form is not None and waits else "",
        wrong=wrong,
        reason=reason,
    )


def _line(visit: Visit, stix: Mapping[str, Any], names: Names) -> str:
    """A record that is only named: a sighting by what was seen, how often and when."""
    if stix["type"] != "sighting":
        return name_of(stix, visit.speech)
    count = visit.speech.number(int(stix.get("count", 1)))
    return f"{names.named(str(stix['sighting_of_ref'])).name}: {count} × {str(stix.get('last_seen', ''))[:10]}"


def _shown(
    visit: Visit, stix: Mapping[str, Any], before: Mapping[str, Any] | None, names: Names, told: Mapping[str, str]
) -> Shown:
    def beside(id_: str) -> Named:
        """What it names may be published with it, and is nowhere yet."""
        found = names.named(id_)
        return msgspec.structs.replace(found, name=told[id_]) if id_ in told and not found.seen else found

    return Shown(
        id=str(stix["id"]),
        name=name_of(stix, visit.speech),
        kind=visit.speech.gettext(kind_words(str(stix["type"]))),
        lang=str(stix.get("lang", "")),
        facts=facts(stix, visit.speech, beside),
        changes=changes(before, stix, visit.speech, names.named) if before is not None else (),
        is_newer=before is not None,
    )


_DID: Final = {
    "submitted": (N_("Handed in for review"), "plain"),
    "approved": (N_("Approved and published"), "good"),
    "returned": (N_("Returned to its author"), "bad"),
    "withdrawn": (N_("Taken back by its author"), "plain"),
}


def _step(visit: Visit, step: Any) -> Stepped:
    words, kind = _DID[step.what]
    return Stepped(
        at=step.at, who=visible(step.who), words=visit.speech.gettext(words), kind=kind, reason=visible(step.reason)
    )


def _now() -> int:
    return time.time_ns() // 1_000
