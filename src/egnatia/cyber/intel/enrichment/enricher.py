"""An enricher says what it knows of one value. Ours ask nobody: what an analyst looks at is told to no third party.

Others are found by the entry point group `egnatia.enrichers`; each names a function that takes `Surroundings` and gives
an `Enricher`, or None where it has nothing to work with here. One that fails is left out, and the log says so.
"""

import logging
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final, Protocol

import msgspec

from egnatia.cyber.intel.board import detected_by
from egnatia.cyber.intel.matching import Fields
from egnatia.record.values import values_of

log = logging.getLogger(__name__)

GROUP: Final = "egnatia.enrichers"
KINDS: Final = frozenset({"domain-name", "url", "email-addr", "ipv4-addr", "ipv6-addr"})
"""The kinds of observables that enrichers are asked about."""

VALUES: Final = 5
"""The most values of one record that are enriched."""


class Tie(msgspec.Struct, frozen=True):
    """What a value has to do with another thing: a relationship's type (`resolves-to`, `belongs-to`), the type of an
    observable and what it is identified by (`value`; `number` and `name` of an autonomous system)."""

    relation: str
    kind: str
    value: str = ""
    number: int = 0
    name: str = ""


class Fact(msgspec.Struct, frozen=True):
    """One thing that is known: what it is, in English, and itself. With `warns` one should look twice. With a `tie` an
    analyst can accept it as a relationship; without that it is never one."""

    words: str
    value: str
    warns: bool = False
    tie: Tie | None = None


class Surroundings(msgspec.Struct, frozen=True):
    """What an enricher may use: the data directory of the node, and the names that are protected."""

    data: Path
    protected: tuple[str, ...] = ()


class Enricher(Protocol):
    """What knows something of some kinds of values."""

    name: str
    about: str
    kinds: frozenset[str]

    def facts(self, kind: str, value: str) -> Sequence[Fact]:
        """What it knows of a value; nothing is an answer too."""
        ...


class Enriched(msgspec.Struct, frozen=True):
    """What one enricher knows of one value."""

    enricher: str
    kind: str
    value: str
    facts: tuple[Fact, ...]


Making = Callable[[Surroundings], Enricher | None]


def enrichers(around: Surroundings) -> tuple[Enricher, ...]:
    """Ours, then those that are installed besides."""
    from egnatia.cyber.intel.enrichment.confusable import Confusables  # noqa: PLC0415  only where something is enriched
    from egnatia.cyber.intel.enrichment.domain import Domains  # noqa: PLC0415  it reads the list of public suffixes
    from egnatia.cyber.intel.enrichment.lookalike import Lookalikes  # noqa: PLC0415  as above
    from egnatia.cyber.intel.enrichment.network import Networks  # noqa: PLC0415  as above

    own: tuple[Making, ...] = (Domains.of, Confusables.of, Lookalikes.of, Networks.of)
    made = [making(around) for making in own]
    for point in entry_points(group=GROUP):
        try:
            made.append(point.load()(around))
        except Exception:  # what somebody else wrote must not end the page
            log.exception("the enricher %s cannot be used", point.name)
    return tuple(each for each in made if each is not None)


def values_in(record: Fields) -> tuple[tuple[str, str], ...]:
    """The values of a record that can be enriched, each with its kind: of an indicator those that it detects."""
    if record["type"] == "indicator":
        found = [(each.about, each.value) for each in detected_by(record)]
    else:
        found = [(each.kind.partition(":")[0], each.value) for each in values_of(str(record["type"]), record)]
    return tuple(dict.fromkeys(each for each in found if each[0] in KINDS))[:VALUES]


def enriched(record: Fields, by: Sequence[Enricher]) -> tuple[Enriched, ...]:
    """What is known of the values of a record; who knows nothing is not in it."""
    found: list[Enriched] = []
    for kind, value in values_in(record):
        for each in by:
            if kind not in each.kinds:
                continue
            try:
                facts = tuple(each.facts(kind, value))
            except Exception:  # as above
                log.exception("the enricher %s failed", each.name)
                continue
            if facts:
                found.append(Enriched(each.name, kind, value, facts))
    return tuple(found)
