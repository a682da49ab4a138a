"""Files of a case: added, looked at from outside, downloaded. Nothing of a file is ever shown or run in a page."""

from typing import Annotated, ClassVar, Final
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.casework.attaching import File, Incomplete, attach, attached, content, described, known_for
from egnatia.casework.fold import Fold
from egnatia.casework.registry import Refused
from egnatia.exchange.api.problem import BadRequest, NotFound
from egnatia.record import Invalid
from egnatia.record.attachment import CaseAttachment
from egnatia.store import Batch, Note, Sought
from egnatia.web.card import Card, by_id, cards
from egnatia.web.cases.doing import acting
from egnatia.web.cases.reading import found
from egnatia.web.frame import HEADERS, Content
from egnatia.web.visit import Visit

SANDBOX: Final = {
    **HEADERS,
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
}
"""A file that is opened all the same runs nothing and reaches nothing."""
_TAKEN: Final = "case file downloaded"


class Taking(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody took a copy of a file at this node; `at` in microseconds UTC."""

    at: int
    person: str


class FilePage(Content, frozen=True, kw_only=True):
    """What is known of one file. `known` are records that speak of its hash; `takings` who took a copy at this node."""

    template: ClassVar[str] = "cases/file.html"
    case: str
    case_title: str
    file: CaseAttachment
    size: str
    added_by: str
    added_person: str
    known: tuple[Card, ...]
    takings: tuple[Taking, ...]


class Adding(msgspec.Struct, frozen=True):
    """The form that attaches a file; the file comes beside it."""

    text: Annotated[str, msgspec.Meta(max_length=20_000)] = ""
    only: tuple[str, ...] = ()


@post("/cases/{case:str}/files")
async def add(visit: NamedDependency[Visit], case: FromPath[str]) -> Response[str]:
    """Attach a file."""
    await acting(visit, case)
    limits = visit.premises.settings.limits
    form = await visit.form(Adding, limit_bytes=min(limits.attachment_bytes + 100_000, limits.body_bytes))
    name, sent = await visit.file("file")
    file = File(name=name, content=sent)
    submitter, registry = visit.visitor.caller.submitter, visit.premises.casework
    try:
        made = await visit.ask(lambda: attach(registry, submitter, case, file, text=form.text, only=form.only))
    except (Refused, Invalid, ValueError) as error:
        raise BadRequest(str(error)) from error
    await _note(visit, "case file attached", made.refs[0], case)
    return visit.go(f"/cases/{case}", visit.speech.gettext("Attached: it goes to the parties of the case."))


@get("/cases/{case:str}/files/{file:str}")
async def look(visit: NamedDependency[Visit], case: FromPath[str], file: FromPath[str]) -> Response[str]:
    """What is known of a file."""
    fold, record = await _found(visit, case, file)
    clearance, registry = visit.clearance(), visit.premises.casework
    rows = await visit.ask(lambda: known_for(registry, clearance, record.sha256))
    organisations = by_id(await visit.ask(visit.premises.organisations))
    event = next(each for each in fold.ordering if file in attached(each))
    return visit.page(
        FilePage(
            title=record.name,
            case=case,
            case_title=fold.case.title,
            file=record,
            size=visit.speech.number(record.size),
            added_by=organisations[event.author].name if event.author in organisations else event.author,
            added_person=event.by,
            known=cards(rows, organisations, visit.speech),
            takings=await visit.ask(lambda: _takings(visit, file)),
        )
    )


@get("/cases/{case:str}/files/{file:str}/content")
async def download(visit: NamedDependency[Visit], case: FromPath[str], file: FromPath[str]) -> Response[bytes]:
    """A copy of the file; who takes one is noted first."""
    _, record = await _found(visit, case, file)
    clearance, registry = visit.clearance(), visit.premises.casework
    try:
        whole = await visit.ask(lambda: content(registry, clearance, record))
    except Incomplete as error:
        raise NotFound(str(error)) from error
    await _note(visit, _TAKEN, file, f"{case} sha256 {record.sha256}")
    named = f"attachment; filename=\"file\"; filename*=UTF-8''{quote(visit.file_name(record.name), safe='')}"
    headers = {**SANDBOX, "content-disposition": named}
    return Response(whole, media_type="application/octet-stream", headers=headers)


async def _found(visit: Visit, case: str, file: str) -> tuple[Fold, CaseAttachment]:
    """A file that an event of the case attaches, which the visitor may see; raises NotFound."""
    fold = await found(visit, case)
    clearance, registry = visit.clearance(), visit.premises.casework
    named = any(file in attached(each) for each in fold.ordering if each.id not in fold.state.refused)
    record = (await visit.ask(lambda: described(registry, clearance, [file]))).get(file) if named else None
    if record is None or record.case_ref != case:
        raise NotFound
    return fold, record


def _takings(visit: Visit, file: str) -> tuple[Taking, ...]:
    """Who took a copy at this node, of the visitor's own organisation."""
    own = f"{visit.visitor.organisation} "
    page = visit.store.audit_page(Sought(action=_TAKEN, subject=file), 100)
    return tuple(
        Taking(at=row.at, person=row.actor.removeprefix(own)) for row in page.rows if row.actor.startswith(own)
    )


async def _note(visit: Visit, action: str, subject: str, detail: str) -> None:
    note = Note(visit.actor, action, subject, detail)
    await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result(30))
