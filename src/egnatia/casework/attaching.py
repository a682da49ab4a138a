"""Files of a case: cut into pieces, marked for whom the event is that attaches them, and put together again.

A file travels as records do: sealed to the parties past whoever relays it. It is never opened, run or rendered here;
what its hash is known for is told before anybody takes it.
"""

import base64
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import msgspec

from egnatia.casework.audience import remarked, stamp_of, tlps
from egnatia.casework.event import Event
from egnatia.casework.fold import Fold
from egnatia.casework.state import Refusal, Rule
from egnatia.exchange.submission import Submitter
from egnatia.policy import Clearance
from egnatia.policy.marking import TLP_2
from egnatia.record import read, reading
from egnatia.record.attachment import CaseAttachment, CaseAttachmentPiece
from egnatia.record.schemas import CASE_ATTACHMENT, CASE_ATTACHMENT_PIECE
from egnatia.store import Row

if TYPE_CHECKING:
    from egnatia.casework.registry import Registry

PIECE_BYTES: Final = 384 * 1024
TYPE: Final = "case-attachment"
HELD_AGAINST: Final = frozenset({"indicator", "malware", "malware-analysis", "file", "artifact"})
"""Types of records that say what a hash is known for."""


class Incomplete(LookupError):
    """The file is known, but some of its pieces are not here, or are not what was attached."""


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file to be attached. `mime_type` is what somebody says it is."""

    name: str
    content: bytes
    mime_type: str = ""


def attached(event: Event) -> tuple[str, ...]:
    """The files that an event attaches."""
    return tuple(each for each in event.refs if each.startswith(f"{TYPE}--")) if event.does == "attach" else ()


def attach(
    registry: "Registry", submitter: Submitter, case: str, file: File, *, text: str = "", only: Sequence[str] = ()
) -> Event:
    """Attaches a file to a case and returns the event. Raises Unknown, Refused, Invalid, and ValueError for one that is
    empty or too large."""
    from egnatia.casework.registry import Deed, Refused  # noqa: PLC0415  it imports this module

    limit = registry.host.settings.limits.attachment_bytes
    if not file.content or len(file.content) > limit:
        raise ValueError(f"a file has between 1 and {limit:,} bytes, not {len(file.content):,}")
    fold = registry.fold(registry.clearance_of(submitter), case)
    active = fold.state.active()
    if submitter.organisation not in active:
        raise Refused(Refusal("", Rule.NOT_A_PARTY, "its author is not a party of the case"))
    readers = {name for name, party in active.items() if not only or not party.roles.isdisjoint(only)}
    id_, definition = registry.marking_for(fold, frozenset({submitter.organisation, *readers}))
    tlp = tuple(ref for ref in fold.case.object_marking_refs if ref in TLP_2)
    record, pieces = _cut(submitter.organisation, case, file, (*tlp, id_))
    registry.submit(
        submitter,
        definition,
        *(CASE_ATTACHMENT_PIECE.write(each) for each in pieces),
        CASE_ATTACHMENT.write(record),
    )
    deed = Deed(does="attach", refs=(record.id,), text=text, only=tuple(only))
    return registry.act(submitter, case, deed)


def described(registry: "Registry", clearance: Clearance, ids: Sequence[str]) -> dict[str, CaseAttachment]:
    """What is known of these files, those that the reader may see, by id."""
    found = {}
    for row in registry.host.store.get(clearance, ids):
        record = reading(read(row.body))
        if isinstance(record, CaseAttachment) and record.created_by_ref == row.owner:
            found[record.id] = record
    return found


def content(registry: "Registry", clearance: Clearance, file: CaseAttachment) -> bytes:
    """The file, whole; raises Incomplete where a piece is not here or the hash is another one."""
    rows = {row.id: row for row in registry.host.store.get(clearance, file.piece_refs) if _is_of(row, file)}
    missing = [each for each in file.piece_refs if each not in rows]
    if missing:
        raise Incomplete(f"{len(missing)} of {len(file.piece_refs)} pieces are not here")
    whole = b"".join(_payload(rows[each]) for each in file.piece_refs)
    if sha256(whole).hexdigest() != file.sha256 or len(whole) != file.size:
        raise Incomplete("it is not what was attached: its hash is another one")
    return whole


def known_for(registry: "Registry", clearance: Clearance, digest: str) -> tuple[Row, ...]:
    """The records that speak of a file with this SHA-256, as far as the reader may see them."""
    rows = registry.host.store.by_value(clearance, digest, 20)
    return tuple(row for row in rows if row.id.partition("--")[0] in HELD_AGAINST)


def files_widened(
    registry: "Registry", clearance: Clearance, submitter: Submitter, fold: Fold, files: Mapping[str, frozenset[str]]
) -> Iterator[bytes]:
    """The submitter's own files for more readers than before, with the markings that they need."""
    now = datetime.now(UTC)
    for id_, readers in files.items():
        for row in registry.host.store.get(clearance, [id_]):
            record = reading(read(row.body))
            if not isinstance(record, CaseAttachment) or row.owner != submitter.organisation:
                continue
            marking, definition = registry.marking_for(fold, readers)
            yield definition
            refs = (*tlps(row.body), marking)
            for piece in registry.host.store.get(clearance, record.piece_refs):
                if piece.owner == row.owner:
                    yield remarked(piece.body, refs, CASE_ATTACHMENT_PIECE, now)
            yield remarked(row.body, refs, CASE_ATTACHMENT, now)


def _cut(author: str, case: str, file: File, refs: tuple[str, ...]) -> tuple[CaseAttachment, list[CaseAttachmentPiece]]:
    stamp = stamp_of(datetime.now(UTC))
    pieces = [
        CaseAttachmentPiece(
            id=f"case-attachment-piece--{uuid.uuid4()}",
            spec_version="2.1",
            created=stamp,
            modified=stamp,
            created_by_ref=author,
            object_marking_refs=refs,
            case_ref=case,
            payload_bin=base64.b64encode(file.content[start : start + PIECE_BYTES]).decode(),
        )
        for start in range(0, len(file.content), PIECE_BYTES)
    ]
    record = CaseAttachment(
        id=f"case-attachment--{uuid.uuid4()}",
        spec_version="2.1",
        created=stamp,
        modified=stamp,
        created_by_ref=author,
        object_marking_refs=refs,
        case_ref=case,
        name=plain_name(file.name),
        size=len(file.content),
        sha256=sha256(file.content).hexdigest(),
        piece_refs=tuple(each.id for each in pieces),
        mime_type=file.mime_type[:255] or None,
    )
    return record, pieces


def plain_name(name: str) -> str:
    """The last part of a name, without what leads elsewhere or steers a terminal; never empty."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(each for each in last if each.isprintable() and each not in '<>:"|?*').strip(" .")
    return kept[:255] or "file"


def _is_of(row: Row, file: CaseAttachment) -> bool:
    return row.owner == file.created_by_ref


def _payload(row: Row) -> bytes:
    record = reading(read(row.body))
    if not isinstance(record, CaseAttachmentPiece):
        raise Incomplete(f"{row.id} is no piece of a file")
    return base64.b64decode(record.payload_bin)
