"""One report: take it, give it to a colleague, ask back, answer, merge it into another of the same thing, dismiss it
with a reason, make a record or a case of it.

It is for people of the organisation that operates the node, and for nobody else. What was handed in is never shown as
it is: addresses stand there defanged, a mail as facts, a file only to be downloaded.
"""

import time
from collections.abc import Iterator
from typing import Annotated, ClassVar, Final, Literal
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter

from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.formats.extraction import extract
from egnatia.exchange.formats.fang import refang
from egnatia.exchange.letter import Letter, Mail, letter_id
from egnatia.store.entry import Batch, Note
from egnatia.web.account.accounts import Accounts
from egnatia.web.frame import HEADERS, Content
from egnatia.web.intake.message import MailFacts
from egnatia.web.intake.queue import STATES, TipRow, harmless, row, tips_of
from egnatia.web.intake.tip import OPEN, Said, State, Tip, Tips, readable, words_of
from egnatia.web.language import LANGUAGES, speech
from egnatia.web.language.footnote import with_footnote
from egnatia.web.language.speech import N_
from egnatia.web.permission import Permission
from egnatia.web.publish.draft import QUICK, Draft, Drafts
from egnatia.web.publish.marking import Chosen
from egnatia.web.record.faces import kind_words
from egnatia.web.record.text import defanged, visible
from egnatia.web.visit import Visit, found

TipId = Annotated[str, PathParameter(description="A report", max_length=60)]

VALUES: Final = 200
NO_REASON: Final = N_("Say why, for colleagues who look at it later")
NO_QUESTION: Final = N_("Write the question")
NO_ANSWER: Final = N_("Write the answer")
NOT_OPEN: Final = N_("Choose another report that is open")
ASKED: Final = N_("The question is where the reporter can read it")
ANSWERED: Final = N_("The answer is where the reporter can read it")
ALIKE: Final = 50
"""Reports that are offered as being of the same thing."""


class Deed(msgspec.Struct, frozen=True):
    """What somebody does with a report. `answer` is for its reporter, `reason` for colleagues; `to` is the colleague
    who gets it, `same` the report of the same thing."""

    do: Literal["take", "give", "ask", "answer", "merge", "dismiss", "record", "case", "reopen", ""] = ""
    to: Annotated[str, msgspec.Meta(max_length=100)] = ""
    same: Annotated[str, msgspec.Meta(max_length=60)] = ""
    reason: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    answer: Annotated[str, msgspec.Meta(max_length=5_000)] = ""


class Value(msgspec.Struct, frozen=True):
    """A value that the report names, defanged; how many records here have it."""

    shown: str
    kind: str
    known: int


class Did(msgspec.Struct, frozen=True):
    """A step, in words."""

    at: int
    who: str
    words: str
    kind: str
    reason: str


class TipPage(Content, frozen=True, kw_only=True):
    """One report."""

    template: ClassVar[str] = "intake/tip.html"
    row: TipRow
    is_open: bool
    text: str
    link: str
    mail: MailFacts | None
    file_name: str
    file_size: int
    file_digest: str
    values: tuple[Value, ...]
    said: tuple[Said, ...]
    steps: tuple[Did, ...]
    has_contact: bool
    sends_mail: bool
    may_open_case: bool
    may_reopen: bool
    colleagues: tuple[tuple[str, str], ...]
    alike: tuple[tuple[str, str], ...]
    main: TipRow | None
    merged: tuple[TipRow, ...]
    case: str
    wrong: str
    answer: str
    reason: str


@get("/triage/{tip_id:str}")
async def tip(visit: NamedDependency[Visit], tip_id: TipId) -> Response[str]:
    """One report."""
    tips = tips_of(visit)
    about = found(await visit.ask(lambda: tips.get(tip_id)))
    return visit.page(await visit.ask(lambda: _page(visit, tips, about)))


