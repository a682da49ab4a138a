"""What each page of a record shows, as its template gets it."""

from typing import ClassVar

import msgspec

from egnatia.web.frame import Content
from egnatia.web.record.change import Change
from egnatia.web.record.enriching import Known
from egnatia.web.record.fact import Fact
from egnatia.web.record.graph import Picture
from egnatia.web.record.handling import HandlingWords
from egnatia.web.record.name import Named
from egnatia.web.record.proof import Origin
from egnatia.web.record.receipt import Receipt
from egnatia.web.record.relation import Link, Remark
from egnatia.web.record.voices import Worth


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What all pages of a record begin with: which it is, whose, how it stands, and the way to its other sides."""

    id: str
    type: str
    kind: str
    name: str
    lang: str
    tlp: str
    owner: Named
    tabs: tuple[tuple[str, str], ...]
    here: str
    revoked: bool
    withdrawn: bool
    redacted: bool
    mine: bool
    may_edit: bool
    may_recall: bool


Grouped = tuple[tuple[str, tuple[Link, ...]], ...]
"""Links by their words."""


class RecordContent(Content, frozen=True, kw_only=True):
    """A page of a record."""

    script: ClassVar[str] = "record.js"
    head: Head


class RecordPage(RecordContent, frozen=True, kw_only=True):
    """A record as a person reads it."""

    template: ClassVar[str] = "record/record.html"
    original: str
    translator: str
    created: int | None
    modified: int | None
    author: Named | None
    others: tuple[tuple[str, str], ...]
    facts: tuple[Fact, ...]
    handling: HandlingWords
    why: str
    links: Grouped
    more_links: bool
    remarks: tuple[Remark, ...]
    versions: int
    added: int
    way: str
    recalls: tuple[Named, ...]
    worths: tuple[Worth, ...]
    known: tuple[Known, ...]
    now: int


class LinksPage(RecordContent, frozen=True, kw_only=True):
    """What a record is linked to: a picture, and a list that goes on."""

    template: ClassVar[str] = "record/links.html"
    groups: Grouped
    remarks: tuple[Remark, ...]
    picture: Picture | None
    older: str
    first: str
    now: int


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version: when its author says it was made, when it came here, and what it changed."""

    modified: int | None
    added: int
    changes: tuple[Change, ...]
    redacted: bool
    first: bool


class HistoryPage(RecordContent, frozen=True, kw_only=True):
    """The versions that the reader may see, the newest first."""

    template: ClassVar[str] = "record/history.html"
    versions: tuple[Version, ...]
    count: int


class OriginPage(RecordContent, frozen=True, kw_only=True):
    """What proves a record, checked while the page was made."""

    template: ClassVar[str] = "record/origin.html"
    origin: Origin
    added: int
    way: str
    position: int


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """One organisation: whether it sees the record whole, in part or not at all, and the rule that says so."""

    name: str
    economy: str
    sees: str
    why: str


class AudiencePage(RecordContent, frozen=True, kw_only=True):
    """For a record's owner: who sees it and why, and who has it. `asks_audit`: this reader may look up in the audit
    log whom it was given."""

    template: ClassVar[str] = "record/audience.html"
    readers: tuple[Reader, ...]
    receipts: tuple[Receipt, ...]
    now: int
    asks_audit: bool = False


class RawPage(RecordContent, frozen=True, kw_only=True):
    """The record's own bytes, laid out to be read."""

    template: ClassVar[str] = "record/raw.html"
    text: str
    size: int
    applied: tuple[str, ...]
