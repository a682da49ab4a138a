"""Match: a log is handed over and matched with all that its organisation may see, and what is found becomes sightings.

The log is gone when its matching has ended, what was found after a day. Of that a reader sees only what is about
indicators that they may see still.
"""

import asyncio
import importlib.util
import io
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Annotated, BinaryIO, ClassVar, Final, Literal, cast

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from litestar.types import ControllerRouterHandler

from egnatia.cyber.intel.log_match import Burden, Count, Findings, Hit, Run
from egnatia.cyber.intel.matching import Fields
from egnatia.cyber.intel.watch import LEAST
from egnatia.exchange.api.problem import BadRequest, NotFound
from egnatia.exchange.formats.spreadsheet import csv_of
from egnatia.web.frame import HEADERS, Content
from egnatia.web.intel.errands import BROKEN, TOO_LONG, Busy, Wanted, begin, enter, put_down
from egnatia.web.intel.matched import Slow, noted, run_of, runs_of, seen, seen_in, slow
from egnatia.web.intel.witness import offered, record
from egnatia.web.language.speech import N_
from egnatia.web.permission import Permission
from egnatia.web.record.text import defanged, visible
from egnatia.web.visit import Visit

SHOWN: Final = 200
"""Hits on the page; more are in the CSV."""

LINES_BYTES: Final = 500_000
"""Letters that may be pasted."""

AROUND: Final = 100_000
"""Bytes of a form besides its file."""

AGAIN: Final = 0.5
"""Seconds between two looks at how far a run is."""

FORMS: Final[tuple[tuple[str, str], ...]] = (
    ("zeek", "Zeek (TSV)"),
    ("json", "Zeek, Suricata, Sysmon (JSON)"),
    ("bind", "BIND"),
    ("dnsmasq", "dnsmasq"),
    ("unbound", "unbound"),
    ("squid", "Squid"),
    ("combined", "nginx, Apache"),
    ("table", "NetFlow, CSV"),
)
"""What a log may be in where it is not recognised."""

WHY: Final[Mapping[str, str]] = {
    "unknown": N_("It is in no form that is known. If it is one of those listed, say which it is in."),
    "binary": N_("It is no text and no Parquet: it cannot be read as a log."),
    "array": N_("It is one array of JSON. Hand it over with one object a line."),
    "damaged": N_("It is damaged: nothing of it can be read."),
    "missing": N_("It was not there any more."),
    TOO_LONG: N_("It took longer than this node allows. Hand over less at a time, or use the command line."),
    BROKEN: N_("The matching broke off. Try it again; if it happens again, tell your administrator."),
}
"""Why a log could not be matched."""


class Handing(msgspec.Struct, frozen=True):
    """The form that hands a log over; its file comes beside it."""

    text: Annotated[str, msgspec.Meta(max_length=LINES_BYTES)] = ""
    least: Annotated[int, msgspec.Meta(ge=0, le=100)] = LEAST
    form: Literal["", "zeek", "json", "bind", "dnsmasq", "unbound", "squid", "combined", "table"] = ""


class Nothing(msgspec.Struct, frozen=True):
    """A form without fields."""


class MatchPage(Content, frozen=True, kw_only=True):
    """The form, and the runs of the last day. `wrong` is what is wrong with what was sent."""

    template: ClassVar[str] = "intel/match.html"
    runs: tuple[Run, ...]
    given: Handing
    forms: tuple[tuple[str, str], ...]
    megabytes: int
    ready: bool
    wrong: str = ""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One indicator that was found, as it is shown."""

    href: str
    name: str
    value: str
    score: int
    times: int


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One hit, as it is shown. `at` is None where the line names no time."""

    href: str
    value: str
    at: datetime | None
    client: str
    number: int
    line: str


class RunPage(Content, frozen=True, kw_only=True):
    """How far a run is, or what it has found; `needs_second` where sightings of it wait for a second person. Named are
    the patterns that made it `slow`, those given up (`costly`), and the one that was being tried when its time was over
    (`stuck`)."""

    template: ClassVar[str] = "intel/match_run.html"
    script: ClassVar[str] = "progress.js"
    run: Run
    goes_on: bool
    why: str
    findings: Findings | None
    found: tuple[Found, ...] = ()
    lines: tuple[Line, ...] = ()
    hidden: int = 0
    warned: int = 0
    worth_little: int = 0
    others_left: int = 0
    may_tell: bool = False
    needs_second: bool = False
    slow: tuple[Slow, ...] = ()
    costly: tuple[Slow, ...] = ()
    stuck: tuple[Slow, ...] = ()


