"""Hand records in for a second person to read, where the organisation's rule wants one, and see what became of them."""

import time
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from egnatia.exchange.api.documented import TakesStix, problems
from egnatia.exchange.api.problem import BadRequest, NotFound
from egnatia.exchange.api.record import objects_in, stix_body
from egnatia.exchange.api.surface import Desk, encoded
from egnatia.exchange.review import MOST, Review, Reviews
from egnatia.exchange.submission import Handling, Right


class ReviewShown(msgspec.Struct, frozen=True):
    """A review: waiting, approved, returned or withdrawn, and why. `digest` is over all that would be published."""

    id: str
    state: str
    records: tuple[str, ...]
    digest: str
    reason: str


@post(
    "/reviews",
    status_code=202,
    responses=problems(408, 413, 422),
    operation_class=TakesStix,
    summary="Hand records in for review",
)
async def submit(
    request: Request[Any, Any, Any],
    desk: NamedDependency[Desk],
    handling: NamedDependency[Handling],
    title: Annotated[str, QueryParameter(description="What its reader is to know it by", max_length=200)] = "",
) -> Response[ReviewShown]:
    """Takes records as /records does, all or none, and publishes them once a person of the organisation has approved
    them. What they need (marking-definitions) comes first, what they are about last."""
    desk.require(Right.SUBMIT)
    bodies = objects_in(await stix_body(request, desk))
    if len(bodies) > MOST:
        raise BadRequest(f"a review holds at most {MOST} records")
    organisation = desk.caller.submitter.organisation

    def work() -> Review:
        stored = desk.store.tokens.get(desk.caller.token_id)
        author = stored.issued_by if stored is not None and stored.issued_by else f"token {desk.caller.name}"
        return Reviews(desk.store, organisation).submit(
            bodies, author=author, title=title or desk.caller.name, at=time.time_ns() // 1_000, applied=handling.applied
        )

    return encoded(_shown(await desk.ask(work)), 202)


@get("/reviews/{review_id:str}", responses=problems(404), summary="What became of a review")
async def review(desk: NamedDependency[Desk], review_id: FromPath[str]) -> Response[ReviewShown]:
    """How a review of your organisation stands."""
    desk.require(Right.SUBMIT)
    organisation = desk.caller.submitter.organisation
    found = await desk.ask(lambda: Reviews(desk.store, organisation).get(review_id[:60]))
    if found is None:
        raise NotFound
    return encoded(_shown(found))


def _shown(review: Review) -> ReviewShown:
    return ReviewShown(review.id, review.state, review.records, review.digest, review.steps[-1].reason)
