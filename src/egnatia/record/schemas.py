"""What this node can read beyond the standard: record types by struct, extensions by struct or JSON Schema.

Nothing is ever fetched: a schema that refers to another document by URL is refused when it is added.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from egnatia.record.agreement import Recall, Receipt, SealedRecord, SharingAgreement
from egnatia.record.attachment import CaseAttachment, CaseAttachmentPiece
from egnatia.record.case import Case, CaseEvent
from egnatia.record.catalog import STANDARD
from egnatia.record.examination import GONE, Log, found
from egnatia.record.identifier import target_type
from egnatia.record.kind import Kind
from egnatia.record.marking import TLP_EXTENSION, Audience, Exercise, Pap, Tlp
from egnatia.record.meta import Custom, ExtensionType
from egnatia.record.own import OwnType

SHARING_AGREEMENT = OwnType(struct=SharingAgreement, name="sharing-agreement")
RECEIPT = OwnType(struct=Receipt, name="receipt")
RECALL = OwnType(struct=Recall, name="recall")
SEALED_RECORD = OwnType(struct=SealedRecord, name="sealed-record")
AUDIENCE = OwnType(struct=Audience, name="audience", adds="property-extension")
EXERCISE = OwnType(struct=Exercise, name="exercise", adds="property-extension")
PAP = OwnType(struct=Pap, name="pap", adds="property-extension")
CASE = OwnType(struct=Case, name="case")
CASE_EVENT = OwnType(struct=CaseEvent, name="case-event")
CASE_ATTACHMENT = OwnType(struct=CaseAttachment, name="case-attachment")
CASE_ATTACHMENT_PIECE = OwnType(struct=CaseAttachmentPiece, name="case-attachment-piece")
OWN_TYPES = (
    SHARING_AGREEMENT, AUDIENCE, EXERCISE, PAP, RECEIPT, RECALL, SEALED_RECORD, CASE, CASE_EVENT,
    CASE_ATTACHMENT, CASE_ATTACHMENT_PIECE,
)  # fmt: skip

if TYPE_CHECKING:  # imported where it is used: four megabytes that a node without foreign extensions does without
    from jsonschema.protocols import Validator
    from referencing import Registry

_EXTENSION_TYPES: frozenset[str] = frozenset(ExtensionType.__args__)  # type: ignore[attr-defined]  # of a Literal
_CUSTOM = Kind(Custom)


class Schemas:
    """The record types and extensions that a reading knows. The `with_` methods give a larger one; `learn` makes one
    larger, and is for a program that starts and has read nothing yet."""

    def __init__(
        self,
        kinds: Mapping[str, Kind],
        parts: Mapping[str, Kind],
        own: Mapping[str, OwnType],
        validators: "Mapping[str, Validator]",
    ) -> None:
        self._kinds = kinds
        self._parts = parts
        self._own = own
        self._validators = validators

    @property
    def types(self) -> tuple[OwnType, ...]:
        """The declared types, in order of declaration."""
        return tuple(self._own.values())

    def defines(self, type: str) -> bool:  # noqa: A002  (STIX spelling)
        """Whether a record type is one of the declared ones."""
        own = self._own.get(type)
        return own is not None and own.is_record

    def with_types(self, *types: OwnType) -> "Schemas":
        """These schemas and the record types (or extensions) that a domain or a third party declares."""
        kinds, parts, own = dict(self._kinds), dict(self._parts), dict(self._own)
        for one in types:
            kind = Kind(one.struct, unforgiving=True)
            if one.adds == "new-sdo":
                if kind.type is None or kind.type in kinds:
                    raise ValueError(f"{one.name!r} needs a tag that no other record type has")
                kinds[kind.type] = kind
                own[kind.type] = one
            else:
                parts[one.extension_id] = kind
                own[one.name] = one
        return Schemas(kinds, parts, own, self._validators)

    def learn(self, *types: OwnType) -> None:
        """From now on these are known too. Raises ValueError like `with_types`, and then learns none of them."""
        larger = self.with_types(*types)
        self._kinds, self._parts, self._own = larger._kinds, larger._parts, larger._own

    def with_extension(self, extension_id: str, schema: Mapping[str, Any]) -> "Schemas":
        """These schemas and a JSON Schema for what an extension-definition adds. Raises ValueError if it is unsound."""
        from jsonschema import Draft202012Validator  # noqa: PLC0415  see above
        from jsonschema.exceptions import SchemaError  # noqa: PLC0415
        from jsonschema.validators import validator_for  # noqa: PLC0415
        from referencing.jsonschema import EMPTY_REGISTRY  # noqa: PLC0415

        if target_type(extension_id) != "extension-definition":
            raise ValueError(f"{extension_id!r} does not identify an extension-definition")
        if (outside := next(_outside_references(schema), None)) is not None:
            raise ValueError(f"the schema of {extension_id} refers to {outside!r}; put what it needs inside")
        checker = validator_for(schema, default=Draft202012Validator)
        try:
            checker.check_schema(dict(schema))
        except SchemaError as error:
            raise ValueError(f"the schema of {extension_id} is none: {error.message}") from None
        registry: Registry[Any] = EMPTY_REGISTRY
        validator = checker(dict(schema), registry=registry)
        return Schemas(self._kinds, self._parts, self._own, {**self._validators, extension_id: validator})

    def kind(self, type: str) -> Kind:  # noqa: A002  (STIX spelling)
        """The kind of a record type; that of unknown types where it is unknown."""
        return self._kinds.get(type, _CUSTOM)

    def examine_extensions(self, decoded: Mapping[str, Any], kind: Kind, log: Log) -> None:
        """Note what is wrong with a record's extensions; an extension that is not known here is in order."""
        extensions = decoded.get("extensions", {})
        own = self._own.get(kind.type or "")
        if own is not None and own.extension_id not in extensions:
            log.add("$.extensions", f"Egnatia: a {kind.type} names its extension {own.extension_id}", extensions)
            log.fatal = True
        for name, value in extensions.items():
            before = len(log.problems)
            self._examine_extension(name, value, decoded, kind, log)
            if len(log.problems) > before and (name in self._parts or "extensions" in kind.meaning):
                log.fatal = True

    def _examine_extension(
        self, name: str, value: dict[str, Any], decoded: Mapping[str, Any], kind: Kind, log: Log
    ) -> None:
        path = log.step("$.extensions", name)
        predefined = kind.extension_kinds.get(name)
        if predefined is not None:
            _examine_part(predefined, value, path, log)
            return
        if target_type(name) != "extension-definition":
            log.add(path, "STIX 2.1 section 7.3: the identifier of an extension-definition", name)
            return
        if value.get("extension_type") not in _EXTENSION_TYPES:
            log.add(
                f"{path}.extension_type", "STIX 2.1 section 7.3: what the extension adds", value.get("extension_type")
            )
            return
        if name in self._parts:
            _examine_part(self._parts[name], value, path, log)
        elif name in self._validators:
            whole = value["extension_type"] != "property-extension"
            _validate(self._validators[name], decoded if whole else value, "$" if whole else path, log)


