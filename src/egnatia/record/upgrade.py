"""STIX 2.0 becomes STIX 2.1; a property that 2.1 does not know stays as it was, to the byte.

What changes is what the STIX 2.1 specification lists in its appendix on the revisions since 2.0: every object says
its `spec_version`, the open vocabularies leave `labels` for properties of their own, patterns name their type,
malware says whether it is a family, and the observables inside an observed-data become objects with ids.
"""

import hashlib
import uuid
from typing import Any, Final

import msgspec

from egnatia.record.deterministic import CONTRIBUTING, observable_id
from egnatia.record.record import Invalid, Problem

TYPE_TERMS: Final = {
    "indicator": frozenset({
        "anomalous-activity", "anonymization", "attribution", "benign", "compromised", "malicious-activity",
    }),
    "malware": frozenset({
        "adware", "backdoor", "bot", "ddos", "dropper", "exploit-kit", "keylogger", "ransomware",
        "remote-access-trojan", "resource-exploitation", "rogue-security-software", "rootkit", "screen-capture",
        "spyware", "trojan", "virus", "worm",
    }),
    "report": frozenset({
        "attack-pattern", "campaign", "identity", "indicator", "intrusion-set", "malware", "observed-data",
        "threat-actor", "threat-report", "tool", "vulnerability",
    }),
    "threat-actor": frozenset({
        "activist", "competitor", "crime-syndicate", "criminal", "hacker", "insider-accidental", "insider-disgruntled",
        "nation-state", "sensationalist", "spy", "terrorist",
    }),
    "tool": frozenset({
        "credential-exploitation", "denial-of-service", "exploitation", "information-gathering", "network-capture",
        "remote-access", "vulnerability-scanning",
    }),
}  # fmt: skip
"""The terms of the 2.0 vocabularies, which leave `labels` for `indicator_types` and its like; others stay."""

RENAMED: Final = {
    "directory": {"created": "ctime", "modified": "mtime", "accessed": "atime"},
    "file": {"created": "ctime", "modified": "mtime", "accessed": "atime"},
    "process": {"created": "created_time", "binary_ref": "image_ref"},
    "user-account": {"password_last_changed": "credential_last_changed"},
    "windows-registry-key": {"modified": "modified_time"},
}
"""Properties of observables whose name changed."""

_Members = dict[str, msgspec.Raw]
_members: Final = msgspec.json.Decoder(_Members)
_elements: Final = msgspec.json.Decoder(list[msgspec.Raw])
_CHAIN_LIMIT: Final = 20
_VERSION: Final = msgspec.Raw(b'"2.1"')


def upgrade(body: bytes) -> bytes:
    """One STIX 2.0 object as STIX 2.1; one that is 2.1 already comes back untouched.

    An observed-data then refers to its observables by id: take these too, with `upgrade_all`.
    """
    return upgrade_all(body)[0]


def upgrade_all(body: bytes) -> tuple[bytes, ...]:
    """One STIX 2.0 object as STIX 2.1, followed by the observables that it carried inside, under its markings."""
    members = _decode(body)
    if not _is_older(members):
        return (body,)
    type_ = _read(members.get("type"))
    observables: tuple[dict[str, Any], ...] = ()
    if type_ in TYPE_TERMS or type_ == "identity":
        _labels_to_types(type_, members)
    if type_ == "malware":
        members.setdefault("is_family", msgspec.Raw(b"true"))
    elif type_ == "indicator":
        members.setdefault("pattern_type", msgspec.Raw(b'"stix"'))
    elif type_ == "observed-data":
        observables = _take_out_observables(members)
    rest = {name: value for name, value in members.items() if name not in {"type", "spec_version"}}
    first = msgspec.json.encode({"type": members["type"], "spec_version": _VERSION, **rest})
    return (first, *map(msgspec.json.encode, observables))


def upgrade_bundle(data: bytes) -> bytes:
    """A STIX 2.0 bundle as STIX 2.1, in its order, each observable once; one that is 2.1 comes back untouched."""
    members = _decode(data)
    try:
        bodies = [bytes(raw) for raw in _elements.decode(members.get("objects", b"[]"))]
    except msgspec.DecodeError as error:
        raise _invalid("$.objects", "a bundle holds a list of objects (STIX 2.1 section 8)", error) from error
    upgraded = list(dict.fromkeys(new for body in bodies for new in _upgrade_element(body)))
    if "spec_version" not in members and upgraded == bodies:
        return data
    members.pop("spec_version", None)
    objects = msgspec.Raw(b"[" + b",".join(upgraded) + b"]")
    return msgspec.json.encode({**members, "objects": objects})


def _upgrade_element(body: bytes) -> tuple[bytes, ...]:
    # What is no object at all is refused by whoever reads the bundle, with its index.
    return upgrade_all(body) if body.startswith(b"{") else (body,)


def _decode(body: bytes) -> _Members:
    try:
        return _members.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _invalid("$", "a JSON object (STIX 2.1 section 2)", error) from error


def _invalid(path: str, rule: str, error: Exception) -> Invalid:
    return Invalid((Problem(path, rule, str(error)[:80]),))


