"""`egnatia`: every command, listed in one place and loaded when it is typed."""

from collections.abc import Iterator
from importlib import import_module
from typing import Final

import click

COMMANDS: Final = {
    "init": "node:init", "serve": "node:serve", "demo": "demo:demo",
    "import": "transfer:import_", "preview-list": "foreign:preview_list_", "extract": "foreign:extract",
    "export": "transfer:export_",
    "submit": "record:submit", "search": "record:search", "preview": "record:preview", "explain": "record:explain",
    "recall": "record:recall",
    "find": "intel:find", "correlate": "intel:correlate", "path": "intel:path", "matrix": "intel:matrix",
    "vote": "intel:vote", "enrich": "intel:enrich",
    "match": "match:match",
    "knowledge": "knowledge:knowledge", "source": "source:source", "output": "output:output",
    "case": "case:case_", "exercise": "exercise:exercise",
    "peer": "peer:peer", "org": "org:org", "key": "key:key", "user": "user:user", "token": "token:token",
    "mail": "mail:mail",
    "audit": "audit:audit", "backup": "care:backup", "restore": "care:restore", "purge": "care:purge",
}  # fmt: skip
"""Every command and where it is; docs/reference/cli.md follows this order. A node that serves has no need of the other
commands: they would take 7 MB of it and a third of a second of every start."""


class Commands(click.Group):
    """Runs a command so that a person's mistake is answered in words."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, for the help."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        return _loaded(cmd_name) if cmd_name in COMMANDS else None

    def invoke(self, ctx: click.Context) -> object:
        """Answers mistakes in words, unless EGNATIA_DEBUG asks for the whole story."""
        from egnatia.cli.desk import in_words, is_debugging  # noqa: PLC0415  (not for --version and --help)

        if is_debugging():
            return super().invoke(ctx)
        with in_words():
            return super().invoke(ctx)


def commands() -> Iterator[click.Command]:
    """Every command, loaded, in the order in which they are listed."""
    yield from map(_loaded, COMMANDS)


def _loaded(name: str) -> click.Command:
    module, _, attribute = COMMANDS[name].partition(":")
    found = getattr(import_module(f"egnatia.cli.{module}"), attribute)
    assert isinstance(found, click.Command)  # noqa: S101  (a test loads every one)
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

    Exit codes: 0 done, 1 refused or something found, 2 wrong command or settings, 3 something cannot be reached.
    """
