"""What the pages of publishing show, as their templates get it."""

from typing import ClassVar

import msgspec

from egnatia.web.frame import Content
from egnatia.web.publish.choice import Choice
from egnatia.web.publish.draft import Draft
from egnatia.web.publish.foresight import Foresight
from egnatia.web.publish.form import Field
from egnatia.web.record.name import Named


class Offer(msgspec.Struct, frozen=True):
    """One kind of thing that can be published: what it is called, and what it is for."""

    href: str
    words: str
    about: str


class StartPage(Content, frozen=True, kw_only=True):
    """What somebody may want to say, by what it is about."""

    template: ClassVar[str] = "publish/start.html"
    groups: tuple[tuple[str, tuple[Offer, ...]], ...]
    more: tuple[tuple[str, tuple[Offer, ...]], ...]
    drafts: tuple[Draft, ...]
    waiting: int
    may_publish: bool
    may_recall: bool
    now: int


class FormPage(Content, frozen=True, kw_only=True):
    """A form of one record type. `wrong` are the problems as (id of the field, words); `foreseen` is who would see it,
    once somebody has asked; `reviewed` whether the organisation may want a second person to read it first."""

    template: ClassVar[str] = "publish/form.html"
    script: ClassVar[str] = "publish.js"
    type: str
    kind: str
    about: str
    action: str
    first: tuple[Field, ...]
    rest: tuple[Field, ...]
    choice: Choice
    wrong: tuple[tuple[str, str], ...]
    foreseen: Foresight | None
    draft: str
    remark: str
    edits: Named | None
    may_publish: bool
    reviewed: bool


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """A value that was recognised: `known` counts the records here that have it already."""

    key: str
    shown: str
    kind: str
    known: int
    warned: str
    ticked: bool


class QuickPage(Content, frozen=True, kw_only=True):
    """A text is pasted, what it names is chosen, and it becomes a report with its indicators."""

    template: ClassVar[str] = "publish/quick.html"
    script: ClassVar[str] = "publish.js"
    text: str
    name: str
    draft: str
    remark: str
    values: tuple[Value, ...] | None
    choice: Choice
    wrong: tuple[tuple[str, str], ...]
    foreseen: Foresight | None
    may_publish: bool
    reviewed: bool
