"""How two operators pair their nodes in a browser: invite, accept, compare five words by telephone, confirm.

Who confirms types the words that the other side reads out: a click alone pairs nothing.
"""

import re
import time
from typing import Annotated, ClassVar, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.peer.pairing import INVITATION_DAYS, OwnInvitation, PairedAlready, Prospect, State
from egnatia.trust.errors import Expired, Forged, Truncated
from egnatia.web.frame import HEADERS, Content
from egnatia.web.peers.book import Hosted, card_of, economy_of, hosted
from egnatia.web.permission import Permission
from egnatia.web.visit import Visit

ENDPOINT = r"^https?://[^\s/?#@]+(/[^\s?#]*)?$"
_APART = re.compile(r"[^a-z]+")
WORDS = 5


class Invite(msgspec.Struct, frozen=True):
    """How the invitation is wanted."""

    wanted: Literal["shown", "file"] = "shown"


class Accept(msgspec.Struct, frozen=True):
    """An invitation as it was pasted, or as a file."""

    text: str = ""
    file: str = ""
    scope: Literal["own", "all"] = "own"
    endpoint: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


class Compare(msgspec.Struct, frozen=True):
    """What the other side has read out, or that it was not the same."""

    words: Annotated[str, msgspec.Meta(max_length=500)] = ""
    answer: Literal["same", "different"] = "same"


class InvitePage(Content, frozen=True, kw_only=True):
    """An invitation, once it is written."""

    template: ClassVar[str] = "peers/invite.html"
    script: ClassVar[str] = "copy.js"
    days: int = INVITATION_DAYS
    until: int = 0
    text: str = ""
    name: str


class AcceptPage(Content, frozen=True, kw_only=True):
    """Where the other side's invitation goes; `wrong` says what is the matter with it."""

    template: ClassVar[str] = "peers/accept.html"
    text: str = ""
    scope: str = "own"
    endpoint: str = ""
    wrong: str = ""
    why: str = ""


class ComparePage(Content, frozen=True, kw_only=True):
    """Who invites, and the words to compare."""

    template: ClassVar[str] = "peers/compare.html"
    prospect: Prospect
    economy: str
    organisations: tuple[Hosted, ...]
    wrong: bool = False


@get("/peers/invite")
async def invitation(visit: NamedDependency[Visit]) -> Response[str]:
    """What an invitation is, and the button that writes one."""
    visit.require(Permission.MANAGE_PEERS)
    return visit.page(_invite_page(visit))


@post("/peers/invite", status_code=200)
async def invite(visit: NamedDependency[Visit]) -> Response[str]:
    """An invitation, to copy or to download."""
    visit.require(Permission.MANAGE_PEERS)
    form = await visit.form(Invite)
    text = await visit.ask(lambda: visit.premises.pairings.invite(actor=visit.actor))
    if form.wanted == "file":
        attached = {**HEADERS, "content-disposition": 'attachment; filename="egnatia-invitation.txt"'}
        return Response(text, media_type="text/plain", headers=attached)
    until = time.time_ns() // 1_000 + INVITATION_DAYS * 86_400_000_000
    return visit.page(_invite_page(visit, text, until))


def _invite_page(visit: Visit, text: str = "", until: int = 0) -> InvitePage:
    title = visit.speech.gettext("Invite a node")
    return InvitePage(title=title, text=text, until=until, name=visit.premises.settings.organisation.name)


@get("/peers/accept")
async def accepting(visit: NamedDependency[Visit]) -> Response[str]:
    """Where the other side's invitation goes."""
    visit.require(Permission.MANAGE_PEERS)
    return visit.page(AcceptPage(title=visit.speech.gettext("Accept an invitation")))


