"""The queue of what was reported: list, take, ask back, dismiss with a reason, make a record or a case of it.

It is for people of the organisation that operates the node, and for nobody else. What was handed in is never shown as
it is: addresses stand there defanged, a mail as facts, a file only to be downloaded.
"""

import time
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
from egnatia.web.frame import HEADERS, Content
from egnatia.web.intake.message import MailFacts
from egnatia.web.intake.tip import OPEN, Said, State, Tip, Tips, readable, words_of
from egnatia.web.language import LANGUAGES, speech
from egnatia.web.language.footnote import with_footnote
from egnatia.web.language.speech import N_
from egnatia.web.permission import Permission
from egnatia.web.portal.reporting import KINDS
from egnatia.web.publish.draft import QUICK, Draft, Drafts
from egnatia.web.publish.marking import Chosen
from egnatia.web.record.faces import kind_words
from egnatia.web.record.text import defanged, visible
from egnatia.web.visit import Visit, found

TipId = Annotated[str, PathParameter(description="A report", max_length=60)]

VALUES: Final = 200
STATES: Final[dict[str, tuple[str, str]]] = {
    "new": (N_("New"), "warn"),
    "taken": (N_("Taken"), "info"),
    "asked": (N_("Asked back"), "info"),
    "dismissed": (N_("Dismissed"), "plain"),
    "record": (N_("Made a record"), "good"),
    "case": (N_("Made a case"), "good"),
}
NO_REASON: Final = N_("Say why, for colleagues who look at it later")
NO_QUESTION: Final = N_("Write the question")


class Deed(msgspec.Struct, frozen=True):
    """What somebody does with a report. `answer` is for its reporter, `reason` for colleagues."""

    do: Literal["take", "ask", "dismiss", "record", "case", ""] = ""
    reason: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    answer: Annotated[str, msgspec.Meta(max_length=5_000)] = ""


class TipRow(msgspec.Struct, frozen=True, kw_only=True):
    """A report in the list."""

    id: str
    title: str
    kind: str
    state: str
    state_kind: str
    at: int
    by: str
    taken_by: str
    has_file: bool


class QueuePage(Content, frozen=True, kw_only=True):
    """All reports, those that are open first."""

    template: ClassVar[str] = "intake/queue.html"
    open: tuple[TipRow, ...]
    settled: tuple[TipRow, ...]
    portal: str
    now: int


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
    may_open_case: bool
    case: str
    wrong: str
    answer: str
    reason: str


@get("/triage")
async def queue(visit: NamedDependency[Visit]) -> Response[str]:
    """What was reported."""
    tips = _tips(visit)

    def look() -> QueuePage:
        rows = [(tip, _row(visit, tips, tip)) for tip in tips.latest()]
        return QueuePage(
            title=visit.speech.gettext("Reports"),
            open=tuple(row for tip, row in rows if tip.state in OPEN),
            settled=tuple(row for tip, row in rows if tip.state not in OPEN),
            portal="/public" if visit.premises.settings.portal.open else "",
            now=visit.now,
        )

    return visit.page(await visit.ask(look))


@get("/triage/{tip_id:str}")
async def tip(visit: NamedDependency[Visit], tip_id: TipId) -> Response[str]:
    """One report."""
    tips = _tips(visit)
    about = found(await visit.ask(lambda: tips.get(tip_id)))
    return visit.page(await visit.ask(lambda: _page(visit, tips, about)))


@post("/triage/{tip_id:str}")
async def decided(visit: NamedDependency[Visit], tip_id: TipId) -> Response[str]:
    """Something is done with it."""
    tips = _tips(visit)
    form = await visit.form(Deed)
    about = found(await visit.ask(lambda: tips.get(tip_id)))
    say = visit.speech.gettext
    where = f"/triage/{about.id}"
    match form.do:
        case "take":
            await visit.ask(lambda: _act(visit, tips, about, "taken"))
            return visit.go(where, say("It is yours now"))
        case "ask":
            if form.answer:
                await visit.ask(lambda: _ask(visit, tips, about, form.answer))
                return visit.go(where, say("The question is where the reporter can read it"))
            wrong = say(NO_QUESTION)
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
    tips = _tips(visit)
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


