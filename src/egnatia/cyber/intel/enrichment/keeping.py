"""What enrichers know of a record is kept only when a person says so: as a note on it, which names each enricher, or as
relationships. Both are under the markings of the record, and never wider: where that is for named recipients, they are
for whoever keeps them alone."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec

from egnatia.cyber.intel.enrichment.enricher import Enriched, Fact
from egnatia.cyber.intel.vote import markings_of
from egnatia.exchange.formats.conversion import instant, written
from egnatia.record.marking import EGNATIA
from egnatia.store import Row

Fields = dict[str, Any]


def digest_of(found: Enriched, fact: Fact) -> str:
    """Names one fact of one value, so that what is accepted is what was seen."""
    return hashlib.sha256(msgspec.json.encode((found.enricher, found.kind, found.value, fact))).hexdigest()[:32]


def tied(row: Row, organisation: str, found: Enriched, fact: Fact, now: datetime) -> list[bytes]:
    """What a fact ties the record to, as records: the observable, the other thing, and relationships between them.
    Their ids follow from the record and who accepts, so accepting again adds nothing but a version, and tell nobody the
    value. Raises ValueError for a fact without a tie."""
    tie = fact.tie
    if tie is None:
        raise ValueError("this fact ties to nothing")
    markings = list(markings_of(row.label))

    def named(kind: str, *names: str) -> str:
        digest = hashlib.sha256("|".join(("tie", organisation, row.id, *names)).encode()).digest()
        return f"{kind}--{UUID(bytes=digest[:16], version=4)}"

    source: Fields = {"type": found.kind, "id": named(found.kind, found.value), "value": found.value}
    other: Fields = {"type": tie.kind, "id": named(tie.kind, tie.kind, tie.value, str(tie.number))}
    other |= {"number": tie.number, "name": tie.name} if tie.kind == "autonomous-system" else {"value": tie.value}
    is_itself = row.type == found.kind
    made = [other] if is_itself else [source, other]
    start = row.id if is_itself else str(source["id"])
    common = {
        "type": "relationship",
        "created": instant(now.timestamp()),
        "modified": instant(now.timestamp()),
        "created_by_ref": organisation,
        "description": f"{fact.words}: {fact.value} [enricher {found.enricher}]",
    }
    relations = [(tie.relation, start, str(other["id"]))]
    relations += [] if is_itself else [("related-to", row.id, start)]
    made += [
        common | {"id": named("relationship", kind, left, right), "relationship_type": kind, "source_ref": left,
                  "target_ref": right}
        for kind, left, right in relations
    ]  # fmt: skip
    return [written({"spec_version": "2.1", "object_marking_refs": markings, **each}) for each in made]


def note(row: Row, organisation: str, found: Sequence[Enriched], now: datetime) -> bytes:
    """The note as a record: one for each organisation and record, under the markings of what it is about."""
    lines = [f"{each.value}: {fact.words}: {fact.value} [{each.enricher}]" for each in found for fact in each.facts]
    record = {
        "type": "note",
        "spec_version": "2.1",
        "id": f"note--{uuid5(EGNATIA, f'enrichment {organisation} {row.id}')}",
        "created": instant(datetime(2026, 1, 1, tzinfo=UTC).timestamp()),
        "modified": instant(now.timestamp()),
        "created_by_ref": organisation,
        "abstract": "Enrichment",
        "content": "\n".join(lines),
        "authors": [f"enricher {name}" for name in dict.fromkeys(each.enricher for each in found)],
        "object_refs": [row.id],
        "object_marking_refs": list(markings_of(row.label)),
    }
    return written(record)
