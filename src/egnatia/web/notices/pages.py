"""The pages of notices: what one is told, and by which ways one wants to be told what."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, PathParameter
from litestar.types import ControllerRouterHandler

from egnatia.exchange.api.problem import BadRequest, NotFound
from egnatia.exchange.caller import Unauthorized
from egnatia.exchange.letter import Call, Letter, letter_id
from egnatia.exchange.notice import Kind, Notice, Notices
from egnatia.exchange.outward import Barred
from egnatia.exchange.webhook import Hook
from egnatia.store import Batch, Note
from egnatia.web.account.accounts import Accounts
from egnatia.web.frame import HEADERS, Content
from egnatia.web.notices.alert import Alerts
from egnatia.web.notices.choices import ALWAYS, WAYS, Choices, Chosen, Way
from egnatia.web.notices.mailbox import Mailbox
from egnatia.web.notices.words import BRIEF, KINDS, sentence
from egnatia.web.visit import Visit

Code = Annotated[str, PathParameter(description="What only the letter tells", max_length=64)]

ROWS: Final = 50
HOOKS: Final = 5
"""Webhooks of one person."""


class NoticeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One notice as its reader may see it."""

    place: str
    at: int
    words: str
    title: str
    read: bool


class NoticesPage(Content, frozen=True, kw_only=True):
    """What one is told, the newest first."""

    template: ClassVar[str] = "notices/list.html"
    rows: tuple[NoticeRow, ...]
    unread: int
    older: str


class ChoicesPage(Content, frozen=True, kw_only=True):
    """What one wants to be told, and how. `made` is the secret of a webhook that was just made or renewed: it
    is shown once."""

    template: ClassVar[str] = "notices/choices.html"
    kinds: tuple[tuple[str, str, tuple[Way, ...]], ...]
    mail: str
    waiting: str
    digest: bool
    sends_mail: bool
    hooks: tuple[Hook, ...]
    may_add: bool
    made: str = ""
    error: str = ""


class MailboxPage(Content, frozen=True, kw_only=True):
    """A button that confirms the address, and what became of it."""

    template: ClassVar[str] = "notices/mailbox.html"
    code: str
    mail: str
    done: bool
    valid: bool


class Marked(msgspec.Struct, frozen=True):
    """Which notice is read; all where none is named."""

    place: str = ""


class Chosing(msgspec.Struct, frozen=True):
    """The form of choices: each of `ways` is a kind and a way with a blank between."""

    ways: tuple[str, ...] = ()
    mail: Annotated[str, msgspec.Meta(max_length=254, pattern=r"^$|^[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+\Z")] = ""
    digest: str = ""


