"""Which techniques are told of: by whom, how often, in which economy, sector or month."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Final, Literal
from urllib.parse import quote, urlencode

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency

from egnatia.cyber.intel.language import And, BadQuery, Has, Term, parse
from egnatia.cyber.intel.layer import LIMIT_BYTES, BadLayer, Held, covered, held, layer
from egnatia.cyber.intel.matrix import ATTACK, DISARM, Cell, Extent, Matrix, matrix
from egnatia.cyber.intel.searching import known_to
from egnatia.exchange.api.problem import BadRequest
from egnatia.web.frame import HEADERS, Content
from egnatia.web.intel.grid import Column, Mark, columns, heat
from egnatia.web.intel.remembered import Told, remembered
from egnatia.web.intel.wording import misread
from egnatia.web.language.speech import N_
from egnatia.web.record.text import visible
from egnatia.web.record.vocabulary import VOCABULARIES
from egnatia.web.visit import Visit, read_form

Order = Literal["attack", "disarm"]
Since = Literal["", "7d", "30d", "90d", "365d"]

SPANS: Final[Mapping[str, str]] = {
    "": N_("All time"), "7d": N_("7 days"), "30d": N_("30 days"), "90d": N_("90 days"), "365d": N_("A year"),
}  # fmt: skip

WARMEST: Final = 15
"""How many techniques the table of heat has."""


class Heat(msgspec.Struct, frozen=True):
    """How often one technique is told of in each part: (count, shade) each."""

    mark: Mark
    parts: tuple[tuple[int, int], ...]


class Asked(msgspec.Struct, frozen=True):
    """What a request narrows the records by, and how it wants the matrix: of which framework, with heat by what, and
    whether `whole`, also with what nobody tells of."""

    q: Annotated[str, msgspec.Meta(max_length=1_000)] = ""
    economy: Literal["", "al", "ba", "xk", "me", "mk", "rs"] = ""
    sector: Annotated[str, msgspec.Meta(max_length=60, pattern=r"^[a-z-]*\Z")] = ""
    since: Since = ""
    order: Order = "attack"
    by: Literal["economy", "sector", "month"] = "economy"
    whole: bool = False

    @property
    def chosen(self) -> tuple[tuple[str, str], ...]:
        """The fields of the search language that are set."""
        fields = (("economy", self.economy), ("sector", self.sector), ("since", self.since))
        return tuple((name, value) for name, value in fields if value)

    def term(self) -> Term:
        """All of it as one question; raises BadQuery."""
        return And((parse(self.q), *(Has(name, value) for name, value in self.chosen)))

    @property
    def words(self) -> str:
        """The same as a person would write it."""
        return " ".join([*([self.q] if self.q else ()), *(f"{name}:{value}" for name, value in self.chosen)])

    @property
    def layer(self) -> str:
        """Where the same is to be had as a layer of the ATT&CK Navigator."""
        return self.href("attack").replace("/intel/matrix", "/intel/matrix/layer.json", 1)

    def href(self, order: Order) -> str:
        """The same for the other framework."""
        fields = msgspec.structs.asdict(self) | {"order": order, "whole": "true" if self.whole else ""}
        return f"/intel/matrix?{urlencode({name: value for name, value in fields.items() if value})}"


class Against(msgspec.Struct, frozen=True):
    """A layer of one's own beside what is told of: what it is called, whether it could not be read, the techniques that
    are told of and that it does not cover, how many of so many it covers."""

    name: str
    unread: bool
    gaps: tuple[Mark, ...]
    covers: int
    told: int


class CoveragePage(Content, frozen=True, kw_only=True):
    """The matrix for a question, as it was `counted` at a moment in microseconds UTC (0: just now); `heads` are the
    parts of the table of heat."""

    template: ClassVar[str] = "intel/coverage.html"
    asked: Asked
    wrong: str
    columns: tuple[Column, ...]
    covered: int
    known: int
    complete: bool
    counted: int
    heads: tuple[str, ...]
    heats: tuple[Heat, ...]
    economies: tuple[tuple[str, str], ...]
    sectors: tuple[tuple[str, str], ...]
    spans: tuple[tuple[str, str], ...]
    against: Against | None = None


@get("/intel/matrix")
async def coverage(visit: NamedDependency[Visit]) -> Response[str]:
    """The techniques that records tell of, by tactic."""
    return await _page(visit, _asked(visit))


@get("/intel/matrix/layer.json")
async def navigator(visit: NamedDependency[Visit]) -> Response[bytes]:
    """The same as a layer of the ATT&CK Navigator."""
    asked = _asked(visit)
    try:
        told = await _counted(visit, msgspec.structs.replace(asked, order="attack"))
    except BadQuery as error:
        raise BadRequest(misread(error, visit.speech)) from error
    name = f"{visit.premises.settings.organisation.name}: {visit.speech.gettext('Techniques')}"
    headers = {**HEADERS, "content-disposition": f'attachment; filename="{visit.file_name("egnatia-layer.json")}"'}
    return Response(layer(told.made, name, asked.words), media_type="application/json", headers=headers)


@post("/intel/matrix/layer")
async def compared(visit: NamedDependency[Visit]) -> Response[str]:
    """The matrix beside a layer of one's own, which is read and not kept."""
    asked = msgspec.structs.replace(await visit.form(Asked, limit_bytes=LIMIT_BYTES), order="attack")
    _, document = await visit.file("layer")
    try:
        return await _page(visit, asked, held(document))
    except BadLayer:
        return await _page(visit, asked, unread=True)


