"""Logs that were handed over are matched one by one in processes of their own: begun here, followed, ended in time."""

import asyncio
import logging
import shutil
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from threading import Lock
from typing import BinaryIO, Final

import msgspec
from msgspec.structs import replace

from egnatia.cyber.intel.log_match import FOLDER, Errand, Failed, Far, Findings, Run, Runs, Word, going_on
from egnatia.cyber.intel.trial import tried_in
from egnatia.policy import Clearance
from egnatia.store import Batch, Note
from egnatia.web.premises import Premises

log = logging.getLogger(__name__)

BEAT: Final = 5.0
"""Seconds after which a run that goes on says so, though nothing is new."""

LONGEST: Final = 64 << 20
"""Bytes of one word of the process at most."""

CHUNK: Final = 1 << 20

TOO_LONG, BROKEN = "too long", "broken"
"""Why a run failed besides what a log itself may be."""

_beginning: Final = Lock()
_going_on: set[asyncio.Task[None]] = set()
"""Runs that this process follows."""


class Busy(Exception):
    """As many logs are being matched as may be."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks for. `actor` is how the audit log names them."""

    run: Run
    actor: str
    clearance: Clearance
    least: int
    form: str | None


def put_down(premises: Premises, sent: BinaryIO) -> Path:
    """The log as a file that nobody else can read, in a folder of its own; it is copied in pieces."""
    folder = premises.settings.data / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    place = Path(tempfile.mkdtemp(dir=folder)) / "log"
    with place.open("wb") as file:
        shutil.copyfileobj(sent, file, CHUNK)
    return place


def enter(premises: Premises, wanted: Wanted) -> None:
    """The run begins to count; raises Busy where as many go on as may, or one of the same person."""
    store, run = premises.store, wanted.run
    with _beginning:
        others = going_on(store, run.began)
        mine = any(each.organisation == run.organisation and each.login == run.login for each in others)
        if mine or len(others) >= premises.settings.limits.match_runs:
            raise Busy
        store.append(Batch(notes=(Note(wanted.actor, "match", run.id, f"{run.size} bytes"),))).result()
        Runs(store, run.organisation).put(run)


def begin(premises: Premises, wanted: Wanted, place: Path) -> None:
    """From now on it is carried out, beside everything else."""
    task = asyncio.create_task(_carry(premises, wanted, place))
    _going_on.add(task)
    task.add_done_callback(_going_on.discard)


async def _carry(premises: Premises, wanted: Wanted, place: Path) -> None:
    run = wanted.run
    process: Process | None = None
    try:
        async with asyncio.timeout(premises.settings.limits.match_seconds):
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "egnatia.cyber.intel.errand"),
                stdin=PIPE, stdout=PIPE, stderr=DEVNULL, limit=LONGEST,
            )  # fmt: skip
            run = await _follow(premises, wanted, place, process)
    except TimeoutError:
        run = replace(run, failed=TOO_LONG, stuck=await asyncio.to_thread(tried_in, _trial(place)))
    except (OSError, ValueError, msgspec.DecodeError) as error:
        log.warning("a log could not be matched: %s", error)
        run = replace(run, failed=BROKEN)
    finally:
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()
        shutil.rmtree(place.parent, ignore_errors=True)
    await asyncio.to_thread(_end, premises, wanted, run)


def _trial(log_: Path) -> Path:
    """The file beside a log in which the process writes which pattern it is trying."""
    return log_.with_name("trial")


async def _follow(premises: Premises, wanted: Wanted, place: Path, process: Process) -> Run:
    """Sends the errand, hears how far it is, and keeps what was found; the run as it stands then."""
    store, runs, run = premises.store, Runs(premises.store, wanted.run.organisation), wanted.run
    errand = Errand(
        log=str(place),
        database=premises.settings.database_url,
        ledger=str(store.ledger),
        data=str(premises.settings.data),
        clearance=wanted.clearance,
        organisations=tuple(await asyncio.to_thread(premises.organisations)),
        least=wanted.least,
        form=wanted.form,
        trial=str(_trial(place)),
    )
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018  (they are pipes)
    process.stdin.write(msgspec.json.encode(errand))
    await process.stdin.drain()
    process.stdin.close()
    heard = asyncio.ensure_future(process.stdout.readline())
    try:
        while True:
            done, _ = await asyncio.wait({heard}, timeout=BEAT)
            now = time.time_ns() // 1_000
            if not done:
                run = replace(run, touched=now)
                await asyncio.to_thread(runs.put, run)
                continue
            if not heard.result():
                return replace(run, failed=BROKEN)
            match msgspec.json.decode(heard.result(), type=Word):
                case Far(read, lines, hits):
                    run = replace(run, touched=now, read=read, lines=lines, hits=hits)
                    await asyncio.to_thread(runs.put, run)
                case Failed(why):
                    return replace(run, failed=why)
                case Findings() as found:
                    await asyncio.to_thread(runs.keep, run.id, found)
                    return replace(run, read=run.size, lines=found.lines, hits=found.hits)
            heard = asyncio.ensure_future(process.stdout.readline())
    finally:
        heard.cancel()


def _end(premises: Premises, wanted: Wanted, run: Run) -> None:
    now = time.time_ns() // 1_000
    detail = run.failed or f"{run.lines} lines, {run.hits} hits"
    premises.store.append(Batch(notes=(Note(wanted.actor, "match ended", run.id, detail),))).result()
    Runs(premises.store, run.organisation).put(replace(run, ended=now, touched=now))
