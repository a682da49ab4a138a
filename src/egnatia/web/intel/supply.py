"""Outputs for defences: what is given to which devices. A device's token is shown once, within the lines to copy."""

from collections.abc import Mapping
from itertools import islice
from typing import Annotated, ClassVar, Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from egnatia.cyber.intel.collection import collection_of
from egnatia.cyber.intel.consuming import Consumer, Outputs
from egnatia.cyber.intel.language import BadQuery
from egnatia.cyber.intel.making import maker_of
from egnatia.cyber.intel.output import (
    ALLOWED,
    DEVICES,
    ON_LIST,
    SCORE,
    SIZE,
    TAXII,
    UNWRITABLE,
    WIDE,
    Made,
    Output,
)
from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.submission import NotAllowed
from egnatia.policy import Action
from egnatia.store import Batch, Note
from egnatia.web.feed.saved import Saved, Saves
from egnatia.web.frame import HEADERS, Content
from egnatia.web.intel.setting_up import LATER, Place, Setting, settings_for
from egnatia.web.intel.wording import misread
from egnatia.web.language.speech import N_
from egnatia.web.permission import Permission
from egnatia.web.record.text import visible
from egnatia.web.settings.shown import size
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

_ENDINGS: Final[Mapping[str, str]] = {
    "csv": "csv", "rpz": "zone", "mikrotik": "rsc", "suricata": "rules", "snort": "rules", "zeek": "intel",
    "yara": "yar", "sigma": "yml", TAXII: "csv",
}  # fmt: skip
"""What a file of each format is called at its end, but for plain text."""


WHYS: Final[Mapping[str, str]] = {
    SCORE: N_("worth less than the least score"),
    ALLOWED: N_("never to be given, or covering what never is"),
    SIZE: N_("no room: those of lowest score"),
    WIDE: N_("a network so wide that strangers are in it"),
    UNWRITABLE: N_("the format cannot hold it without misreading"),
}
"""Why something is left out, for a person."""

LINES: Final = 40
"""Lines of an output that its page shows."""
WIDTH: Final = 300
"""Letters of each."""


class Wanted(msgspec.Struct, frozen=True):
    """An output as a person fills it in; `allow` is a value a line."""

    name: Annotated[str, msgspec.Meta(max_length=63)] = ""
    form: str = "plain"
    search: Annotated[str, msgspec.Meta(max_length=1_000)] = ""
    least: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    allow: Annotated[str, msgspec.Meta(max_length=100_000)] = ""
    limit: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0


