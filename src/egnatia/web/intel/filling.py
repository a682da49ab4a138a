"""A source is tried, kept and changed by the node's operator.

A source that is kept here is a public address over TLS, unless the operator of the machine allows more (`[webhooks]
allow`), and has no secret: those are files on the machine, which only its command line names.
"""

from typing import Annotated, Any, ClassVar, Final

import httpx
import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.cyber.intel.overlap import Glance
from egnatia.cyber.intel.overlap import glance as look
from egnatia.cyber.intel.source import Source, Sources
from egnatia.exchange.calling import guarded
from egnatia.exchange.formats.fetching import SOURCE_BYTES, document_at, no_page
from egnatia.exchange.formats.kinds import KINDS
from egnatia.exchange.formats.listing import ListMapping, Previewed, preview
from egnatia.exchange.outward import Barred, is_outside, way
from egnatia.exchange.trouble import trouble_of
from egnatia.record import Invalid
from egnatia.settings import Settings
from egnatia.web.frame import Content
from egnatia.web.intel.troubles import advice
from egnatia.web.intel.wells import KINDS_OF_SOURCES, held_source, noted
from egnatia.web.language.speech import N_
from egnatia.web.permission import Permission
from egnatia.web.record.text import visible
from egnatia.web.record.vocabulary import RELIABILITIES
from egnatia.web.visit import Visit

SHOWN_ROWS: Final = 20

NO_NAME: Final = N_("A name has small letters, digits and hyphens, and begins with a letter or a digit")
NO_URL: Final = N_("An address begins with https://")
BARRED: Final = N_("The node does not call there: it must be a public address over TLS, unless the operator allows it")
UNREAD: Final = N_("It could not be read: %(why)s")
SECRET: Final = N_("A MISP server needs a key, which is a file on the machine: use egnatia source save FILE")


class WantedSource(msgspec.Struct, frozen=True):
    """A source as a person fills it in. What begins with `list_` says what is in the columns of a list."""

    name: Annotated[str, msgspec.Meta(max_length=63)] = ""
    kind: str = "list"
    url: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    every_minutes: Annotated[int, msgspec.Meta(ge=1, le=525_600)] = 60
    licence: Annotated[str, msgspec.Meta(max_length=200)] = ""
    tlp: str = ""
    reliability: str = "F"
    list_form: str = "csv"
    list_value: Annotated[str, msgspec.Meta(max_length=200)] = "1"
    list_tlp: Annotated[str, msgspec.Meta(max_length=200)] = ""
    list_tags: Annotated[str, msgspec.Meta(max_length=200)] = ""
    list_kind: str = "auto"
    list_heading: str = ""
    list_delimiter: Annotated[str, msgspec.Meta(max_length=1)] = ","
    list_items: Annotated[str, msgspec.Meta(max_length=200)] = ""
    list_valid_days: Annotated[int, msgspec.Meta(ge=1, le=3_650)] = 30
    list_confidence: Annotated[int, msgspec.Meta(ge=0, le=100)] = 50
    do: str = "keep"


class SourcePage(Content, frozen=True, kw_only=True):
    """The form of a source; `rows` is what was made of the first rows of a list, `glance` what a MISP feed holds, None
    where nobody asked."""

    template: ClassVar[str] = "intel/source.html"
    given: WantedSource
    kinds: tuple[tuple[str, str], ...]
    reliabilities: tuple[tuple[str, str], ...]
    list_kinds: tuple[tuple[str, str], ...]
    rows: tuple[Previewed, ...] | None = None
    glance: Glance | None = None
    wrong: str = ""


@get("/intel/sources/new")
async def new_source(visit: NamedDependency[Visit]) -> Response[str]:
    """An empty form."""
    visit.require(Permission.MANAGE_SOURCES)
    return _form(visit, WantedSource())


@get("/intel/sources/{name:str}")
async def source(visit: NamedDependency[Visit], name: FromPath[str]) -> Response[str]:
    """The form of one that is kept."""
    visit.require(Permission.MANAGE_SOURCES)
    return _form(visit, _given(await held_source(visit, name)))


@post("/intel/sources")
async def keep_source(visit: NamedDependency[Visit]) -> Response[str]:
    """Keep a source in the place of one of its name, or show what comes of the first rows of a list."""
    form = await visit.form(WantedSource)
    visit.require(Permission.MANAGE_SOURCES)
    say = visit.speech.gettext
    before = await visit.ask(lambda: Sources(visit.store).sources.get(form.name))
    try:
        made = _made(form, before)
        await visit.ask(lambda: _checked(visit.premises.settings, made.url))
        if form.do == "try":
            return await _tried(visit, form, made)
        await visit.ask(lambda: Sources(visit.store).save(made))
    except Barred:
        return _form(visit, form, wrong=say(BARRED))
    except (OSError, Invalid, httpx.InvalidURL) as error:
        told = say(UNREAD) % {"why": visible(str(error)[:300])}
        return _form(visit, form, wrong=f"{told}. {say(advice(trouble_of(error)))}")
    except ValueError as error:
        return _form(visit, form, wrong=say(str(error)))
    await noted(visit, made.name, f"{made.kind} {made.url}")
    return visit.go("/intel/sources", say("The source is kept; the node reads it by itself."))


