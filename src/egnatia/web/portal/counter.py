"""One request to the portal: nobody in particular asks, in the language of the address, and sees what is public.

There is no visitor here and no session is looked at, so whatever a page shows, it shows to everyone.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

import msgspec
from litestar import Request, Response

from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.api.surface import Surface
from egnatia.exchange.asgi import packed, takes_gzip
from egnatia.policy import PUBLIC, Clearance
from egnatia.store import Known
from egnatia.store.store import Store
from egnatia.web.asset import PORTAL_SHEET, inline
from egnatia.web.frame import Content, Frame, rendered
from egnatia.web.language import LANGUAGES, Language, Speech, preferred, speech
from egnatia.web.packing import LEAST
from egnatia.web.premises import Premises
from egnatia.web.visitor import Visitor

POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{inline(*PORTAL_SHEET).digest}'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of the portal: it has no scripts at all, and no sheet but its own."""

HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
}
FRESH_SECONDS: Final = 60
REMEMBERED: Final = 512
"""Answers that are kept until something new is in the log, or a minute has passed."""

Answer = tuple[bytes, str]
"""The body and its media type."""


class PortalContent(Content, frozen=True, kw_only=True):
    """What every page of the portal shows: where its pages lie, and this page in the other languages."""

    base: str
    path: str
    url: str
    public_url: str
    name: str
    contact: str
    reports: bool
    mails: bool
    languages: tuple[tuple[str, str], ...] = tuple((each.code, each.name) for each in LANGUAGES.values())
    summary: str = ""
    """What a preview of a link to this page says; empty: what the portal is for."""
    template: ClassVar[str] = ""


class Shelf:
    """Answers that were given, by what was asked; those of an older log are forgotten."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int, int], Answer] = OrderedDict()

    def get(self, key: tuple[str, int, int]) -> Answer | None:
        """What was answered."""
        return self._kept.get(key)

    def put(self, key: tuple[str, int, int], answer: Answer) -> None:
        """Keep it in the place of the oldest."""
        self._kept[key] = answer
        while len(self._kept) > REMEMBERED:
            self._kept.popitem(last=False)


class Counter:
    """Where one request to the portal is served."""

    clearance: Clearance = PUBLIC
    """What everyone may see; there is no other clearance here."""

    def __init__(self, premises: Premises, surface: Surface, request: Request[Any, Any, Any], shelf: Shelf) -> None:
        if not premises.settings.portal.open:
            raise NotFound
        self.premises, self.surface, self.request, self._shelf = premises, surface, request, shelf
        self.ask = surface.ask
        code = request.path_params.get("lang")
        self.is_chosen = code is None
        """Whether the language is the one that the browser prefers, not the address's."""
        if code is not None and code not in LANGUAGES:
            raise NotFound
        self.language: Language = LANGUAGES.get(code or "") or preferred(request.headers.get("accept-language", ""))
        self.speech: Speech = speech(self.language)
        self.now = time.time_ns() // 1_000

    @property
    def store(self) -> Store:
        """Where records are; every question takes the public's clearance."""
        return self.premises.store

    @property
    def base(self) -> str:
        """The beginning of the pages in this language."""
        return f"/public/{self.language.code}"

    @property
    def address(self) -> str:
        """Who asks; counted against floods and kept nowhere."""
        return self.request.client.host if self.request.client else ""

    def url(self, path: str) -> str:
        """The whole address of a page of this node."""
        return f"{self.premises.settings.public_url}{path}"

    def organisations(self) -> Mapping[str, Known]:
        """The organisations that are known here, by identity id."""
        return {each.id: each for each in self.premises.organisations()}

    @property
    def title(self) -> str:
        """What the portal is called."""
        settings = self.premises.settings
        return settings.portal.title or settings.organisation.name

    def around(self, path: str) -> dict[str, Any]:
        """What a page's content says of the portal; `path` is the page below a language."""
        settings = self.premises.settings
        return {
            "base": self.base,
            "path": path,
            "url": self.url(self.base + path),
            "public_url": settings.public_url,
            "name": self.title,
            "contact": settings.organisation.contact,
            "reports": settings.portal.reports,
            "mails": self.premises.outbox.sends_mail,
        }

    def html(self, content: PortalContent) -> bytes:
        """The page."""
        frame = Frame(
            visitor=Visitor(),
            language=self.language,
            organisation=self.premises.settings.organisation.name,
            path=self.base + content.path,
            here=self.base + content.path,
            now=self.now,
            entries=(),
            shortcuts=False,
        )
        return rendered(content, frame).encode()

    def page(self, content: PortalContent, *, status: int = 200) -> Response[bytes]:
        """A page that is for this request alone: a form, or what a form did."""
        headers = {**HEADERS, "cache-control": "no-store"}
        return Response(self.html(content), status_code=status, media_type="text/html", headers=headers)

    async def public(
        self, key: str, make: Callable[[], Answer], *, shared: bool = False, seconds: int = FRESH_SECONDS
    ) -> Response[bytes]:
        """What is the same for everyone who asks for it: made once, and again when something is new. `shared`: other
        sites may read it too."""
        place = (f"{key} {self.language.code}", self.store.position(), self.now // (FRESH_SECONDS * 1_000_000))
        found = self._shelf.get(place)
        body, kind = found if found is not None else await self.ask(make)
        self._shelf.put(place, (body, kind))
        # Nothing here is for somebody in particular, so its length tells nothing either.
        is_packed = len(body) >= LEAST and takes_gzip(self.request.headers)
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}{"-gzip" * is_packed}"'
        keeping = {"cache-control": f"public, max-age={seconds}", "etag": tag, "vary": "accept-encoding"}
        headers = {**HEADERS, **keeping}
        if self.is_chosen and not shared:
            headers |= {"vary": "accept-encoding, accept-language", "content-language": self.language.code}
        if shared:
            headers |= {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
        if tag in self.request.headers.get("if-none-match", ""):
            return Response(b"", status_code=304, headers=headers)
        if is_packed:
            body, headers["content-encoding"] = packed(body), "gzip"
        return Response(body, media_type=kind, headers=headers)

    def go(self, path: str) -> Response[bytes]:
        """To another page, by the language that the browser prefers."""
        headers = {**HEADERS, "location": path, "cache-control": "public, max-age=60", "vary": "accept-language"}
        return Response(b"", status_code=302, headers=headers)


class Missing(PortalContent, frozen=True, kw_only=True):
    """There is no such page, or nothing can be done."""

    template: ClassVar[str] = "portal/missing.html"
    detail: str = ""


def encoded(content: object) -> bytes:
    """As JSON."""
    return msgspec.json.encode(content)