def _examine_part(kind: Kind, value: dict[str, Any], path: str, log: Log) -> None:
    if not kind.passes(value) and kind.examine(value, path, log) is GONE and not log.problems:
        log.add(path, "STIX 2.1 section 7.3: the content that the extension defines", value)


def _validate(validator: "Validator", value: Any, path: str, log: Log) -> None:
    from referencing.exceptions import Unresolvable  # noqa: PLC0415  see above

    try:
        for error in validator.iter_errors(value):
            log.add(
                path + error.json_path.removeprefix("$"),
                f"extension's schema: {error.message[:200]}",
                found(error.instance),
                literal=True,
            )
    except Unresolvable as error:
        log.add(path, f"extension's schema: a reference that resolves within it ({error.ref})", value)


def _outside_references(schema: Any) -> Iterator[str]:
    """References of a schema to other documents."""
    if isinstance(schema, Mapping):
        for name, value in schema.items():
            if name in {"$ref", "$dynamicRef"} and isinstance(value, str) and not value.startswith("#"):
                yield value
            yield from _outside_references(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from _outside_references(item)


_STANDARD_KINDS = {kind.type: kind for kind in map(Kind, STANDARD) if kind.type is not None}
BUILT_IN = Schemas(_STANDARD_KINDS, {TLP_EXTENSION: Kind(Tlp, unforgiving=True)}, {}, {}).with_types(*OWN_TYPES)
"""The standard, OASIS TLP 2.0 and Egnatia's own types; once a node is open, those of its domains too."""
