"""The pages of taking back: withdraw, narrow or erase what one published, and see who has complied."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Final, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter
from litestar.types import ControllerRouterHandler

from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.submission import Handling, Right, Submitter
from egnatia.exchange.takeback import ERASE, NARROW, WITHDRAW, Action
from egnatia.exchange.taxii.filter import is_identifier
from egnatia.exchange.withdrawal import take_back
from egnatia.policy import Label, strictest
from egnatia.record import Invalid
from egnatia.store.entry import Row
from egnatia.store.query import LAST, Query
from egnatia.web.frame import Content
from egnatia.web.language.speech import N_
from egnatia.web.live import stream_at
from egnatia.web.permission import Permission
from egnatia.web.publish.choice import Choice, choice, settled
from egnatia.web.publish.composing import new_record, newer_version
from egnatia.web.publish.desk import names_for, submitter
from egnatia.web.publish.foresight import seers_of, sketch
from egnatia.web.publish.marking import Chosen, chosen_of, markings
from egnatia.web.record.name import Named, Names, decoded
from egnatia.web.record.receipt import Compliance, compliance
from egnatia.web.record.subject import AsText, Subject, chosen, known, subject
from egnatia.web.record.text import visible
from egnatia.web.record.vocabulary import VOCABULARIES
from egnatia.web.sieve import Sieve
from egnatia.web.visit import Visit

RecordId = Annotated[str, PathParameter(description="A STIX identifier", max_length=300)]
RecallId = Annotated[str, PathParameter(description="The identifier of a recall", max_length=300)]

SHOWN: Final = 50
ANSWERS: Final = 1_000

REVOKE: Final = "revoke"
"""A newer version that says it no longer holds: it stays where it is, marked (STIX 2.1 section 3.2, `revoked`)."""

NO_ACTION: Final = N_("Choose what is to happen")
NOT_NARROWER: Final = N_("With this handling nobody would lose sight of it: choose a narrower one")


class Form(msgspec.Struct, frozen=True):
    """The form of a recall. The handling counts for a narrowing only."""

    action: Literal["revoke", "withdraw", "narrow", "erase", ""] = ""
    reason: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    tlp: str = ""
    pap: str = ""
    audience: list[str] = []
    agreement: list[str] = []
    personal: str = ""
    do: str = "preview"


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """One organisation that sees the record now, and whether it will still."""

    name: str
    economy: str
    keeps: bool


class RecallPage(Content, frozen=True, kw_only=True):
    """What is to be taken back, how, and who would lose sight of it."""

    template: ClassVar[str] = "recall/form.html"
    record: Named
    tlp: str
    action: str
    reason: str
    choice: Choice
    wrong: tuple[tuple[str, str], ...]
    may_revoke: bool
    losses: tuple[Loss, ...] | None


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A recall in a list."""

    id: str
    record: Named
    action: str
    reason: str
    at: int


class ListPage(Content, frozen=True, kw_only=True):
    """What was taken back."""

    template: ClassVar[str] = "recall/list.html"
    recalls: tuple[Taken, ...]


class CompliancePage(Content, frozen=True, kw_only=True):
    """Who has complied with a recall and who cannot be reached; it moves while one looks."""

    template: ClassVar[str] = "recall/compliance.html"
    script: ClassVar[str] = "live.js"
    recall: Taken
    nodes: tuple[Compliance, ...]
    complied: int
    unreachable: int
    stream: str


@get("/recall")
async def recalls(visit: NamedDependency[Visit]) -> Response[str]:
    """What this organisation has taken back, the newest first."""
    visit.require(Permission.RECALL)
    own, clearance = visit.visitor.organisation or "", visit.clearance()
    query = Query(types=("recall",), owners=(own,), versions=(LAST,), newest_first=True)

    def look() -> ListPage:
        rows = visit.store.changes(clearance, 0, SHOWN, query).rows
        names = _names(visit, rows)
        return ListPage(
            title=visit.speech.gettext("What was taken back"),
            recalls=tuple(_taken(visit, row, names) for row in rows),
        )

    return visit.page(await visit.ask(look))