@post("/triage/{tip_id:str}")
async def decided(visit: NamedDependency[Visit], tip_id: TipId) -> Response[str]:
    """Something is done with it."""
    tips = tips_of(visit)
    form = await visit.form(Deed)
    about = found(await visit.ask(lambda: tips.get(tip_id)))
    say = visit.speech.gettext
    where = f"/triage/{about.id}"
    match form.do:
        case "take":
            await visit.ask(lambda: _give(visit, tips, about, visit.visitor.login))
            return visit.go(where, say("It is yours now"))
        case "give" if form.to in {login for login, _ in await visit.ask(lambda: _colleagues(visit))}:
            await visit.ask(lambda: _give(visit, tips, about, form.to))
            return visit.go(where, say("Given to %(who)s", who=form.to))
        case "ask" | "answer":
            if form.answer:
                await visit.ask(lambda: _say(visit, tips, about, form.answer, asks=form.do == "ask"))
                told = ASKED if form.do == "ask" else ANSWERED
                return visit.go(where, say(told))
            missing = NO_QUESTION if form.do == "ask" else NO_ANSWER
            wrong = say(missing)
        case "merge":
            into = await visit.ask(lambda: tips.get(form.same))
            if into is not None and into.id != about.id and into.state in OPEN and about.state in OPEN:
                await visit.ask(lambda: _merge(visit, tips, about, into))
                return visit.go(f"/triage/{into.id}", say("Merged: what becomes of this one is told to both reporters"))
            wrong = say(NOT_OPEN)
        case "reopen" if about.state in {"dismissed", "record", "duplicate"}:
            await visit.ask(lambda: _reopen(visit, tips, about))
            return visit.go(where, say("It is open again"))
        case "dismiss":
            if form.reason:
                await visit.ask(lambda: _settle(visit, tips, about, "dismissed", form))
                return visit.go("/triage", say("Dismissed"))
            wrong = say(NO_REASON)
        case "record":
            draft = await visit.ask(lambda: _draft(visit, tips, about))
            await visit.ask(lambda: _settle(visit, tips, about, "record", form))
            return visit.go(f"/publish/quick?draft={draft}", say("Look through what it names, and publish"))
        case "case":
            visit.require(Permission.PUBLISH)
            title = readable(tips, about).title
            await visit.ask(lambda: _settle(visit, tips, about, "taken", form))
            to = f"/cases/new?workflow=incident&name={quote(title[:200])}&report={about.id}"
            return visit.go(to, say("Open the case of it"))
        case _:
            raise NotFound
    page = await visit.ask(lambda: _page(visit, tips, about, wrong=wrong, form=form))
    return visit.page(page, status=422)


@get("/triage/{tip_id:str}/file")
async def file(visit: NamedDependency[Visit], tip_id: TipId) -> Response[bytes]:
    """The file that came with it, to be saved only; that somebody did is noted."""
    tips = tips_of(visit)
    about = found(await visit.ask(lambda: tips.get(tip_id)))
    content = found_bytes(await visit.ask(lambda: tips.file(about)))
    note = Note(visit.actor, "report file", about.id)
    await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result())
    headers = {
        **HEADERS,
        "content-security-policy": "sandbox; default-src 'none'",
        "content-disposition": f'attachment; filename="report-{about.id}.suspicious"',
    }
    return Response(content, media_type="application/octet-stream", headers=headers)


def found_bytes(content: bytes | None) -> bytes:
    """The content; raises NotFound where there is none."""
    if content is None:
        raise NotFound
    return content


def _act(visit: Visit, tips: Tips, about: Tip, what: State, reason: str = "") -> None:
    own = visit.visitor.organisation or ""
    tips.act(about, visit.visitor.login, what, _now(), reason=reason, organisation=own)


def _give(visit: Visit, tips: Tips, about: Tip, to: str) -> None:
    tips.give(about, visit.visitor.login, to, _now(), organisation=visit.visitor.organisation or "")


def _merge(visit: Visit, tips: Tips, about: Tip, into: Tip) -> None:
    tips.merge(about, into, visit.visitor.login, _now(), organisation=visit.visitor.organisation or "")


def _reopen(visit: Visit, tips: Tips, about: Tip) -> None:
    tips.part(about)
    _act(visit, tips, about, "taken")


def _colleagues(visit: Visit) -> tuple[tuple[str, str], ...]:
    """Who can look through reports: sign-in name and name."""
    own = visit.premises.own
    people = [each for each in Accounts(visit.store).all() if each.organisation == own and each.disabled is None]
    return tuple((each.name, each.display) for each in people if Permission.TRIAGE in each.permissions(own))


def _say(visit: Visit, tips: Tips, about: Tip, words: str, *, asks: bool) -> None:
    """A question or an answer stands under the report's reference, and under those that were merged into it; who left
    an address is told that it does."""
    for each in (about, *tips.merged(about)):
        tips.say(each, words, _now(), ours=True)
        _tell(visit, tips, each, asks=asks and each is about)
    if asks:
        _act(visit, tips, about, "asked")


