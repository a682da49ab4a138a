"""STIX patterns in bulk: compiled once, found by what must be equal, then decided exactly (STIX 2.1 section 9)."""

from egnatia.engine.pattern.expression import Expression, compiled
from egnatia.engine.pattern.matcher import Match, Matcher
from egnatia.engine.pattern.observation import Observation, observations_of

__all__ = ["Expression", "Match", "Matcher", "Observation", "compiled", "observations_of"]
