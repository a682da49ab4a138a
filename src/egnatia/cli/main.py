"""`egnatia`: every command, listed in one place."""

import click

from egnatia.cli.audit import audit
from egnatia.cli.care import backup, purge, restore
from egnatia.cli.case import case_
from egnatia.cli.demo import demo
from egnatia.cli.desk import in_words, is_debugging
from egnatia.cli.foreign import extract, preview_list_
from egnatia.cli.intel import correlate, find, matrix, vote
from egnatia.cli.key import key
from egnatia.cli.node import init, serve
from egnatia.cli.org import org
from egnatia.cli.output import output
from egnatia.cli.peer import peer
from egnatia.cli.record import explain, preview, recall, search, submit
from egnatia.cli.source import source
from egnatia.cli.token import token
from egnatia.cli.transfer import export_, import_
from egnatia.cli.user import user


class Commands(click.Group):
    """Runs a command so that a person's mistake is answered in words."""

    def invoke(self, ctx: click.Context) -> object:
        """Answers mistakes in words, unless EGNATIA_DEBUG asks for the whole story."""
        if is_debugging():
            return super().invoke(ctx)
        with in_words():
            return super().invoke(ctx)


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


COMMANDS = (
    init, serve, demo,
    import_, preview_list_, extract, export_, submit, search, preview, explain, recall,
    find, correlate, matrix, vote, source, output,
    case_,
    peer, org, key, user, token,
    audit, backup, restore, purge,
)  # fmt: skip
"""Every command; docs/reference/cli.md follows this order."""

for _command in COMMANDS:
    main.add_command(_command)
