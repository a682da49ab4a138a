"""The pages of subscribing: ask, confirm from the address, end. A link changes nothing until its button is pressed, for
programs open the links in letters too."""

import asyncio
import logging
import time
from typing import Annotated, ClassVar, Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter
from litestar.types import ControllerRouterHandler

from egnatia.exchange.api.problem import NotFound
from egnatia.web.language.speech import N_
from egnatia.web.portal.counter import Counter, PortalContent
from egnatia.web.portal.form import TOO_FAST, Bot, Hasty, Limit, received, stamp
from egnatia.web.portal.mailing import Mailing
from egnatia.web.portal.subscription import Subscriptions, is_address
from egnatia.web.premises import Premises

log = logging.getLogger(__name__)

Lang = Annotated[str, PathParameter(description="A language", max_length=10)]
Code = Annotated[str, PathParameter(description="A part of a link", max_length=64)]

LIMIT: Final = Limit(5, 3_600)
ROUND_SECONDS: Final = 20.0
NO_ADDRESS: Final = N_("This is no e-mail address that letters can be sent to")


class Wanted(msgspec.Struct, frozen=True):
    """The form."""

    address: Annotated[str, msgspec.Meta(max_length=300)] = ""


class SubscribePage(PortalContent, frozen=True, kw_only=True):
    """The form; `done` once it was sent."""

    template: ClassVar[str] = "portal/subscribe.html"
    stamp: str
    address: str = ""
    wrong: str = ""
    done: bool = False


class ConfirmPage(PortalContent, frozen=True, kw_only=True):
    """A button that confirms or ends, and what became of it."""

    template: ClassVar[str] = "portal/confirm.html"
    what: str
    done: bool
    valid: bool


@get("/{lang:str}/subscribe")
async def form(counter: NamedDependency[Counter], lang: Lang) -> Response[bytes]:
    """Where one asks for letters."""
    _require_mail(counter)
    return counter.page(_page(counter))


@post("/{lang:str}/subscribe", status_code=200)
async def asked(counter: NamedDependency[Counter], lang: Lang) -> Response[bytes]:
    """An address; the answer is the same whether it was known or not."""
    _require_mail(counter)
    say = counter.speech.gettext
    try:
        wanted = await received(counter, Wanted)
    except Bot:
        return counter.page(_page(counter, done=True))
    except Hasty:
        return counter.page(_page(counter, wrong=say(TOO_FAST)), status=422)
    if not is_address(wanted.address):
        return counter.page(_page(counter, address=wanted.address, wrong=say(NO_ADDRESS)), status=422)
    LIMIT.count(counter.address)
    subscriptions = Subscriptions(counter.premises)
    await counter.ask(lambda: subscriptions.ask(wanted.address, counter.language.code, counter.now))
    return counter.page(_page(counter, done=True))


@get("/{lang:str}/subscribe/{what:str}/{subscriber:str}/{code:str}")
async def link(
    counter: NamedDependency[Counter], lang: Lang, what: Code, subscriber: Code, code: Code
) -> Response[bytes]:
    """The page behind a link in a letter."""
    if what not in {"confirm", "end"}:
        raise NotFound
    return counter.page(_confirm(counter, what, f"/subscribe/{what}/{subscriber}/{code}", done=False, valid=True))


@post("/{lang:str}/subscribe/{what:str}/{subscriber:str}/{code:str}", status_code=200)
async def pressed(
    counter: NamedDependency[Counter], lang: Lang, what: Code, subscriber: Code, code: Code
) -> Response[bytes]:
    """Its button was pressed, or a mail program ends the letters by itself (RFC 8058)."""
    subscriptions = Subscriptions(counter.premises)
    match what:
        case "confirm":
            valid = await counter.ask(lambda: subscriptions.confirm(subscriber, code, counter.language.code))
        case "end":
            valid = await counter.ask(lambda: subscriptions.end(subscriber, code))
        case _:
            raise NotFound
    page = _confirm(counter, what, f"/subscribe/{what}/{subscriber}/{code}", done=True, valid=valid)
    return counter.page(page, status=200 if valid else 404)


FORMS: tuple[ControllerRouterHandler, ...] = (form, asked, link, pressed)


async def keep_mailing(premises: Premises) -> None:
    """Sends what is new to the subscribers for as long as the node serves."""
    mailing = Mailing(premises)
    while True:
        try:
            await asyncio.to_thread(lambda: mailing.round(time.time_ns() // 1_000))
        except (OSError, RuntimeError, ValueError):
            log.exception("letters to subscribers could not be written; they are tried again")
        await asyncio.sleep(ROUND_SECONDS)


def _require_mail(counter: Counter) -> None:
    if not counter.premises.outbox.sends_mail:
        raise NotFound


def _page(counter: Counter, *, address: str = "", wrong: str = "", done: bool = False) -> SubscribePage:
    title = counter.speech.gettext("Warnings by e-mail")
    around = counter.around("/subscribe")
    return SubscribePage(title=title, stamp=stamp(counter), address=address, wrong=wrong, done=done, **around)


def _confirm(counter: Counter, what: str, path: str, *, done: bool, valid: bool) -> ConfirmPage:
    say = counter.speech.gettext
    title = say("Confirm your address") if what == "confirm" else say("No more letters")
    return ConfirmPage(title=title, what=what, done=done, valid=valid, **counter.around(path))
