"""Anybody reports: a suspicious mail, a link, an incident; and asks with a reference how it stands."""

from typing import Annotated, ClassVar, Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter
from litestar.types import ControllerRouterHandler

from egnatia.exchange.api.problem import NotFound
from egnatia.web.intake.tip import FILE_BYTES, Content, Full, Kind, Said, Tip, Tips, readable
from egnatia.web.language.speech import N_
from egnatia.web.portal.counter import Counter, PortalContent
from egnatia.web.portal.form import TOO_FAST, Bot, Hasty, Limit, file_in, received, stamp
from egnatia.web.portal.subscription import is_address

Lang = Annotated[str, PathParameter(description="A language", max_length=10)]

BODY_BYTES: Final = FILE_BYTES + 200_000
LIMIT: Final = Limit(10, 3_600)
LOOKUPS: Final = Limit(30, 3_600)

KINDS: Final[dict[str, str]] = {
    "mail": N_("A suspicious e-mail or message"),
    "link": N_("A suspicious website or link"),
    "incident": N_("Something has happened to us: an incident"),
    "other": N_("Something else"),
}
"""What can be reported, in words."""

STANDING: Final[dict[str, str]] = {
    "new": N_("Received; nobody has looked at it yet"),
    "taken": N_("Somebody is looking at it"),
    "asked": N_("There is a question for you"),
    "dismissed": N_("Closed; thank you for the report"),
    "record": N_("A warning for others is made of it; thank you"),
    "case": N_("It is handled as an incident"),
    "duplicate": N_("Somebody is looking at it"),
}
"""How a report stands, as its reporter reads it."""

NOTHING: Final = N_("Write what happened, give a link, or choose the mail as a file")
NO_ADDRESS: Final = N_("This is no e-mail address that letters can be sent to")
UNKNOWN: Final = N_("There is no report with this reference")
FULL: Final = N_("There are too many reports now; please come back later, or write to the contact below")


class Report(msgspec.Struct, frozen=True):
    """The form."""

    kind: Kind = "mail"
    title: Annotated[str, msgspec.Meta(max_length=200)] = ""
    text: Annotated[str, msgspec.Meta(max_length=20_000)] = ""
    link: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    contact: Annotated[str, msgspec.Meta(max_length=300)] = ""


class Asked(msgspec.Struct, frozen=True):
    """How a report stands, and an answer to what was asked."""

    reference: Annotated[str, msgspec.Meta(max_length=60)] = ""
    answer: Annotated[str, msgspec.Meta(max_length=20_000)] = ""


class ReportPage(PortalContent, frozen=True, kw_only=True):
    """The form, or the reference of what was reported."""

    template: ClassVar[str] = "portal/report.html"
    stamp: str
    given: Report
    kinds: tuple[tuple[str, str], ...]
    file_megabytes: int
    wrong: str = ""
    reference: str = ""
    done: bool = False


class StatePage(PortalContent, frozen=True, kw_only=True):
    """How a report stands."""

    template: ClassVar[str] = "portal/state.html"
    stamp: str
    reference: str = ""
    wrong: str = ""
    standing: str = ""
    received: int = 0
    said: tuple[Said, ...] = ()
    asked: bool = False


@get("/{lang:str}/report")
async def form(counter: NamedDependency[Counter], lang: Lang) -> Response[bytes]:
    """Where somebody reports."""
    _require_reports(counter)
    return counter.page(_page(counter, Report()))