def _read(raw: msgspec.Raw | None) -> Any:
    """The value of one member, or None where there is none that can be read."""
    try:
        return None if raw is None else msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _is_older(members: _Members) -> bool:
    """Whether an object was written as STIX 2.0: those say no version but when they were created."""
    version = _read(members.get("spec_version"))
    if version is not None:
        return bool(version == "2.0")
    return "created" in members and "id" in members and _read(members.get("type")) not in {*CONTRIBUTING, None}


def _labels_to_types(type_: str, members: _Members) -> None:
    """The terms of the vocabulary move to their own property; a label that only repeats the type says nothing."""
    labels = _read(members.get("labels"))
    if not isinstance(labels, list):
        return
    if type_ == "identity":  # in 2.0 all labels of an identity are its roles
        property_, terms, others = "roles", labels, []
    else:
        property_ = type_.replace("-", "_") + "_types"
        terms = [label for label in labels if isinstance(label, str) and label in TYPE_TERMS[type_]]
        others = [label for label in labels if label not in terms and label != type_]
    if property_ in members:
        return
    del members["labels"]
    if terms:
        members[property_] = msgspec.Raw(msgspec.json.encode(terms))
    if others:
        members["labels"] = msgspec.Raw(msgspec.json.encode(others))


def _take_out_observables(members: _Members) -> tuple[dict[str, Any], ...]:
    """The observables of a 2.0 observed-data with ids of their own; `members` then refers to them."""
    inside = _read(members.get("objects"))
    if not isinstance(inside, dict) or "object_refs" in members:
        return ()
    if not all(isinstance(found, dict) and isinstance(found.get("type"), str) for found in inside.values()):
        return ()
    taken = _Observables(inside, owner=str(_read(members["id"])), marks=_read(members.get("object_marking_refs")))
    try:
        finished = taken.finished()
    except RecursionError as error:
        raise _invalid("$.objects", "observables that nest less deeply", error) from error
    del members["objects"]
    references = list(dict.fromkeys(found["id"] for found in finished))
    members["object_refs"] = msgspec.Raw(msgspec.json.encode(references))
    return tuple({found["id"]: found for found in finished}.values())


class _Observables:
    """The observables of one observed-data while their ids are found: an id may depend on those referred to."""

    def __init__(self, inside: dict[str, dict[str, Any]], *, owner: str, marks: Any) -> None:
        self.inside = {key: _modern(found) for key, found in inside.items()}
        self.owner = owner
        self.marks = {"object_marking_refs": marks} if marks else {}
        self.ids: dict[str, str] = {}
        self.pending: set[str] = set()

    def finished(self) -> list[dict[str, Any]]:
        """Every observable with its id and its references by id."""
        return [
            {"type": found["type"], "spec_version": "2.1", "id": self.id_of(key), **self.marks}
            | {name: self.refer(name, value) for name, value in found.items() if name != "type"}
            for key, found in self.inside.items()
        ]

    def id_of(self, key: str) -> str:
        """The id of the observable under `key`: what it says decides, or its place where that allows none."""
        if key in self.ids:
            return self.ids[key]
        found = self.inside[key]
        if key in self.pending or len(self.pending) > _CHAIN_LIMIT:  # it depends on itself
            self.ids[key] = self.by_place(key)
            return self.ids[key]
        self.pending.add(key)
        names = [name for name in CONTRIBUTING.get(found["type"], ()) if name in found]
        by_content = observable_id(found["type"], {name: self.refer(name, found[name]) for name in names})
        self.pending.discard(key)
        return self.ids.setdefault(key, by_content or self.by_place(key))

    def by_place(self, key: str) -> str:
        """An id of the random form, yet the same whenever this observed-data is upgraded again."""
        digest = hashlib.sha256(f"{self.owner}|{key}".encode()).digest()
        return f"{self.inside[key]['type']}--{uuid.UUID(bytes=digest[:16], version=4)}"

    def refer(self, name: str, value: Any) -> Any:
        """`value` with each key of a neighbour, in properties that hold references, replaced by its id."""
        match value:
            case str() if name.endswith("_ref") and value in self.inside:
                return self.id_of(value)
            case list() if name.endswith("_refs"):
                return [self.id_of(key) if isinstance(key, str) and key in self.inside else key for key in value]
            case list():
                return [self.refer("", item) for item in value]
            case dict():
                return {inner: self.refer(inner, item) for inner, item in value.items()}
            case _:
                return value


def _modern(found: dict[str, Any]) -> dict[str, Any]:
    """An observable with the property names of 2.1, hash names of its vocabulary and header fields as lists."""
    renamed = RENAMED.get(found["type"], {})
    modern = {renamed.get(name, name): value for name, value in found.items()}
    match modern:
        case {"hashes": {"ssdeep": _} as hashes}:
            modern["hashes"] = {"SSDEEP" if name == "ssdeep" else name: digest for name, digest in hashes.items()}
        case {"additional_header_fields": dict() as fields}:
            modern["additional_header_fields"] = {
                name: field if isinstance(field, list) else [field] for name, field in fields.items()
            }
    return modern
