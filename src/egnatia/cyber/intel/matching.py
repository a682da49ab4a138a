"""What a query means for one record: the rule that every way of asking the store has to agree with."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, assert_never

import msgspec

from egnatia.cyber.intel.language import And, Has, Not, Or, Term, Text
from egnatia.exchange.directory import moment
from egnatia.exchange.shown import PAP_NAMES, TLP_NAMES
from egnatia.policy.label import Label
from egnatia.policy.meet import strictest_tlp
from egnatia.record.values import guessed, values_of
from egnatia.record.words import fold, query_terms, text_of, tokens

Fields = dict[str, Any]

_UNITS: Final = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


class Known(msgspec.Struct, frozen=True):
    """What a reader knows besides a record: names and economies of organisations, the economy of places, the sectors of
    identities, the numbers of techniques. All by the id of the record that says so."""

    names: Mapping[str, str] = {}
    economies: Mapping[str, str] = {}
    sectors: Mapping[str, tuple[str, ...]] = {}
    techniques: Mapping[str, str] = {}


class Candidate(msgspec.Struct, frozen=True):
    """One record that may match. `owner` answers for it here."""

    record: Fields
    owner: str
    label: Label
    redacted: bool = False


def matches(term: Term, candidate: Candidate, known: Known, now: datetime) -> bool:
    """Whether the record is what the query asks for."""
    match term:
        case And(terms):
            return all(matches(each, candidate, known, now) for each in terms)
        case Or(terms):
            return any(matches(each, candidate, known, now) for each in terms)
        case Not(inner):
            return not matches(inner, candidate, known, now)
        case Text(words):
            return says(candidate.record, words)
        case Has():
            return _has(term, candidate, known, now)
    assert_never(term)


def says(record: Fields, words: str) -> bool:
    """Whether the text of a record has these words, one behind the other, whatever their script. A query without a word
    asks for nothing."""
    asked = query_terms(f'"{words.rstrip("*")}"{"*" * words.endswith("*")}')
    if not asked:
        return True
    said = tokens(text_of(record))
    return all(_follow(said, term.words, beginning=term.prefix) for term in asked)


def _follow(said: list[str], words: tuple[str, ...], *, beginning: bool) -> bool:
    size = len(words)
    for place in range(len(said) - size + 1):
        found = said[place : place + size]
        if tuple(found) == words or (beginning and tuple(found[:-1]) == words[:-1] and found[-1].startswith(words[-1])):
            return True
    return False


def _has(term: Has, candidate: Candidate, known: Known, now: datetime) -> bool:  # noqa: PLR0912  (one row per field)
    record, value = candidate.record, term.value
    match term.field:
        case "type":
            return str(record["type"]) == value.lower()
        case "id":
            return str(record["id"]) == value.lower()
        case "tag":
            return any(_tagged(str(label), value) for label in record.get("labels", ()))
        case "tlp":
            return TLP_NAMES[strictest_tlp(candidate.label)] == value.lower()
        case "pap":
            return PAP_NAMES[candidate.label.pap] == value.lower()
        case "economy":
            return value.lower() in economies_of(candidate, known)
        case "sector":
            return fold(value) in {fold(each) for each in sectors_of(record, known)}
        case "technique":
            return any(_is_under(each, value) for each in techniques_of(record, known))
        case "value":
            kept = {each.value for each in values_of(str(record["type"]), record)}
            return any(each.value in kept for each in guessed(value))
        case "owner":
            named = known.names.get(candidate.owner, "")
            return candidate.owner == value.lower() or (bool(named) and fold(value) in fold(named))
        case "since":
            return changed(record) >= when(value, now)
        case "until":
            return changed(record) < when(value, now)
        case "confidence":
            return _compares(record.get("confidence"), term.operator, int(value))
        case "is":
            return _is(value.lower(), candidate, now)
    raise AssertionError(f"a field without a meaning: {term.field}")


def _tagged(label: str, value: str) -> bool:
    asked, said = fold(value.rstrip("*")), fold(label)
    return said.startswith(asked) if value.endswith("*") else said == asked


def _is_under(technique: str, asked: str) -> bool:
    wanted = asked.upper()
    return technique == wanted or technique.startswith(f"{wanted}.")


def _compares(said: object, operator: str, wanted: int) -> bool:
    if not isinstance(said, int):
        return False
    return {
        ":": said == wanted,
        ">=": said >= wanted,
        "<=": said <= wanted,
        ">": said > wanted,
        "<": said < wanted,
    }[operator]


def _is(word: str, candidate: Candidate, now: datetime) -> bool:
    record = candidate.record
    revoked = bool(record.get("revoked", False))
    expired = "valid_until" in record and moment(record["valid_until"]) <= now
    match word:
        case "revoked":
            return revoked
        case "expired":
            return expired
        case "redacted":
            return candidate.redacted
        case _:
            return not revoked and not expired


def changed(record: Fields) -> datetime:
    """When a record last changed; an observable has no time and is as old as can be."""
    stamp = record.get("modified") or record.get("created")
    return moment(str(stamp)) if stamp else datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(64)  # a question asks the same of each record
def when(text: str, now: datetime) -> datetime:
    """The moment that `30d`, `12h`, `2w` or a date stands for; a day that its month has not is the month's last."""
    if text[-1] in _UNITS:
        return now - int(text[:-1]) * _UNITS[text[-1]]
    year, month, day = map(int, text.split("-"))
    while True:
        try:
            return datetime(max(year, 1), month, day, tzinfo=UTC)
        except ValueError:
            day -= 1