def _tell(visit: Visit, tips: Tips, about: Tip, *, asks: bool) -> None:
    contact = tips.contact(about)
    if contact:
        say = speech(LANGUAGES.get(about.language, LANGUAGES["en"])).gettext
        name = visit.premises.settings.portal.title or visit.premises.settings.organisation.name
        url = f"{visit.premises.settings.public_url}/public/{about.language}/report/state"
        told = (
            say("There is a question about your report. Read and answer it with your reference:")
            if asks
            else say("There is an answer to your report. Read it with your reference:")
        )
        subject = (
            say("A question about your report to %(name)s", name=name)
            if asks
            else say("An answer to your report to %(name)s", name=name)
        )
        text = with_footnote(say, "\n\n".join((told, url)), subject)
        at = _now()
        letter = Letter(
            id=letter_id("report", about.id, str(at)), at=at, content=Mail(to=contact, subject=subject, text=text)
        )
        visit.premises.outbox.put(letter)


def _settle(visit: Visit, tips: Tips, about: Tip, what: State, form: Deed) -> None:
    if form.answer:
        _say(visit, tips, about, form.answer, asks=False)
    _act(visit, tips, about, what, form.reason)


def _draft(visit: Visit, tips: Tips, about: Tip) -> str:
    """A quick report with the text, every address in it defanged, as a draft of who looks at it."""
    content = readable(tips, about)
    text = "\n\n".join(dict.fromkeys(each.strip() for each in words_of(content) if each.strip()))
    draft = Draft(
        id=Drafts.new_id(),
        account=visit.visitor.account,
        type=QUICK,
        title=content.title[:200],
        saved=_now(),
        texts={"text": harmless(text)[:200_000], "name": content.title},
        ticked={"value": ()},
        chosen=Chosen(tlp=""),
    )
    Drafts(visit.store, visit.visitor.account).keep(draft)
    return draft.id


def _page(visit: Visit, tips: Tips, about: Tip, *, wrong: str = "", form: Deed | None = None) -> TipPage:
    content = readable(tips, about)
    say = visit.speech.gettext
    clearance = visit.clearance()
    named = extract("\n".join(words_of(content)))[:VALUES]
    shown = row(visit, tips, about)
    mail = content.mail
    return TipPage(
        title=shown.title or say("Report"),
        row=shown,
        is_open=about.state in OPEN,
        text=visible(harmless(content.text)),
        link=visible(defanged(refang(content.link))),
        mail=msgspec.structs.replace(
            mail,
            heads=tuple((name, visible(harmless(value))) for name, value in mail.heads),
            text=visible(harmless(mail.text)),
            attachments=tuple(
                msgspec.structs.replace(each, name=visible(each.name), kind=visible(each.kind))
                for each in mail.attachments
            ),
        )
        if mail is not None
        else None,
        file_name=visible(content.file_name) if about.has_file else "",
        file_size=content.file_size,
        file_digest=content.file_digest,
        values=tuple(
            Value(
                visible(defanged(each.value)) if each.type else each.value,
                say(kind_words(each.type)),
                len(visit.store.by_value(clearance, each.value, 10)) if each.type else 0,
            )
            for each in named
        ),
        said=tuple(Said(each.at, each.ours, visible(harmless(each.text))) for each in content.said),
        steps=tuple(
            Did(each.at, visible(each.who), say(STATES[each.what][0]), STATES[each.what][1], visible(each.reason))
            for each in reversed(about.steps)
        ),
        has_contact=about.has_contact,
        sends_mail=visit.premises.outbox.sends_mail,
        may_open_case=visit.visitor.may(Permission.PUBLISH),
        may_reopen=about.state in {"dismissed", "record", "duplicate"},
        colleagues=_colleagues(visit),
        alike=tuple(_alike(visit, tips, about)) if about.state in OPEN else (),
        main=row(visit, tips, tips.main(about)) if about.same_as else None,
        merged=tuple(row(visit, tips, each) for each in tips.merged(about)),
        case=about.case,
        wrong=wrong,
        answer=form.answer if form is not None else "",
        reason=form.reason if form is not None else "",
    )


def _alike(visit: Visit, tips: Tips, about: Tip) -> Iterator[tuple[str, str]]:
    """Other open reports to choose from; what names the same says so."""
    marks = set(about.marks)
    for each in tips.alike(about, ALIKE):
        shown, common = row(visit, tips, each), len(marks & set(each.marks))
        same = visit.speech.ngettext("%(count)s value in common", "%(count)s values in common", common)
        moment = visit.speech.moment(each.at, "short")
        yield each.id, " · ".join(filter(None, (shown.title or shown.kind, moment, same if common else "")))


def _now() -> int:
    return time.time_ns() // 1_000
