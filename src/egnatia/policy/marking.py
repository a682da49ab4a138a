"""What markings mean, and the label that comes of those on a record. A marking that is not known is never ignored."""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Final

import msgspec
from msgspec.structs import replace

from egnatia.policy.label import Label, Pap, Tlp
from egnatia.policy.meet import strictest
from egnatia.record.marking import PAP_IDS, TLP1_IDS, TLP2_IDS
from egnatia.record.record import Head


class Meaning(msgspec.Struct, frozen=True):
    """What one marking says of who may see a record; all empty for a statement, which restricts nobody.

    `audiences` holds one audience for an audience marking, empty if it names nobody; `agreements` are those that it
    refers to; `personal` says that it marks personal data; `exercise` the exercise that it is for, with its audience.
    """

    tlp: Tlp | None = None
    pap: Pap | None = None
    audiences: tuple[tuple[str, ...], ...] = ()
    agreements: tuple[str, ...] = ()
    personal: bool = False
    exercise: str = ""


STATEMENT: Final = Meaning()

_TLP: Final[Mapping[str, Tlp]] = {
    "clear": Tlp.CLEAR,
    "green": Tlp.GREEN,
    "amber": Tlp.AMBER,
    "amber+strict": Tlp.AMBER_STRICT,
    "red": Tlp.RED,
}
_PAP: Final[Mapping[str, Pap]] = {"clear": Pap.CLEAR, "green": Pap.GREEN, "amber": Pap.AMBER, "red": Pap.RED}

TLP_2: Final[Mapping[str, Tlp]] = {marking: _TLP[name] for marking, name in TLP2_IDS.items()}
TLP_1: Final[Mapping[str, Tlp]] = {marking: _TLP[name] for marking, name in TLP1_IDS.items()}
PAP_1: Final[Mapping[str, Pap]] = {marking: _PAP[name] for marking, name in PAP_IDS.items()}

FIXED: Final[Mapping[str, Meaning]] = {
    **{marking: Meaning(tlp=tlp) for marking, tlp in (*TLP_2.items(), *TLP_1.items())},
    **{marking: Meaning(pap=pap) for marking, pap in PAP_1.items()},
}
"""What these ids mean whatever a record under such an id says."""


class Handling(msgspec.Struct, frozen=True):
    """How an organisation's records are handled when they bear no TLP: never more openly than TLP:AMBER.

    `audiences` and `agreements` are used where the record names neither, `pap` where it bears no PAP.
    """

    tlp: Tlp = Tlp.AMBER
    pap: Pap = Pap.CLEAR
    audiences: tuple[tuple[str, ...], ...] = ()
    agreements: tuple[str, ...] = ()


AMBER: Final = Handling()


def label_of(
    head: Head,
    *,
    owner: str,
    applied: Sequence[str] = (),
    markings: Mapping[str, Meaning],
    default: Handling = AMBER,
) -> Label:
    """The label of a record as a whole object, by its `object_marking_refs` and what its owner applied besides.

    Several TLP or PAP: the strictest. Several audiences: all of them. Agreements: of each marking that names some,
    one. No TLP: the owner's `default`. A marking that `markings` does not know: unresolved, so the owner alone until
    it is.
    Granular markings are not regarded: see `whole_label`.
    """
    return _labelled((*head.object_marking_refs, *applied), head, owner=owner, markings=markings, default=default)


def whole_label(
    head: Head,
    *,
    owner: str,
    applied: Sequence[str] = (),
    markings: Mapping[str, Meaning],
    default: Handling = AMBER,
) -> Label:
    """The label of a record with every field in it: that of the object and of its granular markings, the strictest.

    Equal to `label_of` where no granular marking is stricter than the object's; then nothing need be redacted.
    """
    refs = (*head.object_marking_refs, *applied)
    outer = _labelled(refs, head, owner=owner, markings=markings, default=default)
    inner = [entry.marking_ref for entry in head.granular_markings if entry.marking_ref is not None]
    if not inner:
        return outer
    return strictest(outer, _labelled((*refs, *inner), head, owner=owner, markings=markings, default=default))


def _labelled(
    refs: Iterable[str], head: Head, *, owner: str, markings: Mapping[str, Meaning], default: Handling
) -> Label:
    if not owner:
        raise ValueError(f"{head.id!r} has no owner: name the organisation that answers for it")
    known = {ref: FIXED.get(ref) or markings.get(ref) for ref in refs}
    said = [meaning for meaning in known.values() if meaning is not None]
    tlp = max((each.tlp for each in said if each.tlp is not None), default=None)
    audiences = _canonical(audience for each in said for audience in each.audiences)
    agreements = sorted({tuple(sorted(set(each.agreements))) for each in said if each.agreements})
    if tlp is None:
        tlp = max(default.tlp, Tlp.AMBER)
        if not audiences and not agreements:
            audiences, agreements = _canonical(default.audiences), [tuple(sorted(set(default.agreements)))]
    label = Label(
        owner=owner,
        tlp=tlp,
        pap=max((each.pap for each in said if each.pap is not None), default=default.pap),
        audiences=audiences,
        personal=any(each.personal for each in said),
        type=head.type,
        unresolved=tuple(sorted(ref for ref, meaning in known.items() if meaning is None)),
        exercise=exercise_of(each.exercise for each in said),
    )
    return under_each(label, agreements)


def exercise_of(named: Iterable[str]) -> str:
    """The exercise that these together mean; where they name several, one that nobody reads in."""
    return " and ".join(sorted({each for each in named if each}))


def under_each(label: Label, agreements: Iterable[tuple[str, ...]]) -> Label:
    """The label under agreements besides: of each set given, the reader has to be party of one. `type` is dropped
    where no agreement can ever ask for it, so that fewer labels come of it."""
    under = [replace(label, agreements=each) for each in dict.fromkeys(agreements)] or [label]
    return reduce(strictest, map(_typed, under))


def _typed(label: Label) -> Label:
    by_agreement = not label.audiences and Tlp.AMBER <= label.tlp <= Tlp.AMBER_STRICT
    asked = by_agreement or label.agreements or label.personal or label.unresolved
    return label if asked else replace(label, type="")


def _canonical(audiences: Iterable[Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(sorted({tuple(sorted(set(audience))) for audience in audiences}))
