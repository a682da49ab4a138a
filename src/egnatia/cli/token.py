"""Tokens: how programs say who they are."""

import time
from datetime import UTC, datetime

import click
import msgspec

from egnatia.cli.desk import Desk, Failure, command, table
from egnatia.exchange import token as tokens
from egnatia.exchange.submission import Right

DAY = 86_400_000_000


@click.group()
def token() -> None:
    """Tokens for programs and for people in a browser (user `token`, the token as password)."""


class Issued(msgspec.Struct, frozen=True):
    """A new token. `token` is shown this once and nowhere kept."""

    id: str
    token: str
    organisation: str
    rights: tuple[str, ...]


class Listed(msgspec.Struct, frozen=True):
    """A token without its secret."""

    id: str
    name: str
    organisation: str
    rights: tuple[str, ...]
    expires: str
    last_use: str
    revoked: str


@token.command("create")
@click.argument("name")
@click.option(
    "--right",
    "rights",
    multiple=True,
    type=click.Choice([right.value for right in Right]),
    help="What it may do; else only read.",
)
@click.option("--for", "organisation", help="Identity id of its organisation; else this node's own.")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 730), help="How long it is valid.")
@command
def create(desk: Desk, name: str, *, rights: tuple[str, ...], organisation: str | None, days: int) -> None:
    """Make a token for the program NAME and show it, this once.

    \b
    egnatia token create "SIEM of the bank" --right read --for identity--...
    egnatia token create sensor --right read --right submit --days 365
    """
    minted, now = tokens.mint(), time.time_ns() // 1_000
    given = tuple(sorted(set(rights))) or (str(Right.READ),)
    with desk.node() as node:
        stored = tokens.Token(
            id=minted.id,
            digest=minted.digest,
            organisation=organisation or node.own,
            name=name,
            rights=frozenset(given),
            created=now,
            expires=now + days * DAY,
        )
        node.store.tokens.add(stored)
        node.note("token issued", minted.id, " ".join(given))
    desk.answer(Issued(minted.id, minted.text, stored.organisation, given), minted.text)
    desk.aside("It is shown this once. Keep it where only the program reads it.")


@token.command("list")
@command
def list_(desk: Desk) -> None:
    """Every token of this node, without its secret."""
    with desk.node() as node:
        found = [
            Listed(
                id=each.id,
                name=each.name,
                organisation=each.organisation,
                rights=tuple(sorted(each.rights)),
                expires=_moment(each.expires),
                last_use=_moment(each.last_use),
                revoked=_moment(each.revoked),
            )
            for each in node.store.tokens.all()
        ]
    columns = ("id", "name", "rights", "expires", "last use", "revoked", "organisation")
    rows = [
        (each.id, each.name, " ".join(each.rights), each.expires, each.last_use, each.revoked, each.organisation)
        for each in found
    ]
    desk.answer(found, table(columns, rows) if rows else "None yet: egnatia token create NAME")


@token.command("revoke")
@click.argument("token_id", metavar="ID")
@command
def revoke(desk: Desk, token_id: str) -> None:
    """Make the token ID invalid; a running node stops believing it within seconds."""
    with desk.node() as node:
        if node.store.tokens.get(token_id) is None:
            raise Failure(f"There is no token {token_id!r}; see: egnatia token list")
        node.store.tokens.revoke(token_id, time.time_ns() // 1_000)
        node.note("token revoked", token_id)
    desk.answer({"revoked": token_id}, f"{token_id} is revoked.")


def _moment(microseconds: int | None) -> str:
    if microseconds is None:
        return ""
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M")
