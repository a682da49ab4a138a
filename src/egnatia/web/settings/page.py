"""The page of settings and health: read only, for those who run the node and those who check it."""

import platform
import shutil
import time
from collections.abc import Mapping
from importlib.metadata import version
from typing import ClassVar, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency

from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.letter import Call, Letter, Mail
from egnatia.settings import FILE
from egnatia.store import Batch, Condition, Note
from egnatia.web.frame import Content
from egnatia.web.language import Speech
from egnatia.web.permission import Permission
from egnatia.web.premises import Premises
from egnatia.web.settings.shown import SettingsTable, size, tables
from egnatia.web.visit import Visit

DAY = 86_400_000_000
OLD_BACKUP = 2 * DAY
"""After so long, in microseconds, a page warns that nobody backs up."""
FULL = 0.9
"""From this share of the disk in use on, a page warns."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How the node is. Sizes are bytes; `used` is the share of the disk that is in use, by whomever; `until` is when
    the node's card ends, microseconds UTC."""

    condition: Condition
    database_size: str
    disk_size: str
    free_size: str
    disk_bytes: int
    free_bytes: int
    node: str
    until: int
    versions: tuple[tuple[str, str], ...]
    now: int

    @property
    def used(self) -> float:
        """The share of the disk in use."""
        return 1 - self.free_bytes / self.disk_bytes if self.disk_bytes else 0.0

    @property
    def is_full(self) -> bool:
        """Whether the disk has little room left."""
        return self.used >= FULL

    @property
    def behind(self) -> int:
        """Rows of the log that the full text has not reached."""
        return max(0, self.condition.position - self.condition.indexed)

    @property
    def is_backed_up(self) -> bool:
        """Whether a backup was taken of late."""
        return self.condition.backup is not None and self.now - self.condition.backup.at < OLD_BACKUP


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A letter that was given up; `at` is when it was written, microseconds UTC."""

    id: str
    to: str
    at: int
    tries: int
    error: str


class Mending(msgspec.Struct, frozen=True):
    """What is to become of a letter that was given up."""

    letter: str
    what: Literal["again", "drop"]


class SettingsPage(Content, frozen=True, kw_only=True):
    """What the operator decided, and how the node is."""

    template: ClassVar[str] = "settings/page.html"
    tables: tuple[SettingsTable, ...]
    health: Health
    file: str
    may_see_audit: bool
    sends_mail: bool
    dead: tuple[DeadLetter, ...]
    may_mend: bool


@get("/settings")
async def settings(visit: NamedDependency[Visit]) -> Response[str]:
    """Every setting, and the node's health."""
    visit.require(Permission.SEE_SETTINGS)
    premises = visit.premises
    health = await visit.ask(lambda: _health(premises, visit.speech))
    decided = premises.settings
    files = {given for given in decided.given.values() if not given.startswith("EGNATIA_")}
    return visit.page(
        SettingsPage(
            title=visit.speech.gettext("Settings and health"),
            tables=tables(decided, visit.speech),
            health=health,
            file=next(iter(files), FILE),
            may_see_audit=visit.visitor.may(Permission.SEE_AUDIT),
            sends_mail=premises.outbox.sends_mail,
            dead=await visit.ask(lambda: _dead(premises)),
            may_mend=visit.visitor.may(Permission.MANAGE_ACCOUNTS),
        )
    )


@post("/settings/letters")
async def letters(visit: NamedDependency[Visit]) -> Response[str]:
    """Try a letter that was given up again, or forget it."""
    visit.require(Permission.SEE_SETTINGS)
    visit.require(Permission.MANAGE_ACCOUNTS)
    form = await visit.form(Mending)
    outbox = visit.premises.outbox
    if form.what == "again":
        found = await visit.ask(lambda: outbox.again(form.letter, visit.now))
    else:
        found = await visit.ask(lambda: outbox.drop(form.letter))
    if not found:
        raise NotFound
    note = Note(visit.actor, f"letter {form.what}", form.letter)
    await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result(30))
    return visit.go("/settings#letters", visit.speech.gettext("Done."))


def _dead(premises: Premises) -> tuple[DeadLetter, ...]:
    named = {each.id: each.name for each in premises.hooks.all()}
    return tuple(
        DeadLetter(id=each.id, to=_receiver(each, named), at=each.at, tries=each.tries, error=each.error)
        for each in premises.outbox.dead()
    )


def _receiver(letter: Letter, hooks: Mapping[str, str]) -> str:
    match letter.content:
        case Mail(to=to):
            return to
        case Call(hook=hook):
            return hooks.get(hook, hook)
        case None:
            return ""


def _health(premises: Premises, speech: Speech) -> Health:
    condition = premises.store.condition()
    disk = shutil.disk_usage(premises.settings.data)
    return Health(
        condition=condition,
        database_size=size(condition.size_bytes, speech),
        disk_size=size(disk.total, speech),
        free_size=size(disk.free, speech),
        disk_bytes=disk.total,
        free_bytes=disk.free,
        node=premises.node_id,
        until=premises.card.until,
        versions=(
            ("Egnatia", version("egnatia")),
            ("Python", platform.python_version()),
            (condition.database.partition(" ")[0], condition.database.partition(" ")[2]),
        ),
        now=time.time_ns() // 1_000,
    )
