"""A page instead of an error: what went wrong and what to do, in the reader's language."""

import logging
from typing import Any, ClassVar
from urllib.parse import quote

from litestar import Request, Response
from litestar.exceptions import HTTPException

from egnatia.exchange.allowance import TooOften
from egnatia.exchange.api.problem import BadRequest, NotFound, respond
from egnatia.exchange.caller import Throttled, Unauthorized
from egnatia.exchange.submission import NotAllowed
from egnatia.web.frame import HEADERS, Content
from egnatia.web.language.speech import N_
from egnatia.web.visit import Lobby, Misread

log = logging.getLogger(__name__)

SIGN_IN = "/sign-in"

FOR_PROGRAMS = ("/api/", "/taxii2/", "/health/", "/metrics", "/peer/")
"""Below these, programs ask: they are answered with problem details, not with pages."""

NOT_FOUND = N_("There is no such page or record, or it is not for you")
NOT_ALLOWED = N_("Your account may not do this")
NOT_UNDERSTOOD = N_("The request cannot be understood")
TOO_MANY = N_("Too many attempts; wait a little and try again")
TOO_FAST = N_("You read faster than this node allows")
WAIT = N_("Nothing is lost. Go on in a few seconds; a program that needs more uses a token.")
SIGN_IN_FIRST = N_("Sign in to go on")
LOOK_AGAIN = N_("Look at this part of it again: %(field)s")
FAILED = N_("The node failed; it was written down")


class Elsewhere(Exception):
    """What was asked for is not to be had yet; something else, at `path`, comes first."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(path)


class Refusal(Content, frozen=True, kw_only=True):
    """An error as a page."""

    template: ClassVar[str] = "refusal.html"
    status: int
    detail: str = ""


def refused(lobby: Lobby, request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The answer to a request for a page that failed."""
    if request.url.path.startswith(FOR_PROGRAMS):
        return respond(request, error)
    if isinstance(error, Elsewhere):
        return Response("", status_code=303, headers={**HEADERS, "location": error.path})
    status = respond(request, error).status_code or 500
    if isinstance(error, Unauthorized) and request.method == "GET":
        there = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return Response("", status_code=303, headers={**HEADERS, "location": f"{SIGN_IN}?to={quote(there)}"})
    if isinstance(error, NotAllowed):
        who = lobby.visits(request).visitor.account or "nobody"
        # The code in a link to enrol is a secret.
        path = "/enrol/..." if request.url.path.startswith("/enrol/") else request.url.path
        log.warning("refused: %s %r for %s: %s", request.method, path, who, error)
    words, detail, field = _words(error, status)
    visit = lobby.visits(request)
    gettext = visit.speech.gettext
    # What pages say themselves is marked where it is raised; what is in the reader's language already stays so.
    said = gettext(LOOK_AGAIN, field=field) if field else detail and gettext(detail)
    answer = visit.page(Refusal(title=gettext(words), status=status, detail=said), status=status)
    if isinstance(error, Throttled | TooOften):
        answer.headers["retry-after"] = str(error.seconds)
    return answer


def _words(error: Exception, status: int) -> tuple[str, str, str]:
    """What is said of an error: in short, in more words, and of which part of the request."""
    field = ""
    match error:
        case NotFound():
            words, detail = NOT_FOUND, ""
        case NotAllowed():
            words, detail = NOT_ALLOWED, str(error)
        case Unauthorized():
            words, detail = NOT_ALLOWED, SIGN_IN_FIRST
        case Misread():
            words, detail, field = NOT_UNDERSTOOD, "", error.field
        case BadRequest():
            words, detail = NOT_UNDERSTOOD, str(error)
        case Throttled():
            words, detail = TOO_MANY, ""
        case TooOften():
            words, detail = TOO_FAST, WAIT
        case HTTPException() if error.status_code < 500:
            words, detail, field = (NOT_FOUND if error.status_code == 404 else NOT_UNDERSTOOD), "", _field(error)
        case _:
            words, detail = (NOT_UNDERSTOOD if status < 500 else FAILED), ""
    return words, detail, field


def _field(error: HTTPException) -> str:
    """The part of the address that cannot be read, where the framework says which."""
    for each in error.extra if isinstance(error.extra, list) else ():
        if isinstance(each, dict) and each.get("key"):
            return str(each["key"])
    return ""
