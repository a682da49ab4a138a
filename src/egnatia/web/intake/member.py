"""Members report too: with a form as who they are, or by a program with its token."""

import time
from typing import Annotated, Any, ClassVar, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.exchange.api.problem import BadRequest, NotFound
from egnatia.exchange.api.surface import Surface, encoded
from egnatia.exchange.asgi import read_body
from egnatia.exchange.caller import Unauthorized
from egnatia.exchange.submission import Right
from egnatia.web.frame import Content as PageContent
from egnatia.web.intake.message import is_mail
from egnatia.web.intake.tip import FILE_BYTES, TEXT, Content, Full, Kind, Tips
from egnatia.web.permission import Permission
from egnatia.web.portal import reporting
from egnatia.web.portal.form import Limit
from egnatia.web.portal.reporting import FULL, KINDS, NOTHING
from egnatia.web.portal.subscription import is_address
from egnatia.web.visit import Visit

BODY_BYTES: Final = 64_000
SECONDS: Final = 10
MAIL: Final = "message/rfc822"
PROGRAMS: Final = Limit(300, 3_600)
MEMBERS: Final = Limit(60, 3_600)
"""Reports in an hour, of one token and of one account."""


class Report(msgspec.Struct, frozen=True):
    """The form."""

    kind: Kind = "mail"
    title: Annotated[str, msgspec.Meta(max_length=200)] = ""
    text: Annotated[str, msgspec.Meta(max_length=TEXT)] = ""
    link: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


class ProgramReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A report as a program hands it in; `contact` is an address that the organisation may write to."""

    kind: Kind
    title: Annotated[str, msgspec.Meta(max_length=200)] = ""
    text: Annotated[str, msgspec.Meta(max_length=TEXT)] = ""
    link: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    contact: Annotated[str, msgspec.Meta(max_length=300)] = ""


class Taken(msgspec.Struct, frozen=True):
    """What a program gets: the reference by which to ask."""

    reference: str
    state: str


class ReportPage(PageContent, frozen=True, kw_only=True):
    """The form, or the reference of what was reported."""

    template: ClassVar[str] = "intake/report.html"
    given: Report
    kinds: tuple[tuple[str, str], ...]
    file_megabytes: int
    wrong: str = ""
    reference: str = ""


@get("/report")
async def asked(visit: NamedDependency[Visit]) -> Response[str]:
    """Where a member reports to the organisation that operates the node."""
    _require_member(visit)
    return visit.page(_page(visit, Report()))


@post("/report")
async def reported(visit: NamedDependency[Visit]) -> Response[str]:
    """A member has reported."""
    _require_member(visit)
    form = await visit.form(Report, limit_bytes=FILE_BYTES + 100_000)
    name, document = await visit.file("file")
    say = visit.speech.gettext
    if len(document) > FILE_BYTES:
        raise BadRequest(f"a file may have at most {FILE_BYTES} bytes")
    if not (form.text or form.link or document):
        return visit.page(_page(visit, form, wrong=say(NOTHING)), status=422)
    content = Content(title=form.title, text=form.text, link=form.link)
    who = visit.visitor
    MEMBERS.count(who.account)
    try:
        reference = await visit.ask(
            lambda: Tips(visit.store, visit.premises.secret).receive(
                form.kind,
                content,
                at=visit.now,
                language=visit.language.code,
                file=(name, document),
                by=who.organisation or "",
                by_name=who.name,
            )
        )
    except Full:
        return visit.page(_page(visit, form, wrong=say(FULL)), status=503)
    return visit.page(_page(visit, Report(), reference=reference))


@post("/api/v1/tips", status_code=201)
async def program(request: Request[Any, Any, Any], surface: NamedDependency[Surface]) -> Response[Taken]:
    """A program hands in a report, as JSON or as the mail itself (`message/rfc822`). A member's token that may read is
    enough, for nothing is published; without one it is the public's, where the portal takes reports, and held to the
    same number from one address as the form. What is neither of the two types is refused, so no page of another site
    can send it unasked."""
    by, name = await _reporter(request, surface)
    report, mail = await _said(request)
    if not (report.text or report.link or mail):
        raise BadRequest("text or link: at least one of them is needed")
    if report.contact and not is_address(report.contact):
        raise BadRequest("contact: an e-mail address")
    content = Content(title=report.title, text=report.text, link=report.link)
    tips, now = Tips(surface.host.store, surface.host.secret), _now()
    try:
        reference = await surface.ask(
            lambda: tips.receive(
                report.kind,
                content,
                at=now,
                language="en",
                contact=report.contact,
                file=("mail.eml", mail) if mail else ("", b""),
                by=by,
                by_name=name,
            )
        )
    except Full as error:
        raise BadRequest("there are too many reports now; try again later") from error
    return encoded(Taken(reference, "new"), 201)


async def _reporter(request: Request[Any, Any, Any], surface: Surface) -> tuple[str, str]:
    """Who reports, counted against floods: an organisation and a program's name, both empty for the public."""
    if "authorization" in request.headers:
        caller = await surface.caller(request)
        if caller.organisation is None or not caller.may(Right.READ):
            raise Unauthorized("This needs a token")
        PROGRAMS.count(caller.token_id or caller.name)
        return caller.organisation, caller.name
    portal = surface.host.settings.portal
    if not (portal.open and portal.reports):
        raise Unauthorized("This needs a token")
    reporting.LIMIT.count(request.client.host if request.client else "")
    return "", ""


async def _said(request: Request[Any, Any, Any]) -> tuple[ProgramReport, bytes]:
    """What is reported, and the mail that it is, if it is one."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    most = FILE_BYTES if kind == MAIL else BODY_BYTES
    body = await read_body(request.scope, request.receive, limit_bytes=most, seconds=SECONDS)  # type: ignore[arg-type]
    if kind == MAIL:
        if not is_mail(body):
            raise BadRequest("message/rfc822: the body is no mail with its head")
        return ProgramReport(kind="mail"), body
    if kind != "application/json":
        raise BadRequest("content-type: application/json or message/rfc822")
    try:
        return msgspec.json.decode(body, type=ProgramReport), b""
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise BadRequest(str(error)) from error


@get("/api/v1/tips/{reference:str}")
async def standing(
    request: Request[Any, Any, Any], surface: NamedDependency[Surface], reference: FromPath[str]
) -> Response[Taken]:
    """How a report of the program's organisation stands."""
    caller = await surface.caller(request)
    tips = Tips(surface.host.store, surface.host.secret)
    tip = await surface.ask(lambda: tips.by_reference(reference[:60]))
    if tip is None or caller.organisation is None or tip.by != caller.organisation:
        raise NotFound
    return encoded(Taken(reference, tip.state))


def _now() -> int:
    return time.time_ns() // 1_000


def _require_member(visit: Visit) -> None:
    visit.require(Permission.READ)
    if not visit.visitor.signed_in:
        raise Unauthorized("Sign in to go on")


def _page(visit: Visit, given: Report, *, wrong: str = "", reference: str = "") -> ReportPage:
    say = visit.speech.gettext
    return ReportPage(
        title=say("Report something"),
        given=given,
        kinds=tuple((kind, say(words)) for kind, words in KINDS.items()),
        file_megabytes=FILE_BYTES // 1_000_000,
        wrong=wrong,
        reference=reference,
    )
