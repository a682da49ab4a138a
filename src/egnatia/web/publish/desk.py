"""One form on its way: what was filled in becomes the record, its markings, the preview and the page again."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from egnatia.cyber.intel.warning_index import warning_lists
from egnatia.exchange.four_eyes import FourEyes, Rule, demands
from egnatia.exchange.review import Review, Reviews
from egnatia.exchange.submission import Handling, Submission, Submitter
from egnatia.exchange.taxii.filter import is_identifier
from egnatia.record import Invalid, read
from egnatia.store.entry import Row
from egnatia.store.plan import ENDS
from egnatia.web.language.speech import N_
from egnatia.web.permission import Permission
from egnatia.web.publish.choice import choice, settled
from egnatia.web.publish.composing import checked, moments_of, new_record, newer_version
from egnatia.web.publish.content import FormPage
from egnatia.web.publish.draft import Draft, Drafts
from egnatia.web.publish.foresight import Foresight, foresight, record_of, sketch
from egnatia.web.publish.form import DEFAULTS, Field, Given, fields, given_of, problems_by_name, said_in
from egnatia.web.publish.marking import KEEP, Chosen, markings, other_markings
from egnatia.web.publish.warning import is_held_up
from egnatia.web.record.faces import FACES
from egnatia.web.record.name import Names, decoded
from egnatia.web.record.subject import AsText, known
from egnatia.web.record.text import visible
from egnatia.web.visit import Visit

NEW: Final = N_("New: %(kind)s")
HANDED: Final = N_("Handed in: it is published once another person has approved it")
SENDING: Final = frozenset({"publish", "review"})
"""What a form asks that wants to be sent."""

NEWER: Final = N_("New version: %(name)s")

ABOUT: Final[Mapping[str, str]] = {
    "sighting": "sighting_of_ref",
    "relationship": "source_ref",
    "language-content": "object_ref",
    "note": "object_refs",
    "opinion": "object_refs",
    "report": "object_refs",
    "grouping": "object_refs",
    "observed-data": "object_refs",
}
"""Which property of a new record names the one that somebody was looking at."""


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a form: the record with its markings, and what is wrong by field."""

    stix: dict[str, Any]
    body: bytes
    definitions: tuple[bytes, ...]
    applied: tuple[str, ...]
    wrong: dict[str, str]
    insisted: bool = False


def beginning(type_: str, about: str) -> Given:
    """What a new form says already."""
    stix: dict[str, Any] = {**DEFAULTS.get(type_, {}), **moments_of(type_, datetime.now(UTC))}
    if about and (name := ABOUT.get(type_)):
        stix[name] = [about] if name.endswith("s") else about
    return given_of(type_, stix)


def written(
    visit: Visit, type_: str, given: Given, chosen: Chosen, edits: Row | None, *, insisted: bool = False
) -> Written:
    """The record that a form makes, and what is wrong with it in the visitor's language."""
    own = visit.visitor.organisation or ""
    said, wrong = said_in(type_, given)
    refs, definitions = markings(chosen, own) if chosen.tlp != KEEP else ([], [])
    applied: tuple[str, ...] = ()
    at = datetime.now(UTC)
    if edits is None:
        stix = new_record(type_, said, own, refs, at)
    else:
        before = decoded(edits)
        present = [str(each) for each in before.get("object_marking_refs", ())]
        if chosen.tlp == KEEP:
            refs, applied = present, edits.applied
        else:
            audiences = _audiences(visit, present)
            refs = [*refs, *(each for each in other_markings(present) if each not in audiences and each not in refs)]
        stix = newer_version(before, said, refs, at)
    words = {name: visit.speech.gettext(each) for name, each in wrong.items()}
    body = b""
    try:
        body = checked(stix)
    except Invalid as invalid:
        words = {**problems_by_name(invalid.problems), **words}
    return Written(
        stix=stix, body=body, definitions=tuple(definitions), applied=applied, wrong=words, insisted=insisted
    )


