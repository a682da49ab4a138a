"""Response teams: who can be sent, calls for assistance, and the ledger of mutual aid."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Final
from uuid import uuid5

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency

from egnatia.casework.audience import marking
from egnatia.cyber.incidents.aid import Account, Entry, assistances, entry, ledger
from egnatia.cyber.incidents.roster import RESPONSE_ROSTER, Responder, ResponseRoster
from egnatia.record import Invalid, read, reading
from egnatia.record.instant import mend_instant
from egnatia.record.marking import EGNATIA, TLP2_IDS
from egnatia.store import Batch, Known, Note
from egnatia.store.query import LAST, Query
from egnatia.web.chart import Chart, Series
from egnatia.web.frame import Content
from egnatia.web.incidents.tabs import TABS
from egnatia.web.language.speech import N_
from egnatia.web.permission import Permission
from egnatia.web.publish import desk
from egnatia.web.publish.composing import stamp
from egnatia.web.visit import Visit

WRONG: Final = N_("Write each person as: name; skills; languages; on call from; until")
NOBODY: Final = N_("Write at least one person")
_STRICT: Final = next(id_ for id_, name in TLP2_IDS.items() if name == "amber+strict")
_ROSTERS: Final = Query(types=("response-roster",), versions=(LAST,))


class Roster(msgspec.Struct, frozen=True, kw_only=True):
    """One organisation's people as the page shows them; `on_call` who can be called now."""

    organisation: str
    economy: str
    contact: str
    people: tuple[Responder, ...]
    on_call: frozenset[str]

    @staticmethod
    def when(text: str) -> datetime:
        """A moment of a roster, for who reads it in another language."""
        return datetime.fromisoformat(text)


class TeamsPage(Content, frozen=True, kw_only=True):
    """Rosters, calls and the ledger; the form that publishes one's own roster."""

    template: ClassVar[str] = "incidents/teams.html"
    tabs: tuple[tuple[str, str], ...] = TABS
    rosters: tuple[Roster, ...]
    entries: tuple[Entry, ...]
    accounts: Mapping[str, Account]
    chart: Chart | None
    organisations: tuple[Known, ...]
    people: str
    contact: str
    readers: tuple[str, ...]
    may_change: bool
    error: str = ""


class Given(msgspec.Struct, frozen=True):
    """One's own roster: a person on each line, and who may see it."""

    people: Annotated[str, msgspec.Meta(max_length=50_000)] = ""
    contact: Annotated[str, msgspec.Meta(max_length=300)] = ""
    reader: tuple[str, ...] = ()


@get("/incidents/teams")
async def teams(visit: NamedDependency[Visit]) -> Response[str]:
    """The page."""
    return visit.page(await visit.ask(lambda: _page(visit)))


@post("/incidents/teams")
async def publish(visit: NamedDependency[Visit]) -> Response[str]:
    """Publish one's own roster, for the organisations that were ticked and nobody else."""
    visit.require(Permission.PUBLISH)
    given = await visit.form(Given)
    try:
        responders = tuple(_responder(line) for line in given.people.splitlines() if line.strip())
    except ValueError:
        return visit.page(await visit.ask(lambda: _page(visit, given, WRONG)), status=422)
    if not responders:
        return visit.page(await visit.ask(lambda: _page(visit, given, NOBODY)), status=422)
    own, at = visit.visitor.organisation or "", stamp(datetime.now(UTC))
    known = {each.id: each for each in visit.premises.organisations()}
    id_, definition = marking({own, *(each for each in given.reader if each in known)})
    made = ResponseRoster(
        id=f"response-roster--{uuid5(EGNATIA, f'roster {own}')}",
        spec_version="2.1",
        created=at,
        modified=at,
        created_by_ref=own,
        economy=known[own].economy if own in known else "other",
        responders=responders,
        contact=given.contact or None,
        object_marking_refs=(_STRICT, id_),
    )
    before = await visit.ask(lambda: _own(visit))
    if before is not None:
        made = msgspec.structs.replace(made, created=before.created)
    outcome = await desk.submitted(visit, [definition, RESPONSE_ROSTER.write(made)])
    if outcome.refused:
        raise Invalid(outcome.refused[0].problems)
    note = Note(visit.actor, "roster", made.id)
    await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result(30))
    return visit.go("/incidents/teams", visit.speech.gettext("Published for those that you ticked."))


