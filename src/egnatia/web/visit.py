"""One request for a page: who asks, in which language, and how the answer is given.

A page's handler takes a `Visit`, requires a permission, asks the store from a thread, and answers with a struct.
"""

import base64
import hashlib
import hmac
import secrets
import string
import time
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar
from urllib.parse import quote, urlsplit

import msgspec
from litestar import Request, Response
from litestar.datastructures import Cookie, UploadFile

from egnatia.cyber.exercises.time import GameTime
from egnatia.exchange.api.problem import BadRequest, NotFound
from egnatia.exchange.api.surface import Desk, Surface
from egnatia.exchange.asgi import packed, takes_gzip
from egnatia.exchange.caller import Unauthorized
from egnatia.exchange.submission import NotAllowed
from egnatia.policy import Clearance, clearance_within
from egnatia.settings import Settings, is_loopback
from egnatia.store.store import Store
from egnatia.web.frame import HEADERS, Content, Frame, rendered
from egnatia.web.language import LANGUAGES, Language, Speech, preferred, speech
from egnatia.web.language.speech import N_
from egnatia.web.navigation import entries
from egnatia.web.packing import LEAST, asks_by_oneself, masked, unmasked
from egnatia.web.permission import Permission
from egnatia.web.playable import is_played
from egnatia.web.premises import Premises
from egnatia.web.visitor import Entrance, Visitor

SESSION, DOORSTEP = "egnatia_session", "egnatia_doorstep"
LANGUAGE, SCHEME, SHORTCUTS, SAID = "egnatia_language", "egnatia_scheme", "egnatia_shortcuts", "egnatia_said"
EXERCISE = "egnatia_exercise"
"""The cookies of a node's pages, as `cookie_name` writes them."""

Here = Annotated[str, msgspec.Meta(pattern=r"^/(?![/\\])[\x21-\x5b\x5d-\x7e]*\Z", max_length=2_000)]
"""The path of a page of this node, where a form or a link says where to go on. No backslash, no second slash and no
blank or control character, which browsers leave out: any of these could lead to another site."""

FORM_BYTES = 1_000_000

BY_ITSELF = frozenset({"/notices/count"})
"""What an open page asks again and again though nobody sits before it: it keeps no session alive."""

NO_RIGHT = N_("This needs a right that your roles do not give")

Form = TypeVar("Form", bound=msgspec.Struct)


class Misread(BadRequest):
    """A form or an address that cannot be read; `field` is the part of it, as far as that is known."""

    @property
    def field(self) -> str:
        """The name of the field."""
        return str(self).rpartition("$.")[2].strip("`") if "$." in str(self) else ""


class Lobby(msgspec.Struct, frozen=True):
    """What all visits share: the node, its surface, the entrance that knows sessions (None: nobody signs in here),
    and the organisation as which visitors without a session read (a demonstration only)."""

    premises: Premises
    surface: Surface
    entrance: Entrance | None = None
    guest: str | None = None

    async def visit(self, request: Request[Any, Any, Any]) -> "Visit":
        """Who has come; raises TooOften where that person has read enough for now."""
        cookie = request.cookies.get(cookie_name(SESSION, self.premises.settings), "")
        visitor: Visitor | None = None
        if cookie and self.entrance is not None:
            entrance = self.entrance
            prolongs = request.url.path not in BY_ITSELF
            visitor = await self.surface.ask(lambda: entrance.visitor(cookie, prolongs=prolongs))
        visit = Visit(self, request, visitor or Visitor(organisation=self.guest))
        if visitor is not None and request.method == "GET" and request.url.path not in BY_ITSELF:
            request.state.visit = visit
            self.surface.account_reads.take(visitor.account)
        if exercise := visit.remembered(EXERCISE):
            visit = await self._playing(visit, exercise)
        request.state.visit = visit
        return visit

    def glance(self, request: Request[Any, Any, Any]) -> None:
        """Who has come to where there is nothing, in one look: what answers an error cannot wait for its turn."""
        cookie = request.cookies.get(cookie_name(SESSION, self.premises.settings), "")
        visitor = self.entrance.visitor(cookie, prolongs=False) if cookie and self.entrance is not None else None
        request.state.visit = Visit(self, request, visitor or Visitor(organisation=self.guest))

    async def _playing(self, visit: "Visit", exercise: str) -> "Visit":
        """The same visit in the exercise that this browser has entered, if its organisation takes part still; raises
        NotAllowed where a page has no place in an exercise."""
        exercises, who, request = self.premises.exercises, visit.visitor, visit.request
        title = await self.surface.ask(lambda: exercises.is_in(who.organisation, exercise))
        if not title:
            return visit
        marking = await self.surface.ask(lambda: exercises.marking(exercise))
        time_ = await self.surface.ask(lambda: exercises.time(exercise))
        playing = Visit(self, request, who.within(exercise, marking))
        playing.played, playing.game_time = title, time_
        request.state.visit = playing
        if not is_played(request.url.path):
            raise NotAllowed(playing.speech.gettext("This page has no place in an exercise: leave the exercise first"))
        return playing

    def visits(self, request: Request[Any, Any, Any]) -> "Visit":
        """The visit that this request was found to be; the public's where it did not come so far."""
        visit = getattr(request.state, "visit", None)
        return visit if isinstance(visit, Visit) else Visit(self, request, Visitor())


