"""What enrichers know of a record's values, for its page, in the reader's language."""

from collections.abc import Mapping
from typing import Final

import msgspec

from egnatia.cyber.intel.enrichment import (
    Enriched,
    Fact,
    ProtectedNames,
    Surroundings,
    digest_of,
    enriched,
    enrichers,
    values_in,
)
from egnatia.web.language.speech import N_
from egnatia.web.record.subject import Subject
from egnatia.web.record.text import defanged, visible
from egnatia.web.visit import Visit

WORDS: Final[Mapping[str, str]] = {
    "Registered domain": N_("Registered domain"),
    "Public suffix": N_("Public suffix"),
    "Written as": N_("Written as"),
    "Scripts mixed in one label": N_("Scripts mixed in one label"),
    "Reads like": N_("Reads like"),
    "Looks like": N_("Looks like"),
    "How": N_("How"),
    "Autonomous system": N_("Autonomous system"),
    "Economy": N_("Economy"),
}
"""What our own enrichers say; what others say stays as they say it."""

MANNERS: Final[Mapping[str, str]] = {
    "the same name under another ending": N_("the same name under another ending"),
    "the same at a glance": N_("the same at a glance"),
    "a letter off": N_("a letter off"),
    "the name with something added": N_("the name with something added"),
    "the whole domain inside another": N_("the whole domain inside another"),
}


class Known(msgspec.Struct, frozen=True):
    """One fact: about which value, what, itself, who says so, whether one should look twice; `ties` names it where it
    can be accepted as a relationship."""

    value: str
    words: str
    fact: str
    by: str
    warns: bool
    ties: str = ""


def found_for(visit: Visit, about: Subject) -> tuple[Enriched, ...]:
    """What is known of a record's values. Asks the store for the names that are protected."""
    if not values_in(about.stix):
        return ()
    around = Surroundings(visit.premises.settings.data, ProtectedNames(visit.store).all())
    return enriched(about.stix, enrichers(around))


def known_of(visit: Visit, about: Subject) -> tuple[Known, ...]:
    """The same in the reader's language."""
    return tuple(
        Known(
            visible(defanged(each.value))[:200],
            visible(visit.speech.gettext(WORDS.get(fact.words, fact.words))),
            _said(visit, fact),
            each.enricher,
            fact.warns,
            digest_of(each, fact) if fact.tie is not None else "",
        )
        for each in found_for(visit, about)
        for fact in each.facts
    )


def _said(visit: Visit, fact: Fact) -> str:
    if fact.words == "Economy":
        return visit.speech.economy(fact.value)
    manner = MANNERS.get(fact.value)
    return visit.speech.gettext(manner) if manner is not None else visible(defanged(fact.value))[:300]
