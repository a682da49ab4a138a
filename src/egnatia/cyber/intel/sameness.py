"""The same thing from many sources: whoever says it keeps their own record, and readers see one with all its voices.

Two indicators say the same where one value, or one rule, is enough for both. Nothing is merged: what somebody takes
back leaves the others as they are. Adversaries are never taken for one by their names: that is a person's decision.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from egnatia.cyber.intel.board import Detected, counts, detected_by, seen_of, source_of
from egnatia.cyber.intel.matching import Fields
from egnatia.cyber.intel.score import Evidence, Reliability, Score, Seen, Source, Vote, score
from egnatia.exchange.directory import moment
from egnatia.policy import Clearance
from egnatia.store import Row, Store

VOICES: Final = 200
"""The most records of one value that are compared."""

REMARKS: Final = 500
"""The most sightings and opinions of one record that are looked at, the newest."""


class Voice(msgspec.Struct, frozen=True):
    """One record that says it: whose, by which source, how sure, when it said so first and last, until when. A record
    that was revoked is told of, and counts for nothing."""

    row: Row
    source: str
    confidence: int | None
    first: datetime
    at: datetime
    until: datetime | None
    revoked: bool


class Chorus(msgspec.Struct, frozen=True):
    """All that a reader may see about one value: who says it, the newest voice first, and what it is worth."""

    detected: Detected
    voices: tuple[Voice, ...]
    seen: tuple[Seen, ...]
    votes: tuple[Vote, ...]
    score: Score

    @property
    def sources(self) -> tuple[str, ...]:
        """Who says it independently, each once; who revoked it says it no longer."""
        return tuple(dict.fromkeys(each.source for each in self.voices if not each.revoked))


def choruses(
    store: Store,
    clearance: Clearance,
    record: Row,
    now: datetime,
    reliabilities: Mapping[str, Reliability] = {},
) -> tuple[Chorus, ...]:
    """Who else says what an indicator says, for each value of which it detects any; none for other records."""
    if record.type != "indicator":
        return ()
    return tuple(
        chorus(store, clearance, each, now, reliabilities, (record,)) for each in detected_by(_fields(record))[:20]
    )


def chorus(
    store: Store,
    clearance: Clearance,
    detected: Detected,
    now: datetime,
    reliabilities: Mapping[str, Reliability] = {},
    known: Sequence[Row] = (),
) -> Chorus:
    """Who says that one value detects, and what is said of it. `known` are rows of which some say it."""
    found = {row.position: row for row in (*known, *store.by_value(clearance, detected.value, VOICES))}
    told = [(row, fields) for row in found.values() if row.type == "indicator" for fields in (_fields(row),)]
    saying = [(row, fields) for row, fields in told if detected in detected_by(fields)]
    voices = sorted((_voice(row, fields) for row, fields in saying), key=lambda each: each.at, reverse=True)
    seen, votes = _remarks(store, clearance, [row.id for row, _ in saying])
    made = Chorus(detected, tuple(voices), seen, votes, score(Evidence(detected.about, ()), now))
    return msgspec.structs.replace(made, score=score(evidence_at(made, None, reliabilities), now))


def evidence_at(chorus: Chorus, at: datetime | None, reliabilities: Mapping[str, Reliability] = {}) -> Evidence:
    """What was known of a value at a moment; everything where none is given. Who took a record back counts until then,
    who said it again first by the first time."""
    live = [each for each in chorus.voices if _says(each, at)]
    ends = [each.until for each in live]
    return Evidence(
        chorus.detected.about,
        tuple(
            Source(
                each.source,
                each.at if at is None or each.at <= at else each.first,
                each.confidence,
                reliabilities.get(each.source, "F"),
            )
            for each in live
        ),
        tuple(each for each in chorus.seen if at is None or each.at <= at),
        tuple(each for each in chorus.votes if at is None or each.at is None or each.at <= at),
        max((each for each in ends if each is not None), default=None) if None not in ends else None,
    )


def _says(voice: Voice, at: datetime | None) -> bool:
    """Whether a record said it at the moment."""
    if at is None:
        return not voice.revoked
    return voice.first <= at and (not voice.revoked or at < voice.at)


def _voice(row: Row, fields: Fields) -> Voice:
    confidence = fields.get("confidence")
    return Voice(
        row,
        source_of(fields, row.owner),
        confidence if isinstance(confidence, int) else None,
        moment(fields["created"] if "created" in fields else fields["modified"]),
        moment(fields["modified"]),
        moment(fields["valid_until"]) if "valid_until" in fields else None,
        fields.get("revoked") is True,
    )


def _remarks(store: Store, clearance: Clearance, records: Iterable[str]) -> tuple[tuple[Seen, ...], tuple[Vote, ...]]:
    seen: list[Seen] = []
    votes: dict[str, Vote] = {}
    for name in dict.fromkeys(records):
        # Newest first: the first opinion of each organisation is its last word.
        for row in store.neighbours(clearance, name, "in", REMARKS):
            if row.type not in {"sighting", "opinion"} or not counts(fields := _fields(row)):
                continue
            if row.type == "sighting":
                seen.append(seen_of(fields, row.owner))
            else:
                votes.setdefault(row.owner, Vote(row.owner, fields["opinion"], moment(fields["modified"])))
    return tuple(seen), tuple(votes.values())


def together(rows: Sequence[Row]) -> tuple[tuple[Row, tuple[Row, ...]], ...]:
    """Rows of a list with those of others that say the same behind the first of them: indicators of one value, and the
    same observable from several owners. Everything else stands for itself, in its order."""
    found: dict[object, list[Row]] = {}
    for row in rows:
        found.setdefault(_key(row), []).append(row)
    return tuple((first, tuple(others)) for first, *others in found.values())


def _key(row: Row) -> object:
    if row.type == "indicator":
        fields = _fields(row)
        detected = detected_by(fields)
        return detected if detected and not fields.get("revoked") else row.position
    return row.id if row.version == "" else row.position


def _fields(row: Row) -> Fields:
    return msgspec.json.decode(row.body, type=Fields)