@get("/recall/{record_id:str}")
async def form(visit: NamedDependency[Visit], record_id: RecordId) -> Response[str]:
    """How a record is to be taken back."""
    about = await _own(visit, record_id)
    names = await names_for(visit)
    page = await visit.ask(lambda: _page(visit, about, Form(), chosen_of(about.row.label), names, {}))
    return visit.page(page)


@post("/recall/{record_id:str}")
async def taken(visit: NamedDependency[Visit], record_id: RecordId) -> Response[str]:
    """Look at what would happen, or take it back."""
    about = await _own(visit, record_id)
    filled = await visit.form(Form)
    narrowing = filled.action == NARROW
    handling, wrong = await visit.ask(lambda: settled(visit, filled))
    if filled.action == REVOKE:
        wrong = {} if may_revoke(about) else {"action": NO_ACTION}
    elif not narrowing:
        wrong = {} if filled.action else {"action": NO_ACTION}
    elif not wrong:
        after = await visit.ask(lambda: _after(visit, about.row, NARROW, handling))
        if not any(not each.keeps for each in await visit.ask(lambda: losses(visit, about.row, after))):
            wrong = {"tlp": NOT_NARROWER}
    if filled.do == "recall" and not wrong and filled.action == REVOKE:
        await _revoked(visit, about, filled.reason)
        return visit.go(f"/records/{about.row.id}", visit.speech.gettext("The revocation is published and on its way"))
    if filled.do == "recall" and not wrong and filled.action:
        try:
            recall = await _take_back(visit, about.row, filled, handling)
        except Invalid as invalid:
            wrong = {"": visible(str(invalid.problems[0]))}
        else:
            return visit.go(f"/recall/of/{recall}", visit.speech.gettext("The recall is published and on its way"))
    names = await names_for(visit)
    page = await visit.ask(lambda: _page(visit, about, filled, handling, names, wrong, is_asked=bool(filled.action)))
    return visit.page(page, status=422 if filled.do == "recall" else 200)


@get("/recall/of/{recall_id:str}")
async def standing(visit: NamedDependency[Visit], recall_id: RecallId) -> Response[str]:
    """Who has complied, for the owner; for others there is no such page."""
    visit.require(Permission.RECALL)
    clearance, own = visit.clearance(), visit.visitor.organisation
    if own is None or not is_identifier(recall_id) or not recall_id.startswith("recall--"):
        raise NotFound
    rows = await visit.ask(lambda: visit.store.get(clearance, [recall_id]))
    recall = chosen(rows, own, own)
    return visit.page(await visit.ask(lambda: _standing(visit, recall)))


PAGES: tuple[ControllerRouterHandler, ...] = (recalls, form, taken, standing)


def losses(visit: Visit, row: Row, after: Label) -> tuple[Loss, ...]:
    """Each organisation that may see the record now, and whether it may after."""
    names = AsText(Names(visit.speech, ()), known(visit))
    now = seers_of(visit.premises, row.label, names, visit.speech)
    then = seers_of(visit.premises, after, names, visit.speech)
    found = [
        Loss(name=each.name, economy=each.economy, keeps=other.sees)
        for each, other in zip(now, then, strict=True)
        if each.sees
    ]
    return tuple(sorted(found, key=lambda each: (each.keeps, each.name)))


async def _own(visit: Visit, record_id: str) -> Subject:
    """A record of the visitor's organisation that can be taken back; raises NotFound."""
    visit.require(Permission.RECALL)
    if visit.visitor.organisation is None:
        raise NotFound
    about = await subject(visit, record_id, visit.visitor.organisation)
    if about.row.type == "recall" or about.row.label.withdrawn:
        raise NotFound
    return about


def may_revoke(about: Subject) -> bool:
    """Whether the record can have a version that says it no longer holds: an observable has none."""
    return "modified" in about.stix and about.stix.get("revoked") is not True