class NewHook(msgspec.Struct, frozen=True):
    """A webhook to be added."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    url: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class OldHook(msgspec.Struct, frozen=True):
    """What is to become of a webhook."""

    hook: str
    what: str


@get("/notices")
async def notices(visit: NamedDependency[Visit], before: FromQuery[str] = "") -> Response[str]:
    """The list."""
    account = _account(visit)
    kept = Notices(visit.store)
    found = await visit.ask(lambda: kept.of(account, ROWS, before=before[:80]))
    names = {each.id: each.name for each in await visit.ask(visit.premises.organisations)}
    clearance, registry = visit.clearance(), visit.premises.casework
    cases = {each.subject for each in found if each.subject.startswith("case--")}
    titles = await visit.ask(lambda: registry.titles(clearance, cases))
    return visit.page(
        NoticesPage(
            title=visit.speech.gettext("Notices"),
            rows=tuple(_row(visit, each, titles, names) for each in found),
            unread=await visit.ask(lambda: kept.unread(account)),
            older=f"/notices?before={found[-1].place.replace(' ', '+')}" if len(found) == ROWS else "",
        )
    )


@get("/notices/count")
async def count(visit: NamedDependency[Visit]) -> Response[bytes]:
    """How many are unread, for the bell."""
    account = _account(visit)
    unread = await visit.ask(lambda: Notices(visit.store).unread(account))
    words = visit.speech.ngettext("%(count)s unread notice", "%(count)s unread notices", unread) if unread else ""
    body = msgspec.json.encode({"unread": unread, "words": words})
    return Response(body, media_type="application/json", headers=HEADERS)


@get("/notices/open")
async def opened(visit: NamedDependency[Visit], place: FromQuery[str]) -> Response[str]:
    """To what a notice is about; from now on it is read."""
    account = _account(visit)
    kept = Notices(visit.store)
    notice = await visit.ask(lambda: kept.get(account, place[:80]))
    if notice is None:
        raise NotFound
    await visit.ask(lambda: kept.read(account, notice.place))
    return visit.go(notice.path)


@post("/notices/read")
async def read(visit: NamedDependency[Visit]) -> Response[str]:
    """One, or all, are read."""
    account = _account(visit)
    form = await visit.form(Marked)
    kept = Notices(visit.store)
    await visit.ask(lambda: kept.read(account, *([form.place] if form.place else [])))
    return visit.go("/notices")


@get("/notices/choices")
async def choices(visit: NamedDependency[Visit]) -> Response[str]:
    """What one is told by which way."""
    return visit.page(await _choices(visit))


@post("/notices/choices")
async def choose(visit: NamedDependency[Visit]) -> Response[str]:
    """Keep the choices."""
    account = _account(visit)
    form = await visit.form(Chosing)
    ways: dict[Kind, tuple[Way, ...]] = {
        kind: tuple(way for way in WAYS if f"{kind.value} {way}" in form.ways) for kind in Kind
    }
    kept = Chosen(visit.store)

    def keep() -> None:
        wanted = form.digest == "yes"
        before = kept.of(account)
        digested = before.digested if wanted and before.digest else visit.now
        chosen = msgspec.structs.replace(before, digest=wanted, digested=digested, ways=ways)
        wanted_ = Mailbox(visit.premises, account).want(chosen, form.mail, visit.speech, visit.now)
        kept.kept.put(account, wanted_)
        _told_of_address(visit, before, wanted_)

    await visit.ask(keep)
    return visit.go("/notices/choices", visit.speech.gettext("Kept."))


@get("/notices/mailbox/{code:str}")
async def mailbox(visit: NamedDependency[Visit], code: Code) -> Response[str]:
    """The page behind the link in a letter: opening it changes nothing, for programs open links too."""
    return visit.page(await _mailbox(visit, code, done=False, valid=True))


@post("/notices/mailbox/{code:str}")
async def confirmed(visit: NamedDependency[Visit], code: Code) -> Response[str]:
    """Its button was pressed: notices go to the address from now on."""
    account = _account(visit)
    await visit.form(Marked)
    kept = Chosen(visit.store)

    def confirm() -> bool:
        before = kept.of(account)
        valid = Mailbox(visit.premises, account).confirm(code, visit.now)
        _told_of_address(visit, before, kept.of(account))
        return valid

    valid = await visit.ask(confirm)
    if valid:
        await _note(visit, "mailbox confirmed", account, "")
    return visit.page(await _mailbox(visit, code, done=True, valid=valid), status=200 if valid else 404)


async def _mailbox(visit: Visit, code: str, *, done: bool, valid: bool) -> MailboxPage:
    chosen = Chosen(visit.store)
    account = _account(visit)
    held = await visit.ask(lambda: chosen.of(account))
    title = visit.speech.gettext("Confirm your address")
    return MailboxPage(
        title=title, code=code, mail=held.mail if done else held.waiting(visit.now), done=done, valid=valid
    )


@post("/notices/webhooks")
async def add_hook(visit: NamedDependency[Visit]) -> Response[str]:
    """Add a webhook; its secret is shown once."""
    account = _account(visit)
    form = await visit.form(NewHook)
    hooks, organisation = visit.premises.hooks, visit.visitor.organisation or ""
    if len(await visit.ask(lambda: _own(visit, account))) >= HOOKS:
        raise BadRequest(visit.speech.gettext("You have as many webhooks as one may; remove one first"))
    try:
        hook = await visit.ask(lambda: hooks.add(form.name, form.url, organisation, account))
    except Barred as barred:
        page = await _choices(visit)
        return visit.page(msgspec.structs.replace(page, error=str(barred)), status=422)
    await _note(visit, "webhook added", hook.id, form.name)
    page = await _choices(visit)
    return visit.page(msgspec.structs.replace(page, made=hooks.secret(hook)))


@post("/notices/webhooks/change")
async def change_hook(visit: NamedDependency[Visit]) -> Response[str]:
    """Try, renew or remove a webhook of one's own."""
    account = _account(visit)
    form = await visit.form(OldHook)
    hooks = visit.premises.hooks
    hook = next((each for each in await visit.ask(lambda: _own(visit, account)) if each.id == form.hook), None)
    if hook is None:
        raise NotFound
    match form.what:
        case "test":
            content = Call(hook=hook.id, kind="test", data=b'{"text": "Nothing has happened."}')
            letter = Letter(id=letter_id("test", hook.id, str(visit.now)), at=visit.now, content=content)
            await visit.ask(lambda: visit.premises.outbox.put(letter))
            return visit.go("/notices/choices", visit.speech.gettext("A call is on its way; look again in a moment."))
        case "renew":
            await visit.ask(lambda: hooks.renew(hook.id))
            await _note(visit, "webhook renewed", hook.id, hook.name)
            renewed = await visit.ask(lambda: hooks.get(hook.id))
            page = await _choices(visit)
            return visit.page(msgspec.structs.replace(page, made=hooks.secret(renewed or hook)))
        case "remove":
            await visit.ask(lambda: hooks.remove(hook.id))
            await _note(visit, "webhook removed", hook.id, hook.name)
            return visit.go("/notices/choices", visit.speech.gettext("Removed."))
        case _:
            raise BadRequest(form.what)


