"""The graph explorer: from a record on, what is tied to what, as a picture, a list, a line of time, and a file."""

import uuid
from collections.abc import Sequence
from typing import ClassVar, Final

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.cyber.intel.graph import Listed, Question, Scene, gathered, listed, scene
from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.formats.fang import refang
from egnatia.exchange.shown import TLP_NAMES
from egnatia.exchange.taxii.filter import is_identifier
from egnatia.policy.meet import strictest_tlp
from egnatia.record.values import guessed
from egnatia.store import Query, Row
from egnatia.store.query import LAST
from egnatia.web.card import Card, by_id, cards
from egnatia.web.frame import HEADERS, Content, rendered
from egnatia.web.intel.canvas import Box, Canvas, canvas, in_order, verb_words, words_of
from egnatia.web.intel.moments import Times, times
from egnatia.web.intel.steps import Steps, steps_of
from egnatia.web.record.faces import kind_words
from egnatia.web.visit import Visit

STARTS: Final = ("threat-actor", "intrusion-set", "campaign", "report", "malware")
"""What one may begin at where nothing was asked for."""

FILES: Final = (
    ("bundle.json", "STIX"),
    ("picture.svg", "SVG"),
    ("picture.png", "PNG"),
    ("graph.graphml", "GraphML"),
    ("ties.csv", "CSV"),
)
"""As what the scene can be taken along; what the formats are called is the same in every language."""

FOUND: Final = 20


class Choice(msgspec.Struct, frozen=True):
    """A type or a kind of tie that can be filtered by."""

    value: str
    words: str
    set: bool


class Entry(msgspec.Struct, frozen=True):
    """A record in the list beside the picture, with what can be done with it."""

    box: Box
    open_record: str
    toggle: str
    away: str
    start: str
    way: str


class Group(msgspec.Struct, frozen=True):
    """A group of an open record in the list: its words, how many there are, where all are listed."""

    words: str
    count: int
    href: str


class Opened(msgspec.Struct, frozen=True):
    """An open record in the list, with how much it is tied to."""

    name: str
    id: str
    count: int
    groups: tuple[Group, ...]
    complete: bool


class Stretch(msgspec.Struct, frozen=True):
    """A page of one group, each record with where it is added to the picture; empty where it is shown already."""

    words: str
    name: str
    cards: tuple[tuple[Card, str], ...]
    count: int
    newer: str
    older: str
    close: str


class GraphPage(Content, frozen=True, kw_only=True):
    """Where the reader stands. `offered` are records to begin at, or to find a way to, where words were given."""

    template: ClassVar[str] = "intel/graph.html"
    script: ClassVar[str] = "graph.js"
    steps: Steps
    words: str
    offered: tuple[tuple[Card, str], ...]
    asks_way: bool
    canvas: Canvas | None
    entries: tuple[Entry, ...]
    opened: tuple[Opened, ...]
    listed: Stretch | None
    times: Times | None
    types: tuple[Choice, ...]
    verbs: tuple[Choice, ...]
    way_found: bool | None
    complete: bool
    files: tuple[tuple[str, str], ...]


class PicturePage(Content, frozen=True, kw_only=True):
    """The drawing as a file of its own."""

    template: ClassVar[str] = "intel/graph-file.html"
    canvas: Canvas


class Answer(msgspec.Struct, frozen=True):
    """What the store said: the scene, the page of a group, and records by words."""

    scene: Scene | None
    listed: Listed | None
    offered: tuple[Row, ...]


