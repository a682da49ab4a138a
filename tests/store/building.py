"""Builders for what the store takes: records, labels and attested batches that read well in a test."""

from collections.abc import Sequence
from concurrent.futures import Future
from functools import cache
from itertools import count

import msgspec

from egnatia.policy import Clearance, Label, Standing, Tlp
from egnatia.record.record import Head, Record, Reference, Value
from egnatia.store import Batch, Entry, Note, Signing
from egnatia.store.entry import Cursor
from egnatia.trust.attestation import Attestation, Proof
from egnatia.trust.attesting import attest, digest, prepare
from egnatia.trust.merkle import leaf
from egnatia.trust.signing import SigningKeys

TIRANA = "identity--00000000-0000-4000-8000-00000000a1a1"
SKOPJE = "identity--00000000-0000-4000-8000-00000000b2b2"
PODGORICA = "identity--00000000-0000-4000-8000-00000000c3c3"
NODE = "identity--00000000-0000-4000-8000-0000000000ff"

_sequence = count(1)


@cache
def keys() -> SigningKeys:
    return SigningKeys.generate()


def record_id(number: int, kind: str = "malware") -> str:
    return f"{kind}--00000000-0000-4000-8000-{number:012x}"


def version(number: int) -> str:
    return f"2026-01-01T00:00:{number:02d}.000000000"


def record(
    number: int,
    *,
    kind: str = "malware",
    at: int = 0,
    name: str = "",
    refs: Sequence[tuple[str, str]] = (),
    values: Sequence[tuple[str, str]] = (),
    extra: str = "",
) -> Record:
    identifier = record_id(number, kind)
    body = {"type": kind, "id": identifier, "name": name or f"record {number}", "modified": version(at), "x": extra}
    return Record(
        body=msgspec.json.encode(body),
        head=Head(kind, identifier, modified=version(at)),
        version=version(at),
        references=tuple(Reference(name, target) for name, target in refs),
        values=tuple(Value(*value) for value in values),
    )


def batch(
    *records: Record,
    label: Label | None = None,
    unless: Label | None = None,
    applied: tuple[str, ...] = (),
    source: str = "",
    notes: Sequence[Note] = (),
    cursor: Cursor | None = None,
    keep_until: int | None = None,
) -> Batch:
    label = label or green(TIRANA)
    leaves = [leaf(label.owner, applied, one.body) for one in records]
    if not records:
        return Batch(notes=tuple(notes), cursor=cursor)
    attestation, proofs = attest(keys(), node=NODE, sequence=next(_sequence), at=1, leaves=leaves)
    entries = [
        Entry(one, label, proof, applied, unless, source, keep_until)
        for one, proof in zip(records, proofs, strict=True)
    ]
    return Batch(tuple(entries), (attestation,), notes=tuple(notes), cursor=cursor)


def being_signed(*records: Record, label: Label) -> "tuple[Batch, Future[Attestation]]":
    """A batch whose attestation is still to be signed, and where that is to be put."""
    done: Future[Attestation] = Future()
    unsigned, paths = _prepared(records, label)
    name = digest(unsigned)
    entries = [Entry(one, label, Proof(name, index, paths[index])) for index, one in enumerate(records)]
    return Batch(tuple(entries), signing=Signing(name, done)), done


def attested(given: Batch) -> Attestation:
    """What there is to sign for a batch that is being signed."""
    return _prepared([entry.record for entry in given.entries], given.entries[0].label)[0]


def _prepared(records: Sequence[Record], label: Label) -> tuple[Attestation, tuple[tuple[bytes, ...], ...]]:
    return prepare(node=NODE, sequence=1, at=1, leaves=[leaf(label.owner, (), one.body) for one in records])


def clear(owner: str) -> Label:
    return Label(owner, Tlp.CLEAR)


def green(owner: str) -> Label:
    return Label(owner, Tlp.GREEN)


def red(owner: str, *audience: str) -> Label:
    return Label(owner, Tlp.RED, audiences=(audience,) if audience else ())


def member(organisation: str) -> Clearance:
    return Clearance((Standing(organisation, member=True),))