def _account(visit: Visit) -> str:
    if not visit.visitor.signed_in:
        raise Unauthorized("Sign in to go on")
    return visit.visitor.account


def _told_of_address(visit: Visit, before: Choices, after: Choices) -> None:
    """The address that letters went to so far hears of it where they go there no more."""
    account = Accounts(visit.store).get(visit.visitor.login)
    if account is None or before.mail in {"", after.mail}:
        return
    action = "letters go elsewhere"
    told = Alerts(visit.premises).keeps(account, action, visit.now, to=before.mail)
    visit.store.append(Batch(notes=(Note(account.name, action, account.id, ""),), keeps=told)).result(30)


def _own(visit: Visit, account: str) -> tuple[Hook, ...]:
    return tuple(each for each in visit.premises.hooks.all() if each.person == account)


async def _choices(visit: Visit) -> ChoicesPage:
    account = _account(visit)
    chosen = await visit.ask(lambda: Chosen(visit.store).of(account))
    hooks = await visit.ask(lambda: _own(visit, account))
    say = visit.speech.gettext
    login = visit.visitor.login
    return ChoicesPage(
        title=say("What you are told"),
        kinds=tuple((kind.value, say(KINDS[kind]), chosen.by(kind)) for kind in Kind if kind not in ALWAYS),
        mail=chosen.waiting(visit.now) or chosen.mail or (login if "@" in login else ""),
        waiting=chosen.waiting(visit.now),
        digest=chosen.digest,
        sends_mail=visit.premises.outbox.sends_mail,
        hooks=hooks,
        may_add=len(hooks) < HOOKS,
    )


async def _note(visit: Visit, action: str, subject: str, detail: str) -> None:
    note = Note(visit.actor, action, subject, detail)
    await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result(30))


def _row(visit: Visit, notice: Notice, titles: Mapping[str, str], names: Mapping[str, str]) -> NoticeRow:
    seen = not notice.subject.startswith("case--") or notice.subject in titles
    words = sentence(notice, visit.speech, names) if seen else visit.speech.gettext(BRIEF[notice.kind])
    return NoticeRow(
        place=notice.place, at=notice.at, words=words, title=titles.get(notice.subject, ""), read=notice.read
    )


PAGES: tuple[ControllerRouterHandler, ...] = (
    notices, count, opened, read, choices, choose, mailbox, confirmed, add_hook, change_hook,
)  # fmt: skip
"""Every page of this folder."""
