"""A marking that becomes known later opens no more than if it had been known from the start."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st
from tests.policy.worlds import AGREEMENTS, GROUPS, ORGANISATIONS, plain, region, some, standings

from egnatia.policy import (
    TLP_2,
    Handling,
    Label,
    Meaning,
    Tlp,
    admits,
    bounded_by,
    label_of,
    resolved,
    strictest,
    waiting_for,
    whole_label,
)
from egnatia.record import GranularMarking, Head

seeds = st.integers(0, 2**64).map(Random)
REFS = tuple(f"marking-definition--{number}" for number in range(4))
ME, AL = "identity--me", "identity--al"


def meanings(rng: Random) -> dict[str, Meaning]:
    return {
        ref: Meaning(
            audiences=(tuple(sorted(some(rng, (*ORGANISATIONS, *GROUPS), 6))),) if rng.random() < 0.7 else (),
            agreements=tuple(sorted(some(rng, AGREEMENTS, 3))) if rng.random() < 0.4 else (),
            personal=rng.random() < 0.2,
        )
        for ref in REFS
    }


@given(seeds)
def test_what_is_resolved_later_admits_nobody_more_and_waits_for_nothing(rng: Random) -> None:
    everyone, known = standings(region(rng)).values(), meanings(rng)
    for _ in range(20):
        head = Head(
            type=rng.choice(("indicator", "malware")),
            id="x--1",
            object_marking_refs=(*some(rng, REFS, 2), *some(rng, TLP_2, 1)),
            granular_markings=tuple(GranularMarking(("name",), marking_ref=ref) for ref in some(rng, REFS, 2)),
        )
        owner, default = rng.choice(ORGANISATIONS), Handling(rng.choice(tuple(Tlp)))
        first = {ref: meaning for ref, meaning in known.items() if rng.random() < 0.5}
        for make in (label_of, whole_label):
            label = resolved(make(head, owner=owner, markings=first, default=default), known)
            straight = make(head, owner=owner, markings=known, default=default)
            assert not waiting_for(label)
            for one in everyone:
                assert admits(straight, one).allowed or not admits(label, one).allowed


@given(seeds)
def test_combining_first_and_resolving_then_is_resolving_first(rng: Random) -> None:
    everyone, known = standings(region(rng)).values(), meanings(rng)
    owner = rng.choice(ORGANISATIONS)

    def waiting(owner: str) -> Label:
        head = Head(type="indicator", id="x--1", object_marking_refs=(*some(rng, REFS, 2), *some(rng, TLP_2, 1)))
        return label_of(head, owner=owner, markings={})

    for _ in range(20):
        a, b, end = waiting(owner), waiting(owner), plain(rng)
        apart = strictest(resolved(a, known), resolved(b, known))
        together = resolved(strictest(a, b), known)
        bounded = resolved(bounded_by(a, [end]), known)
        for one in everyone:
            assert admits(together, one).allowed == admits(apart, one).allowed
            assert admits(bounded, one).allowed == admits(bounded_by(resolved(a, known), [end]), one).allowed


def test_an_audience_of_a_field_does_not_open_the_object_once_it_is_known() -> None:
    head = Head(type="tool", id="tool--1", granular_markings=(GranularMarking(("name",), marking_ref=REFS[0]),))
    known = {REFS[0]: Meaning(audiences=((AL,),))}
    waited = resolved(whole_label(head, owner=ME, markings={}), known)
    assert waited == whole_label(head, owner=ME, markings=known)
    assert waited.also != ()


def test_what_is_still_unknown_still_closes() -> None:
    waits = Label(ME, Tlp.GREEN, unresolved=REFS[:2])
    assert resolved(waits, {}) is waits
    assert resolved(waits, {REFS[0]: Meaning(audiences=((AL,),))}).unresolved == (REFS[1],)
