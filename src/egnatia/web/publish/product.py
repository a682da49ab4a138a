"""The forms of products: alerts, advisories, situation reports, awareness campaigns; in as many languages as wanted."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, ClassVar, Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter
from litestar.types import ControllerRouterHandler

from egnatia.cyber.intel.product import SEVERITIES, Kind, kind_of, severity_of, translations
from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.review import Review
from egnatia.record import read
from egnatia.store.entry import Row
from egnatia.web.frame import Content
from egnatia.web.language import LANGUAGES, speech
from egnatia.web.language.speech import N_
from egnatia.web.permission import Permission
from egnatia.web.publish import desk, producing
from egnatia.web.publish.choice import Choice, choice, settled
from egnatia.web.publish.draft import PRODUCT, Draft, Drafts
from egnatia.web.publish.foresight import Foresight, foresight
from egnatia.web.publish.form import problems_by_name
from egnatia.web.publish.marking import KEEP, Chosen
from egnatia.web.publish.overview import overview
from egnatia.web.publish.product_form import FIELDS, Form, Texts, Whole, known_language, texts_of
from egnatia.web.record.name import Names, decoded
from egnatia.web.record.subject import AsText, known, subject
from egnatia.web.record.text import visible
from egnatia.web.visit import Visit

KindName = Annotated[str, PathParameter(description="A kind of product", max_length=40)]
RecordId = Annotated[str, PathParameter(description="A STIX identifier", max_length=300)]
DraftId = Annotated[str, QueryParameter(name="draft", description="A draft to go on with", max_length=40)]

KINDS: Final = {
    Kind.ALERT: (N_("Alert"), N_("Something happens now, and people should act on it today")),
    Kind.ADVISORY: (N_("Advisory"), N_("Vulnerabilities: which products, how grave, what to do; also as CSAF")),
    Kind.SITUATION: (N_("Situation report"), N_("What happened in a week or a month, with figures from the log")),
    Kind.AWARENESS: (N_("Awareness campaign"), N_("Advice for everyone, in as many languages as possible")),
}
"""What each kind is called, and what it is for."""

SEVERITY_WORDS: Final = {
    "critical": N_("critical"),
    "high": N_("high"),
    "medium": N_("medium"),
    "low": N_("low"),
}


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of one language."""

    code: str
    language: str
    name_field: str
    text_field: str
    name: str
    text: str
    given: bool


class ProductPage(Content, frozen=True, kw_only=True):
    """The form of a product."""

    template: ClassVar[str] = "publish/product.html"
    script: ClassVar[str] = "publish.js"
    kind: str
    about: str
    action: str
    versions: tuple[Version, ...]
    lang: str
    languages: tuple[tuple[str, str], ...]
    severity: str
    severities: tuple[tuple[str, str], ...]
    vulnerabilities: str
    refs: str
    period: str
    draft: str
    remark: str
    choice: Choice
    wrong: tuple[tuple[str, str], ...]
    foreseen: Foresight | None
    may_publish: bool
    reviewed: bool
    is_newer: bool


@get("/publish/product/{kind:str}")
async def new(visit: NamedDependency[Visit], kind: KindName, draft: DraftId = "") -> Response[str]:
    """An empty form, or a draft."""
    visit.require(Permission.DRAFT)
    chosen_kind = _kind(kind)
    texts: Texts = {}
    form, chosen = Form(lang=visit.language.code), Chosen(tlp="clear" if chosen_kind is Kind.AWARENESS else "")
    begun = await visit.ask(lambda: Drafts(visit.store, visit.visitor.account).get(draft)) if draft else None
    if begun is not None and begun.type == f"{PRODUCT}{kind}":
        form, texts, chosen = _begun(begun)
    return visit.page(await _page(visit, chosen_kind, form, texts, chosen, None))


@post("/publish/product/{kind:str}")
async def written(visit: NamedDependency[Visit], kind: KindName) -> Response[str]:
    """Looked at once more, composed from the log, kept, handed in or published."""
    visit.require(Permission.DRAFT)
    return await _answered(visit, _kind(kind), None)


@get("/publish/product/edit/{record_id:str}")
async def edit(visit: NamedDependency[Visit], record_id: RecordId, draft: DraftId = "") -> Response[str]:
    """The form of a product of one's own, with what it says."""
    row, kind = await _own(visit, record_id)
    begun = await visit.ask(lambda: Drafts(visit.store, visit.visitor.account).get(draft)) if draft else None
    if begun is not None and begun.edits == row.id:
        form, texts, chosen = _begun(begun)
    else:
        form, texts = await visit.ask(lambda: _said(visit, row))
        chosen = Chosen(tlp=KEEP)
    return visit.page(await _page(visit, kind, form, texts, chosen, row))


