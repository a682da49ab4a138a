"""Accounts of people, at the command line: who is in, who comes, and who does not any more."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click
import msgspec

from egnatia.cli.desk import Desk, Failure, command, table
from egnatia.web.account.account import Account
from egnatia.web.account.door import Door
from egnatia.web.account.enrolment import Enrolments
from egnatia.web.account.keeping import Cannot, Keeper
from egnatia.web.permission import Role

OPERATOR = "operator"

_ROLES = click.Choice([role.value for role in Role])


class Listed(msgspec.Struct, frozen=True):
    """An account, without what it is signed in with; `ways` are how it can be."""

    name: str
    display: str
    organisation: str
    roles: tuple[str, ...]
    ways: tuple[str, ...]
    last_sign_in: str
    state: str


class Invited(msgspec.Struct, frozen=True):
    """Where a person enrols. The link works once, for three days, and is nowhere kept."""

    name: str
    link: str


@click.group()
def user() -> None:
    """Accounts of people, who sign in with a passkey, or with a password and a code.

    \b
    egnatia user first                                        (the code for the first administrator)
    egnatia user add ana --display "Ana Kovač" --role analyst
    egnatia user list
    """


@user.command("first")
@command
def first(desk: Desk) -> None:
    """Show the code with which the first administrator enrols; any code before is void.

    \b
    egnatia user first
    """
    with desk.node() as node:
        enrolments = Enrolments(Door(node))
        code = enrolments.invite_first()
        where = f"{node.settings.public_url}/first"
    desk.answer({"code": code, "open": where}, code)
    desk.aside(f"Open {where} and enter it. It works once, for three days.")


@user.command("add")
@click.argument("name")
@click.option("--display", default="", help="The person's name, as colleagues read it; else NAME.")
@click.option("--role", "roles", multiple=True, type=_ROLES, help="What they do here; else reader.")
@click.option("--for", "organisation", default="", help="Identity id of a hosted organisation; else this node's own.")
@click.option("--subject", default="", help="The person's `sub` at the identity provider, to sign in there.")
@command
def add(desk: Desk, name: str, *, display: str, roles: tuple[str, ...], organisation: str, subject: str) -> None:
    """Add a person with the sign-in name NAME and show the link with which they enrol, this once.

    \b
    egnatia user add ana --display "Ana Kovač" --role analyst --role publisher
    egnatia user add desk@bank.example --for identity--... --role reader
    """
    given = frozenset(Role(each) for each in roles) or frozenset({Role.READER})
    with _keeper(desk) as keeper:
        issuer = keeper.door.premises.settings.oidc.issuer
        if subject and not issuer:
            raise Failure("There is no identity provider: set issuer in [oidc] first")
        linked = f"{issuer} {subject}" if subject else ""
        account = keeper.add(name, display or name, given, organisation=organisation, subject=linked)
        _invited(desk, keeper, account)


@user.command("list")
@command
def list_(desk: Desk) -> None:
    """Every account of this node."""
    with _keeper(desk) as keeper:
        found = [_listed(each, keeper.door.clock()) for each in keeper.all()]
    columns = ("name", "called", "roles", "signs in with", "last", "state", "organisation")
    rows = [
        (
            each.name,
            each.display,
            " ".join(each.roles),
            ", ".join(each.ways),
            each.last_sign_in,
            each.state,
            each.organisation,
        )
        for each in found
    ]
    desk.answer(found, table(columns, rows) if rows else "None yet: egnatia user first")


@user.command("roles")
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, type=_ROLES, help="All that they are to have.")
@command
def roles_(desk: Desk, name: str, *, roles: tuple[str, ...]) -> None:
    """Give the person NAME these roles in the place of those before; they sign in anew."""
    with _keeper(desk) as keeper:
        account = keeper.roles(name, frozenset(Role(each) for each in roles))
    given = sorted(account.roles)
    desk.answer({"name": account.name, "roles": given}, f"{account.name}: {' '.join(given)}")


@user.command("disable")
@click.argument("name")
@click.option("--undo", is_flag=True, help="Let them in again.")
@command
def disable(desk: Desk, name: str, *, undo: bool) -> None:
    """Let the person NAME in no more; whoever is in is out at once."""
    with _keeper(desk) as keeper:
        account = keeper.enable(name) if undo else keeper.disable(name)
    words = "may sign in again" if undo else "is disabled"
    desk.answer({"name": account.name, "disabled": not undo}, f"{account.name} {words}.")


@user.command("reset")
@click.argument("name")
@command
def reset(desk: Desk, name: str) -> None:
    """Forget what the person NAME signs in with, and show the link with which they enrol again, this once.

    The last administrator is not reset: a link alone would stand between a stranger and the node.
    """
    with _keeper(desk) as keeper:
        _invited(desk, keeper, keeper.reset(name))


def _invited(desk: Desk, keeper: Keeper, account: Account) -> None:
    link = keeper.invite(account)
    desk.answer(Invited(account.name, link), link)
    desk.aside("It works once, for three days. Hand it to the person by a way that you trust.")


@contextmanager
def _keeper(desk: Desk) -> Iterator[Keeper]:
    with desk.node() as node:
        try:
            yield Keeper(Door(node), OPERATOR)
        except (Cannot, LookupError) as error:
            raise Failure(str(error)) from error


def _listed(account: Account, now: int) -> Listed:
    ways = {
        "passkey": bool(account.passkeys),
        "password and code": account.has_code,
        "identity provider": bool(account.subject),
    }
    state = "disabled" if account.disabled else "locked" if account.locked_until > now else ""
    return Listed(
        name=account.name,
        display=account.display,
        organisation=account.organisation,
        roles=tuple(sorted(account.roles)),
        ways=tuple(way for way, has in ways.items() if has),
        last_sign_in=_moment(account.last_sign_in),
        state=state or ("" if account.can_sign_in else "has not enrolled"),
    )


def _moment(microseconds: int | None) -> str:
    if microseconds is None:
        return ""
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M")
