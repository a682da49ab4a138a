"""The resources that TAXII 2.1 defines, as what goes over the wire."""

from collections.abc import Sequence

import msgspec


class Discovery(msgspec.Struct, frozen=True, omit_defaults=True):
    """What this server is and where its API roots are (section 4.1.1)."""

    title: str
    description: str
    default: str
    api_roots: tuple[str, ...]
    contact: str = ""


class ApiRoot(msgspec.Struct, frozen=True):
    """One group of collections (section 4.2.1); `max_content_length` is in bytes."""

    title: str
    description: str
    versions: tuple[str, ...]
    max_content_length: int


class CollectionResource(msgspec.Struct, frozen=True):
    """A collection as one client may use it (section 5.2.1)."""

    id: str
    title: str
    description: str
    alias: str
    can_read: bool
    can_write: bool
    media_types: tuple[str, ...]


class Collections(msgspec.Struct, frozen=True, omit_defaults=True):
    """The collections of an API root (section 5.1.1)."""

    collections: tuple[CollectionResource, ...] = ()


class ManifestRecord(msgspec.Struct, frozen=True):
    """One version of one object (section 5.3.1)."""

    id: str
    date_added: str
    version: str
    media_type: str


class Manifest(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which versions are there; empty is `{}` (section 5.3.1)."""

    more: bool = False
    next: str = ""
    objects: tuple[ManifestRecord, ...] = ()


class VersionList(msgspec.Struct, frozen=True, omit_defaults=True):
    """The versions of one object; empty is `{}` (section 5.8.1)."""

    more: bool = False
    next: str = ""
    versions: tuple[str, ...] = ()


class StatusDetail(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one object of a request (section 4.3.1)."""

    id: str
    version: str
    message: str = ""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a request to add objects (section 4.3.1); lists that are empty are left out."""

    id: str
    status: str
    request_timestamp: str
    total_count: int
    success_count: int
    successes: Sequence[StatusDetail] | msgspec.UnsetType = msgspec.UNSET
    failure_count: int
    failures: Sequence[StatusDetail] | msgspec.UnsetType = msgspec.UNSET
    pending_count: int = 0


class ErrorMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a request was not answered (section 3.6.1); `http_status` equals the answer's."""

    title: str
    http_status: str
    description: str = ""
    details: dict[str, str] = {}