def _tips(visit: Visit) -> Tips:
    visit.require(Permission.TRIAGE)
    if visit.visitor.organisation != visit.premises.own:
        raise NotFound
    return Tips(visit.store, visit.premises.secret)


def _act(visit: Visit, tips: Tips, about: Tip, what: State, reason: str = "") -> None:
    own = visit.visitor.organisation or ""
    tips.act(about, visit.visitor.login, what, _now(), reason=reason, organisation=own)


def _ask(visit: Visit, tips: Tips, about: Tip, question: str) -> None:
    """The question stands under the report's reference; who left an address is told that it does."""
    tips.say(about, question, _now(), ours=True)
    _act(visit, tips, about, "asked")
    contact = tips.contact(about)
    if contact:
        say = speech(LANGUAGES.get(about.language, LANGUAGES["en"])).gettext
        name = visit.premises.settings.portal.title or visit.premises.settings.organisation.name
        url = f"{visit.premises.settings.public_url}/public/{about.language}/report/state"
        text = "\n\n".join((say("There is a question about your report. Read and answer it with your reference:"), url))
        subject = say("A question about your report to %(name)s", name=name)
        mail = Mail(to=contact, subject=subject, text=with_footnote(say, text, subject))
        at = _now()
        visit.premises.outbox.put(Letter(id=letter_id("report", about.id, str(at)), at=at, content=mail))


def _settle(visit: Visit, tips: Tips, about: Tip, what: State, form: Deed) -> None:
    if form.answer:
        tips.say(about, form.answer, _now(), ours=True)
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
        texts={"text": _harmless(text)[:200_000], "name": content.title},
        ticked={"value": ()},
        chosen=Chosen(tlp=""),
    )
    Drafts(visit.store, visit.visitor.account).keep(draft)
    return draft.id


def _harmless(text: str) -> str:
    """The text with all that it names defanged."""
    for each in sorted(extract(text), key=lambda value: -len(value.value)):
        if each.type in {"url", "domain-name", "ipv4-addr", "ipv6-addr", "email-addr"}:
            text = text.replace(each.value, defanged(each.value))
    return text


def _row(visit: Visit, tips: Tips, tip: Tip) -> TipRow:
    say = visit.speech.gettext
    words, kind = STATES[tip.state]
    content = readable(tips, tip)
    subject = dict(content.mail.heads).get("Subject", "") if content.mail is not None else ""
    title = content.title or subject or content.link or content.text
    return TipRow(
        id=tip.id,
        title=visible(" ".join(_harmless(title[:300]).split())[:120]),
        kind=say(KINDS[tip.kind]),
        state=say(words),
        state_kind=kind,
        at=tip.at,
        by=visible(tip.by_name) if tip.by else say("the public"),
        taken_by=visible(tip.taken_by),
        has_file=tip.has_file,
    )


def _page(visit: Visit, tips: Tips, about: Tip, *, wrong: str = "", form: Deed | None = None) -> TipPage:
    content = readable(tips, about)
    say = visit.speech.gettext
    clearance = visit.clearance()
    named = extract("\n".join(words_of(content)))[:VALUES]
    row = _row(visit, tips, about)
    mail = content.mail
    return TipPage(
        title=row.title or say("Report"),
        row=row,
        is_open=about.state in OPEN,
        text=visible(_harmless(content.text)),
        link=visible(defanged(refang(content.link))),
        mail=msgspec.structs.replace(
            mail,
            heads=tuple((name, visible(_harmless(value))) for name, value in mail.heads),
            text=visible(_harmless(mail.text)),
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
        said=tuple(Said(each.at, each.ours, visible(_harmless(each.text))) for each in content.said),
        steps=tuple(
            Did(each.at, visible(each.who), say(STATES[each.what][0]), STATES[each.what][1], visible(each.reason))
            for each in reversed(about.steps)
        ),
        has_contact=about.has_contact,
        may_open_case=visit.visitor.may(Permission.PUBLISH),
        case=about.case,
        wrong=wrong,
        answer=form.answer if form is not None else "",
        reason=form.reason if form is not None else "",
    )


def _now() -> int:
    return time.time_ns() // 1_000
