"""The labels of records as this node understands their markings.

A marking is read from the copy that its user published: a record of owner O under the marking X means what O's own
`marking-definition` X says, so nobody can widen another's audience by publishing X as something milder. The fixed
markings (TLP, PAP) mean what the standard says, whatever anybody publishes under their ids.
"""

from collections.abc import Callable, Mapping, Sequence
from threading import Lock

from msgspec.structs import replace

from egnatia.policy import STATEMENT, Handling, Label, Meaning, Tlp, label_of, whole_label
from egnatia.policy.marking import FIXED
from egnatia.record import Head, MarkingDefinition, Record, audience_of, reading
from egnatia.record.agreement import SharingAgreement
from egnatia.record.marking import exercise_of

_KEPT = 4_096
"""How many distinct combinations of owner and markings are remembered; far more than a region uses."""


class Labelling:
    """Labels for any owner's records. Thread-safe.

    `default` is the handling of an owner's unmarked records. `keep_until(label, type)` tells until when what arrives
    now under a label may be kept (microseconds UTC, None for ever).
    """

    def __init__(
        self,
        *,
        default: Callable[[str], Handling],
        retention: Callable[[Label, str], int | None] = lambda _label, _type: None,
    ) -> None:
        self._default = default
        self.keep_until = retention
        self._markings: dict[str, dict[str, Meaning]] = {}
        self._labels: dict[tuple[str, str, tuple[str, ...], tuple[str, ...]], Label] = {}
        self._lock = Lock()

    def learn(self, owner: str, definition: Record) -> bool:
        """Takes in an owner's marking-definition; whether anything is new. The first one under an id stays."""
        meaning = meaning_of(definition)
        if meaning is None or definition.head.id in FIXED:
            return False
        with self._lock:
            known = self._markings.setdefault(owner, {})
            if definition.head.id in known:
                return False
            known[definition.head.id] = meaning
            self._labels = {key: label for key, label in self._labels.items() if key[0] != owner}
        return True

    def knows(self, owner: str, marking: str) -> bool:
        """Whether this owner's records may bear the marking and be understood."""
        return marking in FIXED or marking in self._markings.get(owner, {})

    def known(self, owner: str, markings: Sequence[str]) -> dict[str, Meaning]:
        """What those of these markings mean that the owner has published."""
        held = self._markings.get(owner, {})
        return {marking: held[marking] for marking in markings if marking in held}

    def label(
        self,
        record: Record,
        owner: str,
        applied: Sequence[str] = (),
        *,
        batch: Mapping[str, Meaning] | None = None,
    ) -> Label:
        """Who may see the record as a whole object (its marked-up parts left out, see `whole`).

        `batch` are definitions that arrive together with the record.
        """
        head = record.head
        if head.type == "marking-definition":
            return self._of_definition(record, owner)
        if head.type == "sharing-agreement":
            return _of_agreement(record, owner)
        if batch:
            return self._fresh(head, owner, applied, batch)
        key = (owner, head.type, head.object_marking_refs, tuple(applied))
        label = self._labels.get(key)
        if label is None:
            label = self._fresh(head, owner, applied, {})
            with self._lock:
                if len(self._labels) >= _KEPT:
                    self._labels.clear()
                self._labels[key] = label
        return label

    def whole(
        self,
        record: Record,
        owner: str,
        applied: Sequence[str] = (),
        *,
        batch: Mapping[str, Meaning] | None = None,
    ) -> Label:
        """Who may see the record with every part of it; as `label` where no part is marked more strictly."""
        if not any(each.marking_ref for each in record.head.granular_markings):
            return self.label(record, owner, applied, batch=batch)
        return whole_label(
            record.head,
            owner=owner,
            applied=applied,
            markings=self._known(owner, batch or {}),
            default=self._default(owner),
        )

    def of_head(self, head: Head, owner: str) -> Label:
        """The label that a head would have under its markings, for a record that is not at hand."""
        return self._fresh(head, owner, (), {})

    def meanings(self, definitions: Sequence[Record]) -> dict[str, Meaning]:
        """What the marking-definitions of one batch mean, before they are stored."""
        found: dict[str, Meaning] = {}
        for definition in definitions:
            meaning = meaning_of(definition)
            if meaning is not None:
                found.setdefault(definition.head.id, meaning)
        return found

    def _fresh(self, head: Head, owner: str, applied: Sequence[str], batch: Mapping[str, Meaning]) -> Label:
        return label_of(
            head,
            owner=owner,
            applied=applied,
            markings=self._known(owner, batch),
            default=self._default(owner),
        )

    def _known(self, owner: str, batch: Mapping[str, Meaning]) -> Mapping[str, Meaning]:
        known = self._markings.get(owner, {})
        return {**batch, **known} if batch else known

    def _of_definition(self, record: Record, owner: str) -> Label:
        """A definition travels to exactly those who may see what bears it; one not understood stays with its owner."""
        meaning = FIXED.get(record.head.id) or meaning_of(record)
        if meaning is None:
            return Label(owner=owner, tlp=Tlp.RED, unresolved=(record.head.id,))
        label = Label(owner=owner, tlp=Tlp.CLEAR, audiences=meaning.audiences, agreements=meaning.agreements)
        return replace(label, exercise=meaning.exercise) if meaning.exercise else label


def _of_agreement(record: Record, owner: str) -> Label:
    """An agreement is for its parties alone, and for their clients where it lets records go on to them: a client's
    node has to know why its organisation may see those."""
    agreement = reading(record)
    if not isinstance(agreement, SharingAgreement):
        return Label(owner=owner, tlp=Tlp.RED)
    tlp = Tlp.AMBER_STRICT if agreement.onward_sharing == "none" else Tlp.AMBER
    return Label(owner=owner, tlp=tlp, audiences=(tuple(sorted(set(agreement.parties))),))


def meaning_of(definition: Record) -> Meaning | None:
    """What a marking-definition says; None where it says something that is not understood here."""
    marking = reading(definition)
    if not isinstance(marking, MarkingDefinition):
        return None
    exercise = exercise_of(marking)
    if exercise is not None:
        named = tuple(sorted(set(exercise.recipient_refs)))
        return Meaning(audiences=(named,), exercise=exercise.exercise)
    audience = audience_of(marking)
    if audience is not None:
        return Meaning(
            audiences=(tuple(sorted(set(audience.recipient_refs))),),
            agreements=tuple(sorted(set(audience.agreement_refs))),
            personal=audience.personal_data,
        )
    return STATEMENT if marking.definition_type == "statement" and not marking.extensions else None
