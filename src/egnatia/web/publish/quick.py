"""The quick report: a text is pasted, what it names is chosen, and it becomes a report with its indicators."""

import hashlib
from collections.abc import Container, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from egnatia.cyber.intel.warning_index import warning_lists
from egnatia.exchange.formats.extraction import Extracted, Textless, Why, extract, text_of
from egnatia.exchange.review import Review
from egnatia.record import Head, Record
from egnatia.web.language.speech import N_
from egnatia.web.permission import Permission
from egnatia.web.publish import desk
from egnatia.web.publish.choice import choice, settled
from egnatia.web.publish.composing import new_record, stamp
from egnatia.web.publish.content import QuickPage, Value
from egnatia.web.publish.draft import QUICK, Draft, Drafts
from egnatia.web.publish.foresight import Foresight, foresight
from egnatia.web.publish.form import REQUIRED, problems_by_name
from egnatia.web.publish.marking import Chosen, markings
from egnatia.web.record.faces import kind_words
from egnatia.web.record.name import Names
from egnatia.web.record.subject import AsText, known
from egnatia.web.record.text import defanged, visible
from egnatia.web.visit import Visit

DraftId = Annotated[str, QueryParameter(name="draft", description="A draft to go on with", max_length=40)]

KNOWN_UP_TO: Final = 10
MOST: Final = 500
"""Values that are taken from one text."""
FILE_BYTES: Final = 16_000_000
TITLE: Final = 120
TEXT_LIMIT: Final = 200_000
NO_TEXT: Final = N_("Paste or write what happened")
TEXTLESS: Final = {
    Why.LOCKED: N_("The PDF is locked by a password. Save it without one and choose it again."),
    Why.SCAN: N_("The PDF holds no text, only pictures of it. Have the text recognised (OCR) first, or paste it."),
    Why.OUTLOOK: N_("This is an Outlook message (.msg). Save it as .eml or as text and choose it again."),
    Why.ARCHIVE: N_("This is an archive or an office document. Unpack it, or save it as PDF or text, and choose that."),
    Why.BINARY: N_("The file holds no text: it is a picture, a program or something else."),
}
UNREAD: Final = N_("The file holds no text that can be read: is it a picture, or protected by a password?")
TOO_LATE: Final = N_("Something chosen is not in the text any more: look at the list again")


class Quick(msgspec.Struct, frozen=True):
    """The form. `value` are the keys of what was chosen."""

    text: Annotated[str, msgspec.Meta(max_length=TEXT_LIMIT)] = ""
    name: Annotated[str, msgspec.Meta(max_length=300)] = ""
    value: list[str] = []
    tlp: str = ""
    pap: str = ""
    audience: list[str] = []
    agreement: list[str] = []
    personal: str = ""
    insist: str = ""
    do: str = "recognise"
    draft: Annotated[str, msgspec.Meta(max_length=40)] = ""


@get("/publish/quick")
async def empty(visit: NamedDependency[Visit], draft: DraftId = "") -> Response[str]:
    """Where a text is pasted; or a draft, gone on with."""
    visit.require(Permission.DRAFT)
    names = await desk.names_for(visit)
    begun = await visit.ask(lambda: Drafts(visit.store, visit.visitor.account).get(draft)) if draft else None
    if begun is None or begun.type != QUICK:
        return visit.page(await visit.ask(lambda: _page(visit, Quick(), Chosen(), None, names)))
    form = Quick(text=begun.texts["text"], name=begun.texts["name"], value=list(begun.ticked["value"]), draft=begun.id)
    found = await visit.ask(lambda: extract(form.text)[:MOST])
    return visit.page(await visit.ask(lambda: _page(visit, form, begun.chosen, found, names)))


