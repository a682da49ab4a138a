"""How many incidents an organisation has open, without any detail of them: for who keeps the regional picture."""

from typing import Annotated, ClassVar, Final

import msgspec
from msgspec import Meta

from egnatia.record.case import Economy, Organisation
from egnatia.record.common import DomainObject
from egnatia.record.format import Instant
from egnatia.record.own import OwnType

Count = Annotated[int, Meta(ge=0)]


class Breakdown(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Counts by cell; `kept_back` are cells whose count is too small to be told, or would give such a one away."""

    name: Annotated[str, Meta(min_length=1, max_length=50)]
    counts: dict[str, Count] = {}
    kept_back: tuple[Annotated[str, Meta(min_length=1, max_length=100)], ...] = ()


class IncidentAggregate(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="incident-aggregate"):
    """Open incidents of one organisation as numbers at one moment. `whole` is absent where it is too small to be told.

    A newer version takes the place of the one before; the numbers hold until then.
    """

    created_by_ref: Organisation
    economy: Economy
    at: Instant
    whole: Count | None = None
    breakdowns: tuple[Breakdown, ...] = ()

    section: ClassVar[str] = "Egnatia incident-aggregate"


INCIDENT_AGGREGATE: Final = OwnType(struct=IncidentAggregate, name="incident-aggregate")
