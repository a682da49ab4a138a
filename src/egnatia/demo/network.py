"""The whole network on this machine: made in a folder, run as one process for each node, stopped together."""

import contextlib
import ctypes
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path

import httpx
import msgspec

from egnatia.demo.agreements import agreements
from egnatia.demo.cast import ACTORS, BANK, HUB, MESH, NODES, Actor, actor
from egnatia.demo.desk import furnish
from egnatia.demo.exercises import played, under_way
from egnatia.demo.incidents import incidents
from egnatia.demo.person import hashed, settle
from egnatia.demo.readiness import keep_playbook
from egnatia.demo.region import Seat
from egnatia.demo.sample import sample, taken_back
from egnatia.exchange import token
from egnatia.exchange.peer.frame import Scope
from egnatia.exchange.submission import Right, Submitter
from egnatia.node import Node
from egnatia.settings import FILE, Incidents, Keys, Network, Organisation, Settings, load, to_toml
from egnatia.store import Known

MARKER = ".egnatia-demo"
"""The file that says a folder is a demonstration's, which the next one may replace."""

PASSPHRASE = "a demonstration keeps no secrets"  # noqa: S105  it says so itself
VARIABLE = "EGNATIA_DEMO_PASSPHRASE"

READY_SECONDS = 120
PR_SET_PDEATHSIG = 1
STOP_SECONDS = 10
YEAR = 365 * 86_400_000_000


class NotPossible(RuntimeError):
    """The demonstration cannot run here, and why."""


class Made(msgspec.Struct, frozen=True):
    """A network on disk: where each organisation reads and writes, and how many records were put in."""

    folder: Path
    seats: tuple[Seat, ...]
    records: int


@contextlib.contextmanager
def fresh(folder: Path) -> Iterator[None]:
    """An empty folder for a demonstration, in the place of an earlier one that has ended; never of anything else."""
    marker = folder / MARKER
    if folder.exists() and not marker.exists() and any(folder.iterdir()):
        raise NotPossible(f"{str(folder)!r} holds something else; name another folder with --folder")
    folder.mkdir(parents=True, exist_ok=True)
    with marker.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"A demonstration is running in {str(folder)!r}; stop it, or name another folder with --folder"
            raise NotPossible(message) from error
        for earlier in folder.iterdir():
            if earlier.is_dir():
                shutil.rmtree(earlier)
        yield


