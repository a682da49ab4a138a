"""Records about records: extension definitions, translations, and records of types that nobody here knows."""

from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from egnatia.record.common import DomainObject, ExternalReference, StixObject, is_language
from egnatia.record.format import Instant, PreciseInstant, Some, named, to, to_any_but
from egnatia.record.identifier import target_type
from egnatia.record.rule import Properties, Rule, claim, needs

ExtensionType = Literal["new-sdo", "new-sco", "new-sro", "property-extension", "toplevel-property-extension"]
_VERSION = r"(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?"
TypeName = Annotated[
    str,
    named("[a-z][a-z0-9]*(?:-[a-z0-9]+)*", "STIX 2.1 section 11.2: lower-case words joined by hyphens"),
    Meta(min_length=3, max_length=250),
]


def _adds_to_the_top(record: Properties) -> bool:
    return "toplevel-property-extension" in record["extension_types"]


class ExtensionDefinition(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="extension-definition"):
    """What an extension adds to STIX, and its schema (STIX 2.1 section 7.3)."""

    name: str
    schema: str
    version: Annotated[str, named(_VERSION, "STIX 2.1 section 7.3: a semantic version")]
    extension_types: Some[ExtensionType]
    description: str | None = None
    extension_properties: Some[str] = ()

    section: ClassVar[str] = "7.3"
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule("created_by_ref", "STIX 2.1 section 7.3: required", (), lambda record: "created_by_ref" in record, True),
        claim("extension_properties", "7.3", "only of a toplevel-property-extension", _adds_to_the_top,
              when=("extension_properties", "extension_types")),
    )  # fmt: skip


def _are_languages(record: Properties) -> bool:
    return all(is_language(lang) for lang in record["contents"])


class LanguageContent(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="language-content"):
    """Text of another record in further languages (STIX 2.1 section 7.1)."""

    object_ref: Annotated[str, to_any_but("bundle", "language-content")]
    contents: Annotated[dict[str, dict[str, Any]], Meta(min_length=1)]
    object_modified: Instant | None = None

    section: ClassVar[str] = "7.1"
    rules: ClassVar[tuple[Rule, ...]] = (
        claim("contents", "7.1", "language tags of RFC 5646", _are_languages),
        claim("contents", "2.3", "no empty dictionary", lambda record: all(record["contents"].values())),
    )


def _is_of_its_type(record: Properties) -> bool:
    return bool(target_type(record["id"]) == record["type"])


class Custom(StixObject, frozen=True, kw_only=True, omit_defaults=True):
    """A record of a type that neither the standard nor this node defines: its common properties only.

    It is carried untouched. What the standard asks of every record is asked of it as well.
    """

    type: TypeName
    created: PreciseInstant | None = None
    modified: PreciseInstant | None = None
    created_by_ref: Annotated[str, to("identity")] | None = None
    revoked: bool = False
    labels: Some[str] = ()
    confidence: Annotated[int, Meta(ge=0, le=100)] | None = None
    lang: str | None = None
    external_references: Some[ExternalReference] = ()
    defanged: bool = False

    section: ClassVar[str] = "11.2"
    rules: ClassVar[tuple[Rule, ...]] = (
        *DomainObject.rules,
        claim("id", "2.9", "the identifier begins with the record's type", _is_of_its_type, when=("id", "type")),
        needs("3.2", "created", "modified", "spec_version"),
        needs("3.2", "modified", "created", "spec_version"),
    )