def _asked(visit: Visit) -> Asked:
    params = visit.request.query_params
    return read_form({name: params.getall(name) for name in params}, Asked)


async def _counted(visit: Visit, asked: Asked) -> Told[Matrix]:
    """The matrix that is asked for; raises BadQuery."""
    clearance, term = visit.clearance(), asked.term()
    extent = Extent(ATTACK if asked.order == "attack" else DISARM, asked.whole, split=asked.by)
    organisations = await visit.ask(visit.premises.organisations)
    now = datetime.now(UTC)

    def count() -> Matrix:
        return matrix(visit.store, clearance, term, known_to(visit.store, clearance, organisations), now, extent)

    def work() -> Told[Matrix]:
        question = ("matrix", term, extent)
        return remembered(visit.store, clearance, question, count, is_large=lambda found: not found.complete)

    return await visit.ask(work)


async def _page(visit: Visit, asked: Asked, own: Held | None = None, *, unread: bool = False) -> Response[str]:
    wrong = ""
    made, counted = Matrix((), {}, 0, 0, complete=True), 0
    try:
        told = await _counted(visit, asked)
        made, counted = told.made, told.at
    except BadQuery as error:
        wrong = misread(error, visit.speech)
    heads, heats = _heats(visit, made, asked)
    content = CoveragePage(
        title=visit.speech.gettext("Techniques"),
        asked=asked,
        wrong=wrong,
        columns=_columns(made, asked),
        covered=made.covered,
        known=made.known,
        complete=made.complete,
        counted=counted,
        heads=heads,
        heats=heats,
        economies=(("", visit.speech.gettext("All economies")), *economies(visit)),
        sectors=(("", visit.speech.gettext("All sectors")), *sectors(visit)),
        spans=tuple((value, visit.speech.gettext(words)) for value, words in SPANS.items()),
        against=_against(made, asked, own, unread=unread),
    )
    return visit.page(content, status=422 if wrong or unread else 200)


def _against(made: Matrix, asked: Asked, own: Held | None, *, unread: bool) -> Against | None:
    """What is told of, beside a layer of one's own: the most told of first."""
    if own is None:
        return Against("", unread, (), 0, 0) if unread else None
    told = {cell.number: cell for several in made.cells.values() for cell in several if cell.records}
    most = max((cell.records for cell in told.values()), default=1)
    gaps = sorted(
        (cell for cell in told.values() if not covered(own, cell.number)),
        key=lambda cell: (-cell.records, cell.number),
    )
    marks = tuple(_mark(cell, asked, most) for cell in gaps)
    return Against(visible(own.name), False, marks, len(told) - len(gaps), len(told))


def economies(visit: Visit) -> tuple[tuple[str, str], ...]:
    """Economies to choose from, as the search language spells them."""
    return tuple((code.lower(), name) for code, name in visit.speech.economies())


def sectors(visit: Visit) -> tuple[tuple[str, str], ...]:
    """Sectors to choose from."""
    found = ((value, visit.speech.gettext(words)) for value, words in VOCABULARIES["industry-sector"].items())
    return tuple(sorted(found, key=lambda each: visit.speech.order(each[1])))


def _columns(made: Matrix, asked: Asked) -> tuple[Column, ...]:
    most = max((cell.records for cells in made.cells.values() for cell in cells), default=1)
    marks = {tactic: [_mark(cell, asked, most) for cell in cells] for tactic, cells in made.cells.items()}
    return columns(made.tactics, marks)


def _mark(cell: Cell, asked: Asked, most: int) -> Mark:
    return Mark(
        number=cell.number,
        name=visible(cell.name),
        href=f"/intel?q={quote(f'{asked.words} technique:{cell.number}'.strip())}",
        count=cell.records,
        heat=heat(cell.records, most),
        organisations=cell.organisations,
    )


def _heats(visit: Visit, made: Matrix, asked: Asked) -> tuple[tuple[str, ...], tuple[Heat, ...]]:
    """The techniques most told of, by economy, sector or month."""
    cells = {cell.number: cell for several in made.cells.values() for cell in several if cell.records}
    warmest = sorted(cells.values(), key=lambda cell: (-cell.records, cell.number))[:WARMEST]
    totals: dict[str, int] = {}
    for cell in warmest:
        for part, count in made.heat.get(cell.number, {}).items():
            totals[part] = totals.get(part, 0) + count
    known = dict(economies(visit) if asked.by == "economy" else sectors(visit))
    if asked.by == "month":
        parts = sorted(totals)[-12:]
    else:
        parts = [part for part in sorted(totals, key=lambda part: (-totals[part], part)) if part in known][:12]
    most = max((made.heat[cell.number].get(part, 0) for cell in warmest for part in parts), default=1)
    rows = tuple(
        Heat(
            _mark(cell, asked, most),
            tuple((count, heat(count, most)) for part in parts for count in (made.heat[cell.number].get(part, 0),)),
        )
        for cell in warmest
    )
    return tuple(known.get(part, part) for part in parts), rows if parts else ()
