"""Looking after a node: backups, and erasing what may not be kept."""

from pathlib import Path

import click

from egnatia.cli.desk import Desk, command
from egnatia.cli.manners import several
from egnatia.node import ERASURES, held
from egnatia.store import Store


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@command
def backup(desk: Desk, file: Path) -> None:
    """Write a whole copy of the store into FILE while the node runs.

    It does not hold the private keys: keep a copy of the `keys` file and of its passphrase elsewhere.
    """
    if file.exists():
        raise FileExistsError(f"{file} is there already; a backup never replaces another")
    with desk.node() as node:
        node.store.backup(file)
        node.note("backup", detail=str(file))
    desk.answer(
        {"file": str(file), "bytes": file.stat().st_size}, f"{several(file.stat().st_size, 'byte')} written to {file}."
    )


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@command
def restore(desk: Desk, file: Path) -> None:
    """Put the store back from the backup FILE, and erase from it what has been erased since.

    Refused while the node runs, or another command works with it: stop it first.
    """
    settings = desk.settings()
    with held(settings.data, alone=True):
        Store.restore(file, settings.database_url, ledger=settings.data / ERASURES)
    desk.answer({"restored": str(file)}, f"Restored from {file}. What had been erased since is erased again.")


@click.command()
@command
def purge(desk: Desk) -> None:
    """Erase now what may not be kept any longer; a running node does so by itself."""
    with desk.node() as node:
        erased = node.purge()
    desk.answer({"erased": erased}, f"{several(erased, 'record')} erased.")
