"""Which organisations this node knows, and which it publishes for."""

import uuid
from typing import get_args

import click

from egnatia.cli.desk import Desk, Failure, command, table
from egnatia.exchange.four_eyes import FourEyes, Rule
from egnatia.settings import Economy
from egnatia.store import Known


@click.group()
def org() -> None:
    """Organisations: members of the community, clients of a CSIRT, accounts on this node."""


@org.command("add")
@click.option("--name", required=True, help="Its name as others will read it.")
@click.option("--economy", required=True, type=click.Choice(get_args(Economy)), help="Its economy.")
@click.option("--id", "identity", help="Its STIX identity, where it has one already; else a new one is made.")
@click.option("--client-of", multiple=True, help="Identity id of the CSIRT in whose constituency it is.")
@click.option("--group", multiple=True, help="Identity id of a group that it is in.")
@click.option("--outside", is_flag=True, help="It is no member of the community: TLP:GREEN is not for it.")
@click.option("--account", is_flag=True, help="It has its account here: this node publishes for it.")
@command
def add(
    desk: Desk, *, name: str, economy: str, identity: str | None, account: bool, outside: bool, **lists: tuple[str, ...]
) -> None:
    """Say who an organisation is; saying it again replaces what was said.

    \b
    egnatia org add --name "Bank" --economy ME --client-of identity--... --account
    """
    known = Known(
        id=identity or f"identity--{uuid.uuid4()}",
        name=name,
        economy=economy,
        member=not outside,
        groups=lists["group"],
        client_of=lists["client_of"],
    )
    with desk.node() as node:
        node.store.organisations.put(known)
        node.note("organisation", known.id, "account" if account else "known")
        if account:
            node.host(known.id, name, economy)
    desk.answer(known, f"{name} is known as {known.id}." + (" It has an account here." if account else ""))


@org.command("review")
@click.argument("rule", type=click.Choice([each.value for each in Rule]))
@click.option(
    "--for", "organisation", help="Identity id of an organisation with its account here; else this node's own."
)
@command
def review(desk: Desk, rule: str, *, organisation: str | None) -> None:
    """Say what a second person reads before it is published: never, public, others, always.

    \b
    egnatia org review others
    """
    with desk.node() as node:
        chosen = organisation or node.own
        FourEyes(node.store).set(chosen, Rule(rule))
        node.note("review rule", chosen, rule)
    desk.answer({"organisation": chosen, "rule": rule}, f"A second person reads: {rule}.")


@org.command("list")
@command
def list_(desk: Desk) -> None:
    """Every organisation that this node's operator has named."""
    with desk.node() as node:
        known = tuple(node.store.organisations.all())
    rows = [
        (each.name, each.economy, "member" if each.member else "", ", ".join(each.client_of), each.id) for each in known
    ]
    desk.answer(known, table(("name", "economy", "", "client of", "id"), rows) if rows else "None yet: egnatia org add")


@org.command("remove")
@click.argument("identity")
@command
def remove(desk: Desk, identity: str) -> None:
    """Forget what was said of an organisation. Its records stay, under their rules."""
    with desk.node() as node:
        if node.store.organisations.get(identity) is None:
            raise Failure(f"{identity!r} is not known here; see: egnatia org list")
        node.store.organisations.remove(identity)
        node.note("organisation", identity, "removed")
    desk.answer({"removed": identity}, f"{identity} is forgotten.")