class Device(msgspec.Struct, frozen=True):
    """What a device is called, and for how many days it may fetch, 0 for until it is revoked."""

    name: Annotated[str, msgspec.Meta(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*\Z")] = ""
    days: Annotated[int, msgspec.Meta(ge=0, le=3_650)] = 0


class Nothing(msgspec.Struct, frozen=True):
    """A form without fields."""


class OutputRow(msgspec.Struct, frozen=True, kw_only=True):
    """An output, and how many devices of the visitor's organisation may fetch it."""

    output: Output
    form: str
    devices: int


class OutputsPage(Content, frozen=True, kw_only=True):
    """All outputs, and the form for one; `questions` are those that the visitor keeps."""

    template: ClassVar[str] = "intel/outputs.html"
    rows: tuple[OutputRow, ...]
    forms: tuple[tuple[str, str], ...]
    given: Wanted
    operates: bool
    questions: tuple[Saved, ...]
    wrong: str = ""


class DeviceRow(msgspec.Struct, frozen=True):
    """A device, and whether it may fetch now."""

    device: Consumer
    may_fetch: bool


class OutputPage(Content, frozen=True, kw_only=True):
    """One output: what is in it now for the visitor's organisation, what was left out and why, which devices may fetch
    it, and how each kind of device does. `issued` is the token of a new one; it is in the lines as well."""

    template: ClassVar[str] = "intel/output.html"
    script: ClassVar[str] = "copy.js"
    output: Output
    form: str
    place: Place
    blocks: bool
    entries: int
    most: int
    size: str
    left_out: tuple[tuple[str, int], ...]
    lines: tuple[str, ...]
    is_whole: bool
    devices: tuple[DeviceRow, ...]
    settings: tuple[Setting, ...]
    operates: bool
    issued: str = ""


@get("/intel/outputs")
async def outputs(
    visit: NamedDependency[Visit], question: FromQuery[str] = "", change: FromQuery[str] = ""
) -> Response[str]:
    """All outputs; the form begins with a kept question of the visitor's, or with an output, where one is named."""
    visit.require(Permission.MANAGE_TOKENS)
    kept = await visit.ask(lambda: Saves(visit.store).get(visit.visitor.account, question)) if question else None
    held = await visit.ask(lambda: Outputs(visit.store).outputs.get(change)) if change else None
    if held is not None:
        fields = msgspec.structs.asdict(held) | {"allow": "\n".join(held.allow)}
        return await _page(visit, msgspec.convert(fields, Wanted))
    return await _page(visit, Wanted(form=TAXII, search=kept.question) if kept else Wanted())


@get("/intel/outputs/{name:str}")
async def output(visit: NamedDependency[Visit], name: FromPath[str]) -> Response[str]:
    """One output, as the visitor's organisation is given it."""
    visit.require(Permission.MANAGE_TOKENS)
    return await _output(visit, name)


@get("/intel/outputs/{name:str}/file")
async def file(visit: NamedDependency[Visit], name: FromPath[str]) -> Response[bytes]:
    """The output as a file."""
    visit.require(Permission.MANAGE_TOKENS)
    visit.require(Permission.READ)
    held, made = await _made(visit, name)
    await _noted(visit, "release", f"output {name}", f"{made.entries} entries {made.tag}")
    attached = {
        **HEADERS,
        "content-disposition": f'attachment; filename="{held.name}.{_ENDINGS.get(held.form, "txt")}"',
    }
    return Response(made.content, media_type=made.media_type, headers=attached)


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
    return visit.go(f"/intel/outputs/{made.name}", visit.speech.gettext("The output is kept."))


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
        minted = await visit.ask(lambda: Outputs(visit.store).grant(name, organisation, form.name, days=form.days))
    except KeyError as error:
        raise NotFound from error
    await _noted(visit, "output granted", name, f"{minted.id} {form.name}")
    return await _output(visit, name, minted.text)


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
    return visit.go(f"/intel/outputs/{held.output}", visit.speech.gettext("The device can fetch nothing any more."))


def _require_operator(visit: Visit) -> None:
    """Outputs are the node's: its operator says what is in them, other organisations let their devices fetch them."""
    visit.require(Permission.MANAGE_TOKENS)
    if visit.visitor.organisation != visit.premises.own:
        raise NotAllowed(N_("The outputs are those of the organisation that operates the node"))


async def _noted(visit: Visit, action: str, subject: str, detail: str) -> None:
    note = Note(visit.actor, action, subject, detail)
    await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result())


async def _made(visit: Visit, name: str) -> tuple[Output, Made]:
    """An output and what is in it for the visitor's organisation; raises NotFound."""
    held = await visit.ask(lambda: Outputs(visit.store).outputs.get(name))
    if held is None:
        raise NotFound
    maker = maker_of(visit.premises, visit.premises.organisations)
    return held, await maker.make(held, visit.visitor.organisation)


async def _output(visit: Visit, name: str, issued: str = "") -> Response[str]:
    held, made = await _made(visit, name)
    consumers = await visit.ask(Outputs(visit.store).consumers.all)
    own = [
        each for each in consumers.values() if (each.organisation, each.output) == (visit.visitor.organisation, name)
    ]
    url = f"{visit.premises.settings.public_url}/outputs/{name}"
    place = Place(name, url)
    if held.form == TAXII:
        place = Place(name, f"{url}/taxii2/", f"{url}/taxii2/exchange/", collection_of(name).id(visit.premises.node_id))
    lines = made.content.decode(errors="replace").splitlines() if visit.visitor.may(Permission.READ) else []
    content = OutputPage(
        title=name,
        output=held,
        form=_words(held.form, visit),
        place=place,
        blocks=DEVICES[held.form].action is Action.BLOCK,
        entries=made.entries,
        most=held.limit or DEVICES[held.form].limit,
        size=size(len(made.content), visit.speech),
        left_out=tuple((_why(why, visit), count) for why, count in sorted(made.left_out.items())),
        lines=tuple(visible(each[:WIDTH]) for each in islice(lines, LINES)),
        is_whole=len(lines) <= LINES,
        devices=tuple(DeviceRow(each, each.may_fetch(visit.now)) for each in own),
        settings=settings_for(held.form, place, issued or LATER),
        operates=visit.visitor.organisation == visit.premises.own,
        issued=issued,
    )
    return visit.page(content)


def _why(reason: str, visit: Visit) -> str:
    if reason.startswith(ON_LIST):
        return visit.speech.gettext("on the warning list %(list)s") % {"list": reason.removeprefix(ON_LIST)}
    return visit.speech.gettext(WHYS[reason])


async def _page(visit: Visit, given: Wanted, *, wrong: str = "") -> Response[str]:
    kept = Outputs(visit.store)
    held, consumers = await visit.ask(lambda: (kept.outputs.all(), kept.consumers.all()))
    saved = await visit.ask(lambda: Saves(visit.store).of(visit.visitor.account))
    own = [each for each in consumers.values() if each.organisation == visit.visitor.organisation]
    rows = tuple(
        OutputRow(
            output=each,
            form=_words(each.form, visit),
            devices=sum(who.output == each.name and who.may_fetch(visit.now) for who in own),
        )
        for each in held.values()
    )
    content = OutputsPage(
        title=visit.speech.gettext("Outputs for defences"),
        rows=rows,
        forms=tuple((name, _words(name, visit)) for name in DEVICES),
        given=given,
        operates=visit.visitor.organisation == visit.premises.own,
        questions=tuple(each for each in saved if each.question),
        wrong=wrong,
    )
    return visit.page(content, status=422 if wrong else 200)


def _words(form: str, visit: Visit) -> str:
    return f"{form} · {visit.speech.gettext(FORMATS[form])}"
