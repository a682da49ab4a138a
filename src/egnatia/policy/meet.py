"""How labels are compared and combined: what comes out never admits anybody whom one of them refuses.

A label is read as a set of parts: itself without `also`, and each of `also`. A part says one thing, in one owner's
name; a reader must pass them all. Of two parts of one owner that are in order, the stricter one says both, so it
alone is kept; the rest stand side by side. That makes `strictest` exact, and the same in whatever order it is used.
"""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from egnatia.policy.decision import is_open
from egnatia.policy.label import Label, Pap, Tlp


def strictest(a: Label, b: Label) -> Label:
    """The label that admits exactly whom both admit, under the stricter of both PAP.

    ValueError where the owners differ: one owner sees its own, so there is no such label (see `bounded_by`).
    """
    if a.owner != b.owner:
        raise ValueError(f"labels of two owners, {a.owner!r} and {b.owner!r}: bound the one by the other instead")
    if a == b:
        return a
    own = [part for part in (*_parts(a), *_parts(b)) if part.owner == a.owner and not part.also]
    others = [part for part in (*_parts(a), *_parts(b)) if part.owner != a.owner or part.also]
    return _joined(own, others, pap=max(a.pap, b.pap))


def bounded_by(label: Label, ends: Sequence[Label]) -> Label:
    """The label of a relationship or sighting whose ends lie under `ends`: it goes where they all may go, and to its
    own owner. An end that could refuse nobody whom `label` admits leaves no trace, so few labels come of it."""
    may_change = label.withdrawn or bool(waiting_for(label))
    kept = [end for end in ends if not (is_open(end) if may_change else within(label, end))]
    pap = max([label.pap, *(end.pap for end in ends)])
    if not kept:
        return label if pap == label.pap else replace(label, pap=pap)
    parts = [part for end in kept for part in (_parts(end) if end.owner == label.owner else (_bare(end),))]
    parts += label.also
    own = [_alone(label), *(part for part in parts if part.owner == label.owner and not part.also)]
    return _joined(own, [part for part in parts if part.owner != label.owner or part.also], pap=pap)


def within(a: Label, b: Label) -> bool:
    """Whether everybody whom `a` admits, but for its owner, is for certain admitted by `b`, whatever the directory
    holds; and nothing in `b` is marked stricter. False where it cannot be told."""
    if a.exercise != b.exercise and not is_open(b):
        return False
    if a.withdrawn or a.unresolved:
        return True
    return all(any(_narrower(mine, theirs, free=a.owner) for mine in _parts(a)) for theirs in _parts(b))


def narrows(old: Label, new: Label) -> bool:
    """Whether `new` may admit fewer than `old`, or allow them less, in any respect: if in doubt, it does."""
    moved = new.owner != old.owner or new.exercise != old.exercise
    return moved or new.pap > old.pap or not within(old, new)


def strictest_tlp(label: Label) -> Tlp:
    """The strictest TLP that any part of the label bears: what to show for it."""
    return max([label.tlp, *map(strictest_tlp, label.also)])


def waiting_for(label: Label) -> frozenset[str]:
    """The markings of its owner that some part of the label needs to know and does not."""
    parts = (label, *(part for part in label.also if part.owner == label.owner))
    return frozenset(marking for part in parts for marking in part.unresolved)


def _parts(label: Label) -> tuple[Label, ...]:
    return (_alone(label), *label.also)


def _alone(label: Label) -> Label:
    return replace(label, also=(), pap=Pap.CLEAR) if label.also or label.pap else label


def _bare(label: Label) -> Label:
    return replace(label, pap=Pap.CLEAR) if label.pap else label


def _joined(own: Iterable[Label], others: Iterable[Label], *, pap: Pap) -> Label:
    """One label of parts: those of the owner (not empty), reduced, the strictest TLP first; then the others'."""
    own = list(own)
    withdrawn = any(part.withdrawn for part in own)
    first, *rest = _least([replace(part, withdrawn=False) for part in own])
    also = (*rest, *_least([part for part in others if not is_open(part)]))
    return replace(first, pap=pap, withdrawn=withdrawn, also=also)


def _least(parts: Iterable[Label]) -> list[Label]:
    """The parts that no other part makes superfluous, in the one order that the set of them has.

    Of parts that say the same in two ways the first in that order stays: so the outcome does not depend on which
    of them was met when.
    """
    ordered = sorted(set(parts), key=_order)
    return [
        part
        for place, part in enumerate(ordered)
        if not any(
            _implies(other, part) and (where < place or not _implies(part, other))
            for where, other in enumerate(ordered)
            if where != place
        )
    ]


def _implies(stricter: Label, part: Label) -> bool:
    """Whether one part makes another of the same owner superfluous, for good: what waits for a marking may mean
    something else tomorrow, so it makes nothing superfluous that could refuse somebody."""
    if stricter.owner != part.owner or stricter.exercise != part.exercise or stricter.also or part.also:
        return False
    if stricter.unresolved or part.unresolved:
        return is_open(part)
    return _narrower(stricter, part, free="")


def _order(label: Label) -> tuple[object, ...]:
    """One order over labels, the strictest TLP first."""
    return (
        -label.tlp,
        label.owner,
        label.audiences,
        label.agreements,
        label.type,
        label.personal,
        label.unresolved,
        label.withdrawn,
        label.exercise,
        tuple(map(_order, label.also)),
    )


def _narrower(a: Label, b: Label, *, free: str) -> bool:
    """Whether part `b` refuses nobody whom part `a` admits (but for the owner `free`) and is not marked stricter."""
    if a == b or is_open(b):
        return True
    if a.exercise != b.exercise:
        return False
    if a.owner != b.owner or b.also:
        return a.owner == free and _admits_owner_only(a) and not b.also and a.tlp >= b.tlp
    if a.withdrawn or a.unresolved:
        return True
    return (
        not (b.withdrawn or b.unresolved)
        and a.tlp >= b.tlp
        and (not b.personal or (a.personal and a.type == b.type))
        and _reaches_no_further(a, b)
    )


def _admits_owner_only(part: Label) -> bool:
    closed = part.withdrawn or bool(part.unresolved) or () in part.audiences
    return closed or (part.tlp is Tlp.RED and not part.audiences)


def _reaches_no_further(a: Label, b: Label) -> bool:
    """The same for two parts of one owner, `a` of a TLP at least as strict, by what they say of who receives."""
    if _admits_owner_only(a):
        return True
    if b.audiences or b.agreements:
        named = all(any(set(mine) <= set(theirs) for mine in a.audiences) for theirs in b.audiences)
        party = not b.agreements or (a.type == b.type and bool(a.agreements) and set(a.agreements) <= set(b.agreements))
        return named and party and not (b.tlp is Tlp.RED and not b.audiences)
    if b.tlp is Tlp.CLEAR:
        return True
    by_agreement = bool(a.agreements) or not a.audiences
    if b.tlp is Tlp.GREEN:
        return by_agreement
    return b.tlp is not Tlp.RED and by_agreement and a.type == b.type
