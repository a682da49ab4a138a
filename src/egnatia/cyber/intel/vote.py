"""What an organisation thinks of a record is an opinion of its own: one for each organisation and record, which it may
change. An opinion travels like every record, and is never for more readers than what it is about."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from uuid import uuid5

from egnatia.exchange.formats.conversion import PAP_MARKINGS, TLP_IDS, instant, written
from egnatia.exchange.shown import PAP_NAMES, TLP_NAMES
from egnatia.policy.label import Label
from egnatia.policy.meet import strictest_tlp
from egnatia.record.marking import EGNATIA
from egnatia.store import Row

OPINIONS: Final = ("strongly-disagree", "disagree", "neutral", "agree", "strongly-agree")
WORDS: Final[Mapping[str, str]] = {"false-positive": "strongly-disagree", "confirmed": "strongly-agree"}
"""What people call an opinion of an indicator."""


def opinion(row: Row, organisation: str, said: str, now: datetime, *, explanation: str = "") -> bytes:
    """The opinion as a record; raises ValueError for what is none. It bears the markings of what it is about."""
    meant = WORDS.get(said, said)
    if meant not in OPINIONS:
        raise ValueError(f"{said!r} is no opinion: one of {', '.join((*WORDS, *OPINIONS))}")
    created = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    record = {
        "type": "opinion",
        "spec_version": "2.1",
        "id": f"opinion--{uuid5(EGNATIA, f'opinion {organisation} {row.id}')}",
        "created": instant(created),
        "modified": instant(now.timestamp()),
        "created_by_ref": organisation,
        "object_refs": [row.id],
        "opinion": meant,
        "explanation": explanation,
        "object_marking_refs": list(markings_of(row.label)),
    }
    return written(record)


def markings_of(label: Label) -> tuple[str, ...]:
    """TLP and PAP of what it is about; where that is for named recipients, the opinion is for its owner alone (RED),
    until they choose whom to tell."""
    limited = label.audiences or label.agreements or label.personal or label.unresolved or label.also
    tlp = TLP_IDS["red" if limited else TLP_NAMES[strictest_tlp(label)]]
    return (tlp, PAP_MARKINGS[PAP_NAMES[label.pap]])