@post("/{lang:str}/report", status_code=200)
async def reported(counter: NamedDependency[Counter], lang: Lang) -> Response[bytes]:
    """A report was sent: it is the organisation's alone from here on."""
    _require_reports(counter)
    say = counter.speech.gettext
    try:
        report = await received(counter, Report, limit_bytes=BODY_BYTES)
    except Bot:
        return counter.page(_page(counter, Report(), done=True))
    except Hasty:
        return counter.page(_page(counter, Report(), wrong=say(TOO_FAST)), status=422)
    file = await file_in(counter, "file", FILE_BYTES)
    if not (report.text or report.link or file[1]):
        return counter.page(_page(counter, report, wrong=say(NOTHING)), status=422)
    if report.contact and not is_address(report.contact):
        return counter.page(_page(counter, report, wrong=say(NO_ADDRESS)), status=422)
    LIMIT.count(counter.address)
    content = Content(title=report.title, text=report.text, link=report.link)
    tips = tips_of(counter)
    try:
        reference = await counter.ask(
            lambda: tips.receive(
                report.kind,
                content,
                at=counter.now,
                language=counter.language.code,
                contact=report.contact,
                file=file,
            )
        )
    except Full:
        return counter.page(_page(counter, report, wrong=say(FULL)), status=503)
    return counter.page(_page(counter, Report(), reference=reference, done=True))


@get("/{lang:str}/report/state")
async def ask(counter: NamedDependency[Counter], lang: Lang) -> Response[bytes]:
    """Where a reporter asks how it stands."""
    _require_reports(counter)
    return counter.page(_state(counter, ""))


@post("/{lang:str}/report/state", status_code=200)
async def state(counter: NamedDependency[Counter], lang: Lang) -> Response[bytes]:
    """How it stands; with an answer, that is kept first."""
    _require_reports(counter)
    say = counter.speech.gettext
    try:
        asked = await received(counter, Asked)
    except (Bot, Hasty):
        return counter.page(_state(counter, "", wrong=say(TOO_FAST)), status=422)
    LOOKUPS.count(counter.address)
    tips = tips_of(counter)

    def look() -> StatePage:
        tip = tips.by_reference(asked.reference)
        if tip is None:
            return _state(counter, asked.reference, wrong=say(UNKNOWN))
        if asked.answer and tip.state == "asked":
            tips.say(tip, asked.answer, counter.now, ours=False)
            tip = tips.get(tip.id) or tip
        return _state(counter, asked.reference, tip=tip, tips=tips)

    page = await counter.ask(look)
    return counter.page(page, status=404 if page.wrong else 200)


FORMS: tuple[ControllerRouterHandler, ...] = (form, reported, ask, state)


def tips_of(counter: Counter) -> Tips:
    """The reports to this node's organisation."""
    return Tips(counter.store, counter.premises.secret)


def _require_reports(counter: Counter) -> None:
    if not counter.premises.settings.portal.reports:
        raise NotFound


def _page(counter: Counter, given: Report, *, wrong: str = "", reference: str = "", done: bool = False) -> ReportPage:
    say = counter.speech.gettext
    return ReportPage(
        title=say("Report something suspicious"),
        stamp=stamp(counter),
        given=given,
        kinds=tuple((kind, say(words)) for kind, words in KINDS.items()),
        file_megabytes=FILE_BYTES // 1_000_000,
        wrong=wrong,
        reference=reference,
        done=done,
        **counter.around("/report"),
    )


def _state(
    counter: Counter, reference: str, *, wrong: str = "", tip: Tip | None = None, tips: Tips | None = None
) -> StatePage:
    say = counter.speech.gettext
    return StatePage(
        title=say("How does my report stand?"),
        stamp=stamp(counter),
        reference=reference,
        wrong=wrong,
        standing=say(STANDING[_standing(tips, tip)]) if tip is not None and tips is not None else "",
        received=tip.at if tip is not None else 0,
        said=readable(tips, tip).said if tip is not None and tips is not None else (),
        asked=tip is not None and tip.state == "asked",
        **counter.around("/report/state"),
    )


def _standing(tips: Tips, tip: Tip) -> str:
    """How it stands; of one that was merged into another, how that does. What is asked there is asked of others."""
    main = tips.main(tip)
    return "taken" if main is not tip and main.state == "asked" else main.state
