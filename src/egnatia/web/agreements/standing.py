"""How an agreement stands, as far as its reader sees: which texts there are, who has signed which, whether it holds.

A party signs by publishing the same bytes as its own record. So an agreement may have several texts at a time: an
older and a newer one, or two that differ; each is shown with who stands behind it.
"""

import enum
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import msgspec

from egnatia.exchange.directory import agreements, moment
from egnatia.policy import in_force
from egnatia.record import read, reading
from egnatia.record.agreement import SharingAgreement
from egnatia.store import Row
from egnatia.web.language.speech import N_

SOON: Final = timedelta(days=60)
"""An agreement that ends within this time is said to be expiring."""


class Status(enum.StrEnum):
    """How an agreement stands; in the order in which a list shows them."""

    EXPIRING = "expiring"
    TO_SIGN = "to sign"
    IN_FORCE = "in force"
    COMING = "coming"
    PROPOSED = "proposed"
    DIFFERING = "differing"
    SUSPENDED = "suspended"
    ENDED = "ended"


WORDS: Mapping[Status, str] = {
    Status.EXPIRING: N_("In force, ends soon"),
    Status.TO_SIGN: N_("Waits for your signature"),
    Status.IN_FORCE: N_("In force"),
    Status.COMING: N_("Signed by all, begins later"),
    Status.PROPOSED: N_("Signed by some"),
    Status.DIFFERING: N_("The texts differ"),
    Status.SUSPENDED: N_("Suspended"),
    Status.ENDED: N_("Ended"),
}

KINDS: Mapping[Status, str] = {
    Status.EXPIRING: "warn",
    Status.TO_SIGN: "info",
    Status.IN_FORCE: "good",
    Status.COMING: "good",
    Status.PROPOSED: "info",
    Status.DIFFERING: "bad",
    Status.SUSPENDED: "warn",
    Status.ENDED: "plain",
}


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """One text of an agreement, and who stands behind exactly these bytes. `at` is when the first copy came here,
    microseconds UTC."""

    body: bytes
    terms: SharingAgreement
    signed: tuple[str, ...]
    at: int

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes: what a person signs."""
        return sha256(self.body).hexdigest()

    @property
    def missing(self) -> tuple[str, ...]:
        """The parties that have not signed this text."""
        return tuple(each for each in self.terms.parties if each not in self.signed)


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """An agreement as its reader sees it: the text that counts first, then the others, the newest first."""

    id: str
    texts: tuple[Text, ...]
    status: Status

    @property
    def text(self) -> Text:
        """The text that counts, or would if all signed it."""
        return self.texts[0]

    @property
    def words(self) -> str:
        """How it stands, to be translated."""
        return WORDS[self.status]

    @property
    def kind(self) -> str:
        """How a badge shows it."""
        return KINDS[self.status]

    @property
    def begins(self) -> datetime:
        """From when on it counts."""
        return moment(self.text.terms.valid_from)

    @property
    def ends(self) -> datetime | None:
        """When it is over; None where nothing says so."""
        return moment(self.text.terms.valid_until) if self.text.terms.valid_until else None

    @property
    def holds(self) -> bool:
        """Whether records are shared under it now."""
        return self.status in {Status.IN_FORCE, Status.EXPIRING}


def seen(rows: Iterable[Row], reader: str | None, now: datetime) -> tuple[Seen, ...]:
    """Every agreement of which the reader sees a copy, in the order of a list; `rows` are newest versions."""
    copies: dict[str, list[Row]] = {}
    for row in rows:
        if row.type == "sharing-agreement" and not row.redacted:
            copies.setdefault(row.id, []).append(row)
    found = [one for held in copies.values() if (one := _seen(held, reader, now)) is not None]
    order = tuple(Status)
    return tuple(sorted(found, key=lambda one: (order.index(one.status), one.text.terms.name.casefold(), one.id)))


def _seen(copies: Sequence[Row], reader: str | None, now: datetime) -> Seen | None:
    texts = _texts(copies)
    if not texts:
        return None
    held = [(row.owner, read(row.body, tolerant=True)) for row in copies]
    holding = {each.signed for each in agreements(held) if in_force(each, now)}
    first = next((text for text in texts if frozenset(text.signed) in holding and not text.missing), texts[0])
    ordered = (first, *(text for text in texts if text is not first))
    holds = not first.missing and frozenset(first.signed) in holding
    return Seen(id=copies[0].id, texts=ordered, status=_status(ordered, reader, now, holds=holds))


def _texts(copies: Sequence[Row]) -> tuple[Text, ...]:
    """Copies by their bytes, the newest version first; copies of who is no party count for nothing."""
    bodies: dict[bytes, list[Row]] = {}
    for row in copies:
        bodies.setdefault(row.body, []).append(row)
    found = []
    for body, rows in bodies.items():
        terms = terms_of(body)
        signed = tuple(sorted(row.owner for row in rows if row.owner in terms.parties))
        if signed:
            found.append(Text(body=body, terms=terms, signed=signed, at=min(row.at for row in rows)))
    return tuple(sorted(found, key=lambda text: (text.terms.modified, len(text.signed), text.digest), reverse=True))


def terms_of(body: bytes) -> SharingAgreement:
    """The reading of an agreement's bytes; raises Invalid."""
    terms = reading(read(body, tolerant=True))
    assert isinstance(terms, SharingAgreement)  # noqa: S101  what its type says
    return terms


def _status(texts: tuple[Text, ...], reader: str | None, now: datetime, *, holds: bool) -> Status:
    text = texts[0]
    terms = text.terms
    until = moment(terms.valid_until) if terms.valid_until else None
    if holds:
        return Status.EXPIRING if until is not None and until - now <= SOON else Status.IN_FORCE
    if any(each.terms.revoked for each in texts) or (until is not None and until <= now):
        return Status.ENDED
    if terms.suspended:
        return Status.SUSPENDED
    if not text.missing:
        return Status.COMING
    if reader in text.missing:
        return Status.TO_SIGN
    others = {party for each in texts[1:] for party in each.signed if each.terms.modified >= terms.modified}
    return Status.DIFFERING if others else Status.PROPOSED


class Difference(msgspec.Struct, frozen=True):
    """A property in which two texts differ, as each writes it."""

    name: str
    ours: str
    theirs: str


def differences(one: Text, other: Text) -> tuple[Difference, ...]:
    """Where two texts differ, property by property, in the order of the first."""
    here, there = (msgspec.json.decode(text.body) for text in (one, other))
    return tuple(
        Difference(name, _written(here.get(name)), _written(there.get(name)))
        for name in dict.fromkeys((*here, *there))
        if here.get(name) != there.get(name)
    )


def _written(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else msgspec.json.encode(value).decode()
