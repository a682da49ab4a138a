"""Outputs for defences: what is given to which devices. A device's token is shown once."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from egnatia.cyber.intel.collection import collection_of
from egnatia.cyber.intel.delivery import Consumer, Outputs
from egnatia.cyber.intel.language import BadQuery
from egnatia.cyber.intel.output import DEVICES, TAXII, Output
from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.submission import NotAllowed
from egnatia.policy import Action
from egnatia.store import Batch, Note
from egnatia.web.feed.saved import Saved, Saves
from egnatia.web.frame import Content
from egnatia.web.intel.wording import misread
from egnatia.web.language.speech import N_
from egnatia.web.permission import Permission
from egnatia.web.visit import Visit

NO_NAME = N_("A name has small letters, digits and hyphens, and begins with a letter or a digit")


FORMATS: Final[Mapping[str, str]] = {
    "plain": N_("one value a line"),
    "csv": N_("a table with what each value is worth"),
    "hosts": N_("a hosts file"),
    "rpz": N_("a zone for resolvers (RPZ)"),
    "addresses": N_("addresses for pfSense, OPNsense, ipset"),
    "mikrotik": N_("a script for RouterOS"),
    "suricata": N_("rules of Suricata"),
    "snort": N_("rules of Snort 3"),
    "zeek": N_("the intelligence file of Zeek"),
    "yara": N_("YARA rules"),
    "sigma": N_("Sigma rules, for any SIEM"),
    "misp-feed": N_("a feed that a MISP server reads"),
    "taxii": N_("a TAXII collection of the indicators themselves"),
}
"""What each format is, for a person who chooses one."""


class Wanted(msgspec.Struct, frozen=True):
    """An output as a person fills it in; `allow` is a value a line."""

    name: Annotated[str, msgspec.Meta(max_length=63)] = ""
    form: str = "plain"
    search: Annotated[str, msgspec.Meta(max_length=1_000)] = ""
    least: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    allow: Annotated[str, msgspec.Meta(max_length=100_000)] = ""
    limit: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0


class Device(msgspec.Struct, frozen=True):
    """What a device is called."""

    name: Annotated[str, msgspec.Meta(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*\Z")] = ""


class Nothing(msgspec.Struct, frozen=True):
    """A form without fields."""


class OutputRow(msgspec.Struct, frozen=True, kw_only=True):
    """An output, where it is fetched, whether devices block with it, and which devices may. Where it is a TAXII
    collection, `root` is the API root and `collection` its id there."""

    output: Output
    form: str
    url: str
    root: str
    collection: str
    blocks: bool
    devices: tuple[Consumer, ...]


class OutputsPage(Content, frozen=True, kw_only=True):
    """All outputs, and the form for one; `questions` are those that the visitor keeps, `issued` is the token of a new
    device."""

    template: ClassVar[str] = "intel/outputs.html"
    script: ClassVar[str] = "copy.js"
    rows: tuple[OutputRow, ...]
    forms: tuple[tuple[str, str], ...]
    given: Wanted
    operates: bool
    questions: tuple[Saved, ...]
    issued: str = ""
    wrong: str = ""


@get("/intel/outputs")
async def outputs(visit: NamedDependency[Visit], question: FromQuery[str] = "") -> Response[str]:
    """All outputs; the form begins with a kept question of the visitor's where one is named."""
    visit.require(Permission.MANAGE_TOKENS)
    kept = await visit.ask(lambda: Saves(visit.store).get(visit.visitor.account, question)) if question else None
    return await _page(visit, Wanted(form=TAXII, search=kept.question) if kept else Wanted())


@post("/intel/outputs")
async def save(visit: NamedDependency[Visit]) -> Response[str]:
    """Keep an output in the place of one of its name."""
    form = await visit.form(Wanted)
    _require_operator(visit)
    fields = msgspec.structs.asdict(form) | {"allow": tuple(form.allow.split())}
    try:
        made = msgspec.convert(fields, Output)
        made.check()
    except msgspec.ValidationError:
        return await _page(visit, form, wrong=visit.speech.gettext(NO_NAME))
    except BadQuery as error:
        return await _page(visit, form, wrong=misread(error, visit.speech))
    except ValueError:
        return await _page(visit, form, wrong=visit.speech.gettext("There is no such format"))
    await visit.ask(lambda: Outputs(visit.store).save(made))
    await _noted(visit, "output", made.name, f"{made.form} {made.search}")
    return visit.go("/intel/outputs", visit.speech.gettext("The output is kept."))


