"""A record is its bytes; everything else here is a reading of them.

The bytes that arrived are kept, stored, signed and passed on untouched: re-encoding drops unknown
properties, rewrites timestamps and breaks signatures.
"""

import msgspec


class Problem(msgspec.Struct, frozen=True, gc=False):
    """One place where a record breaks one rule.

    `path` is a JSON path (`$.valid_until`, `$.objects[3].id`), `rule` the rule with its source
    (`STIX 2.1 section 4.7: later than valid_from`), `found` what was there, shortened to 80 characters.
    """

    path: str
    rule: str
    found: str

    def __str__(self) -> str:
        return f"{self.path}: {self.rule}; found {self.found}"


class Invalid(ValueError):
    """A record that cannot be taken: it carries every problem found, in document order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(map(str, problems)))


class GranularMarking(msgspec.Struct, frozen=True, gc=False):
    """A marking (or a language) of some properties of a record (STIX 2.1 section 7.2.3)."""

    selectors: tuple[str, ...]
    marking_ref: str | None = None
    lang: str | None = None


class Head(msgspec.Struct, frozen=True, gc=False):
    """What policy, storage and exchange need of any record, whatever its type (STIX 2.1 section 3.2)."""

    type: str
    id: str
    created: str | None = None
    modified: str | None = None
    created_by_ref: str | None = None
    object_marking_refs: tuple[str, ...] = ()
    granular_markings: tuple[GranularMarking, ...] = ()
    revoked: bool = False
    labels: tuple[str, ...] = ()
    confidence: int | None = None
    lang: str | None = None


class Reference(msgspec.Struct, frozen=True, gc=False):
    """One record naming another: `property` is the path without indexes (`object_refs`, `source_ref`)."""

    property: str
    target: str


class Value(msgspec.Struct, frozen=True, gc=False):
    """An observable value as correlation and matching look it up.

    `kind` is the STIX path of its origin (`ipv4-addr:value`, `file:hashes.'SHA-256'`, `domain-name:value`),
    `value` is normalised (lower-case names and digests, compressed addresses).
    """

    kind: str
    value: str


class Record(msgspec.Struct, frozen=True, gc=False):
    """One STIX object: its exact bytes, its head and what indexing needs, read once.

    `version` orders the versions of one id: `modified` (else `created`, as for markings) in UTC with at least
    nine fraction digits and no `Z`, so that text order is time order; empty for observables, which have none.
    `deviations` lists what a tolerant reading had to forgive.
    """

    body: bytes
    head: Head
    version: str
    references: tuple[Reference, ...] = ()
    values: tuple[Value, ...] = ()
    deviations: tuple[Problem, ...] = ()
