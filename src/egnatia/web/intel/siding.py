"""Events that were changed here and on a MISP server: who may publish takes a side."""

from typing import ClassVar, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.cyber.intel.giving import Conflict, Conflicts
from egnatia.exchange.api.problem import NotFound
from egnatia.store import Batch, Note
from egnatia.web.frame import Content
from egnatia.web.intel.holding import of_the_house
from egnatia.web.permission import Permission
from egnatia.web.record.text import defanged, visible
from egnatia.web.visit import Visit


class Differs(msgspec.Struct, frozen=True):
    """What one side has alone: `kind` is + (only there), - (only here), ~ (otherwise there) or = (another label)."""

    kind: str
    about: str


class Shown(msgspec.Struct, frozen=True):
    """A conflict as it is shown; `at` is when it was changed there, microseconds UTC."""

    conflict: Conflict
    title: str
    at: int
    differs: tuple[Differs, ...]


class ConflictsPage(Content, frozen=True, kw_only=True):
    """Every conflict that waits."""

    template: ClassVar[str] = "intel/conflicts.html"
    shown: tuple[Shown, ...]
    decides: bool


class Side(msgspec.Struct, frozen=True):
    """The form that takes a side."""

    side: Literal["ours", "theirs"]


@get("/intel/conflicts")
async def conflicts(visit: NamedDependency[Visit]) -> Response[str]:
    """What was changed on both sides."""
    of_the_house(visit, Permission.TRIAGE)
    found = await visit.ask(lambda: Conflicts(visit.store).kept.all().values())
    content = ConflictsPage(
        title=visit.speech.gettext("Changed on both sides"),
        shown=tuple(
            Shown(each, visible(each.title), each.stamp * 1_000_000, tuple(map(_differs, each.differs)))
            for each in found
        ),
        decides=visit.visitor.may(Permission.PUBLISH),
    )
    return visit.page(content)


@post("/intel/conflicts/{source:str}/{uuid:str}")
async def take_side(visit: NamedDependency[Visit], source: FromPath[str], uuid: FromPath[str]) -> Response[str]:
    """Ours is put there or stays, or theirs stays or is taken; with the next reading of the source."""
    form = await visit.form(Side)
    of_the_house(visit, Permission.PUBLISH)

    def write() -> None:
        Conflicts(visit.store).side(source, uuid, form.side, visit.actor)
        note = Note(visit.actor, "conflict", uuid, f"source {source}: {form.side}")
        visit.store.append(Batch(notes=(note,))).result()

    try:
        await visit.ask(write)
    except LookupError as error:
        raise NotFound from error
    return visit.go("/intel/conflicts", visit.speech.gettext("Kept: the next reading of the source does so."))


def _differs(said: str) -> Differs:
    kind, _, about = said.partition(" ")
    type_, between, value = about.partition(": ")
    value, bracket, labels = value.rpartition(" (") if kind == "=" else (value, "", "")
    return Differs(kind, visible(f"{type_}{between}{defanged(value)}{bracket}{labels}"[:300]))


SIDING = (conflicts, take_side)
