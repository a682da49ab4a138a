"""What is held at TLP:RED because a word on it seems to restrict and is not understood: people of the node's
organisation look through it, and who may publish says what the word means.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, ClassVar, Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from egnatia.cyber.intel.held import (
    MEANINGS,
    Held,
    Place,
    Settled,
    Understood,
    Waiting,
    agree,
    decide,
    forget,
    wants_second,
)
from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.formats.restriction import spelled
from egnatia.web.frame import Content
from egnatia.web.language.speech import N_
from egnatia.web.permission import Permission
from egnatia.web.record.text import defanged, visible
from egnatia.web.visit import Misread, Visit

WORDS: Final = 25
"""Words on one page."""
DOCUMENTS: Final = 20
"""Documents of one word that are named."""
DECISIONS: Final = 200
NOTHING: Final = "nothing"
"""How a form says that a word restricts nothing."""

NOBODY_ALONE: Final = N_("Another person has to agree: your organisation wants four eyes.")


class Document(msgspec.Struct, frozen=True):
    """One document that bears a word; `href` leads to the record that stands for it, `tlp` is what it says besides."""

    key: str
    title: str
    href: str
    tlp: str
    count: int
    at: int
    places: tuple[Place, ...]


class Waits(msgspec.Struct, frozen=True):
    """One word of one source; `proposals` wait for a second person, `scopes` are the documents to choose from."""

    source: str
    word: str
    documents: tuple[Document, ...]
    more: int
    proposals: tuple[Understood, ...] = ()
    scopes: list[tuple[str, str]] = []


class Decided(msgspec.Struct, frozen=True):
    """A decision that is remembered."""

    made: Understood
    meaning: str
    by: str
    agreed: str


class HeldPage(Content, frozen=True, kw_only=True):
    """Every word that waits, the longest waiting first, and what was decided."""

    template: ClassVar[str] = "intel/held.html"
    source: str | None
    waits: tuple[Waits, ...]
    more: int
    decided: tuple[Decided, ...]
    meanings: tuple[tuple[str, str], ...]
    decides: bool
    second: bool
    me: str


class Decision(msgspec.Struct, frozen=True):
    """The form that says what a word means: in one document (`key`), or in all of the source."""

    source: Annotated[str, msgspec.Meta(max_length=63)] = ""
    word: Annotated[str, msgspec.Meta(min_length=1, max_length=500)] = ""
    meaning: str = "?"
    key: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


class Nothing(msgspec.Struct, frozen=True):
    """A form without fields."""


@get("/intel/held")
async def held(visit: NamedDependency[Visit], source: FromQuery[str | None] = None) -> Response[str]:
    """What waits, of all sources or of one."""
    of_the_house(visit, Permission.TRIAGE)
    waiting, say = Waiting(visit.store), visit.speech.gettext
    found, decided = await visit.ask(lambda: (waiting.held.all().values(), waiting.understood.all().values()))
    second = await visit.ask(lambda: wants_second(visit.premises))
    waits = _waits((each for each in found if source in {None, each.source}), decided)
    meanings = {
        each: say(N_("It restricts nothing: what the document says besides counts")) if not each else each.upper()
        for each in MEANINGS
    }
    content = HeldPage(
        title=say("Held until a person decides"),
        source=source,
        waits=waits[:WORDS],
        more=len(waits[WORDS:]),
        decided=tuple(
            Decided(_visible(each), meanings[each.meaning], _person(each.by), _person(each.agreed))
            for each in sorted(decided, key=lambda each: -each.at)[:DECISIONS]
            if source in {None, each.source}
        ),
        meanings=tuple((each or NOTHING, words) for each, words in meanings.items()),
        decides=visit.visitor.may(Permission.PUBLISH),
        second=second,
        me=visit.actor,
    )
    return visit.page(content)


@post("/intel/held/decide")
async def decide_held(visit: NamedDependency[Visit]) -> Response[str]:
    """Say what a word means, for one document or for all of its source."""
    form = await visit.form(Decision)
    of_the_house(visit, Permission.PUBLISH)
    held_ = await visit.ask(lambda: Waiting(visit.store).held.all().values())
    about = [each for each in held_ if each.source == form.source and form.key in {"", each.key}]
    word = next((one.word for each in about for one in each.words if spelled(one.word) == spelled(form.word)), None)
    if word is None:
        raise NotFound
    made = Understood(
        source=form.source,
        key=form.key,
        word=word,
        meaning="" if form.meaning == NOTHING else form.meaning,
        by=visit.actor,
        at=visit.now,
        title=about[0].title if form.key else "",
    )
    try:
        done = await visit.ask(lambda: decide(visit.premises, made))
    except ValueError as error:
        raise Misread(str(error)) from error
    second = await visit.ask(lambda: wants_second(visit.premises))
    return visit.go("/intel/held", visit.speech.gettext(NOBODY_ALONE) if second else _said(visit, done))


@post("/intel/held/agree/{place:str}")
async def agree_held(visit: NamedDependency[Visit], place: FromPath[str]) -> Response[str]:
    """Agree, as the second person, with what another said."""
    await visit.form(Nothing)
    of_the_house(visit, Permission.PUBLISH)
    try:
        done = await visit.ask(lambda: agree(visit.premises, place, visit.actor))
    except LookupError as error:
        raise NotFound from error
    except PermissionError as error:
        raise Misread(str(error)) from error
    return visit.go("/intel/held", _said(visit, done))


@post("/intel/held/forget/{place:str}")
async def forget_held(visit: NamedDependency[Visit], place: FromPath[str]) -> Response[str]:
    """Hold what bears the word again, from the next reading on."""
    await visit.form(Nothing)
    of_the_house(visit, Permission.PUBLISH)
    await visit.ask(lambda: forget(visit.premises, place, visit.actor))
    return visit.go("/intel/held", visit.speech.gettext("Forgotten: what comes with this word is held again."))


def of_the_house(visit: Visit, permission: Permission) -> None:
    """What sources bring belongs to the node's own organisation, and so does the decision."""
    visit.require(Permission.TRIAGE)
    visit.require(permission)
    if visit.visitor.organisation != visit.premises.own:
        raise NotFound


