"""What was found in an incident becomes records of the case: pasted, looked through, lodged under the case's label."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.casework.fold import Fold
from egnatia.casework.registry import Lodged, Refused
from egnatia.cyber.incidents.stix.telling import incident_id, record_of
from egnatia.exchange.api.problem import BadRequest
from egnatia.exchange.formats.extraction import Extracted, extract
from egnatia.store import Batch, Note
from egnatia.web.cases.doing import acting
from egnatia.web.frame import Content
from egnatia.web.language.speech import N_
from egnatia.web.publish.composing import new_record, stamp
from egnatia.web.publish.content import Value
from egnatia.web.publish.quick import key_of, said_of, value_of
from egnatia.web.record.text import defanged
from egnatia.web.visit import Visit

MOST: Final = 300
"""Values that are taken from one text."""

NOTHING: Final = N_("Tick at least one of them")


class FindingsPage(Content, frozen=True, kw_only=True):
    """Where a text is pasted, and what it names. `values` is None before anybody has looked."""

    template: ClassVar[str] = "incidents/findings.html"
    case: str
    case_title: str
    parties: tuple[str, ...]
    text: str = ""
    values: tuple[Value, ...] | None = None
    seen: bool = False
    error: str = ""


class Pasted(msgspec.Struct, frozen=True):
    """The form. `value` are the keys of what was ticked; `seen` says that we have seen it ourselves."""

    text: Annotated[str, msgspec.Meta(max_length=200_000)] = ""
    value: tuple[str, ...] = ()
    seen: str = ""
    do: str = "look"


@get("/cases/{case:str}/findings")
async def empty(visit: NamedDependency[Visit], case: FromPath[str]) -> Response[str]:
    """Where one pastes."""
    return visit.page(_page(visit, await acting(visit, case), Pasted(), None))


@post("/cases/{case:str}/findings")
async def pasted(visit: NamedDependency[Visit], case: FromPath[str]) -> Response[str]:
    """Look at what the text names, or make records of what was ticked."""
    fold = await acting(visit, case)
    form = await visit.form(Pasted)
    found = (await visit.ask(lambda: extract(form.text)))[:MOST]
    picked = [each for each in found if key_of(each) in form.value]
    if form.do != "share" or not picked:
        error = visit.speech.gettext(NOTHING) if form.do == "share" else ""
        page = await visit.ask(lambda: _page(visit, fold, form, found, error=error))
        return visit.page(page, status=422 if error else 200)
    submitter, registry = visit.visitor.caller.submitter, visit.premises.casework
    words = f"{len(picked)}: {', '.join(_harmless(each) for each in picked[:20])}"
    records = list(await visit.ask(lambda: list(_records(visit, fold, picked, seen=form.seen == "yes"))))
    try:
        lodged: Lodged = await visit.ask(lambda: registry.lodge(submitter, case, records, words))
    except Refused as refused:
        raise BadRequest(refused.refusal.reason) from refused
    if not lodged.ids:
        page = await visit.ask(lambda: _page(visit, fold, form, found, error="; ".join(lodged.refused[:3])))
        return visit.page(page, status=422)
    note = Note(visit.actor, "case findings", lodged.event, case)
    await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result(30))
    said = visit.speech.ngettext(
        "%(count)s record is shared with the parties", "%(count)s records are shared with the parties", len(lodged.ids)
    )
    return visit.go(f"/cases/{case}", said)


def _records(visit: Visit, fold: Fold, picked: Sequence[Extracted], *, seen: bool) -> Iterator[dict[str, Any]]:
    """Indicators (of CVE numbers vulnerabilities), each related to the case's incident, and sightings where we have
    seen them; before them the incident itself, where nobody has published it yet."""
    own, at = visit.visitor.organisation or "", datetime.now(UTC)
    incident = incident_id(fold.case.id)
    if not visit.store.get(visit.clearance(), [incident]):
        yield record_of(fold, author=own, at=stamp(at))
    for each in picked:
        made = new_record(*said_of(each, stamp(at)), own, (), at)
        yield made
        ends = {"relationship_type": "related-to", "source_ref": made["id"], "target_ref": incident}
        yield new_record("relationship", ends, own, (), at)
        if seen and made["type"] == "indicator":
            said = {"sighting_of_ref": made["id"], "where_sighted_refs": [own], "last_seen": stamp(at)}
            yield new_record("sighting", said, own, (), at)


def _page(
    visit: Visit, fold: Fold, form: Pasted, found: Sequence[Extracted] | None, *, error: str = ""
) -> FindingsPage:
    names = {each.id: each.name for each in visit.premises.organisations()}
    return FindingsPage(
        title=visit.speech.gettext("Indicators and sightings"),
        case=fold.case.id,
        case_title=fold.case.title,
        parties=tuple(names.get(each, each) for each in fold.state.active()),
        text=form.text,
        values=None if found is None or not form.text else _values(visit, found, form),
        seen=form.seen == "yes",
        error=error,
    )


def _values(visit: Visit, found: Sequence[Extracted], form: Pasted) -> tuple[Value, ...]:
    return tuple(value_of(visit, each, form.value, is_fresh=form.do != "share") for each in found)


def _harmless(found: Extracted) -> str:
    return found.value if found.type in {"file", "vulnerability"} else defanged(found.value)
