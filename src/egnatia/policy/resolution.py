"""A label that waited for a marking to become known, once it is."""

from collections.abc import Mapping
from functools import reduce

from msgspec.structs import replace

from egnatia.policy.label import Label
from egnatia.policy.marking import Meaning, exercise_of, under_each
from egnatia.policy.meet import strictest, waiting_for


def resolved(label: Label, known: Mapping[str, Meaning]) -> Label:
    """The label with what `known` says of its owner's unresolved markings put in their place.

    TLP and PAP are never among them: their markings are fixed. What the label said besides, a default audience too,
    stays: it may come out stricter than if the marking had been known from the start, never more open.
    """
    if waiting_for(label).isdisjoint(known):
        return label
    own = [part for part in label.also if part.owner == label.owner]
    others = tuple(part for part in label.also if part.owner != label.owner)
    return reduce(strictest, (_resolved(part, known) for part in (replace(label, also=others), *own)))


def _resolved(part: Label, known: Mapping[str, Meaning]) -> Label:
    """The same for one part: each marking restricts it further, by its audience and by its agreements."""
    meanings = [known[marking] for marking in part.unresolved if marking in known]
    if not meanings:
        return part
    bare = replace(
        part,
        audiences=tuple(sorted({*part.audiences, *(each for meaning in meanings for each in meaning.audiences)})),
        exercise=exercise_of((part.exercise, *(meaning.exercise for meaning in meanings))),
        personal=part.personal or any(meaning.personal for meaning in meanings),
        unresolved=tuple(marking for marking in part.unresolved if marking not in known),
        also=(),
    )
    sets = [each for each in (part.agreements, *(meaning.agreements for meaning in meanings)) if each]
    label = under_each(bare, sets)
    return strictest(label, replace(label, also=part.also)) if part.also else label