class Visit:
    """One request of one visitor."""

    def __init__(self, lobby: Lobby, request: Request[Any, Any, Any], visitor: Visitor) -> None:
        self.request, self.visitor, self.lobby = request, visitor, lobby
        self.premises, self.surface = lobby.premises, lobby.surface
        self.doorstep = self.remembered(DOORSTEP)
        """What binds the forms of somebody without a session to their browser; empty where nobody needs it."""
        self.ask = lobby.surface.ask
        self.now = time.time_ns() // 1_000
        """When it began, microseconds UTC."""
        self.language = self._language()
        self.speech: Speech = speech(self.language)
        self.played = ""
        """The title of the exercise that it is in; empty for what is real."""
        self.game_time: GameTime | None = None

    @property
    def store(self) -> Store:
        """Where records are; every question takes the visitor's clearance."""
        return self.premises.store

    @property
    def desk(self) -> Desk:
        """The same visitor at the desk of the API."""
        return Desk(self.surface, self.visitor.caller)

    @property
    def actor(self) -> str:
        """The visitor as the audit log names who acts: the organisation, and the person."""
        return f"{self.visitor.organisation or 'public'} {self.visitor.caller.name}"

    def clearance(self) -> Clearance:
        """What the visitor may see now."""
        self.require(Permission.READ)
        return clearance_within(self.premises.clearance_of(self.visitor.organisation), self.visitor.exercise)

    def require(self, permission: Permission) -> None:
        """Raises Unauthorized for who has not signed in and NotAllowed for others without the permission."""
        if self.visitor.may(permission):
            return
        if not self.visitor.signed_in:
            raise Unauthorized(N_("Sign in to go on"))
        raise NotAllowed(NO_RIGHT)

    def file_name(self, name: str) -> str:
        """What a file is called that leaves the page: from an exercise it says so."""
        return f"EXERCISE-{name}" if self.visitor.exercise else name

    @property
    def time_now(self) -> int:
        """What time it is where the visit is: in its exercise, once that has begun, or for real; microseconds UTC."""
        return self.game_time.at if self.game_time is not None and self.game_time.at is not None else self.now

    @property
    def csrf(self) -> str:
        """What every form of this session carries, masked; empty for who has no session nor stood at the door."""
        bound = self.visitor.session or (self.doorstep and f"doorstep {self.doorstep}")
        if bound and self.visitor.exercise:
            # A form that was opened outside of the exercise changes nothing in it, nor the other way.
            bound = f"{bound} in {self.visitor.exercise}"
        return hmac.new(self.premises.secret, f"form {bound}".encode(), hashlib.sha256).hexdigest() if bound else ""

    async def form(self, kind: type[Form], *, bound: bool = False, limit_bytes: int = FORM_BYTES) -> Form:
        """The form as a struct. Raises NotAllowed where it does not come from a page of this session, BadRequest
        where it cannot be read. A field of a list type takes a repeated name; an empty text is an absent one.
        `bound`: even without a session it must come from a page that this browser was given."""
        require_same_origin(self.request)
        if int(self.request.headers.get("content-length", "0")) > limit_bytes:
            raise BadRequest(N_("The form is too large"))
        data = await self.request.form()
        wanted = {"csrf", *(field.encode_name for field in msgspec.structs.fields(kind))}
        given = {name: [await _text(each) for each in data.getall(name)] for name in data if name in wanted}
        sent = given.pop("csrf", [""])[0]
        same = bool(self.csrf) and hmac.compare_digest(unmasked(sent), self.csrf)
        if (bound or self.visitor.session) and not same:
            raise NotAllowed(N_("The form is not from this session; open the page again"))
        return read_form(given, kind)

    async def file(self, name: str) -> tuple[str, bytes]:
        """The file that was sent with the form, by the name of its field: what it is called, and its content; both
        empty where none was chosen. Call it after `form`, which has looked where the form comes from and how large it
        is."""
        sent = (await self.request.form()).get(name)
        if not isinstance(sent, UploadFile):
            return "", b""
        await sent.seek(0)
        return sent.filename, await sent.read()

    def page(self, content: Content, *, status: int = 200) -> Response[Any]:
        """The page as the answer."""
        body, headers = rendered(content, self.frame()).encode(), dict(HEADERS)
        if len(body) >= LEAST and takes_gzip(self.request.headers) and asks_by_oneself(self.request.headers):
            body, headers["content-encoding"] = packed(body), "gzip"
        answer: Response[Any] = Response(body, status_code=status, media_type="text/html", headers=headers)
        if self.remembered(SAID):
            self.forget(answer, SAID)
        return answer

    def stand_at_the_door(self) -> None:
        """From now on the forms of somebody without a session are bound to their browser; call it before `page`, and
        `remember` DOORSTEP with the answer."""
        self.doorstep = self.doorstep or secrets.token_urlsafe(16)

    def remembered(self, name: str) -> str:
        """A cookie of this node; empty where there is none."""
        return self.request.cookies.get(cookie_name(name, self.premises.settings), "")

    def remember(self, answer: Response[str], name: str, value: str, seconds: int | None = None) -> None:
        """Sets a cookie, for so long or until the browser is closed. No script can read it."""
        answer.set_cookie(
            Cookie(
                cookie_name(name, self.premises.settings),
                value=value,
                max_age=seconds,
                httponly=True,
                samesite="lax",
                secure=self.secure,
            )
        )

    def forget(self, answer: Response[str], name: str) -> None:
        """Takes a cookie back."""
        self.remember(answer, name, "", 0)

    def frame(self) -> Frame:
        """What surrounds the page."""
        url = self.request.url
        return Frame(
            visitor=self.visitor,
            language=self.language,
            organisation=self.premises.settings.organisation.name,
            path=url.path,
            here=quote(url.path) + (f"?{url.query}" if url.query else ""),
            now=self.now,
            entries=entries(self.visitor),
            csrf=masked(self.csrf),
            said=self._said(),
            scheme=self._scheme(),
            shortcuts=self.remembered(SHORTCUTS) != "off",
            exercise=self.played,
            game_time=self.game_time,
        )

    def go(self, path: str, said: str = "") -> Response[str]:
        """To another page of this node, after an action; `said` is shown there once."""
        # Whatever would end the header, or its line, is written as a URL writes it.
        there = quote(path, safe=string.punctuation)
        answer = Response("", status_code=303, media_type="text/html", headers={**HEADERS, "location": there})
        if said:
            value = base64.urlsafe_b64encode(said[:500].encode()).decode()
            sealed = f"{value}.{self._seal(value)}"
            self.remember(answer, SAID, sealed, 60)
        return answer

    @property
    def secure(self) -> bool:
        """Whether cookies are for TLS only: always, but where the node is reached over plain loopback."""
        return is_secure(self.premises.settings)

    def _language(self) -> Language:
        chosen = self.remembered(LANGUAGE) or self.visitor.language
        return LANGUAGES.get(chosen) or preferred(self.request.headers.get("accept-language", ""))

    def _scheme(self) -> str:
        chosen = self.remembered(SCHEME)
        return chosen if chosen in {"light", "dark"} else ""

    def _said(self) -> str:
        value, _, seal = self.remembered(SAID).partition(".")
        if not value or not hmac.compare_digest(seal.encode(), self._seal(value).encode()):
            return ""
        return base64.urlsafe_b64decode(value).decode()

    def _seal(self, value: str) -> str:
        return hmac.new(self.premises.secret, b"said " + value.encode(), hashlib.sha256).hexdigest()[:32]


