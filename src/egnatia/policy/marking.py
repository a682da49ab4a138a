"""What markings mean, and the label that comes of those on a record. A marking that is not known is never ignored."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from egnatia.policy.label import Label, Pap, Tlp
from egnatia.policy.meet import strictest
from egnatia.record.record import Head


class Meaning(msgspec.Struct, frozen=True):
    """What one marking says of who may see a record; all empty for a statement, which restricts nobody.

    `audiences` holds one audience for an audience marking, empty if it names nobody; `agreements` are those that it
    refers to; `personal` says that it marks personal data.
    """

    tlp: Tlp | None = None
    pap: Pap | None = None
    audiences: tuple[tuple[str, ...], ...] = ()
    agreements: tuple[str, ...] = ()
    personal: bool = False


STATEMENT: Final = Meaning()

TLP_2: Final[Mapping[str, Tlp]] = {
    "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": Tlp.CLEAR,
    "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": Tlp.GREEN,
    "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": Tlp.AMBER,
    "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": Tlp.AMBER_STRICT,
    "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": Tlp.RED,
}
"""The OASIS marking-definitions of TLP 2.0."""

TLP_1: Final[Mapping[str, Tlp]] = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": Tlp.CLEAR,
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": Tlp.GREEN,
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": Tlp.AMBER,
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": Tlp.RED,
}
"""The marking-definitions of TLP 1.0 (STIX 2.1 section 7.2.1.4); its WHITE is CLEAR, its AMBER is AMBER."""

PAP_1: Final[Mapping[str, Pap]] = {
    "marking-definition--c9934ee8-512d-4c8a-86fe-8e224566011f": Pap.CLEAR,
    "marking-definition--686ef109-f77d-4bd0-8953-6ce9e372baba": Pap.GREEN,
    "marking-definition--48f5e0cc-6264-48a5-8e9c-6445dc992cef": Pap.AMBER,
    "marking-definition--9562bd1d-5e0e-45d5-946e-0edace4151b5": Pap.RED,
}
"""Our four marking-definitions of PAP: STIX has none."""

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

    Several TLP or PAP: the strictest. Several audiences: all of them. Agreements: one of those named. No TLP: the
    owner's `default`. A marking that `markings` does not know: unresolved, so the owner alone until it is.
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


def joint(meanings: Iterable[Meaning]) -> Meaning:
    """What several marking-definitions under one id mean: all that each of them says."""
    every = tuple(meanings)
    return Meaning(
        tlp=max((each.tlp for each in every if each.tlp is not None), default=None),
        pap=max((each.pap for each in every if each.pap is not None), default=None),
        audiences=_canonical(audience for each in every for audience in each.audiences),
        agreements=tuple(sorted({agreement for each in every for agreement in each.agreements})),
        personal=any(each.personal for each in every),
    )


def _labelled(
    refs: Iterable[str], head: Head, *, owner: str, markings: Mapping[str, Meaning], default: Handling
) -> Label:
    if not owner:
        raise ValueError(f"{head.id!r} has no owner: name the organisation that answers for it")
    known = {ref: FIXED.get(ref) or markings.get(ref) for ref in refs}
    said = joint(meaning for meaning in known.values() if meaning is not None)
    tlp, pap, audiences, agreements = said.tlp, said.pap, said.audiences, said.agreements
    if tlp is None:
        tlp = max(default.tlp, Tlp.AMBER)
        if not audiences and not agreements:
            audiences, agreements = _canonical(default.audiences), tuple(sorted(set(default.agreements)))
    by_agreement = bool(agreements) or (not audiences and Tlp.AMBER <= tlp <= Tlp.AMBER_STRICT)
    return Label(
        owner=owner,
        tlp=tlp,
        pap=default.pap if pap is None else pap,
        audiences=audiences,
        agreements=agreements,
        personal=said.personal,
        type=head.type if by_agreement or said.personal else "",
        unresolved=tuple(sorted(ref for ref, meaning in known.items() if meaning is None)),
    )


def _canonical(audiences: Iterable[Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(sorted({tuple(sorted(set(audience))) for audience in audiences}))