def references_of(record: Fields) -> set[str]:
    """Every record that this one names at its top."""
    single = (value for key, value in record.items() if key.endswith("_ref") and isinstance(value, str))
    several = (
        each for key, value in record.items() if key.endswith("_refs") and isinstance(value, list) for each in value
    )
    return {*single, *several}


def economies_of(candidate: Candidate, known: Known) -> set[str]:
    """The economies that a record has to do with: its owner's, its own place's, those of the places that it names."""
    record = candidate.record
    found = {known.economies.get(candidate.owner, ""), str(record.get("country", ""))}
    found |= {known.economies.get(each, "") for each in references_of(record)}
    found |= {match[1] for label in record.get("labels", ()) if (match := _ECONOMY.fullmatch(str(label).lower()))}
    return {each.lower() for each in found if each}


_ECONOMY: Final = re.compile(r'economy[:=]"?([a-z]{2})"?')
_SECTOR: Final = re.compile(r'(?:misp-galaxy:)?sector[:=]"?([^"]+)"?')


def sectors_of(record: Fields, known: Known) -> set[str]:
    """The sectors that a record has to do with: its own, those of the identities that it names. Its author's is not
    what it is about."""
    found = {str(each) for each in record.get("sectors", ())}
    named = references_of(record) - {record.get("created_by_ref")}
    found |= {sector for each in named for sector in known.sectors.get(each, ())}
    return found | {match[1] for label in record.get("labels", ()) if (match := _SECTOR.fullmatch(str(label)))}


def techniques_of(record: Fields, known: Known) -> set[str]:
    """The numbers of the techniques that a record is, names, or bears as a label."""
    found = {known.techniques.get(each, "") for each in references_of(record)}
    if record["type"] == "attack-pattern":
        found |= set(technique_numbers(record))
    found |= {number for label in record.get("labels", ()) for number in _TECHNIQUE.findall(str(label))}
    return found - {""}


_TECHNIQUE: Final = re.compile(r"\bT\d{4}(?:\.\d{3})?\b")


def technique_numbers(record: Fields) -> list[str]:
    """The numbers that a technique has in its references."""
    references = record.get("external_references", ())
    numbers = (str(each.get("external_id", "")).upper() for each in references if isinstance(each, dict))
    return [number for number in numbers if _TECHNIQUE.fullmatch(number)]
