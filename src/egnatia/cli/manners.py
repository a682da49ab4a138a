"""How every command ends, and how it counts: a pipe that is closed or Ctrl-C is nobody's mistake and no stack trace."""

import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn, TextIO

import click

HUNG_UP: Final = 141
"""As the shell says of a program whose reader has closed the pipe: 128 and SIGPIPE."""

STOPPED: Final = 130
"""As it says of one that Ctrl-C has stopped: 128 and SIGINT."""


@contextmanager
def manners() -> Iterator[None]:
    """Ends quietly where whoever read the answer has enough (`| head`), and with a word where a person stops it."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        if not is_hung_up(sys.stdout):
            raise
        hang_up()
    except (KeyboardInterrupt, click.Abort):
        click.echo("\nStopped. What was done before stays.", err=True)
        raise SystemExit(STOPPED) from None


def hang_up() -> NoReturn:
    """End without a word. What is still to be written goes nowhere, so that nothing complains at the very end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(HUNG_UP)


def is_hung_up(stream: TextIO) -> bool:
    """Whether nobody reads any more what is written there; another pipe may have broken."""
    try:
        watched = select.poll()
        watched.register(stream.fileno(), select.POLLERR)
        return any(event & select.POLLERR for _, event in watched.poll(0))
    except (OSError, ValueError):  # a stream without a file, as in tests
        return False


def several(count: int, one: str, many: str = "") -> str:
    """`1 pattern`, `2,000 patterns`."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
