"""What STIX lacks is declared once, as a struct; its schema, extension-definition and page follow from it.

    CASE_EVENT = OwnType(CaseEvent, "new-sdo")

`BUILT_IN.with_types(CASE_EVENT)` then reads such records, `CASE_EVENT.write(event)` writes them and
`CASE_EVENT.definition()` is the record that tells every other STIX program about them.
"""

from typing import Any, Literal
from uuid import UUID, uuid5

import msgspec

from egnatia.record.common import StixObject
from egnatia.record.marking import EGNATIA

Adds = Literal["new-sdo", "property-extension"]
AUTHOR = f"identity--{uuid5(EGNATIA, 'egnatia')}"
"""The identity in whose name Egnatia's own extensions are defined."""
_SINCE = "2026-11-24T00:00:00.000Z"


class OwnType(msgspec.Struct, frozen=True, kw_only=True):
    """A record type, or an extension of one, that this project or a third party defines.

    `struct` describes a whole record (new-sdo: a StixObject with a tag) or what the extension holds. The
    identifier of the extension follows from `namespace` and `name`, so every node computes the same one.
    """

    struct: type[msgspec.Struct]
    name: str
    adds: Adds = "new-sdo"
    version: str = "1.0.0"
    since: str = _SINCE
    author: str = AUTHOR
    namespace: UUID = EGNATIA

    @property
    def is_record(self) -> bool:
        """Whether it is a record type of its own, and not a part of others."""
        return self.adds == "new-sdo"

    @property
    def extension_id(self) -> str:
        """The identifier of the extension-definition."""
        return f"extension-definition--{uuid5(self.namespace, self.name)}"

    @property
    def about(self) -> str:
        """The first sentence of the struct's docstring."""
        return (self.struct.__doc__ or self.name).split("\n\n")[0].strip()

    def schema(self) -> dict[str, Any]:
        """The JSON Schema (draft 2020-12) of the record, or of the extension's content."""
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(self.struct)}
        return {**schema, "title": self.name}

    def definition(self) -> bytes:
        """The extension-definition record, with the schema inside so that it needs no network."""
        record = {
            "type": "extension-definition",
            "spec_version": "2.1",
            "id": self.extension_id,
            "created_by_ref": self.author,
            "created": self.since,
            "modified": self.since,
            "name": self.name,
            "description": self.about,
            "schema": msgspec.json.encode(self.schema(), order="deterministic").decode(),
            "version": self.version,
            "extension_types": [self.adds],
        }
        return msgspec.json.encode(record)

    def write(self, record: StixObject) -> bytes:
        """`record` as bytes, saying which extension defines it. Raises TypeError for a record of another type."""
        if self.adds != "new-sdo" or not isinstance(record, self.struct):
            raise TypeError(f"{self.name} writes {self.struct.__name__} records, not {type(record).__name__!r}")
        fields: dict[str, Any] = msgspec.to_builtins(record)
        extensions = {**fields.get("extensions", {}), self.extension_id: {"extension_type": self.adds}}
        return msgspec.json.encode({**fields, "extensions": extensions})