@get("/intel/graph")
async def graph(visit: NamedDependency[Visit]) -> Response[str]:
    """Explore the graph."""
    clearance = visit.clearance()
    steps = steps_of(visit.request)
    words = visit.request.query_params.get("q", "").strip()[:400]
    to = visit.request.query_params.get("way", "").strip()[:400]
    if is_identifier(to):
        steps, to = steps.but(to=to), ""

    def read() -> Answer:
        seen = scene(visit.store, clearance, steps.question) if steps.at else None
        found = seen.spreads.get(steps.look) if seen is not None else None
        page = listed(visit.store, clearance, found, steps.group, steps.page) if found is not None else None
        asked = to or words
        return Answer(seen, page, _sought(visit, asked) if asked else () if steps.at else _starts(visit))

    answer = await visit.ask(read)
    if steps.at and answer.scene is None:
        raise NotFound
    seen = answer.scene
    shown = (*(seen.rows.values() if seen else ()), *(answer.listed.rows if answer.listed else ()), *answer.offered)
    await visit.surface.releases.note(visit.visitor.caller, "page", shown)
    organisations = by_id(await visit.ask(visit.premises.organisations))
    offered = cards(answer.offered, organisations, visit.speech)
    laid = canvas(seen, steps, visit.speech) if seen is not None else None
    page = GraphPage(
        title=visit.speech.gettext("Graph"),
        steps=steps,
        words=to or words,
        offered=tuple((each, _begins(steps, each.id, way=bool(to))) for each in offered),
        asks_way=bool(to),
        canvas=laid,
        entries=tuple(_entry(steps, box) for box in in_order(laid.boxes)) if laid is not None else (),
        opened=_opened(visit, steps, seen, laid) if seen is not None and laid is not None else (),
        listed=_stretch(visit, steps, answer.listed, laid, cards(answer.listed.rows, organisations, visit.speech))
        if answer.listed is not None and laid is not None
        else None,
        times=times(seen.rows.values(), visit.speech) if seen is not None else None,
        types=_types(visit, steps, seen),
        verbs=_verbs(visit, steps, seen),
        way_found=seen.found if seen is not None else None,
        complete=seen.complete if seen is not None else True,
        files=tuple((words, steps.href(f"/intel/graph/{name}")) for name, words in FILES),
    )
    return visit.page(page)


@get("/intel/graph/bundle.json")
async def bundle(visit: NamedDependency[Visit]) -> Response[bytes]:
    """What is shown, with the relationships among it, as a STIX bundle: each record's bytes as they are stored."""
    _, rows = await visit.ask(lambda: _gathered(visit, steps_of(visit.request).question))
    await visit.surface.releases.note(visit.visitor.caller, "export", rows)
    head = f'{{"type":"bundle","id":"bundle--{uuid.uuid4()}","objects":[\n'.encode()
    body = head + b",\n".join(row.body for row in rows) + b"\n]}\n"
    headers = {**HEADERS, "content-disposition": f'attachment; filename="{visit.file_name("egnatia-graph.json")}"'}
    return Response(body, media_type="application/stix+json;version=2.1", headers=headers)


@get("/intel/graph/picture.svg")
async def picture(visit: NamedDependency[Visit]) -> Response[str]:
    """The picture as a file."""
    steps = steps_of(visit.request)
    seen, rows = await visit.ask(lambda: _gathered(visit, steps.question))
    await visit.surface.releases.note(visit.visitor.caller, "export", rows)
    laid = canvas(seen, steps, visit.speech)
    content = rendered(PicturePage(title=laid.boxes[0].title, canvas=laid), visit.frame())
    headers = {**HEADERS, "content-disposition": f'attachment; filename="{visit.file_name("egnatia-graph.svg")}"'}
    return Response(content, media_type="image/svg+xml", headers=headers)


@get("/intel/graph/picture.png")
async def pixels(visit: NamedDependency[Visit]) -> Response[bytes]:
    """The picture as pixels, with its strictest TLP below it."""
    from egnatia.web.intel.painting import painted  # noqa: PLC0415  Pillow is heavy: only where somebody asks for it

    steps = steps_of(visit.request)
    seen, rows = await visit.ask(lambda: _gathered(visit, steps.question))
    await visit.surface.releases.note(visit.visitor.caller, "export", rows)
    laid = canvas(seen, steps, visit.speech)
    marking = TLP_NAMES[max(strictest_tlp(row.label) for row in rows)].upper()
    told = f"{laid.boxes[0].title} · TLP:{marking} · {visit.speech.moment(visit.now, 'short')} UTC"
    return _file(visit, await visit.ask(lambda: painted(laid, told)), "png", "image/png")


