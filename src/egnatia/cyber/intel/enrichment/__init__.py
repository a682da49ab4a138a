"""What more is known of a value without asking anybody: by enrichers of ours and of others."""

from egnatia.cyber.intel.enrichment.enricher import (
    KINDS,
    Enriched,
    Enricher,
    Fact,
    Surroundings,
    Tie,
    enriched,
    enrichers,
    values_in,
)
from egnatia.cyber.intel.enrichment.keeping import digest_of, note, tied
from egnatia.cyber.intel.enrichment.lookalike import Protected, ProtectedNames, Resemblance, resemblance

__all__ = [
    "KINDS",
    "Enriched",
    "Enricher",
    "Fact",
    "Protected",
    "ProtectedNames",
    "Resemblance",
    "Surroundings",
    "Tie",
    "digest_of",
    "enriched",
    "enrichers",
    "note",
    "resemblance",
    "tied",
    "values_in",
]
