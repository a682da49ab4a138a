"""Errors as RFC 9457 problem details, and the one table from our exceptions to HTTP."""

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from egnatia.exchange.allowance import TooOften
from egnatia.exchange.asgi import BodyTooLarge, BodyTooSlow
from egnatia.exchange.bookmark import NotABookmark
from egnatia.exchange.caller import Throttled, Unauthorized
from egnatia.exchange.submission import NotAllowed
from egnatia.record.record import Invalid
from egnatia.record.record import Problem as Broken

MEDIA_TYPE = "application/problem+json"

CHALLENGE = 'Bearer realm="egnatia", Basic realm="egnatia", charset="UTF-8"'

_log = logging.getLogger(__name__)


class RefusedRecord(msgspec.Struct, frozen=True):
    """A record that was not taken, and why; `index` is its place in what was sent."""

    index: int
    id: str | None
    problems: tuple[Broken, ...]


class ProblemDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a request was not answered (RFC 9457). `problems` name each place in what was sent, by JSON path, the
    rule that it breaks and what was found there."""

    title: str
    status: int
    type: str = "about:blank"
    detail: str = ""
    problems: tuple[Broken, ...] = ()
    refused: tuple[RefusedRecord, ...] = ()


class NotFound(LookupError):
    """There is no such resource, or it is not for the caller: one answer."""


class BadRequest(ValueError):
    """A request that cannot be understood; it names the place and what to do."""


STATUS: Mapping[type[Exception], int] = {
    NotFound: 404,
    BadRequest: 400,
    NotABookmark: 400,
    Unauthorized: 401,
    Throttled: 429,
    TooOften: 429,
    NotAllowed: 403,
    Invalid: 422,
    BodyTooLarge: 413,
    BodyTooSlow: 408,
}


def respond(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The answer to a request that failed."""
    match error:
        case ValidationException():
            return response(400, "The request cannot be understood", _validation(error))
        case HTTPException():
            return response(error.status_code, _phrase(error.status_code), "", headers=error.headers)
        case Invalid():
            return response(422, "The record breaks rules", "", problems=error.problems)
        case Throttled():
            return response(429, "Too many failed sign-ins", str(error), headers={"Retry-After": str(error.seconds)})
        case TooOften():
            return response(429, "Too many requests", str(error), headers={"Retry-After": str(error.seconds)})
        case Unauthorized():
            return response(401, "A valid credential is needed", str(error), headers={"WWW-Authenticate": CHALLENGE})
        case NotFound():
            return response(404, "There is no such resource, or it is not for you", "")
    status = next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)
    if status == 500:
        _log.error("A request failed: %s %s", request.method, request.url.path, exc_info=error)
        return response(500, "The server failed; it was written down", "")
    return response(status, _phrase(status), str(error))


def response(
    status: int,
    title: str,
    detail: str,
    *,
    problems: Iterable[Broken] = (),
    headers: Mapping[str, str] | None = None,
) -> Response[Any]:
    """A problem as a response."""
    details = ProblemDetails(title, status, detail=detail, problems=tuple(problems))
    content = msgspec.json.encode(details)
    return Response(content, status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def _validation(error: ValidationException) -> str:
    """Which parameters were wrong, in Litestar's words, without what its own stack adds."""
    if isinstance(error.extra, list):
        return "; ".join(f"{each.get('key', '')}: {each.get('message', '')}" for each in error.extra)
    return error.detail