@get("/intel/graph/{name:str}")
async def tables(visit: NamedDependency[Visit], name: FromPath[str]) -> Response[bytes]:
    """The scene for other programs."""
    from egnatia.web.intel.tabling import graphml, table  # noqa: PLC0415  only where somebody asks for it

    make = {"graph.graphml": graphml, "ties.csv": table}.get(name)
    if make is None:
        raise NotFound
    steps = steps_of(visit.request)
    seen, rows = await visit.ask(lambda: _gathered(visit, steps.question))
    await visit.surface.releases.note(visit.visitor.caller, "export", rows)
    ending = name.rpartition(".")[2]
    kind = "text/csv" if ending == "csv" else "application/graphml+xml"
    return _file(visit, make(seen, canvas(seen, steps, visit.speech)), ending, kind)


def _file(visit: Visit, content: bytes, ending: str, media_type: str) -> Response[bytes]:
    headers = {**HEADERS, "content-disposition": f'attachment; filename="{visit.file_name(f"egnatia-graph.{ending}")}"'}
    return Response(content, media_type=media_type, headers=headers)


def _gathered(visit: Visit, question: Question) -> tuple[Scene, tuple[Row, ...]]:
    clearance = visit.clearance()
    found = scene(visit.store, clearance, question) if question.start else None
    if found is None:
        raise NotFound
    return found, tuple(gathered(visit.store, clearance, found))


def _sought(visit: Visit, words: str) -> tuple[Row, ...]:
    """Records by id, by value, or by words."""
    clearance, asked = visit.clearance(), refang(words)
    if is_identifier(asked):
        return visit.store.get(clearance, [asked])
    for value in guessed(asked):
        if found := visit.store.by_value(clearance, value.value, FOUND):
            return found
    return visit.store.search(clearance, asked, limit=FOUND)


def _starts(visit: Visit) -> tuple[Row, ...]:
    query = Query(types=STARTS, versions=(LAST,), newest_first=True)
    return visit.store.changes(visit.clearance(), 0, FOUND, query).rows


def _begins(steps: Steps, record: str, *, way: bool) -> str:
    if way:
        return steps.but(to=record).href()
    return Steps(at=record, open=(record,)).href()


def _entry(steps: Steps, box: Box) -> Entry:
    return Entry(
        box,
        f"/records/{box.id}",
        steps.toggled(box.id).href(),
        "" if box.start else steps.without(box.id).href(),
        "" if box.start else Steps(at=box.id, open=(box.id,)).href(),
        "" if box.start else steps.but(to=box.id).href(),
    )


def _opened(visit: Visit, steps: Steps, seen: Scene, laid: Canvas) -> tuple[Opened, ...]:
    names = {box.id: box.title for box in laid.boxes}
    return tuple(
        Opened(
            names[name],
            name,
            found.count,
            tuple(
                Group(
                    words_of(group.strand, visit.speech),
                    len(group.ties),
                    f"{steps.but(look=name, group=group.strand.key, page=0).href()}#listed",
                )
                for group in found.groups
            ),
            found.complete,
        )
        for name, found in seen.spreads.items()
        if name in names
    )


def _stretch(visit: Visit, steps: Steps, found: Listed, laid: Canvas, shown: Sequence[Card]) -> Stretch:
    titles = {box.id: box.title for box in laid.boxes}

    def page(number: int) -> str:
        return f"{steps.but(page=number).href()}#listed" if 0 <= number < found.pages else ""

    return Stretch(
        words_of(found.strand, visit.speech),
        titles[steps.look],
        tuple((each, "" if each.id in titles else steps.with_(each.id).href()) for each in shown),
        found.count,
        page(found.page - 1),
        page(found.page + 1),
        steps.but(look="", group="", page=0).href(),
    )


def _types(visit: Visit, steps: Steps, seen: Scene | None) -> tuple[Choice, ...]:
    names = set(steps.type).union(*(each.types for each in (seen.spreads.values() if seen else ())))
    made = [Choice(name, visit.speech.gettext(kind_words(name)), name in steps.type) for name in names]
    return tuple(sorted(made, key=lambda each: visit.speech.order(each.words)))


def _verbs(visit: Visit, steps: Steps, seen: Scene | None) -> tuple[Choice, ...]:
    names = set(steps.verb).union(*(each.verbs for each in (seen.spreads.values() if seen else ())))
    made = [Choice(name, verb_words(name, visit.speech, forth=True), name in steps.verb) for name in names]
    return tuple(sorted(made, key=lambda each: visit.speech.order(each.words)))