def foreseen(visit: Visit, type_: str, done: Written, names: Names) -> Foresight:
    """Who would see it; of an unfinished record by as much as there is."""
    stix = done.stix
    ends = [(name, str(each)) for name in sorted(ENDS & stix.keys()) for each in _several(stix[name])]
    rough = sketch(type_, str(stix["id"]), stix.get("object_marking_refs", ()), ends)
    record = record_of(done.body, rough) if done.body else rough
    return foresight(
        visit.premises,
        submitter(visit),
        record,
        done.definitions,
        applied=done.applied,
        names=AsText(names, known(visit)),
        speech=visit.speech,
        bodies=[done.body or msgspec.json.encode(stix)],
        insisted=done.insisted,
    )


def held_up(visit: Visit, bodies: Sequence[bytes]) -> bool:
    """Whether these records are published only where somebody insists."""
    return is_held_up(bodies, warning_lists(visit.premises.settings.data))


async def names_for(visit: Visit, ids: Sequence[str] = ()) -> Names:
    """The names of these records and of the agreements that are known, as far as the visitor may see them; that they
    are shown is noted."""
    clearance = visit.clearance()
    wanted = [*ids, *(each.id for each in visit.premises.directory().agreements)]
    names = await visit.ask(lambda: Names.of(visit.store, clearance, wanted, visit.speech, known(visit)))
    await visit.surface.releases.note(visit.visitor.caller, "page", tuple(names.rows.values()))
    return names


def named_in(given: Given) -> Sequence[str]:
    """The ids of the records that a form refers to, as many as it shows."""
    refs = [text for name, text in given.texts.items() if name.endswith(("_ref", "_refs"))]
    return [each for text in refs for each in text.split() if is_identifier(each)][:100]


def page(  # noqa: PLR0913  the parts of a form
    visit: Visit,
    type_: str,
    given: Given,
    chosen: Chosen,
    names: Names,
    *,
    done: Written | None = None,
    choice_wrong: Mapping[str, str] | None = None,
    draft: str = "",
    edits: Row | None = None,
    is_foreseen: bool = False,
) -> FormPage:
    """The form as a page. Asks the store: call it from a thread."""
    say = visit.speech.gettext
    wrong = done.wrong if done is not None else {}
    first, rest = fields(type_, given, wrong, visit.speech)
    face = FACES[type_]
    kind = say(face.words)
    edited = Names(visit.speech, [edits]).named(edits.id) if edits is not None else None
    shown = {each.name for each in (*first, *rest)}
    return FormPage(
        title=say(NEWER, name=edited.name) if edited is not None else say(NEW, kind=kind),
        type=type_,
        kind=kind,
        about=say(face.about),
        action=f"/publish/edit/{edits.id}" if edits is not None else f"/publish/new/{type_}",
        first=tuple(_with_names(each, names) for each in first),
        rest=tuple(_with_names(each, names) for each in rest),
        choice=choice(visit, chosen, names, keep=edits is not None, errors=dict(choice_wrong or {})),
        wrong=(
            *(
                (f"p_{name}" if f"p_{name}" in shown else "", _titled(name, each, visit))
                for name, each in wrong.items()
            ),
            *((name, say(each)) for name, each in (choice_wrong or {}).items()),
        ),
        foreseen=foreseen(visit, type_, done, names) if done is not None and is_foreseen else None,
        draft=draft,
        remark=visible(Drafts(visit.store, visit.visitor.account).remark(draft)),
        edits=edited,
        may_publish=visit.visitor.may(Permission.PUBLISH),
        reviewed=is_ruled(visit),
    )


async def submitted(visit: Visit, bodies: Sequence[bytes], applied: tuple[str, ...] = ()) -> Submission:
    """Hands records in for the visitor's organisation, all or none; done when they are durable."""
    visit.require(Permission.PUBLISH)
    future = visit.premises.admission.submit(
        bodies, submitter(visit), handling=Handling(applied), atomic=True, tolerant=False
    )
    return await asyncio.wrap_future(future)


