"""What every command shares: which node it is about, how it answers, and what its exit code says.

0: done. 1: refused, or a check has found something. 2: the command or the settings are wrong. 3: what it needs (a
database, a node, a file) cannot be reached. 130 and 141: `manners`. A person's mistake never shows a stack trace.
"""

import functools
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click
import msgspec
from sqlalchemy.exc import OperationalError

from egnatia.cli.manners import hang_up, is_hung_up
from egnatia.node import Node
from egnatia.record import Invalid
from egnatia.settings import FILE, Settings, load
from egnatia.trust.errors import Forged

if TYPE_CHECKING:  # imported where it is used: a node that serves draws nothing
    from rich.console import Console
    from rich.table import Table

REFUSED, WRONG, UNREACHABLE = 1, 2, 3

PLACES = (Path(FILE), Path("/etc/egnatia") / FILE)
"""Where the settings are looked for when nobody says: here, then the machine's."""

WIDE = 400

P = ParamSpec("P")
R = TypeVar("R")


class Failure(click.ClickException):
    """What a command could not do, in words for the person who typed it: refused."""

    exit_code = REFUSED


class Wrong(Failure):
    """The command or the settings are wrong."""

    exit_code = WRONG


class Unreachable(Failure):
    """What the command needs cannot be reached."""

    exit_code = UNREACHABLE


class Desk:
    """Where one command works: its settings and its way of answering."""

    def __init__(self, config: Path | None, *, as_json: bool) -> None:
        self.as_json = as_json
        self._config = config

    @functools.cached_property
    def out(self) -> "Console":
        """Where answers go; into a pipe a row stays on its line, whatever its length."""
        from rich.console import Console  # noqa: PLC0415

        width = None if sys.stdout.isatty() else WIDE
        console = Console(highlight=False, markup=False, soft_wrap=True, width=width)
        console.on_broken_pipe = hang_up  # type: ignore[method-assign]  # rich's own way ends with "something found"
        return console

    @functools.cached_property
    def err(self) -> "Console":
        """Where what is beside the answer goes."""
        from rich.console import Console  # noqa: PLC0415

        return Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

    def settings(self) -> Settings:
        """The settings of the node that the command is about."""
        found = self._config or next((path for path in PLACES if path.exists()), PLACES[0])
        return load(found)

    @contextmanager
    def node(self) -> Iterator[Node]:
        """The node, opened in its data directory; a server of the same node may run beside it."""
        settings = self.settings()
        with Node.open(settings, settings.passphrase()) as node:
            yield node

    def answer(self, value: Any, words: "str | Table | None" = None) -> None:
        """`value` as one line of JSON where that is wanted, else `words`."""
        if self.as_json:
            click.echo(msgspec.json.encode(value))
        elif words is not None:
            self.out.print(words)

    def aside(self, words: str) -> None:
        """Something for a person only, beside the answer."""
        if not self.as_json:
            self.err.print(words)

    @contextmanager
    def progress(self, words: str, total: int | None) -> Iterator[Callable[[int], None]]:
        """A bar that is moved to a number of bytes; none where nobody watches."""
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        hidden = self.as_json or not sys.stderr.isatty()
        with Progress(*columns, TimeRemainingColumn(), console=self.err, disable=hidden, transient=True) as bar:
            task = bar.add_task(words, total=total)
            yield lambda done: bar.update(task, completed=done)


def command(function: Callable[P, R]) -> Callable[..., R]:
    """Gives a command `--config` and `--json`, hands it its `Desk`, and turns what people get wrong into words."""

    @click.option(
        "--config",
        type=click.Path(dir_okay=False, path_type=Path),
        envvar="EGNATIA_CONFIG",
        help=f"Settings file; else ./{FILE}, else /etc/egnatia/{FILE}.",
    )
    @click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
    @functools.wraps(function)
    def wrapped(*args: Any, config: Path | None, as_json: bool, **kwargs: Any) -> R:
        return function(Desk(config, as_json=as_json), *args, **kwargs)  # type: ignore[arg-type]  # the desk is its first

    return wrapped


@contextmanager
def in_words() -> Iterator[None]:
    """What a person can mend is said in a sentence; anything else is a fault of ours and shows itself whole."""
    try:
        yield
    except (Invalid, Forged, FileExistsError, PermissionError, BlockingIOError) as error:
        raise Failure(str(error)) from error
    except ValueError as error:
        raise Wrong(str(error)) from error
    except OperationalError as error:
        message = f"The database cannot be reached: {error.orig}"
        raise Unreachable(message) from error
    except BrokenPipeError as error:
        if is_hung_up(sys.stdout):
            raise
        raise Unreachable(str(error)) from error
    except OSError as error:
        named = f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error)
        raise Unreachable(named) from error


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> "Table":
    """Rows under their headings, for a person."""
    from rich.table import Table  # noqa: PLC0415

    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*map(str, row))
    return drawn


def is_debugging() -> bool:
    """Whether the person asked for stack traces."""
    return bool(os.environ.get("EGNATIA_DEBUG"))
