"""The accounts of a node, for administrators: who is in, who comes, and who does not any more.

The administrators of a hosted organisation keep its own accounts, and do not see those of others.
"""

from collections.abc import Callable
from typing import Annotated, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from egnatia.exchange.api.problem import NotFound
from egnatia.store.keeping import Known
from egnatia.web.account.account import Account
from egnatia.web.account.door import Door
from egnatia.web.account.keeping import Cannot, Keeper
from egnatia.web.account.profile import ROLES, oneself
from egnatia.web.account.proving import proven
from egnatia.web.account.signing_in import Nothing
from egnatia.web.frame import Content
from egnatia.web.language.speech import N_
from egnatia.web.permission import HOUSE, Permission, Role, granted
from egnatia.web.visit import Visit

Text = Annotated[str, msgspec.Meta(max_length=200)]

STATES = {
    "in": N_("can sign in"),
    "new": N_("has not enrolled yet"),
    "locked": N_("locked after wrong tries"),
    "disabled": N_("disabled"),
}
"""How an account stands, in words."""


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """One account in the list. `sessions` is how many browsers are signed in."""

    name: str
    display: str
    organisation: str
    roles: tuple[str, ...]
    state: str
    kind: str
    last_sign_in: int | None
    sessions: int


class RoleChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A role to give: what it is called, and what it allows."""

    value: Role
    words: str
    allows: str


class PeoplePage(Content, frozen=True, kw_only=True):
    """Everyone, and the form that adds somebody."""

    template: ClassVar[str] = "account/people.html"
    rows: tuple[AccountRow, ...]
    roles: tuple[RoleChoice, ...]
    organisations: tuple[tuple[str, str], ...]
    provider: str
    given: "NewPerson"
    wrong: str = ""


class PersonPage(Content, frozen=True, kw_only=True):
    """One account, and what can be done with it."""

    template: ClassVar[str] = "account/person.html"
    row: AccountRow
    given: frozenset[Role]
    roles: tuple[RoleChoice, ...]
    ways: tuple[str, ...]
    own: bool
    wrong: str = ""


class InvitedPage(Content, frozen=True, kw_only=True):
    """The link with which somebody enrols, this once."""

    template: ClassVar[str] = "account/invited.html"
    script: ClassVar[str] = "copy.js"
    link: str
    display: str


class NewPerson(msgspec.Struct, frozen=True):
    """The form that adds somebody."""

    name: Text = ""
    display: Text = ""
    roles: tuple[Role, ...] = ()
    organisation: Text = ""
    subject: Text = ""


class NewRoles(msgspec.Struct, frozen=True):
    """All roles that somebody is to have."""

    roles: tuple[Role, ...] = ()


async def keeper_of(visit: Visit, door: Door) -> Keeper:
    """On whose behalf accounts are kept here; raises NotAllowed, and Elsewhere for who is to show who they are."""
    visit.require(Permission.MANAGE_ACCOUNTS)
    account = await oneself(visit, door)
    whole = account.organisation == visit.premises.own
    return Keeper(door, account.name, organisation=None if whole else account.organisation)


@get("/accounts")
async def people(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[str]:
    """Everyone with an account."""
    keeper = await keeper_of(visit, door)
    return await _people(visit, keeper, NewPerson(roles=(Role.READER,)))


@post("/accounts")
async def add(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[str]:
    """Somebody new, and the link with which they enrol."""
    form = await visit.form(NewPerson)
    keeper = await keeper_of(visit, door)
    await proven(visit, door, "/accounts")
    issuer = visit.premises.settings.oidc.issuer
    subject = f"{issuer} {form.subject}" if form.subject and issuer else ""

    def work() -> tuple[Account, str]:
        account = keeper.add(
            form.name, form.display, frozenset(form.roles), organisation=form.organisation, subject=subject
        )
        return account, keeper.invite(account)

    try:
        account, link = await visit.ask(work)
    except Cannot as error:
        return await _people(visit, keeper, form, str(error))
    return _invited(visit, account, link)


@post("/accounts/sessions/end")
async def end_all(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[str]:
    """Everybody out of every browser, but for who says so."""
    await visit.form(Nothing)
    keeper = await keeper_of(visit, door)
    await proven(visit, door, "/accounts")
    count = await visit.ask(keeper.end_everybodys_sessions)
    return visit.go("/accounts", visit.speech.ngettext("%(count)s session ended", "%(count)s sessions ended", count))


@get("/accounts/{name:str}")
async def person(visit: NamedDependency[Visit], door: NamedDependency[Door], name: FromPath[str]) -> Response[str]:
    """One account."""
    keeper = await keeper_of(visit, door)
    return await _person(visit, keeper, name)


@post("/accounts/{name:str}/roles")
async def roles(visit: NamedDependency[Visit], door: NamedDependency[Door], name: FromPath[str]) -> Response[str]:
    """Other roles."""
    form = await visit.form(NewRoles)
    return await _kept(visit, door, name, lambda keeper: keeper.roles(name, frozenset(form.roles)))


@post("/accounts/{name:str}/disable")
async def disable(visit: NamedDependency[Visit], door: NamedDependency[Door], name: FromPath[str]) -> Response[str]:
    """In no more."""
    await visit.form(Nothing)
    return await _kept(visit, door, name, lambda keeper: keeper.disable(name))


@post("/accounts/{name:str}/enable")
async def enable(visit: NamedDependency[Visit], door: NamedDependency[Door], name: FromPath[str]) -> Response[str]:
    """In again."""
    await visit.form(Nothing)
    return await _kept(visit, door, name, lambda keeper: keeper.enable(name))


@post("/accounts/{name:str}/sessions/end")
async def end_sessions(
    visit: NamedDependency[Visit], door: NamedDependency[Door], name: FromPath[str]
) -> Response[str]:
    """Out of every browser."""
    await visit.form(Nothing)
    return await _kept(visit, door, name, lambda keeper: keeper.end_sessions(name))


@post("/accounts/{name:str}/reset")
async def reset(visit: NamedDependency[Visit], door: NamedDependency[Door], name: FromPath[str]) -> Response[str]:
    """Nothing that they signed in with counts; a new link."""
    await visit.form(Nothing)
    keeper = await keeper_of(visit, door)
    await proven(visit, door, f"/accounts/{name}")

    def work() -> tuple[Account, str]:
        account = keeper.reset(name)
        return account, keeper.invite(account)

    try:
        account, link = await visit.ask(work)
    except LookupError as error:
        raise NotFound from error
    except Cannot as error:
        return await _person(visit, keeper, name, str(error))
    return _invited(visit, account, link)


async def _kept(visit: Visit, door: Door, name: str, work: Callable[[Keeper], object]) -> Response[str]:
    keeper = await keeper_of(visit, door)
    await proven(visit, door, f"/accounts/{name}")
    try:
        await visit.ask(lambda: work(keeper))
    except LookupError as error:
        raise NotFound from error
    except Cannot as error:
        return await _person(visit, keeper, name, str(error))
    return visit.go(f"/accounts/{name}", visit.speech.gettext("Changed."))


def _invited(visit: Visit, account: Account, link: str) -> Response[str]:
    title = visit.speech.gettext("The link for %(name)s", name=account.display)
    return visit.page(InvitedPage(title=title, link=link, display=account.display))


async def _people(visit: Visit, keeper: Keeper, given: NewPerson, wrong: str = "") -> Response[str]:
    def ask() -> tuple[tuple[AccountRow, ...], tuple[Known, ...]]:
        hosted = keeper.hosted()
        return tuple(_row(keeper, each, hosted) for each in keeper.all()), hosted

    rows, hosted = await visit.ask(ask)
    oidc = visit.premises.settings.oidc
    content = PeoplePage(
        title=visit.speech.gettext("Accounts"),
        rows=rows,
        roles=_choices(visit, operator=keeper.organisation is None),
        organisations=tuple((each.id, each.name) for each in hosted),
        provider=oidc.name or oidc.issuer,
        given=given,
        wrong=wrong,
    )
    return visit.page(content, status=422 if wrong else 200)


async def _person(visit: Visit, keeper: Keeper, name: str, wrong: str = "") -> Response[str]:
    def ask() -> tuple[Account, AccountRow]:
        account = keeper.find(name)
        return account, _row(keeper, account, keeper.hosted())

    try:
        account, row = await visit.ask(ask)
    except LookupError as error:
        raise NotFound from error
    say = visit.speech.gettext
    ways = {
        say("passkeys: %(count)s", count=visit.speech.number(len(account.passkeys))): bool(account.passkeys),
        say("a password and an app"): account.has_code,
        say("the identity provider"): bool(account.subject),
    }
    content = PersonPage(
        title=account.display,
        row=row,
        given=account.roles,
        roles=_choices(visit, operator=account.organisation == visit.premises.own),
        ways=tuple(way for way, has in ways.items() if has),
        own=account.name == keeper.actor,
        wrong=wrong,
    )
    return visit.page(content, status=422 if wrong else 200)


def _row(keeper: Keeper, account: Account, hosted: tuple[Known, ...]) -> AccountRow:
    names = {each.id: each.name for each in hosted}
    state = "in" if account.can_sign_in else "new"
    if account.locked_until > keeper.door.clock():
        state = "locked"
    if account.disabled is not None:
        state = "disabled"
    return AccountRow(
        name=account.name,
        display=account.display,
        organisation=names.get(account.organisation, account.organisation),
        roles=tuple(ROLES[role] for role in Role if role in account.roles),
        state=STATES[state],
        kind={"in": "good", "new": "info", "locked": "warn", "disabled": "bad"}[state],
        last_sign_in=account.last_sign_in,
        sessions=len(keeper.door.sessions.of(account.name)),
    )


def _choices(visit: Visit, *, operator: bool) -> tuple[RoleChoice, ...]:
    """Every role with what it allows, as a person of the operator or of a hosted organisation has it."""
    choices = []
    for role in Role:
        allowed = granted(frozenset({role})) - (frozenset() if operator else HOUSE)
        words = ", ".join(sorted((visit.speech.gettext(MEANS[each]) for each in allowed), key=visit.speech.order))
        choices.append(RoleChoice(value=role, words=visit.speech.gettext(ROLES[role]), allows=words))
    return tuple(choices)


MEANS = {
    Permission.READ: N_("read"),
    Permission.DRAFT: N_("draft"),
    Permission.TRIAGE: N_("look through reports"),
    Permission.MATCH: N_("match logs"),
    Permission.PUBLISH: N_("publish"),
    Permission.RECALL: N_("recall"),
    Permission.SEE_PEERS: N_("see peers"),
    Permission.MANAGE_PEERS: N_("manage peers"),
    Permission.MANAGE_ORGANISATIONS: N_("manage organisations"),
    Permission.SIGN_AGREEMENTS: N_("sign agreements"),
    Permission.SEE_AUDIT: N_("see the audit log"),
    Permission.MANAGE_ACCOUNTS: N_("manage accounts"),
    Permission.MANAGE_TOKENS: N_("manage tokens"),
    Permission.MANAGE_SOURCES: N_("manage sources"),
    Permission.SEE_SETTINGS: N_("see settings"),
}
"""Each permission in a few words."""

PAGES: tuple[ControllerRouterHandler, ...] = (people, add, end_all, person, roles, disable, enable, end_sessions, reset)
