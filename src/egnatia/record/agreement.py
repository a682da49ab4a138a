"""The records by which organisations agree on sharing, take back and acknowledge what was shared."""

from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from egnatia.record.common import DomainObject
from egnatia.record.format import Base64, Count, Hex, Instant, MarkingRef, Some, named, to
from egnatia.record.rule import Rule, at_least_one, claim, later

_DURATION = (
    r"P(?=[0-9T])(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+W)?(?:[0-9]+D)?(?:T(?=[0-9])(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+S)?)?"
)
Duration = Annotated[str, named(_DURATION, "ISO 8601: a duration such as P90D or P1Y6M")]
Party = Annotated[str, to("identity")]


class SharingAgreement(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="sharing-agreement"):
    """The terms under which organisations share records: what, for which purpose, on which legal basis, how long.

    `record_types` empty means all types; `retention` is how long a recipient may keep what it received under
    the agreement. A party agrees by publishing the same bytes as its own record; it is in force between
    `valid_from` and `valid_until` once every party has, and until one of them revokes its copy. A party that
    publishes its copy as `suspended` takes its consent back for now: all sign a newer version to go on.
    """

    name: Annotated[str, Meta(min_length=1)]
    parties: Annotated[tuple[Party, ...], Meta(min_length=2)]
    purposes: Some[str]
    legal_basis: Annotated[str, Meta(min_length=1)]
    valid_from: Instant
    valid_until: Instant | None = None
    description: str | None = None
    record_types: Some[str] = ()
    retention: Duration | None = None
    personal_data: bool = False
    onward_sharing: Literal["none", "clients", "community"] = "none"
    suspended: bool = False

    section: ClassVar[str] = "Egnatia sharing-agreement"
    rules: ClassVar[tuple[Rule, ...]] = (later("valid_until", "valid_from", "Egnatia sharing-agreement"),)


class Receipt(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="receipt"):
    """What became of shared records at a recipient: stored, hidden, purged or refused.

    It names the records, or the attested batch they came in (`attestation`, the root in hexadecimal) and how many.
    """

    recipient_ref: Party
    event: Literal["stored", "hidden", "purged", "refused"]
    at: Instant
    object_refs: Some[Annotated[str, to()]] = ()
    attestation: Hex | None = None
    count: Count | None = None
    recall_ref: Annotated[str, to("recall")] | None = None
    reason: str | None = None

    section: ClassVar[str] = "Egnatia receipt"
    rules: ClassVar[tuple[Rule, ...]] = (at_least_one("Egnatia receipt", "object_refs", "attestation"),)


def _narrowing_says_to_what(record: Any) -> bool:
    return bool(record["action"] == "narrow") == ("new_marking_refs" in record)


class Recall(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="recall"):
    """The owner takes back a record: nobody else may see it, fewer may, or it is erased everywhere.

    Withdrawing and erasing are for good. A narrowing holds for the versions up to `object_modified` (all of them
    where it is absent); a newer version of the owner ends it.
    """

    object_ref: Annotated[str, to()]
    action: Literal["withdraw", "narrow", "erase"]
    new_marking_refs: Some[MarkingRef] = ()
    object_modified: Instant | None = None
    reason: str | None = None

    section: ClassVar[str] = "Egnatia recall"
    rules: ClassVar[tuple[Rule, ...]] = (
        claim("new_marking_refs", "Egnatia recall", "given when narrowing, and only then", _narrowing_says_to_what,
              when=("action",)),
    )  # fmt: skip


class SealedRecord(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="sealed-record"):
    """Records for named recipients on their way through nodes that must not read them."""

    recipient_refs: Some[Party]
    ciphertext: Base64

    section: ClassVar[str] = "Egnatia sealed-record"