async def handed(
    visit: Visit, bodies: Sequence[bytes], applied: tuple[str, ...] = (), *, draft: Draft, asks: bool
) -> Submission | Review:
    """Publishes records, the one that they are about last; or hands them in for review, where somebody `asks` or the
    organisation's rule wants a second person. Raises NotAllowed for who may not publish and did not ask."""
    if not asks or visit.visitor.exercise:
        visit.require(Permission.PUBLISH)
        if not await visit.ask(lambda: is_reviewed(visit, bodies, applied)):
            return await submitted(visit, bodies, applied)
    visit.require(Permission.DRAFT)
    form = msgspec.msgpack.encode(draft)
    return await visit.ask(
        lambda: Reviews(visit.store, visit.visitor.organisation or "").submit(
            bodies, author=visit.visitor.login, title=draft.title, at=draft.saved, applied=applied, form=form
        )
    )


def is_reviewed(visit: Visit, bodies: Sequence[bytes], applied: tuple[str, ...]) -> bool:
    """Whether the organisation's rule wants a second person to read any of these first."""
    rule = FourEyes(visit.store).rule(visit.visitor.organisation or "")
    if rule is Rule.NEVER or visit.visitor.exercise:
        return False
    records = [read(body, tolerant=True) for body in bodies]
    definitions = [record.body for record in records if record.head.type == "marking-definition"]
    return any(
        demands(
            rule,
            record.head.type,
            visit.premises.label_of(record, submitter(visit), Handling(applied), definitions),
        )
        for record in records
    )


def is_ruled(visit: Visit) -> bool:
    """Whether the organisation has a rule that may want a second person."""
    # In an exercise nothing waits: whoever approved it might do so outside of it.
    return not visit.visitor.exercise and FourEyes(visit.store).rule(visit.visitor.organisation or "") is not Rule.NEVER


def submitter(visit: Visit) -> Submitter:
    """The visitor as one who hands records in."""
    return visit.visitor.caller.submitter


def kept_draft(visit: Visit, type_: str, given: Given, chosen: Chosen, *, draft: str, edits: str, at: int) -> Draft:
    """What was filled in, as a draft of this account under its id, or under a new one."""
    drafts = Drafts(visit.store, visit.visitor.account)
    made = draft_of(visit, type_, given, chosen, before=draft, edits=edits, at=at)
    if drafts.get(draft) is not None:
        made = msgspec.structs.replace(made, id=draft)
    drafts.keep(made)
    return made


def draft_of(visit: Visit, type_: str, given: Given, chosen: Chosen, *, before: str, edits: str, at: int) -> Draft:
    """What was filled in, as a draft of this account that nobody keeps yet; `before` is the draft that it goes on
    with."""
    title = next((each for name in _TITLES if (each := given.texts.get(name, "").strip())), "")
    return Draft(
        id=Drafts.new_id(),
        account=visit.visitor.account,
        type=type_,
        title=title[:200],
        saved=at,
        texts=given.texts,
        ticked=given.ticked,
        chosen=chosen,
        edits=edits,
        remark=Drafts(visit.store, visit.visitor.account).remark(before),
    )


def chosen_in(visit: Visit, form: msgspec.Struct, *, keep: bool) -> tuple[Chosen, dict[str, str]]:
    """The handling in a form, and what is wrong with it."""
    return settled(visit, form, keep=keep)


_TITLES: Final = (
    "name",
    "value",
    "pattern",
    "abstract",
    "content",
    "description",
    "explanation",
    "path",
    "subject",
    "key",
)


def _titled(name: str, words: str, visit: Visit) -> str:
    declared = next((each for face in FACES.values() for each in face.properties if each.name == name), None)
    return f"{visit.speech.gettext(declared.words)}: {words}" if declared is not None else words


def _audiences(visit: Visit, refs: Sequence[str]) -> frozenset[str]:
    """Those of the markings that name an audience: a newer choice takes their place."""
    rows = visit.store.get(visit.clearance(), list(refs)) if refs else ()
    return frozenset(row.id for row in rows if b"recipient_refs" in row.body or b"personal_data" in row.body)


def _with_names(field: Field, names: Names) -> Field:
    if field.kind not in {"record", "records"}:
        return field
    named = tuple(names.named(each) for each in field.value.split() if "--" in each)
    return msgspec.structs.replace(field, named=named)


def _several(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else (value,)