@post("/intel/outputs/{name:str}/remove")
async def remove(visit: NamedDependency[Visit], name: FromPath[str]) -> Response[str]:
    """Keep it no longer."""
    await visit.form(Nothing)
    _require_operator(visit)
    await visit.ask(lambda: Outputs(visit.store).remove(name))
    await _noted(visit, "output", name, "removed")
    return visit.go("/intel/outputs", visit.speech.gettext("The output is gone."))


@post("/intel/outputs/{name:str}/grant")
async def grant(visit: NamedDependency[Visit], name: FromPath[str]) -> Response[str]:
    """Let one more device fetch it, for the organisation of who asks."""
    form = await visit.form(Device)
    visit.require(Permission.MANAGE_TOKENS)
    organisation = visit.visitor.organisation or ""
    try:
        minted = await visit.ask(lambda: Outputs(visit.store).grant(name, organisation, form.name))
    except KeyError as error:
        raise NotFound from error
    await _noted(visit, "output granted", name, f"{minted.id} {form.name}")
    return await _page(visit, Wanted(), issued=minted.text)


@post("/intel/devices/{consumer:str}/revoke")
async def revoke(visit: NamedDependency[Visit], consumer: FromPath[str]) -> Response[str]:
    """End a device's access, if it is the organisation's own."""
    await visit.form(Nothing)
    visit.require(Permission.MANAGE_TOKENS)
    kept = Outputs(visit.store)
    held = await visit.ask(lambda: kept.consumers.get(consumer))
    if held is None or held.organisation != visit.visitor.organisation:
        raise NotFound
    await visit.ask(lambda: kept.revoke(consumer))
    await _noted(visit, "output revoked", consumer, held.output)
    return visit.go("/intel/outputs", visit.speech.gettext("The device can fetch nothing any more."))


def _require_operator(visit: Visit) -> None:
    """Outputs are the node's: its operator says what is in them, other organisations let their devices fetch them."""
    visit.require(Permission.MANAGE_TOKENS)
    if visit.visitor.organisation != visit.premises.own:
        raise NotAllowed(N_("The outputs are those of the organisation that operates the node"))


async def _noted(visit: Visit, action: str, subject: str, detail: str) -> None:
    note = Note(visit.actor, action, subject, detail)
    await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result())


async def _page(visit: Visit, given: Wanted, *, issued: str = "", wrong: str = "") -> Response[str]:
    kept = Outputs(visit.store)
    held, consumers = await visit.ask(lambda: (kept.outputs.all(), kept.consumers.all()))
    saved = await visit.ask(lambda: Saves(visit.store).of(visit.visitor.account))
    questions = tuple(each for each in saved if each.question)
    base = visit.premises.settings.public_url
    own = [each for each in consumers.values() if each.organisation == visit.visitor.organisation]
    rows = tuple(
        OutputRow(
            output=each,
            form=_words(each.form, visit),
            url=f"{base}/outputs/{each.name}{'/taxii2/' if each.form == TAXII else ''}",
            root=f"{base}/outputs/{each.name}/taxii2/exchange/" if each.form == TAXII else "",
            collection=collection_of(each.name).id(visit.premises.node_id) if each.form == TAXII else "",
            blocks=DEVICES[each.form].action is Action.BLOCK,
            devices=tuple(who for who in own if who.output == each.name),
        )
        for each in held.values()
    )
    content = OutputsPage(
        title=visit.speech.gettext("Outputs for defences"),
        rows=rows,
        forms=tuple((name, _words(name, visit)) for name in DEVICES),
        given=given,
        operates=visit.visitor.organisation == visit.premises.own,
        questions=questions,
        issued=issued,
        wrong=wrong,
    )
    return visit.page(content, status=422 if wrong else 200)


def _words(form: str, visit: Visit) -> str:
    return f"{form} · {visit.speech.gettext(FORMATS[form])}"
