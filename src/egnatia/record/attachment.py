"""Files of a case: what a file is called and hashes to, and the pieces that it is made of. Nothing here is ever run."""

from typing import Annotated, ClassVar

from msgspec import Meta

from egnatia.record.common import DomainObject
from egnatia.record.format import Base64, Some, named, to

Sha256 = Annotated[str, named("[0-9a-f]{64}", "Egnatia: SHA-256 in small hexadecimal digits")]


class CaseAttachment(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="case-attachment"):
    """A file that belongs to a case. Its content is that of its pieces in order, and hashes to `sha256`.

    `mime_type` is what its sender says; nobody relies on it.
    """

    created_by_ref: Annotated[str, to("identity")]
    case_ref: Annotated[str, to("case")]
    name: Annotated[str, Meta(min_length=1, max_length=255)]
    size: Annotated[int, Meta(ge=0)]
    sha256: Sha256
    piece_refs: Some[Annotated[str, to("case-attachment-piece")]]
    mime_type: Annotated[str, Meta(max_length=255)] | None = None

    section: ClassVar[str] = "Egnatia case-attachment"


class CaseAttachmentPiece(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="case-attachment-piece"):
    """A piece of a file of a case, at most 384 KiB of it."""

    created_by_ref: Annotated[str, to("identity")]
    case_ref: Annotated[str, to("case")]
    payload_bin: Annotated[Base64, Meta(max_length=524_288)]

    section: ClassVar[str] = "Egnatia case-attachment-piece"
