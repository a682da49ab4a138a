"""What belongs to no page: the choice of language, of light or dark and of shortcuts, and what is nowhere."""

from pathlib import Path
from typing import Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from egnatia.exchange.api.problem import NotFound
from egnatia.web.language import LANGUAGES
from egnatia.web.visit import LANGUAGE, SCHEME, SHORTCUTS, Here, Visit

YEAR = 365 * 86_400


class Choice(msgspec.Struct, frozen=True):
    """A form with one choice, and the page to return to."""

    to: Here = "/"
    language: str = ""
    scheme: Literal["light", "dark", "device", ""] = ""
    shortcuts: Literal["on", "off", ""] = ""


@post("/choose")
async def choose(visit: NamedDependency[Visit]) -> Response[str]:
    """Remember a language, a scheme or whether there are shortcuts, on this device."""
    choice = await visit.form(Choice)
    answer = visit.go(choice.to)
    if choice.language in LANGUAGES:
        visit.remember(answer, LANGUAGE, choice.language, YEAR)
    if choice.scheme:
        visit.remember(answer, SCHEME, choice.scheme, YEAR)
    if choice.shortcuts:
        visit.remember(answer, SHORTCUTS, choice.shortcuts, YEAR)
    return answer


@get("/{path:path}")
async def nowhere(visit: NamedDependency[Visit], path: FromPath[Path]) -> None:
    """Whatever is no page."""
    raise NotFound(f"{visit.visitor.name} looked for {path}")


PAGES: tuple[ControllerRouterHandler, ...] = (choose, nowhere)
