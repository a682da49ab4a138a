"""What enrichers know of a record is kept only when a person says so: as a note on it, which names each enricher."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid5

from egnatia.cyber.intel.enrichment.enricher import Enriched
from egnatia.cyber.intel.vote import markings_of
from egnatia.exchange.formats.conversion import instant, written
from egnatia.record.marking import EGNATIA
from egnatia.store import Row


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