def ports(base: int, count: int) -> tuple[int, ...]:
    """The next `count` ports from `base` on that nobody on this machine listens on."""
    found: list[int] = []
    for port in range(base, min(base + 500, 65_536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return tuple(found)
    raise NotPossible(f"No {count} free ports from {base} on; name another first one with --port")


def make(folder: Path, free: Sequence[int], now: datetime) -> Made:
    """Every node with its keys, its peers confirmed, its agreements published and its sample data handed in."""
    chosen = dict(zip((each.key for each in NODES), free, strict=True))
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(max_workers=4) as pool:
        # One after the other: bringing up a database's schema is not for several threads at a time.
        nodes = {each.key: stack.enter_context(_created(folder, each, chosen[each.key])) for each in NODES}
        for hosted in (each for each in ACTORS if not each.runs_node):
            nodes[hosted.host].host(hosted.id, hosted.name, hosted.economy)
        for one, other in (*combinations(MESH, 2), (BANK, actor(BANK.csirt))):
            _pair(nodes[one.key], nodes[other.key], relayed=BANK in (one, other))
        for node in nodes.values():
            for each in ACTORS:
                clients = (actor(each.csirt).id,) if each.csirt else ()
                node.store.organisations.put(Known(each.id, each.name, each.economy, client_of=clients))
            node.facts.forget()
        count = sum(pool.map(lambda each: _filled(nodes[each.host], each, now), ACTORS))
        count += _worked_on(nodes, now)
        for each in NODES:
            furnish(nodes[each.key], each, now)
            if each.role == "csirt":
                keep_playbook(nodes[each.key], each, now)
        played(nodes[HUB.key])
        under_way(nodes[HUB.key])
        password = hashed()
        seats = tuple(
            Seat(
                each,
                f"http://127.0.0.1:{chosen[each.host]}",
                _token(nodes[each.host], each.id),
                settle(nodes[each.host], each, password),
            )
            for each in ACTORS
        )
        return Made(folder, seats, count)


def _created(folder: Path, of: Actor, port: int) -> Node:
    home = folder / of.key
    home.mkdir()
    wanted = Settings(
        organisation=Organisation(name=of.name, id=of.id, economy=of.economy, sectors=(of.sector,)),
        network=Network(listen=f"127.0.0.1:{port}", demo_open=True),
        keys=Keys(passphrase_env=VARIABLE),
        incidents=Incidents(tell=(HUB.id,) if of.role == "csirt" else (), tell_every_hours=1),
        base=str(home),
    )
    (home / FILE).write_text(to_toml(wanted), encoding="utf-8")
    settings = load(home / FILE, {})
    Node.create(settings, PASSPHRASE)
    return Node.open(settings, PASSPHRASE)


def _pair(one: Node, other: Node, *, relayed: bool) -> None:
    """Both operators invite, and both confirm."""
    for mine, theirs in ((one, other), (other, one)):
        # A bank asks its CSIRT for what that relays as well; the CSIRT asks the bank for its own.
        asked: Scope = "all" if relayed and mine.own == BANK.id else "own"
        mine.pairings.accept(theirs.pairings.invite(), scope=asked)
        mine.pairings.confirm(theirs.node_id)


def _filled(node: Node, by: Actor, now: datetime) -> int:
    signed = [each.body for each in agreements(now - timedelta(days=60)) if by in each.parties]
    count = 0
    # A recall is of what is there: it is handed in after the rest.
    for bodies in ([*signed, *sample(by, now)], taken_back(by, now)):
        outcome = node.admission.submit(bodies, Submitter(by.id, "demo", frozenset(Right)), tolerant=False).result()
        if outcome.refused:
            raise NotPossible(f"{by.name}: the sample data was refused: {outcome.refused[0].problems}")
        count += len(outcome.accepted)
    return count


def _worked_on(nodes: Mapping[str, Node], now: datetime) -> int:
    """The sample cases, each event at its author's node; and what each CSIRT tells the hub. How many records."""
    count = 0

    def submit(by: Actor, bodies: Sequence[bytes]) -> None:
        nonlocal count
        submitter = Submitter(by.id, "demo", frozenset(Right))
        outcome = nodes[by.host].admission.submit(bodies, submitter, tolerant=False).result()
        if outcome.refused:
            raise NotPossible(f"{by.name}: a sample case was refused: {outcome.refused[0].problems}")
        count += len(outcome.accepted)

    for play in incidents(next(iter(nodes.values())).casework.library, now):
        play.hand_in(submit)
    return count


def _token(node: Node, organisation: str) -> str:
    minted = token.mint()
    now = time.time_ns() // 1_000
    node.store.tokens.add(
        token.Token(
            id=minted.id,
            digest=minted.digest,
            organisation=organisation,
            name="regional view",
            rights=frozenset({Right.READ, Right.SUBMIT, Right.RECALL, Right.ADMINISTER}),
            created=now,
            expires=now + YEAR,
        )
    )
    return minted.text


@contextlib.contextmanager
def running(made: Made) -> Iterator[tuple["subprocess.Popen[bytes]", ...]]:
    """Every node as a process of its own, until the block ends; each writes its log into its folder."""
    environ = {**os.environ, VARIABLE: PASSPHRASE}
    processes: list[subprocess.Popen[bytes]] = []
    die_with_us = _dying_with_us()
    try:
        for each in NODES:
            home = made.folder / each.key
            with (home / "log").open("wb") as log:
                command = [sys.executable, "-m", "egnatia", "serve", "--config", str(home / FILE)]
                # A session of its own, so that Ctrl-C reaches the demonstration alone and it stops them in order.
                processes.append(
                    subprocess.Popen(  # noqa: S603  our own program, no shell
                        command,
                        env=environ,
                        stdout=log,
                        stderr=subprocess.STDOUT,
                        start_new_session=True,
                        preexec_fn=die_with_us,  # noqa: PLW1509  it makes one system call; our threads have ended
                    )
                )
        _until_ready(made, processes)
        yield tuple(processes)
    finally:
        stop(processes)


def _dying_with_us() -> Callable[[], None] | None:
    """What a new process does so that it ends when the demonstration is killed; only Linux can."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _until_ready(made: Made, processes: "Sequence[subprocess.Popen[bytes]]") -> None:
    urls = {seat.actor.key: seat.url for seat in made.seats if seat.actor.runs_node}
    deadline = time.monotonic() + READY_SECONDS
    waiting = dict(zip((each.key for each in NODES), processes, strict=True))
    with httpx.Client(timeout=2) as client:
        while waiting:
            for key, process in list(waiting.items()):
                if process.poll() is not None or time.monotonic() > deadline:
                    log = (made.folder / key / "log").read_text(encoding="utf-8", errors="replace").strip()
                    raise NotPossible(f"{actor(key).name} did not start: {log[-600:] or 'it said nothing'}")
                with contextlib.suppress(httpx.HTTPError):
                    if client.get(f"{urls[key]}/health/ready").status_code == 200:
                        del waiting[key]
            time.sleep(0.1)


def stop(processes: "Sequence[subprocess.Popen[bytes]]") -> None:
    """Asks every node to stop, and makes those stop that do not within ten seconds."""
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for process in processes:
        try:
            process.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
