"""Who will see what is about to be published, organisation by organisation, and what to think of once more."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from egnatia.cyber.intel.product import Kind, kind_of
from egnatia.cyber.intel.warning_index import warning_lists
from egnatia.exchange.submission import Handling, Submitter
from egnatia.policy import PUBLIC, Label, clearance_within, decide, explanation
from egnatia.record import Head, Invalid, Record, read
from egnatia.record.record import Reference
from egnatia.web.language import Speech
from egnatia.web.premises import Premises
from egnatia.web.publish.warning import Benign, benign, is_held_up, personal
from egnatia.web.record.ruling import said
from egnatia.web.record.text import visible


class Seer(msgspec.Struct, frozen=True, kw_only=True):
    """One organisation: whether it would see it, and the rule that says so, as a sentence."""

    name: str
    economy: str
    sees: bool
    why: str


class Foresight(msgspec.Struct, frozen=True, kw_only=True):
    """What would happen. `uncovered` says that it is marked as personal data and no other organisation has an agreement
    that covers it; `suspected` is what looks like personal data and is not marked so. `held_up` says that it is not
    published unless somebody insists, `insisted` that somebody does. `public` says that everyone can read it on the
    portal, `mailed` that it goes to the subscribers besides."""

    seers: tuple[Seer, ...]
    count: int
    benign: tuple[Benign, ...] = ()
    suspected: tuple[str, ...] = ()
    uncovered: bool = False
    held_up: bool = False
    insisted: bool = False
    public: bool = False
    mailed: bool = False

    @property
    def total(self) -> int:
        """How many other organisations are known here."""
        return len(self.seers)


def foresight(  # noqa: PLR0913  who asks, of what, in which words
    premises: Premises,
    submitter: Submitter,
    record: Record,
    definitions: Sequence[bytes],
    *,
    applied: tuple[str, ...] = (),
    names: Mapping[str, str],
    speech: Speech,
    bodies: Sequence[bytes] = (),
    insisted: bool = False,
) -> Foresight:
    """Who would see `record`; `bodies` are all records that are to be published, to be looked at for warnings."""
    label = premises.label_of(record, submitter, Handling(applied), definitions)
    seers = tuple(sorted(seers_of(premises, label, names, speech), key=lambda each: (not each.sees, each.name)))
    count = sum(each.sees for each in seers)
    warnings = warning_lists(premises.settings.data)
    public = premises.settings.portal.open and decide(label, PUBLIC).allowed
    return Foresight(
        seers=seers,
        count=count,
        benign=benign(bodies, warnings),
        held_up=is_held_up(bodies, warnings),
        insisted=insisted,
        suspected=() if label.personal else personal(bodies, speech),
        uncovered=label.personal and not count,
        public=public,
        mailed=public and premises.outbox.sends_mail and _is_mailed(record),
    )


def _is_mailed(record: Record) -> bool:
    kind = kind_of(msgspec.json.decode(record.body, type=dict[str, Any]))
    return kind is not None and kind is not Kind.SITUATION


def seers_of(premises: Premises, label: Label, names: Mapping[str, str], speech: Speech) -> Iterator[Seer]:
    """Each organisation known here but the owner, and whether it may see what lies under the label."""
    for each in premises.organisations():
        if each.id == label.owner:
            continue
        clearance = clearance_within(premises.clearance_of(each.id), label.exercise)
        yield Seer(
            name=visible(each.name),
            economy=each.economy,
            sees=decide(label, clearance).allowed,
            why=said(explanation(label, clearance, names), speech),
        )


def sketch(type_: str, identifier: str, refs: Sequence[str], ends: Sequence[tuple[str, str]]) -> Record:
    """A record that is not finished: as much of it as decides who may see it."""
    head = Head(type=type_, id=identifier, object_marking_refs=tuple(refs))
    return Record(b"{}", head, "", references=tuple(Reference(name, target) for name, target in ends))


def record_of(body: bytes, otherwise: Record) -> Record:
    """The record in `body`; the sketch where it breaks rules still."""
    try:
        return read(body, tolerant=True)
    except Invalid:
        return otherwise
