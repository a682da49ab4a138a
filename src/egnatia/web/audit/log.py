"""The rows of the audit log, filtered and page by page, and all that fit as JSON lines to take along."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, ClassVar
from urllib.parse import urlencode

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from litestar.response import Stream

from egnatia.store import AuditPage, Batch, Note, Sought, Store
from egnatia.trust.audit import AuditRow
from egnatia.web.audit.words import ACTIONS, said
from egnatia.web.frame import HEADERS, Content
from egnatia.web.peers.book import PeerRow
from egnatia.web.peers.listing import rewritten
from egnatia.web.permission import Permission
from egnatia.web.visit import Visit

ROWS = 50
"""Rows on one page."""

MOST = 1 << 62

Words = Annotated[str, QueryParameter(max_length=200)]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The filter as a person wrote it; days and minutes are UTC. `record` is the id of one that was shown."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    record: str = ""
    since: str = ""
    until: str = ""

    def link(self, path: str, **more: object) -> str:
        """The address of the same question."""
        given = {name: value for name, value in msgspec.structs.asdict(self).items() if value} | more
        return f"{path}?{urlencode(given)}" if given else path

    @property
    def is_empty(self) -> bool:
        """Whether all rows are asked for."""
        return self == Asked()


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One row as people read it; `href` leads to what it is about, empty where there is no page of it."""

    seq: int
    at: int
    organisation: str
    person: str
    action: str
    words: str
    subject: str
    href: str
    detail: str


class LogPage(Content, frozen=True, kw_only=True):
    """Rows, the newest first. Everything from row `seen` on was looked at; `more` says that older ones are there."""

    template: ClassVar[str] = "audit/log.html"
    asked: Asked
    lines: tuple[Line, ...]
    seen: int
    more: bool
    before: int | None
    wrong: str = ""
    rewritten: tuple[PeerRow, ...] = ()
    actions: tuple[tuple[str, str], ...] = tuple(ACTIONS.items())


def asked_of(
    actor: Words = "",
    action: Words = "",
    subject: Words = "",
    record: Words = "",
    since: Words = "",
    until: Words = "",
) -> Asked:
    """The filter in an address."""
    return Asked(actor=actor, action=action, subject=subject, record=record.strip(), since=since, until=until)


ASKED = {"asked": Provide(asked_of, sync_to_thread=False)}


@get("/audit", dependencies=ASKED)
async def log(
    visit: NamedDependency[Visit],
    asked: NamedDependency[Asked],
    before: Annotated[int, QueryParameter(ge=0)] = 0,
) -> Response[str]:
    """The newest rows that fit."""
    visit.require(Permission.SEE_AUDIT)
    known = await visit.ask(lambda: _names(visit))
    sought, wrong = await visit.ask(lambda: _sought(visit, asked, known))
    await visit.ask(lambda: _note(visit, "read", asked, before))
    page = AuditPage((), 0, more=False)
    if not wrong:
        page = await visit.ask(lambda: visit.store.audit_page(sought, ROWS, before=before or None))
    content = LogPage(
        title=visit.speech.gettext("Audit log"),
        asked=asked,
        lines=tuple(line_of(row, known, visit.premises.own) for row in page.rows),
        seen=page.seen,
        more=page.more,
        before=before or None,
        wrong=wrong,
        rewritten=await visit.ask(lambda: rewritten(visit.premises)),
    )
    return visit.page(content, status=422 if wrong else 200)


@get("/audit/export", dependencies=ASKED)
async def export(visit: NamedDependency[Visit], asked: NamedDependency[Asked]) -> Stream:
    """All rows that fit, the oldest first, as JSON lines with their digests: enough to check the chain elsewhere."""
    visit.require(Permission.SEE_AUDIT)
    known = await visit.ask(lambda: _names(visit))
    sought, _ = await visit.ask(lambda: _sought(visit, asked, known))
    await visit.ask(lambda: _note(visit, "export", asked, 0))
    attached = {**HEADERS, "content-disposition": 'attachment; filename="egnatia-audit.jsonl"'}
    return Stream(_exported(visit.store, sought), media_type="application/x-ndjson", headers=attached)


