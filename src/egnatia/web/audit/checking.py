"""The proof that nobody has changed the log: verified on demand while one watches, and the heads that peers signed.

What a check has found is kept, so that the page tells it also after a restart, and in every process.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import ClassVar, Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency

from egnatia.exchange.api.surface import Surface
from egnatia.store import Batch, Note
from egnatia.store.keeping import Kept
from egnatia.trust import Checkpoint, Countersignature
from egnatia.trust.audit_check import Wrong
from egnatia.web.frame import Content
from egnatia.web.language.speech import N_
from egnatia.web.peers.book import PeerRow
from egnatia.web.peers.listing import rewritten
from egnatia.web.permission import Permission
from egnatia.web.premises import Premises
from egnatia.web.visit import Visit

SHOWN: Final = 100
"""Findings on the page: after so many the point is made."""

HEADS: Final = 50
SILENCE: Final = 30_000_000
"""Microseconds after which a check that says nothing is taken for interrupted."""

TELL: Final = 0.5
"""Seconds between two words about how far a check is."""

WORDS: Mapping[str, str] = {
    Wrong.CHANGED.value: N_("This row was changed: its content does not have the digest that it had."),
    Wrong.MISSING.value: N_("A row is missing here."),
    Wrong.INSERTED.value: N_("This row was put in later."),
    Wrong.REORDERED.value: N_("This row stands in another place than it did."),
    Wrong.TRUNCATED.value: N_("The end of the log was cut off."),
    Wrong.REWRITTEN.value: N_("This row or an earlier one was rewritten: it contradicts what was signed."),
    Wrong.UNSIGNED.value: N_("A signature under the log does not verify."),
}
"""What each kind of finding means."""


class Found(msgspec.Struct, frozen=True):
    """Something is wrong at row `seq`."""

    seq: int
    wrong: str
    why: str

    @property
    def words(self) -> str:
        """What it means, to be translated."""
        return WORDS[self.wrong]


class Asked(msgspec.Struct, frozen=True):
    """A peer handed back so many heads of the log that it has signed, or none because of `trouble`."""

    name: str
    signed: int
    trouble: str


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A check of the whole log. Times are microseconds UTC; `ended` is 0 while it goes on; `wrong` counts findings."""

    by: str
    began: int
    touched: int
    rows: int
    passed: int = 0
    ended: int = 0
    wrong: int = 0
    found: tuple[Found, ...] = ()
    asked: tuple[Asked, ...] = ()

    def goes_on(self, now: int) -> bool:
        """Whether it is going on; one that says nothing was interrupted."""
        return not self.ended and now - self.touched < SILENCE

    @property
    def agreeing(self) -> int:
        """How many peers handed back what they signed."""
        return sum(1 for each in self.asked if each.signed)


class Nothing(msgspec.Struct, frozen=True):
    """A form without fields."""


class CheckPage(Content, frozen=True, kw_only=True):
    """The last check, or the one that goes on."""

    template: ClassVar[str] = "audit/check.html"
    script: ClassVar[str] = "refresh.js"
    check: Check | None
    goes_on: bool
    rewritten: tuple[PeerRow, ...]
    shown: int = SHOWN


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """A head of the log that the node has signed, and which peers signed under it when."""

    checkpoint: Checkpoint
    witnesses: tuple[tuple[str, Countersignature], ...]


class HeadsPage(Content, frozen=True, kw_only=True):
    """The newest heads."""

    template: ClassVar[str] = "audit/heads.html"
    heads: tuple[Head, ...]
    peers: int


class Interrupted(Exception):
    """The node stops."""


_going_on: set[asyncio.Task[None]] = set()
"""Checks that this process is about."""


@get("/audit/verify")
async def checked(visit: NamedDependency[Visit]) -> Response[str]:
    """What the last check has found, or how far this one is."""
    visit.require(Permission.SEE_AUDIT)
    check = await visit.ask(lambda: checks(visit.premises).get("last"))
    title = visit.speech.gettext("Verify the audit log")
    goes_on = check is not None and check.goes_on(_now())
    others = await visit.ask(lambda: rewritten(visit.premises))
    return visit.page(CheckPage(title=title, check=check, goes_on=goes_on, rewritten=others))


@post("/audit/verify")
async def start(visit: NamedDependency[Visit]) -> Response[str]:
    """Begin a check; one that goes on is enough."""
    visit.require(Permission.SEE_AUDIT)
    await visit.form(Nothing)
    kept = checks(visit.premises)
    last = await visit.ask(lambda: kept.get("last"))
    now = _now()
    if last is None or not last.goes_on(now):
        head = await visit.ask(visit.store.last_audit_row)
        check = Check(by=visit.visitor.name, began=now, touched=now, rows=head.seq if head else 0)
        await visit.ask(lambda: kept.put("last", check))
        work = asyncio.to_thread(_verify, visit.premises, visit.surface, visit.actor, check)
        task = asyncio.create_task(work)
        _going_on.add(task)
        task.add_done_callback(_going_on.discard)
    return visit.go("/audit/verify")


@get("/audit/heads")
async def heads(visit: NamedDependency[Visit]) -> Response[str]:
    """The heads of the log that were signed, here and by peers."""
    visit.require(Permission.SEE_AUDIT)
    pairings = visit.premises.pairings
    names = {each.node: pairings.name(each) for each in await visit.ask(pairings.all)}
    found = await visit.ask(lambda: visit.store.witnesses.latest(HEADS))
    rows = tuple(
        Head(checkpoint=one, witnesses=tuple((names.get(each.peer, each.peer), each) for each in signed))
        for one, signed in found
    )
    return visit.page(HeadsPage(title=visit.speech.gettext("Signed heads"), heads=rows, peers=len(names)))


def checks(premises: Premises) -> Kept[Check]:
    """Where the last check is kept."""
    return premises.store.kept("audit-check", Check)


def _verify(premises: Premises, surface: Surface, actor: str, check: Check) -> None:
    """Checks everything, on a thread, and writes down how far it is and what it found."""
    kept = checks(premises)
    told = time.monotonic()

    def passed(seq: int) -> None:
        nonlocal told
        if seq % 500 == 0 and time.monotonic() - told > TELL:
            if surface.live.closing:
                raise Interrupted
            told = time.monotonic()
            kept.put("last", msgspec.structs.replace(check, passed=seq, touched=_now()))

    try:
        heard = premises.hear_witnesses()
        findings = premises.audit_findings(heard, passed=passed)
    except Interrupted:
        return
    names = {each.node: premises.pairings.name(each) for each in premises.pairings.all()}
    done = msgspec.structs.replace(
        check,
        passed=check.rows,
        touched=_now(),
        ended=_now(),
        wrong=len(findings),
        found=tuple(Found(each.seq, each.wrong.value, each.why) for each in findings[:SHOWN]),
        asked=tuple(Asked(names.get(each.node, each.node), len(each.given), each.trouble) for each in heard),
    )
    detail = f"{check.rows} rows, {len(findings)} findings"
    premises.store.append(Batch(notes=(Note(actor, "audit", "verify", detail),))).result()
    kept.put("last", done)


def _now() -> int:
    return time.time_ns() // 1_000
