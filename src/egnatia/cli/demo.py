"""The region on one machine, to try and to show."""

import signal
from pathlib import Path

import click

from egnatia.cli.desk import Desk, Unreachable, command, table
from egnatia.demo.cast import ECONOMIES, KOSOVO_FOOTNOTE
from egnatia.demo.network import Made, NotPossible
from egnatia.demo.person import NAME, PASSWORD
from egnatia.demo.show import TRICKLE_SECONDS, Wanted, show


@click.command()
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default=Path("demo"), show_default=True)
@click.option("--port", default=7100, show_default=True, help="First port; the next free ones from there are taken.")
@click.option("--for", "seconds", type=float, help="Stop after so many seconds; else on Ctrl-C.")
@click.option("--once", is_flag=True, help="Bring everything up, say so and stop.")
@click.option(
    "--trickle", default=TRICKLE_SECONDS, show_default=True, help="Seconds between two happenings; 0 for none."
)
@click.option("--no-open", is_flag=True, help="Do not open a browser.")
@command
def demo(
    desk: Desk, folder: Path, *, port: int, seconds: float | None, once: bool, trickle: float, no_open: bool
) -> None:
    """Run the whole network here: six economies' nodes, the regional hub and a bank, with fictional data.

    The page that opens shows what each of them sees. Enter a report at Montenegro's node and watch where it arrives.
    Everything is in ./demo and made anew each time.

    \b
    egnatia demo
    egnatia demo --no-open --for 60
    """
    wanted = Wanted(
        folder=folder,
        port=port,
        seconds=0.0 if once else seconds,
        trickle=0.0 if once else trickle,
        browse=not (no_open or once or desk.as_json),
    )

    def ready(url: str, made: Made, took: float) -> None:
        nodes = [seat for seat in made.seats if seat.actor.runs_node]
        rows = [(seat.actor.name, ECONOMIES[seat.actor.economy], f"{seat.url}/") for seat in nodes]
        person = {"name": NAME, "password": PASSWORD, "codes": f"{url}codes"}
        desk.answer(
            {"view": url, "nodes": {seat.actor.key: seat.url for seat in nodes}, "account": person},
            table(("node", "economy", "address"), rows),
        )
        desk.aside(f"\nSign in at any of them as {NAME}, password: {PASSWORD}, with the code that {url}codes shows.")
        desk.aside(f"The region, live: {url}   (up in {took:.1f} s; Ctrl-C stops everything)\n{KOSOVO_FOOTNOTE}")

    # Told to end by a supervisor or a closed terminal, it stops its nodes as on Ctrl-C.
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.default_int_handler)
    try:
        show(wanted, desk.aside, ready)
    except NotPossible as error:
        raise Unreachable(str(error)) from error
    except KeyboardInterrupt:
        pass
    desk.aside("Stopped.")