def require_same_origin(request: Request[Any, Any, Any]) -> None:
    """Browsers say where a form comes from (Fetch Metadata; Origin); one from elsewhere changes nothing here. Raises
    NotAllowed."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin", "")
    host = request.headers.get("host", "")
    if site not in {"same-origin", "none"} or (origin and origin.partition("://")[2] != host):
        raise NotAllowed(N_("The form comes from another site"))


def is_secure(settings: Settings) -> bool:
    """Whether the node's pages are reached over TLS: always, but on plain loopback."""
    parts = urlsplit(settings.public_url)
    return parts.scheme == "https" or not is_loopback(parts.hostname or "")


def cookie_name(name: str, settings: Settings) -> str:
    """A cookie's name in the browser. Over TLS only this very host may set it (RFC 6265bis, `__Host-`). On loopback,
    where every port shares its cookies with the others, it is this port's."""
    return f"__Host-{name}" if is_secure(settings) else f"{name}_{urlsplit(settings.public_url).port or 80}"


async def _text(value: object) -> str:
    """A field as text; that of a file is what the file says."""
    if isinstance(value, UploadFile):
        return (await value.read(FORM_BYTES)).decode("utf-8", "replace")
    return str(value)


def read_form(given: Mapping[str, list[str]], kind: type[Form]) -> Form:
    """A form's fields as a struct; raises BadRequest."""
    lists = {field.encode_name for field in msgspec.structs.fields(kind) if _is_list(field.type)}
    plain = {
        name: [each for each in values if each] if name in lists else values[-1].strip()
        for name, values in given.items()
        if name in lists or values[-1].strip()
    }
    try:
        return msgspec.convert(plain, kind, strict=False)
    except msgspec.ValidationError as error:
        raise Misread(str(error)) from error


def _is_list(annotated: object) -> bool:
    return getattr(annotated, "__origin__", annotated) in {list, tuple}


def found(value: Form | None) -> Form:
    """The value; raises NotFound where there is none, or none for this visitor: one answer."""
    if value is None:
        raise NotFound
    return value
