"""The STIX incident extension suite 2.0 (OASIS common object repository, revision 06) as structs.

An incident bears a property-extension; events, impacts and tasks are records of their own. The structs are what is
written: closed vocabularies are literals, so `msgspec.convert` refuses whatever the suite does not know.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

INCIDENT: Final = "extension-definition--ef765651-680c-498d-9894-99799f2fa126"
EVENT: Final = "extension-definition--4ca6de00-5b0d-45ef-a1dc-ea7279ea910e"
IMPACT: Final = "extension-definition--7cc33dd6-f6a1-489b-98ea-522d351d71b9"
TASK: Final = "extension-definition--2074a052-8be4-4932-849e-f5e7798e0030"

Percent = Annotated[int, Meta(ge=0, le=100)]
Count = Annotated[int, Meta(ge=0)]
Amount = Annotated[float, Meta(ge=0)]
Counts = dict[Annotated[str, Meta(pattern=r"^[a-z\-]+$")], Count]
Determination = Literal["blocked", "confirmed", "failed-attempt", "false-positive", "suspected"]
Recoverability = Literal["extended", "not-applicable", "not-recoverable", "regular", "supplemented"]
Fidelity = Literal["second", "minute", "hour", "day", "month", "year"]
EventStatus = Literal["ongoing", "occurred", "not-occurred", "pending", "undetermined"]
Outcome = Literal["cancelled", "failed", "ongoing", "pending", "successful", "unknown"]
Loss = Literal["confirmed-loss", "contained", "exploited-loss", "none", "suspected-loss"]
Alteration = Literal[
    "potential-destruction", "potential-modification", "partial-destruction", "partial-modification",
    "full-destruction", "full-modification", "none",
]  # fmt: skip
Physical = Literal["damaged-functional", "damaged-nonfunctional", "destruction", "none", "unknown"]
Traceability = Literal["accountability-lost", "partial-accountability", "provable-accountability"]


class _Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What stands inside a record of the suite."""


class Following(_Part, frozen=True, kw_only=True, omit_defaults=True):
    """What comes after an event or a task in its sequence."""

    event_ref: str = ""
    task_ref: str = ""
    condition_type: Literal["optional", "required", "unknown"]
    transition_type: Literal["completion", "failure", "success", "unknown"]


class EventEntry(_Part, frozen=True, kw_only=True, omit_defaults=True):
    """An event in the sequence of an incident."""

    event_ref: str
    sequence_start: bool = True
    next_steps: tuple[Following, ...] = ()


class TaskEntry(_Part, frozen=True, kw_only=True, omit_defaults=True):
    """A task in it."""

    task_ref: str
    sequence_start: bool = True
    next_steps: tuple[Following, ...] = ()


class Score(_Part, frozen=True, kw_only=True, omit_defaults=True):
    """How some system rates the incident."""

    name: str
    value: float
    description: str = ""


class IncidentCore(_Part, frozen=True, kw_only=True, omit_defaults=True):
    """What an incident says through the property-extension."""

    extension_type: Literal["property-extension"]
    determination: Determination
    investigation_status: str
    criticality: Percent | None = None
    detection_methods: tuple[str, ...] = ()
    events: tuple[EventEntry, ...] = ()
    tasks: tuple[TaskEntry, ...] = ()
    impact_refs: tuple[str, ...] = ()
    impacted_entity_counts: Counts = {}
    incident_types: tuple[str, ...] = ()
    recoverability: Recoverability | None = None
    scores: tuple[Score, ...] = ()


class Change(_Part, frozen=True, kw_only=True, omit_defaults=True):
    """How an event or a task changed another record."""

    state_change_type: str
    initial_ref: str = ""
    result_ref: str = ""


class Event(_Part, frozen=True, kw_only=True, omit_defaults=True):
    """Something that happened in the course of an incident."""

    status: EventStatus
    name: str = ""
    description: str = ""
    event_types: tuple[str, ...] = ()
    goal: str = ""
    changed_objects: tuple[Change, ...] = ()
    sighting_refs: tuple[str, ...] = ()
    start_time: str = ""
    start_time_fidelity: Fidelity | None = None
    end_time: str = ""
    end_time_fidelity: Fidelity | None = None


class Task(_Part, frozen=True, kw_only=True, omit_defaults=True):
    """Something that somebody did, or is to do, about it."""

    outcome: Outcome
    name: str = ""
    description: str = ""
    task_types: tuple[str, ...] = ()
    priority: Percent | None = None
    error: str = ""
    changed_objects: tuple[Change, ...] = ()
    start_time: str = ""
    start_time_fidelity: Fidelity | None = None
    end_time: str = ""
    end_time_fidelity: Fidelity | None = None


class Availability(_Part, frozen=True, kw_only=True, omit_defaults=True):
    """How far services are gone, in percent."""

    availability_impact: Percent


class Confidentiality(_Part, frozen=True, kw_only=True, omit_defaults=True):
    """Whether information was taken."""

    loss_type: Loss
    information_type: str = ""
    record_count: Count | None = None
    record_size: Count | None = None


class Integrity(_Part, frozen=True, kw_only=True, omit_defaults=True):
    """Whether information was changed or destroyed."""

    alteration: Alteration
    information_type: str = ""
    record_count: Count | None = None
    record_size: Count | None = None


class External(_Part, frozen=True, kw_only=True, omit_defaults=True):
    """A consequence outside the entity."""

    impact_type: str


class Monetary(_Part, frozen=True, kw_only=True, omit_defaults=True):
    """A loss of money; amounts in `currency`."""

    variety: str
    min_amount: Amount | None = None
    max_amount: Amount | None = None
    currency: str = ""
    currency_actual: str = ""
    conversion_rate: Amount | None = None
    conversion_time: str = ""


class PhysicalDamage(_Part, frozen=True, kw_only=True, omit_defaults=True):
    """Damage to things."""

    impact_type: Physical
    asset_type: str = ""


class Trace(_Part, frozen=True, kw_only=True, omit_defaults=True):
    """Whether one can still tell who did what."""

    traceability_impact: Traceability


Nested = Availability | Confidentiality | Integrity | External | Monetary | PhysicalDamage | Trace
NESTED: Final[dict[str, type[Nested]]] = {
    "availability": Availability,
    "confidentiality": Confidentiality,
    "integrity": Integrity,
    "external": External,
    "monetary": Monetary,
    "physical": PhysicalDamage,
    "traceability": Trace,
}
"""The nested extensions by the category that they stand for; in a record they are named `availability-ext`."""


class Impact(msgspec.Struct, frozen=True, kw_only=True):
    """One consequence of an incident: its category, and what that category says of it."""

    category: str
    says: Nested
    description: str = ""
    criticality: int | None = None
    impacted_refs: tuple[str, ...] = ()
    impacted_entity_counts: Counts = {}
    recoverability: Recoverability | None = None
    start_time: str = ""
    end_time: str = ""
    superseded_by_ref: str = ""
