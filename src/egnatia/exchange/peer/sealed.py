"""Records for one organisation that travel through nodes which must not read them, inside a `sealed-record`.

What is sealed are the records with their attestations, as on a page: who opens it believes them for the same reasons.
"""

import base64
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from egnatia.exchange.peer.frame import LIMIT_BYTES, UNREADABLE, Item
from egnatia.policy import TLP_2, Tlp
from egnatia.record import Record
from egnatia.record.agreement import SealedRecord
from egnatia.record.schemas import SEALED_RECORD
from egnatia.trust.attestation import Attestation
from egnatia.trust.errors import Forged
from egnatia.trust.sealing import OpeningKeys, SealingKeys, open_sealed, seal

TYPE = "sealed-record"
_GREEN = next(marking for marking, tlp in TLP_2.items() if tlp is Tlp.GREEN)


class Contents(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a sealed record holds; each item names one of the attestations by its place."""

    items: tuple[Item, ...]
    attestations: tuple[Attestation, ...]


class _Carrier(msgspec.Struct, frozen=True):
    id: str
    recipient_refs: tuple[str, ...]
    ciphertext: str


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Contents).decode


def sealed(contents: Contents, *, owner: str, recipient: str, keys: SealingKeys, now: datetime) -> bytes:
    """A sealed-record of `owner` for `recipient` alone. TLP:GREEN: every member may carry it."""
    ident = f"{TYPE}--{uuid.uuid4()}"
    stamp = f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
    ciphertext = seal(_encode(contents), [keys], context=ident.encode())
    return SEALED_RECORD.write(
        SealedRecord(
            spec_version="2.1",
            id=ident,
            created=stamp,
            modified=stamp,
            created_by_ref=owner,
            object_marking_refs=(_GREEN,),
            recipient_refs=(recipient,),
            ciphertext=base64.b64encode(ciphertext).decode(),
        )
    )


def recipients(record: Record) -> tuple[str, ...]:
    """For whom a sealed-record is."""
    return tuple(each.target for each in record.references if each.property == "recipient_refs")


def opened(record: Record, openings: Iterable[OpeningKeys]) -> Contents:
    """What a sealed-record holds. Raises `Forged` for what was changed, `Unopenable` for what is for others."""
    try:
        carrier = msgspec.json.decode(record.body, type=_Carrier)
        ciphertext = base64.b64decode(carrier.ciphertext, validate=True)
    except UNREADABLE as unreadable:
        raise Forged("sealed record", f"it cannot be read: {unreadable}") from None
    plain = open_sealed(ciphertext, tuple(openings), context=carrier.id.encode())
    if len(plain) > LIMIT_BYTES:
        raise Forged("sealed record", f"it holds {len(plain)} bytes; at most {LIMIT_BYTES}")
    try:
        return _decode(plain)
    except UNREADABLE as unreadable:
        raise Forged("sealed record", f"its content cannot be read: {unreadable}") from None
