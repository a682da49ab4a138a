"""`egnatia`: every command, listed in one place and loaded when it is typed."""

from collections.abc import Iterator, Mapping
from typing import Final

import click

from egnatia.cli.manners import manners
from egnatia.domain import Unfit, at, domains

COMMANDS: Final = {
    "init": "node:init", "serve": "node:serve", "demo": "demo:demo",
    "import": "transfer:import_", "preview-list": "foreign:preview_list_", "extract": "foreign:extract",
    "export": "transfer:export_",
    "submit": "record:submit", "search": "record:search", "preview": "record:preview", "explain": "record:explain",
    "recall": "record:recall", "receipts": "receipt:receipts_",
    "case": "case:case_",
    "peer": "peer:peer", "org": "org:org", "key": "key:key", "user": "user:user", "token": "token:token",
    "mail": "mail:mail",
    "audit": "audit:audit", "backup": "care:backup", "restore": "care:restore", "purge": "care:purge",
}  # fmt: skip
"""The commands of the house and where each is in this folder. A node that serves has no need of the others: they would
take 7 MB of it and a third of a second of every start. Those of domains are where their declarations say."""


class Commands(click.Group):
    """Runs a command so that a person's mistake is answered in words."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, for the help."""
        return sorted(_places())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        place = f"egnatia.cli.{COMMANDS[cmd_name]}" if cmd_name in COMMANDS else _places().get(cmd_name)
        return _loaded(place) if place is not None else None

    def invoke(self, ctx: click.Context) -> object:
        """Answers mistakes in words, unless EGNATIA_DEBUG asks for the whole story."""
        from egnatia.cli.desk import in_words, is_debugging  # noqa: PLC0415  (not for --version and --help)

        with manners():
            if is_debugging():
                return super().invoke(ctx)
            with in_words():
                return super().invoke(ctx)


def commands() -> Iterator[click.Command]:
    """Every command of the house and of the domains, loaded, in their order."""
    yield from filter(None, map(_loaded, _places().values()))


def _places() -> Mapping[str, str]:
    """Where every command is; no domain takes the place of one of the house."""
    others = {name: place for each in domains() for name, place in each.commands.items() if name not in COMMANDS}
    return {**{name: f"egnatia.cli.{place}" for name, place in COMMANDS.items()}, **others}


def _loaded(place: str) -> click.Command | None:
    """The command at a place; None, and said, where a domain of others names one that is not there."""
    try:
        (found,) = at(place, click.Command)
    except Unfit as error:
        click.echo(f"A command is left out: {error}", err=True)
        return None
    return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="egnatia", message="%(package)s %(version)s")
def main() -> None:
    """The regional security exchange of the Western Balkans.

    Each organisation runs a node; nodes exchange records in real time under rules that every party can read.

    \b
    Try it:            egnatia demo
    Start a node:      egnatia init --name "CSIRT" --economy ME && egnatia serve
    Bring records in:  egnatia import bundle.json --tlp green
    Join another node: egnatia peer invite

    Exit codes: 0 done, 1 refused or something found, 2 wrong command or settings, 3 something cannot be reached,
    130 stopped by Ctrl-C, 141 whoever read the answer has closed the pipe.
    """
