"""Which techniques are told of: by whom, how often, in which economy or sector, since when."""

from datetime import UTC, datetime
from typing import Annotated, ClassVar, Literal
from urllib.parse import quote

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from egnatia.cyber.intel.language import BadQuery, parse
from egnatia.cyber.intel.matrix import ATTACK, DISARM, Extent, Matrix, matrix
from egnatia.cyber.intel.searching import known_to
from egnatia.web.frame import Content
from egnatia.web.visit import Visit

Question = Annotated[str, QueryParameter(name="q", max_length=1_000)]


class CoveragePage(Content, frozen=True, kw_only=True):
    """The matrix for a question. `most` is the greatest number of records that tell of one technique."""

    template: ClassVar[str] = "intel/coverage.html"
    q: str
    order: str
    wrong: str
    made: Matrix | None
    most: int
    base: str


@get("/intel/matrix")
async def coverage(
    visit: NamedDependency[Visit], q: Question = "", order: FromQuery[Literal["attack", "disarm"]] = "attack"
) -> Response[str]:
    """The techniques that records tell of, by tactic."""
    clearance = visit.clearance()
    made, wrong = None, ""
    try:
        term = parse(q)
        organisations = await visit.ask(visit.premises.organisations)
        now = datetime.now(UTC)

        def work() -> Matrix:
            known = known_to(visit.store, clearance, organisations)
            return matrix(visit.store, clearance, term, known, now, Extent(ATTACK if order == "attack" else DISARM))

        made = await visit.ask(work)
    except BadQuery as error:
        wrong = str(error)
    cells = [] if made is None else [cell for several in made.cells.values() for cell in several]
    content = CoveragePage(
        title=visit.speech.gettext("Techniques"),
        q=q,
        order=order,
        wrong=wrong,
        made=made,
        most=max((cell.records for cell in cells), default=1),
        base=f"/intel?q={quote(q + ' ' if q else '')}technique:",
    )
    return visit.page(content, status=422 if wrong else 200)