@post("/publish/product/edit/{record_id:str}")
async def edited(visit: NamedDependency[Visit], record_id: RecordId) -> Response[str]:
    """A newer version."""
    row, kind = await _own(visit, record_id)
    return await _answered(visit, kind, row)


PAGES: tuple[ControllerRouterHandler, ...] = (new, written, edit, edited)


async def _answered(visit: Visit, kind: Kind, row: Row | None) -> Response[str]:
    whole = await visit.form(Whole)
    form, texts = _form_of(whole), texts_of(whole)
    chosen, wrong = await visit.ask(lambda: settled(visit, form, keep=row is not None))
    edits = row.id if row is not None else ""
    if form.do == "draft":
        await visit.ask(
            lambda: Drafts(visit.store, visit.visitor.account).keep(_draft(visit, kind, form, texts, chosen, edits))
        )
        await visit.ask(lambda: Drafts(visit.store, visit.visitor.account).drop(form.draft))
        return visit.go("/publish", visit.speech.gettext("The draft was kept"))
    if form.do == "compose" and kind is Kind.SITUATION:
        texts = await visit.ask(lambda: _composed(visit, form, texts, chosen))
        return visit.page(await _page(visit, kind, form, texts, chosen, row))
    made = await visit.ask(lambda: producing.made_of(visit, kind, form, texts, chosen, row))
    wrong = {**made.wrong, **wrong}
    sends = form.do in desk.SENDING
    held = form.insist != "yes" and await visit.ask(lambda: desk.held_up(visit, made.bodies))
    problems: dict[str, str] = {}
    if sends and not wrong and not held:
        draft = await visit.ask(lambda: _draft(visit, kind, form, texts, chosen, edits))
        bodies = [*made.definitions, *made.bodies]
        outcome = await desk.handed(visit, bodies, made.applied, draft=draft, asks=form.do == "review")
        if isinstance(outcome, Review) or not outcome.refused:
            await visit.ask(lambda: Drafts(visit.store, visit.visitor.account).drop(form.draft))
        if isinstance(outcome, Review):
            return visit.go(f"/publish/reviews/{outcome.id}", visit.speech.gettext(desk.HANDED))
        if not outcome.refused:
            return visit.go(f"/records/{made.report['id']}", visit.speech.gettext("Published"))
        problems = problems_by_name(problem for each in outcome.refused for problem in each.problems)
    page = await _page(visit, kind, form, texts, chosen, row, made=made, wrong=wrong, problems=problems)
    return visit.page(page, status=422 if sends else 200)


def _composed(visit: Visit, form: Form, texts: Texts, chosen: Chosen) -> Texts:
    """The texts with figures of the period below what a person wrote, in every language that has a title or is the
    author's; only what everybody who will read it may know is counted."""
    days = 30 if form.period == "month" else 7
    until = datetime.now(UTC)
    since = until - timedelta(days=days)
    made = dict(texts)
    for code in {form.lang, *(code for code, (name, _) in texts.items() if name)}:
        if code in LANGUAGES:
            name, text = made.get(code, ("", ""))
            told = overview(visit, speech(LANGUAGES[code]), chosen.tlp, since, until)
            made[code] = (name or told.title, "\n\n".join(filter(None, (text, told.text))))
    return made


async def _page(  # noqa: PLR0913  the parts of a form
    visit: Visit,
    kind: Kind,
    form: Form,
    texts: Texts,
    chosen: Chosen,
    row: Row | None,
    *,
    made: producing.Made | None = None,
    wrong: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
) -> ProductPage:
    names = await desk.names_for(visit)
    say = visit.speech.gettext
    words, about = KINDS[kind]
    lang = form.lang if form.lang in LANGUAGES else "en"
    return await visit.ask(
        lambda: ProductPage(
            title=say("New version: %(name)s", name=texts.get(lang, ("", ""))[0]) if row is not None else say(words),
            kind=kind.value,
            about=say(about),
            action=f"/publish/product/edit/{row.id}" if row is not None else f"/publish/product/{kind.value}",
            versions=(_version(lang, texts, first=True), *(_version(code, texts, main=lang) for code in LANGUAGES)),
            lang=lang,
            languages=tuple((each.code, each.name) for each in LANGUAGES.values()),
            severity=form.severity,
            severities=(("", say("Not said")), *((each, say(SEVERITY_WORDS[each])) for each in SEVERITIES)),
            vulnerabilities=form.vulnerabilities,
            refs=form.refs,
            period=form.period,
            draft=form.draft,
            remark=visible(Drafts(visit.store, visit.visitor.account).remark(form.draft)),
            choice=choice(visit, chosen, names, keep=row is not None, errors=dict(wrong or {})),
            wrong=(
                *((name, say(each)) for name, each in (wrong or {}).items()),
                *(("", each) for each in (problems or {}).values()),
            ),
            foreseen=_foreseen(visit, made, names, form) if made is not None else None,
            may_publish=visit.visitor.may(Permission.PUBLISH),
            reviewed=desk.is_ruled(visit),
            is_newer=row is not None,
        )
    )


