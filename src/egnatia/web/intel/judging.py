"""What an organisation thinks of an indicator: a false positive, confirmed, or nothing any more. One press says it,
and the opinion goes to whoever may see the indicator."""

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.cyber.intel.vote import opinion
from egnatia.exchange.api.problem import BadRequest
from egnatia.web.permission import Permission
from egnatia.web.publish.desk import submitted
from egnatia.web.record.subject import subject
from egnatia.web.visit import Visit


class Judgement(msgspec.Struct, frozen=True):
    """What a person says, and why."""

    said: Literal["false-positive", "confirmed", "neutral"]
    because: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


@post("/intel/judge/{record:str}")
async def judge(visit: NamedDependency[Visit], record: FromPath[str]) -> Response[str]:
    """Say what the visitor's organisation thinks of an indicator; saying it again replaces it."""
    form = await visit.form(Judgement)
    visit.require(Permission.PUBLISH)
    about = await subject(visit, record)
    if about.row.type != "indicator":
        raise BadRequest("Only an indicator is a false positive or confirmed")
    own = visit.visitor.organisation or ""
    body = opinion(about.row, own, form.said, datetime.now(UTC), explanation=form.because)
    outcome = await submitted(visit, [body])
    if outcome.refused:
        return visit.go(f"/records/{record}", str(outcome.refused[0].problems[0]))
    return visit.go(f"/records/{record}#voices", visit.speech.gettext("Your organisation's word is kept and told."))
