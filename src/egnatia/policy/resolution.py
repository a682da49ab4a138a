"""A label that waited for a marking to become known, once it is."""

from collections.abc import Mapping

from msgspec.structs import replace

from egnatia.policy.label import Label
from egnatia.policy.marking import Meaning


def resolved(label: Label, known: Mapping[str, Meaning]) -> Label:
    """The label with what `known` says of its owner's unresolved markings put in their place.

    TLP and PAP are never among them: their markings are fixed. What the label said besides, a default audience too,
    stays: it may come out stricter than if the marking had been known from the start, never more open.
    """
    also = tuple(resolved(part, known) if part.owner == label.owner else part for part in label.also)
    here = [marking for marking in label.unresolved if marking in known]
    if not here:
        return replace(label, also=also) if also != label.also else label
    meanings = [known[marking] for marking in here]
    return replace(
        label,
        audiences=tuple(sorted({*label.audiences, *(each for meaning in meanings for each in meaning.audiences)})),
        agreements=tuple(sorted({*label.agreements, *(each for meaning in meanings for each in meaning.agreements)})),
        personal=label.personal or any(meaning.personal for meaning in meanings),
        unresolved=tuple(marking for marking in label.unresolved if marking not in known),
        also=also,
    )
