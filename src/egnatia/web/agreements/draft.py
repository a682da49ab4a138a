"""A draft of an agreement: what its form says, what is wrong with it, and the bytes that are signed in the end."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from typing import Annotated, Final, Literal
from uuid import uuid4

import msgspec

from egnatia.exchange.directory import moment
from egnatia.record import DomainObject
from egnatia.record.agreement import SharingAgreement
from egnatia.record.catalog import STANDARD
from egnatia.record.marking import TLP2_IDS
from egnatia.record.schemas import BUILT_IN, SHARING_AGREEMENT
from egnatia.web.agreements.standing import Seen, Text
from egnatia.web.language import Speech

Line = Annotated[str, msgspec.Meta(max_length=500)]
Prose = Annotated[str, msgspec.Meta(max_length=5_000)]

PERIODS: Final = ("", "P30D", "P90D", "P180D", "P1Y", "P2Y", "P5Y")
"""How long a recipient may keep what it receives, as the form offers it; empty for no limit."""

NOT_SHARED: Final = frozenset({"sharing-agreement", "receipt", "recall", "sealed-record"})
"""Types that no agreement needs to name: they are about sharing itself."""

_TLP = {name: ref for ref, name in TLP2_IDS.items()}
"""How other programs are told what holds here anyway: an agreement is for its parties, and for their clients where
records may go on to them."""


def types() -> tuple[str, ...]:
    """The record types that a form offers; an agreement may name others too."""
    structs = (*STANDARD, *(one.struct for one in BUILT_IN.types))
    tags = (each.__struct_config__.tag for each in structs if issubclass(each, DomainObject))
    return tuple(sorted(tag for tag in tags if isinstance(tag, str) and tag not in NOT_SHARED))


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What a person fills in."""

    name: Line = ""
    parties: tuple[Line, ...] = ()
    purposes: Line = ""
    legal_basis: Prose = ""
    description: Prose = ""
    valid_from: Line = ""
    valid_until: Line = ""
    record_types: tuple[Line, ...] = ()
    retention: Line = ""
    personal_data: bool = False
    onward_sharing: Literal["none", "clients", "community"] = "none"


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A form that waits for a signature; nobody but its organisation sees it. `agreement` and `created` are those of
    the agreement that it is a new version of, `after` when that was last modified; empty for a new one. `at` is
    microseconds UTC."""

    id: str
    organisation: str
    author: str
    at: int
    form: Form
    agreement: str = ""
    created: str = ""
    after: str = ""


def wrong_with(form: Form, own: str, now: datetime, speech: Speech) -> tuple[tuple[str, str], ...]:
    """What keeps it from being signed: (field, words) each."""
    return tuple(_wrong(form, own, now, speech))


def _wrong(form: Form, own: str, now: datetime, speech: Speech) -> Iterator[tuple[str, str]]:
    gettext = speech.gettext
    if not form.name:
        yield "name", gettext("Give it a name by which both sides know it.")
    if not [each for each in form.parties if each != own]:
        yield "parties", gettext("Choose at least one other party.")
    if not purposes(form):
        yield "purposes", gettext("Say for what the records may be used.")
    if not form.legal_basis:
        yield "legal_basis", gettext("Name the law, treaty or contract that it rests on.")
    if form.retention not in PERIODS:
        yield "retention", gettext("Choose one of the periods.")
    elif form.personal_data and not form.retention:
        yield "retention", gettext("Personal data may not be kept without a limit: choose how long.")
    begin, end = day(form.valid_from), day(form.valid_until)
    if begin is None:
        yield "valid_from", gettext("Say from which day on it counts.")
    if form.valid_until and end is None:
        yield "valid_until", gettext("This is no date.")
    if begin is not None and end is not None and end <= begin:
        yield "valid_until", gettext("It has to end after it begins.")
    elif end is not None and end <= now.date():
        yield "valid_until", gettext("That day is over: it would never be in force.")


def overlapping(form: Form, own: str, others: Sequence[Seen], agreement: str = "") -> tuple[Seen, ...]:
    """Agreements between the same parties that count at the same time: allowed, but worth a second look."""
    parties = {own, *form.parties}
    begin, end = day(form.valid_from), day(form.valid_until)
    if begin is None:
        return ()
    found = []
    for one in others:
        terms = one.text.terms
        starts, ends = (moment(terms.valid_from).date(), _end(terms))
        same = set(terms.parties) == parties and one.id != agreement
        if same and one.status != "ended" and (ends is None or begin < ends) and (end is None or starts < end):
            found.append(one)
    return tuple(found)


def _end(terms: SharingAgreement) -> date | None:
    return moment(terms.valid_until).date() if terms.valid_until else None


def purposes(form: Form) -> tuple[str, ...]:
    """The purposes, each once: they are written with commas."""
    return tuple(dict.fromkeys(part for each in form.purposes.split(",") if (part := each.strip())))


def day(text: str) -> date | None:
    """A day as a form gives it; None where it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def terms_of(draft: Draft, now: datetime) -> SharingAgreement:
    """The agreement as its record says it; the form has nothing wrong with it."""
    form = draft.form
    stamp = _stamp(max(now, moment(draft.after)) if draft.after else now)
    begin, end = day(form.valid_from), day(form.valid_until)
    if begin is None:
        raise ValueError("a draft without its first day cannot be signed")
    return SharingAgreement(
        spec_version="2.1",
        id=draft.agreement or draft.id,
        created=draft.created or stamp,
        modified=stamp,
        created_by_ref=draft.organisation,
        object_marking_refs=(_TLP["amber+strict" if form.onward_sharing == "none" else "amber"],),
        name=form.name,
        parties=tuple(dict.fromkeys((draft.organisation, *form.parties))),
        purposes=purposes(form),
        legal_basis=form.legal_basis,
        description=form.description or None,
        valid_from=_midnight(begin),
        valid_until=_midnight(end) if end else None,
        record_types=tuple(sorted(set(form.record_types))),
        retention=form.retention or None,
        personal_data=form.personal_data,
        onward_sharing=form.onward_sharing,
    )


def body_of(draft: Draft, now: datetime) -> bytes:
    """What is published by signing it."""
    return SHARING_AGREEMENT.write(terms_of(draft, now))


def again(text: Text, own: str, author: str, at: int) -> Draft:
    """A draft of a newer version of an agreement, with the same terms to begin with."""
    terms = text.terms
    form = Form(
        name=terms.name,
        parties=tuple(each for each in terms.parties if each != own),
        purposes=", ".join(terms.purposes),
        legal_basis=terms.legal_basis,
        description=terms.description or "",
        valid_from=terms.valid_from[:10],
        valid_until=(terms.valid_until or "")[:10],
        record_types=tuple(terms.record_types),
        retention=terms.retention or "",
        personal_data=terms.personal_data,
        onward_sharing=terms.onward_sharing,
    )
    return Draft(
        id=f"sharing-agreement--{uuid4()}",
        organisation=own,
        author=author,
        at=at,
        form=form,
        agreement=terms.id,
        created=terms.created,
        after=terms.modified,
    )


def changed(text: Text, now: datetime, **fields: object) -> bytes:
    """A newer version of one's own copy with these properties set: suspended, or revoked."""
    stamp = _stamp(max(now, moment(text.terms.modified)))
    content = {**msgspec.json.decode(text.body), "modified": stamp, **fields}
    return msgspec.json.encode(content)


def _midnight(when: date) -> str:
    return _stamp(datetime.combine(when, time(), UTC))


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
