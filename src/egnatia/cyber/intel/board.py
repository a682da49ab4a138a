"""Everything that a reader may see about values that detect, put together: who says so, who saw it, who doubts it.

One pass over the reader's own feed: what the reader may not see is in no evidence, so no score tells of it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

import msgspec

from egnatia.cyber.intel.language import And, Term
from egnatia.cyber.intel.matching import Candidate, Fields, Known, matches
from egnatia.cyber.intel.score import Evidence, Reliability, Score, Seen, Source, Vote, score
from egnatia.exchange.directory import moment
from egnatia.policy import Action, Clearance, Label, may_act
from egnatia.record.pattern import BadPattern, comparisons
from egnatia.record.values import normalised
from egnatia.store import Query, Store
from egnatia.store.query import LAST

PAGE: Final = 2_000
EVERYTHING: Final = And()
NOTHING_KNOWN: Final = Known()
_TEXTS: Final = re.compile(r"'(?:[^'\\]|\\.)*'")
_JOINED: Final = re.compile(r"\b(?:AND|FOLLOWEDBY|NOT|WITHIN|REPEATS|START|STOP)\b")


class Detected(msgspec.Struct, frozen=True):
    """A value, or a rule, that detects by itself: the STIX path of the value, or the language of the rule, which is
    `stix` where a pattern asks for several things together."""

    kind: str
    value: str

    @property
    def about(self) -> str:
        """The kind of observable, or the language."""
        return self.kind.partition(":")[0]


class Standing(msgspec.Struct):
    """What is gathered about one value: `first` is the indicator that named it first, as far as it is shown."""

    first: Fields
    sources: list[Source] = []
    ends: list[datetime | None] = []
    indicators: list[str] = []


class Scored(msgspec.Struct, frozen=True):
    """A value with what it is worth, and the indicator to read on at."""

    detected: Detected
    score: Score
    indicator: str
    name: str
    since: str


def survey(
    store: Store,
    clearance: Clearance,
    now: datetime,
    *,
    action: Action = Action.SEARCH,
    term: Term = EVERYTHING,
    known: Known = NOTHING_KNOWN,
    reliabilities: Mapping[str, Reliability] = {},
) -> Iterator[Scored]:
    """Every value that a reader may use so, with its score. `term` narrows which indicators count; what was seen and
    thought of these counts wherever it comes from."""
    standings: dict[Detected, Standing] = {}
    seen: dict[str, list[Seen]] = {}
    votes: dict[str, list[Vote]] = {}
    for owner, label, body in _bodies(store, clearance):
        record = msgspec.json.decode(body, type=Fields)
        match record["type"]:
            case "indicator" if may_act(label, action).allowed:
                if not record.get("revoked") and matches(term, Candidate(record, owner, label), known, now):
                    _take(standings, record, owner, reliabilities)
            case "sighting" if counts(record):
                seen.setdefault(record["sighting_of_ref"], []).append(seen_of(record, owner))
            case "opinion" if counts(record):
                for ref in record["object_refs"]:
                    votes.setdefault(ref, []).append(Vote(owner, record["opinion"]))
    for detected, standing in standings.items():
        evidence = Evidence(
            detected.about,
            tuple(standing.sources),
            tuple(each for name in standing.indicators for each in seen.get(name, ())),
            tuple(each for name in standing.indicators for each in votes.get(name, ())),
            _end(standing.ends),
        )
        first = standing.first
        yield Scored(detected, score(evidence, now), first["id"], str(first.get("name", "")), first["valid_from"])


def _bodies(store: Store, clearance: Clearance) -> Iterator[tuple[str, Label, bytes]]:
    query = Query(types=("indicator", "sighting", "opinion"), versions=(LAST,))
    after = 0
    while True:
        page = store.bodies(clearance, after, PAGE, query)
        yield from ((row.owner, row.label, row.body) for row in page.rows)
        if not page.more:
            return
        after = page.next


def _take(
    standings: dict[Detected, Standing], record: Fields, owner: str, reliabilities: Mapping[str, Reliability]
) -> None:
    source = source_of(record, owner)
    said = Source(source, moment(record["modified"]), record.get("confidence"), reliabilities.get(source, "F"))
    until = moment(record["valid_until"]) if "valid_until" in record else None
    whole = (Detected("stix", record["pattern"]),) if "pattern" in record else ()
    for detected in detected_by(record) or whole:
        standing = standings.get(detected)
        if standing is None:
            first: Fields = {key: record[key] for key in ("id", "name", "valid_from") if key in record}
            standing = standings[detected] = Standing(first, [], [], [])
        standing.sources.append(said)
        standing.ends.append(until)
        standing.indicators.append(record["id"])


def source_of(record: Fields, owner: str) -> str:
    """Who says it: the author, else the list that it was taken from, else whoever answers for it here."""
    references = record.get("external_references") or ()
    named = next((each["source_name"] for each in references if each.get("url")), None)
    return str(record.get("created_by_ref") or named or owner)


def counts(remark: Fields) -> bool:
    """Whether a sighting or an opinion says something: not one that was taken back, nor one of nothing (STIX 2.1
    section 5.2: a count may be 0)."""
    return not remark.get("revoked") and remark.get("count") != 0


def seen_of(sighting: Fields, owner: str) -> Seen:
    """Who saw it, and when last; `owner` answers for the sighting here."""
    by = (sighting.get("where_sighted_refs") or [sighting.get("created_by_ref") or owner])[0]
    return Seen(by, moment(sighting.get("last_seen") or sighting["modified"]))


def detected_by(record: Fields) -> tuple[Detected, ...]:
    """The values of which any one is enough for the indicator's pattern; the rule itself where it is another language.
    None where the pattern asks for several things at once, one of which alone is no sign of anything, and where the
    pattern is among the parts that the reader is not given."""
    language, pattern = record.get("pattern_type"), record.get("pattern")
    if not language or not pattern:
        return ()
    if language != "stix":
        return (Detected(language, pattern),)
    if _JOINED.search(_TEXTS.sub("''", pattern)):
        return ()
    try:
        found = comparisons(pattern)
    except BadPattern:
        return ()
    if any(each.negated or each.operator not in {"=", "IN"} for each in found):
        return ()
    return tuple(
        dict.fromkeys(Detected(each.path, normalised(each.path, str(value))) for each in found for value in each.values)
    )


def _end(ends: Iterable[datetime | None]) -> datetime | None:
    """The last of the ends; None where one source sets none."""
    last: datetime | None = None
    for end in ends:
        if end is None:
            return None
        last = end if last is None else max(last, end)
    return last
