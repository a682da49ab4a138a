"""How what is handed in may be handled, as options of a command."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from egnatia.exchange.submission import Handling
from egnatia.record.marking import TLP2_IDS

TLP_IDS: dict[str, str] = {name: marking for marking, name in TLP2_IDS.items()}

F = TypeVar("F", bound=Callable[..., Any])


def handling_options(function: F) -> F:
    """`--tlp` and `--audience` for a command that hands records in."""
    audience = click.option(
        "--audience", multiple=True, metavar="MARKING", help="An audience marking (its id) to put on every record."
    )
    tlp = click.option("--tlp", type=click.Choice(list(TLP_IDS)), help="TLP to put on every record besides its own.")
    return tlp(audience(function))


def handling(tlp: str | None, audience: tuple[str, ...]) -> Handling:
    """The markings that were asked for. Raises ValueError for what is no marking's id."""
    for marking in audience:
        if not marking.startswith("marking-definition--"):
            raise ValueError(f"--audience {marking!r}: expected the id of a marking-definition")
    return Handling(applied=(*((TLP_IDS[tlp],) if tlp else ()), *audience))