def _responder(line: str) -> Responder:
    """A person from a line; raises ValueError."""
    parts = [each.strip() for each in line.split(";")]
    if not parts[0] or len(parts) > 5 or any(len(each) > 200 for each in parts):
        raise ValueError(line)
    parts += [""] * (5 - len(parts))
    start, end = _moment(parts[3]), _moment(parts[4])
    return Responder(
        name=parts[0], skills=_several(parts[1]), languages=_several(parts[2]), on_call_from=start, on_call_until=end
    )


def _moment(text: str) -> str | None:
    if not text:
        return None
    found = mend_instant(text if "T" in text else f"{text}T00:00:00Z")
    if found is None:
        raise ValueError(text)
    return str(found)


def _several(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(",") if each.strip())


def _page(visit: Visit, given: Given | None = None, error: str = "") -> TeamsPage:
    clearance = visit.clearance()
    names = {each.id: each.name for each in visit.premises.organisations()}
    entries = tuple(entry(fold) for fold in assistances(visit.premises.casework, clearance))
    accounts = ledger(entries)
    own = _own(visit)
    lines = "\n".join(map(_written, own.responders)) if own is not None else ""
    return TeamsPage(
        title=visit.speech.gettext("Response teams"),
        rosters=tuple(_roster(each, names) for each in _rosters(visit)),
        entries=entries,
        accounts=accounts,
        chart=_chart(visit, accounts),
        organisations=tuple(each for each in visit.premises.organisations() if each.id != visit.visitor.organisation),
        people=given.people if given else lines,
        contact=given.contact if given else (own.contact or "") if own else "",
        readers=given.reader if given else (),
        may_change=visit.visitor.may(Permission.PUBLISH),
        error=visit.speech.gettext(error) if error else "",
    )


def _rosters(visit: Visit) -> list[ResponseRoster]:
    page = visit.store.bodies(visit.clearance(), 0, 500, _ROSTERS)
    found = (reading(read(row.body)) for row in page.rows)
    return [each for each in found if isinstance(each, ResponseRoster)]


def _own(visit: Visit) -> ResponseRoster | None:
    return next((each for each in _rosters(visit) if each.created_by_ref == visit.visitor.organisation), None)


def _roster(each: ResponseRoster, names: Mapping[str, str]) -> Roster:
    now = stamp(datetime.now(UTC))
    return Roster(
        organisation=names.get(each.created_by_ref, each.created_by_ref),
        economy=each.economy,
        contact=each.contact or "",
        people=each.responders,
        on_call=frozenset(
            one.name
            for one in each.responders
            if (one.on_call_until or one.on_call_from) and (one.on_call_from or "") <= now <= (one.on_call_until or "9")
        ),
    )


def _written(one: Responder) -> str:
    parts = (one.name, ", ".join(one.skills), ", ".join(one.languages), one.on_call_from or "", one.on_call_until or "")
    return "; ".join(parts)


def _chart(visit: Visit, accounts: Mapping[str, Account]) -> Chart | None:
    if not accounts:
        return None
    from egnatia.web.drawing import bars  # noqa: PLC0415  drawing is heavy, and an idle node draws nothing

    say = visit.speech.gettext
    series = (
        Series(say("Given"), tuple(each.hours_given for each in accounts.values())),
        Series(say("Received"), tuple(each.hours_received for each in accounts.values())),
    )
    labels = [visit.speech.economy(code) for code in accounts]
    return bars(visit.speech, say("Hours given and received"), labels, series)