@post("/publish/quick")
async def pasted(visit: NamedDependency[Visit]) -> Response[str]:
    """A text, and what to do with it: look at what it names, see who would see it, publish."""
    visit.require(Permission.DRAFT)
    form = await visit.form(Quick, limit_bytes=FILE_BYTES)
    _name, document = await visit.file("file")
    unread = ""
    if document:
        form, unread = await visit.ask(lambda: _read(form, document))
    chosen, wrong = await visit.ask(lambda: settled(visit, form))
    names = await desk.names_for(visit)
    found = await visit.ask(lambda: extract(form.text)[:MOST])
    picked = tuple(each for each in found if key_of(each) in form.value)
    if not form.text:
        wrong = {"text": unread or NO_TEXT, **wrong}
    if form.do == "recognise":
        shown = form if form.name or not form.text else msgspec.structs.replace(form, name=_first_line(form.text))
        chosen = chosen if form.tlp else Chosen()
        only = {name: words for name, words in wrong.items() if name == "text"}
        return visit.page(
            await visit.ask(lambda: _page(visit, shown, chosen, found, names, wrong=only, is_fresh=True)),
            status=422 if only else 200,
        )
    if not form.name:
        wrong = {"name": REQUIRED, **wrong}
    if len(picked) < len(form.value):
        wrong = {"value": TOO_LATE, **wrong}
    bodies, definitions, main = await visit.ask(lambda: _bundle(visit, form, chosen, picked))
    problems: dict[str, str] = {}
    encoded = [msgspec.json.encode(each) for each in bodies]
    is_held = form.insist != "yes" and await visit.ask(lambda: desk.held_up(visit, encoded))
    sends = form.do in desk.SENDING
    if sends and not (wrong or is_held):
        draft = await visit.ask(lambda: _draft(visit, form, chosen))
        outcome = await desk.handed(visit, [*definitions, *encoded], draft=draft, asks=form.do == "review")
        await visit.ask(lambda: Drafts(visit.store, visit.visitor.account).drop(form.draft))
        if isinstance(outcome, Review):
            return visit.go(f"/publish/reviews/{outcome.id}", visit.speech.gettext(desk.HANDED))
        if not outcome.refused:
            said = visit.speech.ngettext(
                "Published, with %(count)s record in it", "Published, with %(count)s records in it", len(bodies) - 1
            )
            return visit.go(f"/records/{main['id']}", said)
        problems = problems_by_name(problem for each in outcome.refused for problem in each.problems)
    page = await visit.ask(
        lambda: _page(
            visit,
            form,
            chosen,
            found,
            names,
            wrong=wrong,
            problems=problems,
            foreseen=_foreseen(visit, form, bodies, definitions, names),
        )
    )
    return visit.page(page, status=422 if sends else 200)


PAGES: tuple[ControllerRouterHandler, ...] = (empty, pasted)


def _read(form: Quick, document: bytes) -> tuple[Quick, str]:
    """The form with the text of a file after what was pasted, as much as fits; and what was wrong with the file."""
    try:
        text = text_of(document)
    except Textless as error:
        return form, TEXTLESS[error.why]
    except ValueError:
        return form, UNREAD
    whole = "\n".join(each for each in (form.text, text.replace("\x00", " ").strip()) if each)
    return msgspec.structs.replace(form, text=whole[:TEXT_LIMIT]), "" if whole else UNREAD


def key_of(found: Extracted) -> str:
    """A short name for a value in a form: what is shown defanged is never sent back as it is."""
    return hashlib.sha256(f"{found.path} {found.value}".encode()).hexdigest()[:16]


def _draft(visit: Visit, form: Quick, chosen: Chosen) -> Draft:
    """What was filled in, as a draft that nobody keeps yet."""
    return Draft(
        id=Drafts.new_id(),
        account=visit.visitor.account,
        type=QUICK,
        title=form.name[:200],
        saved=visit.now,
        texts={"text": form.text, "name": form.name},
        ticked={"value": tuple(form.value)},
        chosen=chosen,
        remark=Drafts(visit.store, visit.visitor.account).remark(form.draft),
    )


