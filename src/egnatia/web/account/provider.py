"""The way in through the organisation's identity provider, there and back."""

import logging
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.types import ControllerRouterHandler

from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.caller import Throttled
from egnatia.settings.people import Oidc
from egnatia.web.account.account import Account, new_account
from egnatia.web.account.ceremony import NotProven
from egnatia.web.account.door import Door, Refused
from egnatia.web.account.enrolment import Newcomer
from egnatia.web.account.oidc import BACK, Person
from egnatia.web.account.session import Origin, Session, key_of
from egnatia.web.account.signing_in import WAIT, To, bound, door_page, instead, origin, safe
from egnatia.web.frame import HEADERS
from egnatia.web.language.speech import N_
from egnatia.web.permission import Role
from egnatia.web.visit import DOORSTEP, Visit

log = logging.getLogger(__name__)

NOT_LET_IN = N_("The organisation's account did not let you in. Try again, or ask an administrator of this node.")


LOGOUT = "/sign-in/provider/logout"
"""Where the provider says that somebody has signed out there."""


class LogoutForm(msgspec.Struct, frozen=True):
    """What the provider sends."""

    logout_token: Annotated[str, msgspec.Meta(max_length=20_000)] = ""


@get("/sign-in/provider")
async def leave_for_provider(visit: NamedDependency[Visit], door: NamedDependency[Door], to: To = "/") -> Response[str]:
    """There."""
    provider = door.provider
    if provider is None:
        raise NotFound
    if visit.request.headers.get("sec-fetch-site") == "cross-site":
        # Another site sends nobody on a journey: the person chooses it here.
        return door_page(visit, door, safe(to))
    visit.stand_at_the_door()
    fresh, came, to = visit.visitor.signed_in, origin(visit), safe(to)

    def begin() -> str:
        held, address = provider.journey(fresh=fresh)
        return address(door.begin_ceremony("provider", bound(visit), {**held, "to": to}, came))

    try:
        address = await visit.ask(begin)
    except NotProven as error:
        log.warning("nobody can sign in with the identity provider: %s", error)
        return door_page(visit, door, to, NOT_LET_IN, status=502)
    answer = visit.go(address)
    if not visit.visitor.signed_in:
        visit.remember(answer, DOORSTEP, visit.doorstep)
    return answer


@get(BACK)
async def back_from_provider(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[str]:
    """And back."""
    if door.provider is None:
        raise NotFound
    came, bind, own = origin(visit), bound(visit), visit.visitor.account
    sent = {name: visit.request.query_params.get(name, "") for name in ("code", "state", "iss", "error")}

    def come_back() -> tuple[str, str]:
        account, to, sid = _proved(door, came, bind, sent)
        if own and account.id != own:
            raise door.refused(account, came, "the provider's account of somebody else")
        return door.begin(account, "provider", came, provider=sid), to

    try:
        cookie, to = await visit.ask(come_back)
    except Refused:
        return door_page(visit, door, "/", NOT_LET_IN, status=403)
    except Throttled:
        return door_page(visit, door, "/", WAIT, status=429)
    return await instead(visit, door, cookie, to)


@post(LOGOUT)
async def left_at_provider(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[bytes]:
    """The provider says who has signed out there: what they began here with it ends. A program asks this, and proves
    itself by the signature of its token alone (OpenID Connect Back-Channel Logout 1.0)."""
    form, came = await visit.form(LogoutForm), origin(visit)
    try:
        await visit.ask(lambda: _leave(door, came, form.logout_token))
    except Refused:
        return Response(b'{"error":"invalid_request"}', status_code=400, media_type="application/json", headers=HEADERS)
    return Response(b"", status_code=200, headers=HEADERS)


def _leave(door: Door, came: Origin, token: str) -> None:
    """Raises Refused or Throttled."""
    door.wait(came)
    try:
        if door.provider is None:
            raise NotProven("there is no provider")
        left = door.provider.signed_out(token)
        if not door.logouts.add(key_of(left.token), left.until):
            raise NotProven("this logout token was used before")
    except NotProven as error:
        log.warning("a logout by the identity provider is refused: %s", error)
        raise door.refused(None, came, str(error)[:200]) from error
    now = door.clock() / 1_000_000
    door.logouts.remove(*(key for key, until in door.logouts.all().items() if until < now))
    names = {each.name for each in door.accounts.all() if left.subject and each.subject == left.subject}

    def ends(session: Session) -> bool:
        if session.way != "provider":
            return False
        return session.provider == left.sid if left.sid else session.account in names

    for name, count in door.sessions.end_where(ends).items():
        account = door.accounts.get(name)
        if account is not None:
            door.note("egnatia", "sessions ended", account.id, f"{count} by the identity provider")


def _proved(door: Door, came: Origin, bind: str, sent: dict[str, str]) -> tuple[Account, str, str]:
    """Whose journey it was, where it goes on, and the session at the provider; raises Refused or Throttled."""
    door.wait(came)
    held = door.ceremonies.end("provider", bind, sent["state"])
    try:
        if held is None:
            raise NotProven("this journey did not begin here, or too long ago")
        if sent["error"] or not sent["code"]:
            raise NotProven(f"the provider refused: {sent['error'][:100]!r}")
        if door.provider is None:
            raise NotProven("there is no provider any more")
        person = door.provider.came_back(sent["code"], sent["iss"], held)
        return _account(door, person), held["to"], person.sid
    except NotProven as error:
        log.warning("sign-in with the identity provider refused: %s", error)
        raise door.refused(None, came, str(error)[:200]) from error


def _account(door: Door, person: Person) -> Account:
    """The person's account: the one that an administrator linked, or a new one where the settings say so. A name
    alone links nothing: whoever chooses names at the provider would choose accounts here. Raises NotProven."""
    oidc = door.premises.settings.oidc
    roles = mapped(oidc, person.groups)
    account = next((each for each in door.accounts.all() if each.subject == person.subject), None)
    if oidc.roles and not roles:
        raise NotProven("none of the person's groups has a role here")
    if account is None:
        return _made(door, oidc, person, roles)
    if account.disabled is not None:
        raise NotProven("the account is disabled")
    if oidc.roles and roles != account.roles:
        account = door.accounts.change(account.name, lambda kept: msgspec.structs.replace(kept, roles=roles))
        door.sessions.end_all(account.name)
        door.tell("egnatia", "roles changed", account, f"{' '.join(sorted(roles))} by the provider's groups")
    return account


def _made(door: Door, oidc: Oidc, person: Person, roles: frozenset[Role]) -> Account:
    if oidc.create == "never" or not roles:
        raise NotProven("the person has no account here, and none is made by itself")
    account = new_account(person.name, person.display, door.premises.own, roles)
    try:
        msgspec.convert({"name": account.name, "display": account.display}, Newcomer)
        account = msgspec.structs.replace(account, subject=person.subject)
        door.accounts.add(account)
    except (msgspec.ValidationError, FileExistsError) as error:
        raise NotProven(f"no account can be made: {error}") from error
    door.note("egnatia", "account added", account.id, f"{' '.join(sorted(roles))} by the provider's groups")
    return account


def mapped(oidc: Oidc, groups: tuple[str, ...]) -> frozenset[Role]:
    """The roles that the groups have by the settings."""
    pairs = (each.rpartition("=") for each in oidc.roles)
    return frozenset(Role(role) for group, _, role in pairs if group in groups)


PAGES: tuple[ControllerRouterHandler, ...] = (leave_for_provider, back_from_provider, left_at_provider)
