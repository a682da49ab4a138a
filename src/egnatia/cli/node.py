"""Making a node and running it."""

import os
import secrets
import sys
import uuid
from pathlib import Path
from typing import Any, get_args

import click
import msgspec

from egnatia.cli.attempt import all_or_nothing
from egnatia.cli.desk import Desk, Unreachable, command
from egnatia.node import Node, logs
from egnatia.node.serving import run
from egnatia.settings import FILE, Economy, Keys, Network, Organisation, Settings, Storage, load, to_toml
from egnatia.trust.fingerprint import fingerprint
from egnatia.trust.keystore import write_private


class Made(msgspec.Struct, frozen=True):
    """A node that has just been made."""

    settings: str
    node: str
    organisation: str
    fingerprint: str


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path())
@click.option("--name", required=True, help="The organisation's name as others will read it.")
@click.option(
    "--economy",
    required=True,
    type=click.Choice(get_args(Economy)),
    help="Its economy, or `regional`.",
)
@click.option("--id", "identity", help="Its STIX identity, where it has one already; else a new one is made.")
@click.option("--sector", "sectors", multiple=True, help="Its sector, as in STIX; several times where several.")
@click.option("--contact", default="", help="How its duty officer is reached.")
@click.option("--listen", default="127.0.0.1:7100", show_default=True, help="Address and port to listen on.")
@click.option("--url", "public_url", default="", help="The address under which others reach it.")
@click.option("--database", default="", help="PostgreSQL URL; else SQLite in the folder.")
@click.option(
    "--passphrase-file",
    default="",
    help="File with the passphrase of the private keys; made, with a random one, where it does not exist.",
)
@command
def init(desk: Desk, folder: Path, *, name: str, economy: Economy, identity: str | None, **given: Any) -> None:
    """Make a node in FOLDER (here, if none is named): its settings, its keys, its store.

    The private keys are encrypted under a passphrase: from --passphrase-file, else from the environment variable
    EGNATIA_PASSPHRASE, else asked for.

    \b
    egnatia init --name "CSIRT of Montenegro" --economy ME
    egnatia init /var/lib/egnatia --name "Bank" --economy AL --passphrase-file /etc/egnatia/passphrase
    """
    path = folder / FILE
    if path.exists():
        raise FileExistsError(f"There is a node in {str(folder)!r} already ({FILE}); choose another folder")
    organisation = Organisation(
        name=name,
        id=identity or f"identity--{uuid.uuid4()}",
        economy=economy,
        sectors=given["sectors"],
        contact=given["contact"],
    )
    wanted = Settings(
        organisation=organisation,
        network=Network(listen=given["listen"], public_url=given["public_url"]),
        storage=Storage(url=given["database"]),
        keys=Keys(passphrase_file=_absolute(given["passphrase_file"])),
        base=str(folder),
    )
    secret = (Path(wanted.keys.passphrase_file),) if wanted.keys.passphrase_file else ()
    with all_or_nothing(folder, wanted.data, *secret):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        passphrase = _passphrase(wanted)
        write_private(path, to_toml(wanted).encode())  # the URL of a database may hold its password
        settings = load(path)
        Node.create(settings, passphrase)
        with Node.open(settings, passphrase) as node:
            words = fingerprint(node.card.keys.current.id).words
            made = Made(str(path), node.node_id, node.own, words)
    desk.answer(
        made,
        f"{name} has a node in {folder.resolve()}.\n  node         {made.node}\n  organisation {made.organisation}\n"
        f"  fingerprint  {made.fingerprint}\n\nNext: egnatia serve --config {path}",
    )


def _absolute(file: str) -> str:
    return str(Path(file).resolve()) if file else ""


def _passphrase(settings: Settings) -> str:
    """The passphrase for new keys; asked for, or made, where none was given."""
    file = Path(settings.keys.passphrase_file) if settings.keys.passphrase_file else None
    if file is not None and not file.exists():
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(secrets.token_urlsafe(32) + "\n")
    if file is not None or os.environ.get(settings.keys.passphrase_env) or not sys.stdin.isatty():
        return settings.passphrase()
    asked: str = click.prompt("Passphrase for the private keys", hide_input=True, confirmation_prompt=True)
    return asked


@click.command()
@command
def serve(desk: Desk) -> None:
    """Run the node until it is told to stop (Ctrl-C, SIGTERM).

    \b
    egnatia serve
    EGNATIA_LOG_FORMAT=json egnatia serve --config /etc/egnatia/egnatia.toml
    """
    settings = desk.settings()
    logs.begin(settings)
    with Node.open(settings, settings.passphrase()) as node:
        desk.aside(f"{settings.organisation.name}: {settings.public_url}/")
        try:
            run(node)
        except KeyboardInterrupt:
            desk.aside("Stopped.")
        except OSError as error:
            message = f"Cannot listen on {settings.network.listen}: {error.strerror or error}"
            raise Unreachable(message) from error