def _said(visit: Visit, done: Settled) -> str:
    say = visit.speech.gettext
    if done.later:
        return say("Decided. What is held for it is read again within minutes.")
    return say("Decided, and remembered for what comes. What was held for it was read again.")


def _waits(found: Iterable[Held], decided: Iterable[Understood]) -> tuple[Waits, ...]:
    groups: dict[tuple[str, str], list[tuple[Held, int]]] = {}
    for each in sorted(found, key=lambda each: each.at):
        for place, word in enumerate(each.words):
            groups.setdefault((each.source, spelled(word.word)), []).append((each, place))
    return tuple(_one(several, tuple(decided)) for several in groups.values())


def _one(several: Sequence[tuple[Held, int]], decided: Sequence[Understood]) -> Waits:
    first, place = several[0]
    word = first.words[place].word
    documents = tuple(_document(each, place) for each, place in several[:DOCUMENTS])
    mine = (each for each in decided if each.source == first.source and spelled(each.word) == spelled(word))
    return Waits(
        source=first.source,
        word=word,
        documents=documents,
        more=len(several[DOCUMENTS:]),
        proposals=tuple(_visible(each) for each in mine if not each.agreed),
        scopes=[(each.key, each.title) for each in documents],
    )


def _document(held: Held, place: int) -> Document:
    word = held.words[place]
    href = f"/records/{held.record}" if held.record else ""
    places = tuple(_spot(each, held.title) for each in word.places[:5])
    return Document(held.key, visible(held.title[:200]), href, held.tlp, word.count, held.at, places)


def _spot(place: Place, title: str) -> Place:
    kind, between, value = place.about.partition(": ")
    about = f"{kind}{between}{defanged(value)}" if between else defanged(kind)
    return Place(place.path.removeprefix("$."), "" if title.startswith(place.about) else visible(about))


def _visible(made: Understood) -> Understood:
    return msgspec.structs.replace(made, word=visible(made.word), title=visible(made.title[:200]))


def _person(actor: str) -> str:
    return actor.rpartition(" ")[2]


HOLDING = (held, decide_held, agree_held, forget_held)