class Exported(msgspec.Struct, frozen=True):
    """A row as it is taken along: digests in hexadecimal, `at` in microseconds UTC as they were hashed."""

    seq: int
    at: int
    actor: str
    action: str
    subject: str
    detail: str
    previous: str
    digest: str


def _exported(store: Store, sought: Sought) -> Iterator[bytes]:
    encode = msgspec.json.Encoder().encode
    lines: list[bytes] = []
    for row in store.audit_rows():
        if sought.fits(row):
            fields = (row.seq, row.at, row.actor, row.action, row.subject, row.detail)
            lines.append(encode(Exported(*fields, row.previous.hex(), row.digest.hex())))
        if len(lines) >= 1_000:
            yield b"\n".join(lines) + b"\n"
            lines = []
    if lines:
        yield b"\n".join(lines) + b"\n"


def _names(visit: Visit) -> dict[str, str]:
    """What organisations and peers are called, by id."""
    pairings = visit.premises.pairings
    nodes = {each.node: pairings.name(each) for each in pairings.all()}
    return {each.id: each.name for each in visit.premises.organisations()} | nodes


def _note(visit: Visit, what: str, asked: Asked, before: int) -> None:
    """Who reads the log is written down in it, with what they looked for."""
    detail = asked.link("", **({"before": before} if before else {})).removeprefix("?")
    visit.store.append(Batch(notes=(Note(visit.actor, "audit", what, detail),))).result()


def _sought(visit: Visit, asked: Asked, known: Mapping[str, str]) -> tuple[Sought, str]:
    """The question for the store, and what cannot be understood of it. A name of an organisation means its id."""
    ids = {name.casefold(): identity for identity, name in known.items()}
    since, until = moment_of(asked.since), moment_of(asked.until)
    wrong = ""
    if (asked.since and since is None) or (asked.until and until is None):
        wrong = visit.speech.gettext("This is no date and time: write it as 2026-11-24 or 2026-11-24T08:00.")
    elif since is not None and until is not None and until <= since:
        wrong = visit.speech.gettext("The end of the time lies before its beginning.")
    positions: tuple[int, ...] = ()
    if asked.record:
        positions = tuple(row.position for row in visit.store.versions(visit.clearance(), asked.record))
        if not positions:
            wrong = visit.speech.gettext("No such record is here, or it is not for you.")
    return Sought(
        actor=ids.get(asked.actor.strip().casefold(), asked.actor.strip()),
        action=asked.action.strip(),
        subject=ids.get(asked.subject.strip().casefold(), asked.subject.strip()),
        since=since,
        until=until,
        positions=positions,
    ), wrong


def moment_of(text: str) -> int | None:
    """A day or a minute in UTC as microseconds; None for an empty text and for what is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int(at.replace(tzinfo=at.tzinfo or UTC).timestamp() * 1_000_000)


def line_of(row: AuditRow, known: Mapping[str, str], own: str) -> Line:
    """A row as people read it; that somebody is of the operator goes without saying."""
    first, _, rest = row.actor.partition(" ")
    is_named = first.startswith(("identity--", "node--")) or first == "public"
    return Line(
        seq=row.seq,
        at=row.at,
        organisation="" if first == own else known.get(first, first if is_named else ""),
        person=rest if is_named else row.actor,
        action=row.action,
        words=said(row.action),
        subject=known.get(row.subject, row.subject),
        href=_href(row.subject),
        detail=row.detail,
    )


def _href(subject: str) -> str:
    kind, marked, rest = subject.partition("--")
    if not marked or " " in subject or len(rest) != 36:
        return ""
    match kind:
        case "node":
            return f"/peers/{subject}"
        case "identity":
            return f"/organisations/{subject}"
        case "sharing-agreement":
            return f"/agreements/{subject}"
        case _:
            return f"/records/{subject}"
