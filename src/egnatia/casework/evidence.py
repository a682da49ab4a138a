"""What proves a case: its records as they are, each with its way to a signed root; to be checked far from any node.

Whoever holds a report of a case can show that its organisations said exactly this: `check` asks nothing of the node
that made the report, only the cards of the nodes that attested.
"""

import base64
import binascii
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import msgspec

from egnatia.casework.audience import stamp_of
from egnatia.casework.event import event_of
from egnatia.casework.fold import Fold
from egnatia.casework.library import Library
from egnatia.casework.registry import Registry
from egnatia.policy import Clearance
from egnatia.record import Invalid, read, reading
from egnatia.record.case import Case, CaseEvent
from egnatia.store import Row
from egnatia.trust import Card, Forged
from egnatia.trust.attestation import Attestation, Proof
from egnatia.trust.attesting import check as check_attestation
from egnatia.trust.attesting import check_proof
from egnatia.trust.attesting import digest as digest_of
from egnatia.trust.merkle import leaf

NAME: Final = "egnatia-evidence.json"
_EMBEDDED: Final = re.compile(rb'<script type="application/json" id="egnatia-evidence">([A-Za-z0-9+/=\s]+)</script>')
MOST_BYTES: Final = 200_000_000


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """One record with its proof; bytes in base64, hashes in hexadecimal digits."""

    id: str
    owner: str
    body: bytes
    leaf: str
    attestation: str
    index: int
    path: tuple[str, ...]
    applied: tuple[str, ...] = ()


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """The records of a case that one organisation may see, and what the case stood at when it was made."""

    case: str
    workflow: str
    version: str
    state: str
    made_at: str
    made_for: str
    pieces: tuple[Piece, ...]
    attestations: dict[str, bytes]

    @property
    def heard(self) -> dict[str, Attestation]:
        """The attestations, by digest. Raises msgspec.DecodeError for what is none."""
        return {name: msgspec.msgpack.decode(each, type=Attestation) for name, each in self.attestations.items()}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found of one record, or of the case as a whole; empty where it holds."""

    subject: str
    wrong: str


def evidence_of(registry: Registry, clearance: Clearance, fold: Fold, made_for: str) -> Evidence:
    """The evidence for a case as somebody may see it."""
    store = registry.host.store
    rows = store.get(clearance, [fold.case.id, *fold.ordering.events])
    proven = [(row, row.proof) for row in rows if row.proof is not None]
    names = [proof.attestation for _, proof in proven]
    held = store.attestations(names)
    return Evidence(
        case=fold.case.id,
        workflow=fold.book.workflow.name,
        version=fold.book.workflow.version,
        state=fold.state.state,
        made_at=stamp_of(datetime.now(UTC)),
        made_for=made_for,
        pieces=tuple(_piece(row, proof) for row, proof in proven),
        attestations={name.hex(): msgspec.msgpack.encode(each) for name, each in held.items()},
    )


def check(evidence: Evidence, library: Library, card_of: Callable[[str], Card]) -> list[Finding]:
    """What is wrong with the evidence; empty where everything holds: the bytes, the trees, both signatures, who speaks
    for whom, and that the events give the state that is claimed."""
    found = [each for piece in evidence.pieces if (each := _checked(piece, evidence, card_of)).wrong]
    try:
        fold = _folded(evidence, library)
    except (Invalid, ValueError) as error:
        return [*found, Finding(subject=evidence.case, wrong=str(error))]
    if fold.state.state != evidence.state:
        wrong = f"its events lead to {fold.state.state!r}, not to {evidence.state!r}"
        found.append(Finding(subject=evidence.case, wrong=wrong))
    return found


def evidence_in(content: bytes) -> Evidence:
    """The evidence in a report (HTML, PDF) or by itself (JSON); raises ValueError where there is none."""
    if len(content) > MOST_BYTES:
        raise ValueError(f"a report of more than {MOST_BYTES:,} bytes is not read")
    try:
        return msgspec.json.decode(_found(content), type=Evidence)
    except (msgspec.DecodeError, binascii.Error) as error:
        raise ValueError(f"the evidence in it cannot be read: {error}") from error


def _found(content: bytes) -> bytes:
    if content.startswith(b"%PDF"):
        return _in_pdf(content)
    embedded = _EMBEDDED.search(content)
    return base64.b64decode(embedded[1]) if embedded is not None else content


def _in_pdf(content: bytes) -> bytes:
    from pypdf import PdfReader  # noqa: PLC0415  only who checks a PDF needs it
    from pypdf.errors import PyPdfError  # noqa: PLC0415

    try:
        found = PdfReader(io.BytesIO(content)).attachments.get(NAME)
    except PyPdfError as error:
        raise ValueError(f"the PDF cannot be read: {error}") from error
    if not found:
        raise ValueError("there is no evidence in this PDF")
    return found[0]


def _piece(row: Row, proof: Proof) -> Piece:
    return Piece(
        id=row.id,
        owner=row.owner,
        body=row.body,
        leaf=leaf(row.owner, row.applied, row.body).hex(),
        attestation=proof.attestation.hex(),
        index=proof.index,
        path=tuple(each.hex() for each in proof.path),
        applied=row.applied,
    )


def _checked(piece: Piece, evidence: Evidence, card_of: Callable[[str], Card]) -> Finding:
    try:
        _check(piece, evidence, card_of)
    except (Forged, ValueError, KeyError, Invalid) as error:
        return Finding(subject=piece.id, wrong=str(error) or type(error).__name__)
    return Finding(subject=piece.id, wrong="")


def _check(piece: Piece, evidence: Evidence, card_of: Callable[[str], Card]) -> None:
    raw = evidence.attestations.get(piece.attestation)
    if raw is None:
        raise ValueError("its attestation is not in the report")
    attestation = msgspec.msgpack.decode(raw, type=Attestation)
    if digest_of(attestation).hex() != piece.attestation:
        raise ValueError("the attestation is another one than it says")
    if read(piece.body).head.id != piece.id:
        raise ValueError("the bytes are those of another record")
    path = tuple(bytes.fromhex(each) for each in piece.path)
    proof = Proof(bytes.fromhex(piece.attestation), piece.index, path)
    check_proof(leaf(piece.owner, piece.applied, piece.body), proof, attestation)
    card = card_of(attestation.node)
    check_attestation(attestation, card.keys.keys(attestation.signature.key, at=attestation.at).verifying)
    card.organisation(piece.owner)


def _folded(evidence: Evidence, library: Library) -> Fold:
    book = library.get(evidence.workflow, evidence.version)
    if book is None:
        raise ValueError(f"the workflow {evidence.workflow} {evidence.version} is not known here")
    records = [(piece, reading(read(piece.body))) for piece in evidence.pieces]
    case = next(
        (each for piece, each in records if isinstance(each, Case) and piece.owner == each.created_by_ref), None
    )
    if case is None or case.id != evidence.case:
        raise ValueError("the record of the case is not in the report")
    events = [event_of(each, piece.owner, case) for piece, each in records if isinstance(each, CaseEvent)]
    return Fold(book, case, events)