def _bundle(
    visit: Visit, form: Quick, chosen: Chosen, picked: Sequence[Extracted]
) -> tuple[list[dict[str, Any]], list[bytes], dict[str, Any]]:
    """The records of the report, the report last; and the definitions that they need before."""
    own, at = visit.visitor.organisation or "", datetime.now(UTC)
    refs, definitions = markings(chosen, own)
    made = [new_record(*said_of(each, stamp(at)), own, refs, at) for each in picked]
    text = form.text.replace("\r\n", "\n")
    name = form.name or _first_line(text) or "-"
    if not made:
        main = new_record("note", {"abstract": name, "content": text or "-", "object_refs": [own]}, own, refs, at)
        return [main], definitions, main
    said = {
        "name": name,
        "description": text,
        "report_types": ["threat-report"],
        "published": stamp(at),
        "object_refs": [each["id"] for each in made],
    }
    main = new_record("report", said, own, refs, at)
    return [*made, main], definitions, main


def said_of(found: Extracted, moment: str) -> tuple[str, dict[str, Any]]:
    """What one value becomes: an indicator, or a vulnerability for a CVE number."""
    if found.type == "vulnerability":
        source = {"source_name": "cve", "external_id": found.value}
        return "vulnerability", {"name": found.value, "external_references": [source]}
    said = {
        "name": found.value,
        "pattern": found.pattern,
        "pattern_type": "stix",
        "valid_from": moment,
        "indicator_types": ["malicious-activity"],
    }
    return "indicator", said


def _foreseen(
    visit: Visit, form: Quick, bodies: Sequence[dict[str, Any]], definitions: Sequence[bytes], names: Names
) -> Foresight:
    main = bodies[-1]
    head = Head(type=main["type"], id=main["id"], object_marking_refs=tuple(main.get("object_marking_refs", ())))
    return foresight(
        visit.premises,
        desk.submitter(visit),
        Record(b"{}", head, ""),
        definitions,
        names=AsText(names, known(visit)),
        speech=visit.speech,
        bodies=[msgspec.json.encode(each) for each in bodies],
        insisted=form.insist == "yes",
    )


def _page(  # noqa: PLR0913  the parts of a form
    visit: Visit,
    form: Quick,
    chosen: Chosen,
    found: Sequence[Extracted] | None,
    names: Names,
    *,
    wrong: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
    foreseen: Foresight | None = None,
    is_fresh: bool = False,
) -> QuickPage:
    say = visit.speech.gettext
    return QuickPage(
        title=say("Quick report"),
        text=form.text,
        name=form.name,
        draft=form.draft,
        remark=visible(Drafts(visit.store, visit.visitor.account).remark(form.draft)),
        values=None
        if found is None or not form.text
        else tuple(value_of(visit, each, form.value, is_fresh=is_fresh) for each in found),
        choice=choice(visit, chosen, names, errors=wrong),
        wrong=(
            *((name, say(words)) for name, words in (wrong or {}).items()),
            *(("", each) for each in (problems or {}).values()),
        ),
        foreseen=foreseen,
        may_publish=visit.visitor.may(Permission.PUBLISH),
        reviewed=desk.is_ruled(visit),
    )


def value_of(visit: Visit, found: Extracted, keys: Container[str], *, is_fresh: bool) -> Value:
    """What was recognised, as a list shows it: ticked if its key is in `keys`, or at first if nothing warns of it."""
    warned = warning_lists(visit.premises.settings.data).warned(found.path, found.value)
    known = visit.store.by_value(visit.clearance(), found.value, KNOWN_UP_TO)
    is_cve = found.type == "vulnerability"
    return Value(
        key=key_of(found),
        shown=visible(found.value if is_cve or found.type == "file" else defanged(found.value)),
        kind=visit.speech.gettext(kind_words(found.type)),
        known=len(known),
        warned=warned.list if warned is not None else "",
        ticked=warned is None if is_fresh else key_of(found) in keys,
    )


def _first_line(text: str) -> str:
    line = next((each.strip() for each in text.splitlines() if each.strip()), "")
    return line if len(line) <= TITLE else line[: TITLE - 1] + "…"
