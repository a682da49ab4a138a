"""What an indicator is worth now, from 0 to 100, and why: its confidence, who confirmed it independently, its age.

Sources count once for each organisation, whatever number of times it says a thing: probabilities of independent sources
combine, repetitions do not. The age is that of the last confirmation; the value falls slowly first and is nothing at
the end of the lifetime of its kind (the polynomial decay of Mokaddem, Wagener, Dulaunoy, Iklody: Taxonomy driven
indicator scoring in MISP, 2018).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

Opinion = Literal["strongly-disagree", "disagree", "neutral", "agree", "strongly-agree"]
Reliability = Literal["A", "B", "C", "D", "E", "F"]


class Decay(msgspec.Struct, frozen=True):
    """How a kind ages: nothing is left after `lifetime`; the greater `speed`, the sooner most of it is gone."""

    lifetime: timedelta
    speed: float = 1.0


DECAYS: Final[Mapping[str, Decay]] = {
    "ipv4-addr": Decay(timedelta(days=60), 2.0),
    "ipv6-addr": Decay(timedelta(days=60), 2.0),
    "network-traffic": Decay(timedelta(days=60), 2.0),
    "url": Decay(timedelta(days=90), 2.0),
    "domain-name": Decay(timedelta(days=180), 1.5),
    "email-addr": Decay(timedelta(days=180), 1.5),
    "email-message": Decay(timedelta(days=90), 1.5),
    "autonomous-system": Decay(timedelta(days=180), 1.0),
    "x509-certificate": Decay(timedelta(days=365), 1.0),
    "file": Decay(timedelta(days=3 * 365), 0.5),
}
"""By the kind of observable that the pattern is about. Addresses change hands in weeks, files never do."""

OTHER: Final = Decay(timedelta(days=365), 1.0)
RULE: Final = Decay(timedelta(days=2 * 365), 0.5)
"""Detection rules (YARA, Sigma, Suricata)."""

UNSTATED: Final = 50
"""The confidence of a source that states none."""

RELIABILITIES: Final[Mapping[str, float]] = {"A": 1.0, "B": 0.9, "C": 0.75, "D": 0.5, "E": 0.25, "F": 0.7}
"""What the word of a source counts for (the Admiralty code; F: cannot be judged)."""

CREDIBILITIES: Final[Mapping[int, int]] = {1: 95, 2: 75, 3: 50, 4: 30, 5: 10, 6: 50}
"""The confidence that the credibility of information stands for (the Admiralty code; 6: cannot be judged)."""

_SEEN: Final = 0.3
_DISAGREES: Final[Mapping[str, float]] = {"strongly-disagree": 0.25, "disagree": 0.6}
_AGREES: Final[Mapping[str, float]] = {"agree": 0.2, "strongly-agree": 0.35}


class Source(msgspec.Struct, frozen=True):
    """One organisation's word that a thing is bad: how sure it is, when it said so last."""

    organisation: str
    at: datetime
    confidence: int | None = None
    reliability: Reliability = "F"


class Seen(msgspec.Struct, frozen=True):
    """Somebody saw it."""

    organisation: str
    at: datetime


class Vote(msgspec.Struct, frozen=True):
    """What one organisation thinks of it, and since when, where that is asked for."""

    organisation: str
    opinion: str
    at: datetime | None = None


class Evidence(msgspec.Struct, frozen=True):
    """All that a reader may see about one thing."""

    kind: str
    sources: tuple[Source, ...]
    seen: tuple[Seen, ...] = ()
    votes: tuple[Vote, ...] = ()
    ends: datetime | None = None


class Score(msgspec.Struct, frozen=True):
    """A value from 0 to 100 with what made it."""

    value: int
    because: tuple[str, ...]


def score(evidence: Evidence, now: datetime) -> Score:
    """What the evidence comes to at this moment."""
    if not evidence.sources:
        return Score(0, ("nobody says that it is bad",))
    if evidence.ends is not None and evidence.ends <= now:
        return Score(0, (f"its validity ended on {evidence.ends:%Y-%m-%d}",))
    base, because = _belief(evidence)
    said = (*(each.at for each in evidence.sources), *(each.at for each in evidence.seen))
    confirmed = max((at for at in said if at <= now), default=now)
    left = remaining(decay_of(evidence.kind), now - confirmed)
    because.append(f"last confirmed on {confirmed:%Y-%m-%d}: {left:.0%} of that is left for {evidence.kind}")
    doubt, told = _doubt(evidence.votes)
    return Score(round(100 * base * left * doubt), (*because, *told))


def decay_of(kind: str) -> Decay:
    """How a kind of observable, or a rule language, ages."""
    return DECAYS.get(kind) or (RULE if kind in {"yara", "sigma", "snort", "suricata", "zeek", "pcre"} else OTHER)


def remaining(decay: Decay, age: timedelta) -> float:
    """What is left of the full value after `age`: 1 at once, 0 from the lifetime on."""
    if age <= timedelta(0):
        return 1.0
    if age >= decay.lifetime:
        return 0.0
    return float(1.0 - (age / decay.lifetime) ** (1.0 / decay.speed))


def _belief(evidence: Evidence) -> tuple[float, list[str]]:
    """The probability that independent voices come to together."""
    words: dict[str, float] = {}
    for source in evidence.sources:
        said = (UNSTATED if source.confidence is None else source.confidence) / 100 * RELIABILITIES[source.reliability]
        words[source.organisation] = max(words.get(source.organisation, 0.0), said)
    witnesses = {each.organisation for each in evidence.seen} - words.keys()
    agreeing = _latest(evidence.votes, _AGREES).items()
    against = 1.0
    for said in (*words.values(), *(_SEEN for _ in witnesses), *(each for who, each in agreeing if who not in words)):
        against *= 1.0 - said
    because = [f"{len(words)} independent {'source' if len(words) == 1 else 'sources'}"]
    if witnesses:
        because.append(f"seen by {len(witnesses)} more")
    return 1.0 - against, because


def _doubt(votes: Iterable[Vote]) -> tuple[float, list[str]]:
    doubts = _latest(votes, _DISAGREES)
    factor = 1.0
    for each in doubts.values():
        factor *= each
    return factor, [f"{len(doubts)} called it a false positive"] if doubts else []


def _latest(votes: Iterable[Vote], weights: Mapping[str, float]) -> dict[str, float]:
    """The weight of each organisation's last vote, where it has one of these."""
    last = {vote.organisation: vote.opinion for vote in votes}
    return {organisation: weights[opinion] for organisation, opinion in last.items() if opinion in weights}
