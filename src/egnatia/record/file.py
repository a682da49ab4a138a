"""Files, directories and payloads (STIX 2.1 sections 6.1, 6.3, 6.7)."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from egnatia.record.common import Observable
from egnatia.record.format import (
    Base64,
    Count,
    Dictionary,
    Hashes,
    Hex,
    Instant,
    Integer,
    Some,
    Uri,
    named,
    to,
    to_observable,
)
from egnatia.record.rule import Rule, at_least_one, needs, not_both

Mime = Annotated[str, named(r"[A-Za-z]+/[A-Za-z0-9!#$&^_.+*-]+(?:\s*;.*)?", "IANA media type: type/subtype")]


class Artifact(Observable, frozen=True, kw_only=True, omit_defaults=True, tag="artifact"):
    """A payload, within the record or at a URL (STIX 2.1 section 6.1)."""

    mime_type: Mime | None = None
    payload_bin: Base64 | None = None
    url: Uri | None = None
    hashes: Hashes | None = None
    encryption_algorithm: Literal["AES-256-GCM", "ChaCha20-Poly1305", "mime-type-indicated"] | None = None
    decryption_key: str | None = None

    section: ClassVar[str] = "6.1"
    rules: ClassVar[tuple[Rule, ...]] = (
        at_least_one("6.1", "payload_bin", "url"),
        not_both("6.1", "payload_bin", "url"),
        needs("6.1", "url", "hashes"),
        needs("6.1", "decryption_key", "encryption_algorithm"),
    )


class Directory(Observable, frozen=True, kw_only=True, omit_defaults=True, tag="directory"):
    """A directory of a file system (STIX 2.1 section 6.3)."""

    path: Annotated[str, Meta(min_length=1)]
    path_enc: str | None = None
    ctime: Instant | None = None
    mtime: Instant | None = None
    atime: Instant | None = None
    contains_refs: Some[Annotated[str, to("file", "directory")]] = ()

    section: ClassVar[str] = "6.3"


class Archive(msgspec.Struct, frozen=True, kw_only=True):
    """A file that holds others (STIX 2.1 section 6.7.2)."""

    contains_refs: Some[Annotated[str, to("file", "directory")]]
    comment: str | None = None


class AlternateDataStream(msgspec.Struct, frozen=True, kw_only=True):
    """An NTFS alternate data stream (STIX 2.1 section 6.7.3.1)."""

    name: str
    hashes: Hashes | None = None
    size: Count | None = None


class Ntfs(msgspec.Struct, frozen=True, kw_only=True):
    """What NTFS knows of a file (STIX 2.1 section 6.7.3)."""

    sid: str | None = None
    alternate_data_streams: Some[AlternateDataStream] = ()

    rules: ClassVar[tuple[Rule, ...]] = (at_least_one("6.7.3", "sid", "alternate_data_streams"),)


class Pdf(msgspec.Struct, frozen=True, kw_only=True):
    """What a PDF says of itself (STIX 2.1 section 6.7.4)."""

    version: str | None = None
    is_optimized: bool | None = None
    document_info_dict: Dictionary | None = None
    pdfid0: str | None = None
    pdfid1: str | None = None

    rules: ClassVar[tuple[Rule, ...]] = (
        at_least_one("6.7.4", "version", "is_optimized", "document_info_dict", "pdfid0", "pdfid1"),
    )


class RasterImage(msgspec.Struct, frozen=True, kw_only=True):
    """The size and tags of an image (STIX 2.1 section 6.7.5)."""

    image_height: Integer | None = None
    image_width: Integer | None = None
    bits_per_pixel: Integer | None = None
    exif_tags: Dictionary | None = None

    rules: ClassVar[tuple[Rule, ...]] = (
        at_least_one("6.7.5", "image_height", "image_width", "bits_per_pixel", "exif_tags"),
    )


class PeOptionalHeader(msgspec.Struct, frozen=True, kw_only=True):
    """The optional header of a Windows PE file (STIX 2.1 section 6.7.6.1)."""

    magic_hex: Hex | None = None
    major_linker_version: Integer | None = None
    minor_linker_version: Integer | None = None
    size_of_code: Count | None = None
    size_of_initialized_data: Count | None = None
    size_of_uninitialized_data: Count | None = None
    address_of_entry_point: Integer | None = None
    base_of_code: Integer | None = None
    base_of_data: Integer | None = None
    image_base: Integer | None = None
    section_alignment: Integer | None = None
    file_alignment: Integer | None = None
    major_os_version: Integer | None = None
    minor_os_version: Integer | None = None
    major_image_version: Integer | None = None
    minor_image_version: Integer | None = None
    major_subsystem_version: Integer | None = None
    minor_subsystem_version: Integer | None = None
    win32_version_value_hex: Hex | None = None
    size_of_image: Count | None = None
    size_of_headers: Count | None = None
    checksum_hex: Hex | None = None
    subsystem_hex: Hex | None = None
    dll_characteristics_hex: Hex | None = None
    size_of_stack_reserve: Count | None = None
    size_of_stack_commit: Count | None = None
    size_of_heap_reserve: Count | None = None
    size_of_heap_commit: Count | None = None
    loader_flags_hex: Hex | None = None
    number_of_rva_and_sizes: Integer | None = None
    hashes: Hashes | None = None


class PeSection(msgspec.Struct, frozen=True, kw_only=True):
    """A section of a Windows PE file (STIX 2.1 section 6.7.6.2)."""

    name: str
    size: Count | None = None
    entropy: float | None = None
    hashes: Hashes | None = None


class PeBinary(msgspec.Struct, frozen=True, kw_only=True):
    """A Windows PE file (STIX 2.1 section 6.7.6)."""

    pe_type: str
    imphash: str | None = None
    machine_hex: Hex | None = None
    number_of_sections: Count | None = None
    time_date_stamp: Instant | None = None
    pointer_to_symbol_table_hex: Hex | None = None
    number_of_symbols: Count | None = None
    size_of_optional_header: Count | None = None
    characteristics_hex: Hex | None = None
    file_header_hashes: Hashes | None = None
    optional_header: PeOptionalHeader | None = None
    sections: Some[PeSection] = ()


class File(Observable, frozen=True, kw_only=True, omit_defaults=True, tag="file"):
    """A file (STIX 2.1 section 6.7)."""

    hashes: Hashes | None = None
    size: Count | None = None
    name: str | None = None
    name_enc: str | None = None
    magic_number_hex: Hex | None = None
    mime_type: Mime | None = None
    ctime: Instant | None = None
    mtime: Instant | None = None
    atime: Instant | None = None
    parent_directory_ref: Annotated[str, to("directory")] | None = None
    contains_refs: Some[Annotated[str, to_observable()]] = ()
    content_ref: Annotated[str, to("artifact")] | None = None

    section: ClassVar[str] = "6.7"
    rules: ClassVar[tuple[Rule, ...]] = (at_least_one("6.7", "hashes", "name"),)
    extension_kinds: ClassVar[Mapping[str, type[msgspec.Struct]]] = {
        "archive-ext": Archive,
        "ntfs-ext": Ntfs,
        "pdf-ext": Pdf,
        "raster-image-ext": RasterImage,
        "windows-pebinary-ext": PeBinary,
    }