@get("/intel/match")
async def handing(visit: NamedDependency[Visit]) -> Response[str]:
    """The form, and what was matched in the last day."""
    visit.require(Permission.MATCH)
    return await _form(visit, Handing())


async def _form(visit: Visit, given: Handing, wrong: str = "", status: int = 200) -> Response[str]:
    runs = runs_of(visit)
    content = MatchPage(
        title=visit.speech.gettext("Match a log"),
        runs=await visit.ask(runs.all),
        given=given,
        forms=(("", visit.speech.gettext("recognise it")), *FORMS),
        megabytes=visit.premises.settings.limits.match_bytes // 1_000_000,
        ready=_is_ready() and visit.premises.settings.limits.match_runs > 0,
        wrong=wrong,
    )
    return visit.page(content, status=status)


def _is_ready() -> bool:
    """Whether the optional part for bulk work is there; it is looked for, not loaded."""
    return importlib.util.find_spec("duckdb") is not None and importlib.util.find_spec("ibis") is not None


@post("/intel/match", request_max_body_size=None)
async def hand_over(visit: NamedDependency[Visit]) -> Response[str]:
    """Take a log, and begin."""
    visit.require(Permission.MATCH)
    speech, limit = visit.speech, visit.premises.settings.limits.match_bytes
    length = visit.request.headers.get("content-length", "")
    if not length.isdecimal() or int(length[:15]) > limit + AROUND:
        words = speech.gettext("A log may have at most %(size)s megabytes; packed with gzip it may be enough.",
                               size=speech.number(limit // 1_000_000))  # fmt: skip
        return await _form(visit, Handing(), words, status=413)
    form = await visit.form(Handing, limit_bytes=limit + AROUND)
    sent = (await visit.request.form()).get("file")
    is_file = isinstance(sent, UploadFile) and bool(sent.filename)
    if not is_file and not form.text.strip():
        return await _form(visit, form, speech.gettext("Choose a file, or paste lines."), status=422)
    if not _is_ready():
        return await _form(visit, form, status=503)
    stream = cast("BinaryIO", sent.file) if isinstance(sent, UploadFile) else io.BytesIO(form.text.encode() + b"\n")
    stream.seek(0)
    place = await visit.ask(lambda: put_down(visit.premises, stream))
    run = Run(
        id=f"{visit.now:x}-{secrets.token_hex(4)}",
        organisation=visit.visitor.organisation or "",
        login=visit.visitor.login,
        by=visit.visitor.name,
        name=visible(sent.filename)[:120] if isinstance(sent, UploadFile) else speech.gettext("pasted lines"),
        size=place.stat().st_size,
        began=visit.now,
        touched=visit.now,
    )
    wanted = Wanted(run=run, actor=visit.actor, clearance=visit.clearance(), least=form.least, form=form.form or None)
    try:
        await visit.ask(lambda: enter(visit.premises, wanted))
    except Busy:
        place.unlink()
        place.parent.rmdir()
        words = speech.gettext("Another log is being matched. Wait until it has ended, and hand yours over again.")
        return await _form(visit, form, words, status=503)
    begin(visit.premises, wanted, place)
    return visit.go(f"/intel/match/{run.id}")


@get("/intel/match/{run:str}")
async def reading(visit: NamedDependency[Visit], run: FromPath[str]) -> Response[str]:
    """How far it is, or what it has found."""
    found = await run_of(visit, run)
    goes_on = found.goes_on(visit.now)
    findings = None if goes_on else await visit.ask(lambda: runs_of(visit).findings(run))
    title = visit.speech.gettext("Match: %(name)s", name=found.name)
    page = RunPage(title=title, run=found, goes_on=goes_on, why=WHY.get(found.failed, ""), findings=findings)
    if findings is not None:
        page = await _told(visit, page, findings)
    elif found.stuck:
        page = msgspec.structs.replace(page, stuck=await _stuck(visit, found))
    return visit.page(page)


async def _stuck(visit: Visit, run: Run) -> tuple[Slow, ...]:
    """The pattern that was being tried when a run was ended, if the visitor may see it."""
    present = await seen(visit, [run.stuck])
    records = (msgspec.json.decode(row.body, type=Fields) for row in present.values())
    burdens = [Burden(run.stuck, str(each.get("name", "")), str(each.get("pattern", ""))) for each in records]
    return slow(tuple(burdens[:1]), present)


async def _told(visit: Visit, page: RunPage, findings: Findings) -> RunPage:
    present = await seen_in(visit, findings)
    left = findings.left_out
    warned = sum(count for reason, count in left.items() if reason.startswith("warning list"))
    may_tell, needs_second = await offered(visit, findings, present)
    return msgspec.structs.replace(
        page,
        found=tuple(_found(each) for each in findings.counts if each.indicator in present),
        lines=tuple(_line(each) for each in findings.shown[: SHOWN * 5] if each.indicator in present)[:SHOWN],
        hidden=sum(1 for each in findings.counts if each.indicator not in present),
        warned=warned,
        worth_little=left.get("score", 0),
        others_left=sum(left.values()) - warned - left.get("score", 0),
        may_tell=may_tell,
        needs_second=needs_second,
        slow=slow(findings.slow, present),
        costly=slow(findings.costly, present),
    )


def _found(count: Count) -> Found:
    return Found(
        href=f"/records/{count.indicator}",
        name=visible(count.name)[:120],
        value=visible(defanged(count.value))[:300],
        score=count.score,
        times=count.times,
    )


def _line(hit: Hit) -> Line:
    return Line(
        href=f"/records/{hit.indicator}",
        value=visible(defanged(hit.value))[:120],
        at=None if hit.at is None else datetime.fromisoformat(hit.at),
        client=visible(hit.client)[:80],
        number=hit.number,
        line=visible(hit.line),
    )


@get("/intel/match/{run:str}/progress")
async def progress(visit: NamedDependency[Visit], run: FromPath[str]) -> Stream:
    """Server-sent events: how far it is, until it has ended."""
    await run_of(visit, run)
    return Stream(_far(visit, run), media_type="text/event-stream", headers={**HEADERS, "x-accel-buffering": "no"})


async def _far(visit: Visit, run: str) -> AsyncIterator[bytes]:
    runs, entrance = runs_of(visit), visit.lobby.entrance
    while not visit.surface.live.closing:
        if entrance is not None and not await visit.ask(lambda: entrance.still(visit.visitor)):
            return
        found = await visit.ask(lambda: runs.get(run))
        if found is None or not found.goes_on(time.time_ns() // 1_000):
            yield b"event: end\ndata: {}\n\n"
            return
        lines, count = visit.speech.number(found.lines), visit.speech.number(found.hits)
        words = visit.speech.gettext("%(lines)s lines read, %(hits)s hits", lines=lines, hits=count)
        told_ = {"done": min(found.read, found.size), "most": found.size, "words": words}
        yield b"event: far\ndata: %b\n\n" % msgspec.json.encode(told_)
        await asyncio.sleep(AGAIN)


@get("/intel/match/{run:str}/hits.csv")
async def hits(visit: NamedDependency[Visit], run: FromPath[str]) -> Response[bytes]:
    """The hits as CSV; no cell becomes a formula."""
    await run_of(visit, run)
    findings = await visit.ask(lambda: runs_of(visit).findings(run))
    if findings is None:
        raise NotFound
    present = await seen_in(visit, findings)
    heading = ("time", "indicator", "value", "score", "client", "line number", "line")
    lines = [
        (each.at or "", each.indicator, each.value, each.score, each.client, each.number, each.line)
        for each in findings.shown
        if each.indicator in present
    ]
    await visit.ask(lambda: noted(visit, "match taken along", run, f"{len(lines)} hits"))
    headers = {**HEADERS, "content-disposition": f'attachment; filename="hits-{run}.csv"'}
    return Response(csv_of((heading, *lines)).encode(), media_type="text/csv", headers=headers)


@post("/intel/match/{run:str}/remove")
async def remove(visit: NamedDependency[Visit], run: FromPath[str]) -> Response[str]:
    """Forget what was found."""
    await visit.form(Nothing)
    found = await run_of(visit, run)
    if found.goes_on(visit.now):
        raise BadRequest(visit.speech.gettext("It goes on still."))
    await visit.ask(lambda: runs_of(visit).remove(run))
    await visit.ask(lambda: noted(visit, "match removed", run, ""))
    return visit.go("/intel/match", visit.speech.gettext("What was found is forgotten."))


LOGS: Final[tuple[ControllerRouterHandler, ...]] = (handing, hand_over, reading, progress, hits, record, remove)
"""The pages of Match."""