async def _revoked(visit: Visit, about: Subject, reason: str) -> None:
    """Everybody who may see the record learns that it no longer holds, and why."""
    refs, at = [str(each) for each in about.stix.get("object_marking_refs", ())], datetime.now(UTC)
    said = newer_version(about.stix, about.stix, refs, at) | {"revoked": True}
    told = {"abstract": visit.speech.gettext("Why it was revoked"), "content": reason, "object_refs": [about.row.id]}
    note = [new_record("note", told, about.row.owner, refs, at)] if reason else []
    caller = visit.visitor.caller
    by = Submitter(about.row.owner, caller.name, caller.rights | {Right.SUBMIT, Right.RELEASE})
    submitted = visit.premises.admission.submit(
        [msgspec.json.encode(each) for each in (said, *note)],
        by,
        handling=Handling(about.row.applied),
        atomic=True,
        tolerant=True,
    )
    outcome = await asyncio.wrap_future(submitted)
    if outcome.refused:
        raise Invalid(outcome.refused[0].problems)


async def _take_back(visit: Visit, row: Row, filled: Form, handling: Chosen) -> str:
    action = _action(filled)
    refs, definitions = markings(handling, row.owner) if action == NARROW else ([], [])
    return await take_back(
        visit.premises,
        visit.visitor.caller,
        row,
        action,
        reason=filled.reason,
        marking_refs=refs,
        definitions=definitions,
    )


def _action(filled: Form) -> Action:
    return NARROW if filled.action == NARROW else ERASE if filled.action == ERASE else WITHDRAW


def _after(visit: Visit, row: Row, action: str, handling: Chosen) -> Label:
    """The label that will lie over the record."""
    if action == REVOKE:
        return row.label
    if action != NARROW:
        return msgspec.structs.replace(row.label, withdrawn=True)
    refs, definitions = markings(handling, row.owner)
    narrow = visit.premises.label_of(sketch(row.type, row.id, refs, ()), submitter(visit), Handling(), definitions)
    return strictest(row.label, narrow)


def _page(
    visit: Visit,
    about: Subject,
    filled: Form,
    handling: Chosen,
    names: Names,
    wrong: dict[str, str],
    *,
    is_asked: bool = False,
) -> RecallPage:
    say, row = visit.speech.gettext, about.row
    named = Names(visit.speech, (row,)).named(row.id)
    after = _after(visit, row, filled.action, handling) if is_asked and not (set(wrong) - {"tlp"}) else None
    return RecallPage(
        title=say("Take back: %(name)s", name=named.name),
        record=named,
        tlp=chosen_of(row.label).tlp,
        action=filled.action,
        reason=filled.reason,
        choice=choice(visit, handling, names, errors=wrong),
        wrong=tuple((name, say(words)) for name, words in wrong.items()),
        may_revoke=may_revoke(about),
        losses=losses(visit, row, after) if after is not None else None,
    )


def _standing(visit: Visit, recall: Row) -> CompliancePage:
    answers = visit.store.neighbours(visit.clearance(), recall.id, "in", ANSWERS)
    position = visit.store.position()
    nodes = compliance(visit.premises, recall, answers, now=visit.now)
    names = _names(visit, (recall,))
    shown = _taken(visit, recall, names)
    return CompliancePage(
        title=visit.speech.gettext("Recall of %(name)s", name=shown.record.name),
        recall=shown,
        nodes=nodes,
        complied=sum(each.state == "complied" for each in nodes),
        unreachable=sum(each.state == "unreachable" for each in nodes),
        stream=stream_at(visit, position, Sieve(type="receipt", all=True)),
    )


def _names(visit: Visit, rows: tuple[Row, ...]) -> Names:
    targets = [str(decoded(row).get("object_ref", "")) for row in rows]
    return Names.of(visit.store, visit.clearance(), targets, visit.speech, known(visit))


def _taken(visit: Visit, row: Row, names: Names) -> Taken:
    stix = decoded(row)
    action = str(stix.get("action", ""))
    words = VOCABULARIES["recall-action"].get(action, "")
    return Taken(
        id=row.id,
        record=names.named(str(stix.get("object_ref", ""))),
        action=visit.speech.gettext(words) if words else visible(action),
        reason=visible(str(stix.get("reason", ""))),
        at=row.at,
    )
