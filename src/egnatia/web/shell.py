"""What belongs to no page: the choice of language and of light or dark, and what is nowhere."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from egnatia.exchange.api.problem import NotFound
from egnatia.web.language import LANGUAGES
from egnatia.web.visit import LANGUAGE, SCHEME, Visit

YEAR = 365 * 86_400


class Choice(msgspec.Struct, frozen=True):
    """A form with one choice, and the page to return to."""

    to: Annotated[str, msgspec.Meta(pattern=r"^/([^/\\]|$)", max_length=2_000)] = "/"
    language: str = ""
    scheme: Literal["light", "dark", "device", ""] = ""


@post("/choose")
async def choose(visit: NamedDependency[Visit]) -> Response[str]:
    """Remember a language or a scheme on this device."""
    choice = await visit.form(Choice)
    answer = visit.go(choice.to)
    if choice.language in LANGUAGES:
        answer.set_cookie(
            Cookie(LANGUAGE, value=choice.language, max_age=YEAR, samesite="lax", httponly=True, secure=visit.secure)
        )
    if choice.scheme:
        answer.set_cookie(
            Cookie(SCHEME, value=choice.scheme, max_age=YEAR, samesite="lax", httponly=True, secure=visit.secure)
        )
    return answer


@get("/{path:path}")
async def nowhere(visit: NamedDependency[Visit], path: FromPath[Path]) -> None:
    """Whatever is no page."""
    raise NotFound(f"{visit.visitor.name} looked for {path}")


PAGES: tuple[ControllerRouterHandler, ...] = (choose, nowhere)