@post("/peers/accept")
async def accept(visit: NamedDependency[Visit]) -> Response[str]:
    """Read an invitation, and go on to compare words; nothing is exchanged yet."""
    visit.require(Permission.MANAGE_PEERS)
    form = await visit.form(Accept)
    text, endpoint = form.text or form.file, form.endpoint.strip()
    wrong = _wrong_before(visit, text, endpoint)
    why = ""
    if not wrong:
        try:
            pairings = visit.premises.pairings
            prospect = await visit.ask(
                lambda: pairings.accept(text, scope=form.scope, endpoint=endpoint, actor=visit.actor)
            )
        except Forged as error:
            wrong, why = _wrong(visit, error), str(error)
        else:
            return visit.go(f"/peers/{prospect.node}/confirm")
    return visit.page(
        AcceptPage(
            title=visit.speech.gettext("Accept an invitation"),
            text=text[:20_000],
            scope=form.scope,
            endpoint=endpoint,
            wrong=wrong,
            why=why,
        ),
        status=422,
    )


def _wrong_before(visit: Visit, text: str, endpoint: str) -> str:
    if not text.strip():
        return visit.speech.gettext("Paste the invitation, or choose the file that it is in.")
    if endpoint and re.fullmatch(ENDPOINT, endpoint) is None:
        return visit.speech.gettext("The address has to begin with https:// and name a host; or leave it empty.")
    return ""


def _wrong(visit: Visit, error: Forged) -> str:
    gettext = visit.speech.gettext
    match error:
        case OwnInvitation():
            return gettext("This is this node's own invitation. Send it to the other side, and paste theirs here.")
        case PairedAlready():
            return gettext("This node is a peer already. To pair anew, remove it first.")
        case Expired():
            return gettext("This invitation does not count any more, or not yet. Ask the other side for a new one.")
        case Truncated():
            return gettext("A part of the invitation is missing. Copy all of it, with its first and its last line.")
        case _:
            return gettext(
                "This is no genuine invitation: something in it was lost or changed on the way. Ask for it again, and"
                " by another way if it happens twice."
            )


@get("/peers/{node:str}/confirm")
async def comparing(visit: NamedDependency[Visit], node: FromPath[str]) -> Response[str]:
    """Who invites, for a person to judge."""
    return await _compare_page(visit, node)


@post("/peers/{node:str}/confirm")
async def compare(visit: NamedDependency[Visit], node: FromPath[str]) -> Response[str]:
    """Exchange with a node from now on, if the words were the same on both sides."""
    visit.require(Permission.MANAGE_PEERS)
    form = await visit.form(Compare)
    pairings = visit.premises.pairings
    prospect, _ = await _prospect(visit, node)
    if form.answer == "different":
        await visit.ask(lambda: pairings.refuse(node, actor=visit.actor))
        await visit.ask(lambda: pairings.remove(node, actor=visit.actor))
        said = visit.speech.gettext("Nothing was paired. Send each other new invitations by another way.")
        return visit.go("/peers", said)
    if spoken(form.words) != spoken(prospect.words):
        await visit.ask(lambda: pairings.refuse(node, actor=visit.actor))
        return await _compare_page(visit, node, wrong=True)
    await visit.ask(lambda: pairings.confirm(node, actor=visit.actor))
    visit.premises.forget_facts()
    said = visit.speech.gettext("Paired with %(name)s: the exchange begins by itself.", name=prospect.name)
    return visit.go(f"/peers/{node}", said)


async def _compare_page(visit: Visit, node: str, *, wrong: bool = False) -> Response[str]:
    visit.require(Permission.MANAGE_PEERS)
    prospect, organisations = await _prospect(visit, node)
    content = ComparePage(
        title=visit.speech.gettext("Is it %(name)s?", name=prospect.name),
        prospect=prospect,
        economy=economy_of(prospect.economy),
        organisations=organisations,
        wrong=wrong,
    )
    return visit.page(content, status=422 if wrong else 200)


async def _prospect(visit: Visit, node: str) -> tuple[Prospect, tuple[Hosted, ...]]:
    """Who invited; raises NotFound for a node of which no invitation waits, or whose card is over."""
    pairings = visit.premises.pairings
    pairing = await visit.ask(lambda: pairings.find(node))
    if pairing is None or pairing.state is not State.INVITED:
        raise NotFound
    try:
        return await visit.ask(lambda: pairings.prospect(node)), hosted(card_of(pairing))
    except Forged as error:
        raise NotFound from error


def spoken(words: str) -> tuple[str, ...]:
    """Words as they were heard: letters alone, whatever stands between them."""
    return tuple(word for word in _APART.split(words.casefold()) if word)