def _foreseen(visit: Visit, made: producing.Made, names: Names, form: Form) -> Foresight:
    return foresight(
        visit.premises,
        desk.submitter(visit),
        read(made.bodies[-1], tolerant=True),
        made.definitions,
        applied=made.applied,
        names=AsText(names, known(visit)),
        speech=visit.speech,
        bodies=made.bodies,
        insisted=form.insist == "yes",
    )


def _version(code: str, texts: Texts, *, first: bool = False, main: str = "") -> Version:
    """The fields of one language; those of the `main` one stand empty among the others, for who chooses another."""
    name, text = texts.get(code, ("", "")) if code != main else ("", "")
    return Version(
        code=code,
        language=LANGUAGES[code].name,
        name_field="name" if first else FIELDS["name", code],
        text_field="text" if first else FIELDS["text", code],
        name=name,
        text=text,
        given=bool(name or text),
    )


def _form_of(whole: msgspec.Struct) -> Form:
    form = Form(**{each.name: getattr(whole, each.name) for each in msgspec.structs.fields(Form)})
    return msgspec.structs.replace(form, lang=known_language(form.lang))


def _draft(visit: Visit, kind: Kind, form: Form, texts: Texts, chosen: Chosen, edits: str) -> Draft:
    beside = {"lang": form.lang, "severity": form.severity, "vulnerabilities": form.vulnerabilities, "refs": form.refs,
              "period": form.period}  # fmt: skip
    said = {
        FIELDS[name, code]: each
        for code, both in texts.items()
        for name, each in zip(("name", "text"), both, strict=True)
    }
    return Draft(
        id=Drafts.new_id(),
        account=visit.visitor.account,
        type=f"{PRODUCT}{kind.value}",
        title=texts.get(form.lang, ("", ""))[0][:200],
        saved=visit.now,
        texts={**beside, **said},
        ticked={},
        chosen=chosen,
        edits=edits,
        remark=Drafts(visit.store, visit.visitor.account).remark(form.draft),
    )


def _begun(draft: Draft) -> tuple[Form, Texts, Chosen]:
    told = {each.name: draft.texts[each.name] for each in msgspec.structs.fields(Form) if each.name in draft.texts}
    texts = {
        code: (draft.texts.get(FIELDS["name", code], ""), draft.texts.get(FIELDS["text", code], ""))
        for code in LANGUAGES
    }
    form = Form(**{**told, "draft": draft.id})  # type: ignore[arg-type]  # all of them are texts
    return form, {code: each for code, each in texts.items() if any(each)}, draft.chosen


def _said(visit: Visit, row: Row) -> tuple[Form, Texts]:
    """What the form of a published product begins with. Vulnerabilities stay as records that it names."""
    stix = decoded(row)
    lang = str(stix.get("lang", "en"))
    labels = [str(each) for each in stix.get("labels", ())]
    refs = [str(each) for each in stix.get("object_refs", ()) if each != row.owner]
    texts = {lang: (str(stix.get("name", "")), str(stix.get("description", "")))}
    for content in translations(visit.store, visit.clearance(), row):
        for code, said in decoded(content).get("contents", {}).items():
            texts.setdefault(code, (str(said.get("name", "")), str(said.get("description", ""))))
    period = next((each[7:] for each in labels if each.startswith("period:")), "week")
    return Form(lang=lang, severity=severity_of(stix), refs="\n".join(refs), period=period), texts


def _kind(kind: str) -> Kind:
    try:
        return Kind(kind)
    except ValueError as error:
        raise NotFound from error


async def _own(visit: Visit, record_id: str) -> tuple[Row, Kind]:
    visit.require(Permission.DRAFT)
    about = await subject(visit, record_id, visit.visitor.organisation or "nobody")
    kind = kind_of(about.stix)
    if not about.mine or kind is None or about.row.label.withdrawn:
        raise NotFound
    return about.row, kind