async def _tried(visit: Visit, form: WantedSource, made: Source) -> Response[str]:
    """What comes of the first rows of a list, or what a MISP feed holds: nothing is stored."""
    if made.kind == "misp-feed":
        base = made.url.rstrip("/")
        found = await visit.ask(
            lambda: look(visit.store, visit.clearance(), lambda name: _first(visit, f"{base}/{name}"))
        )
        newest = tuple((visible(title[:200]), at) for title, at in found.newest)
        return _form(visit, form, glance=msgspec.structs.replace(found, newest=newest))
    rows = await visit.ask(lambda: preview(_first(visit, made.url), _mapping(made), SHOWN_ROWS, made.tlp))
    return _form(visit, form, rows=tuple(map(_shown, rows)))


def _made(form: WantedSource, before: Source | None) -> Source:
    """The source; what the form does not ask stays as it was. Raises ValueError, in words for people."""
    if form.kind == "misp-server" and (before is None or before.kind != "misp-server"):
        raise ValueError(SECRET)
    kept = before if before is not None and before.url == form.url and before.kind == form.kind else None
    fields: dict[str, Any] = {} if kept is None else msgspec.to_builtins(kept)
    fields |= {
        "name": form.name, "kind": form.kind, "url": form.url, "every_minutes": form.every_minutes,
        "licence": form.licence, "tlp": form.tlp or None, "reliability": form.reliability,
    }  # fmt: skip
    if form.kind == "list":
        fields["mapping"] = (fields.get("mapping") or {}) | {
            "name": form.name, "form": form.list_form, "value": form.list_value, "kind": form.list_kind,
            "tlp_column": form.list_tlp, "tags_column": form.list_tags,
            "heading": form.list_heading == "yes", "delimiter": form.list_delimiter or ",",
            "items": form.list_items, "valid_days": form.list_valid_days, "confidence": form.list_confidence,
        }  # fmt: skip
    try:
        made = msgspec.convert(fields, Source)
    except msgspec.ValidationError as error:
        raise ValueError(NO_URL if "$.url" in str(error) else NO_NAME) from error
    made.check()
    return made


def _checked(settings: Settings, url: str) -> None:
    """Raises Barred, or OSError for a name that is not known."""
    if not settings.network.proxy or not is_outside(url, settings.webhooks.allow):
        way(url, settings.webhooks.allow)


def _first(visit: Visit, url: str) -> bytes:
    return no_page(url, document_at(url, guarded(visit.premises.settings), SOURCE_BYTES))


def _mapping(made: Source) -> ListMapping:
    if made.mapping is None:
        raise ValueError(N_("Only a list or a MISP feed can be tried"))
    return made.mapping


def _given(held: Source) -> WantedSource:
    mapping = held.mapping
    given = WantedSource(
        name=held.name,
        kind=held.kind,
        url=held.url,
        every_minutes=held.every_minutes,
        licence=held.licence,
        tlp=held.tlp or "",
        reliability=held.reliability,
    )
    if mapping is None:
        return given
    return msgspec.structs.replace(
        given,
        list_form=mapping.form,
        list_value=mapping.value,
        list_tlp=mapping.tlp_column,
        list_tags=mapping.tags_column,
        list_kind=mapping.kind,
        list_heading="yes" if mapping.heading else "",
        list_delimiter=mapping.delimiter,
        list_items=mapping.items,
        list_valid_days=mapping.valid_days or 30,
        list_confidence=50 if mapping.confidence is None else mapping.confidence,
    )


def _shown(row: Previewed) -> Previewed:
    return msgspec.structs.replace(row, value=visible(row.value[:200]), pattern=visible(row.pattern[:300]))


def _form(
    visit: Visit,
    given: WantedSource,
    *,
    rows: tuple[Previewed, ...] | None = None,
    glance: Glance | None = None,
    wrong: str = "",
) -> Response[str]:
    say = visit.speech.gettext
    content = SourcePage(
        title=given.name or say("A new source"),
        given=given,
        kinds=tuple((kind, say(words)) for kind, words in KINDS_OF_SOURCES.items()),
        reliabilities=tuple((grade, say(words)) for grade, words in RELIABILITIES.items()),
        list_kinds=(("auto", say("what they look like")), *((kind, kind) for kind in KINDS)),
        rows=rows,
        glance=glance,
        wrong=wrong,
    )
    return visit.page(content, status=422 if wrong else 200)


FILLING = (new_source, source, keep_source)
