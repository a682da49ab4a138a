"""Labels combine to what they admit in common, in any order, and comparing them never promises too much."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.policy.worlds import chance, label, plain, region, standings

from egnatia.policy import Label, Pap, Tlp, admits, bounded_by, narrows, strictest, within

seeds = st.integers(0, 2**64).map(Random)
ME, RS, AL = "identity--me", "identity--rs", "identity--al"


@given(seeds)
def test_the_strictest_of_two_admits_exactly_whom_both_admit(rng: Random) -> None:
    everyone = standings(region(rng)).values()
    for _ in range(20):
        a = label(rng)
        b = label(rng, a.owner)
        both = strictest(a, b)
        assert both.pap == max(a.pap, b.pap)
        assert both.tlp >= max(a.tlp, b.tlp)
        for one in everyone:
            assert admits(both, one).allowed == (admits(a, one).allowed and admits(b, one).allowed)


@given(seeds)
def test_the_order_in_which_labels_meet_does_not_matter(rng: Random) -> None:
    a = label(rng)
    b, c = label(rng, a.owner), label(rng, a.owner)
    assert strictest(a, b) == strictest(b, a)
    assert strictest(strictest(a, b), c) == strictest(a, strictest(b, c))
    assert strictest(a, a) == a
    both = strictest(a, b)
    assert strictest(both, b) == both == strictest(a, both)


def test_two_tlps_are_the_stricter_one() -> None:
    for a in Tlp:
        for b in Tlp:
            assert strictest(Label(ME, a), Label(ME, b)) == Label(ME, max(a, b))


def test_labels_of_two_owners_do_not_meet() -> None:
    with pytest.raises(ValueError, match="two owners"):
        strictest(Label(ME, Tlp.CLEAR), Label(RS, Tlp.CLEAR))


@given(seeds)
def test_a_relationship_goes_where_it_and_its_ends_may_go_and_to_its_owner(rng: Random) -> None:
    everyone = standings(region(rng)).values()
    for _ in range(20):
        own, ends = label(rng), [label(rng) for _ in range(rng.randint(0, 3))]
        bounded = bounded_by(own, ends)
        assert bounded.owner == own.owner
        assert bounded.pap == max([own.pap, *(end.pap for end in ends)])
        for one in everyone:
            everywhere = all(admits(each, one).allowed for each in (own, *ends))
            assert admits(bounded, one).allowed == (everywhere or one.organisation == own.owner)


@given(seeds)
def test_the_order_of_ends_does_not_matter_nor_does_one_given_twice(rng: Random) -> None:
    own, ends = plain(rng), [label(rng) for _ in range(3)]
    bounded = bounded_by(own, ends)
    assert bounded_by(own, ends[::-1]) == bounded == bounded_by(own, [*ends, ends[0]])


def test_an_end_that_refuses_nobody_leaves_no_trace() -> None:
    green = Label(ME, Tlp.GREEN)
    assert bounded_by(green, []) == green
    assert bounded_by(green, [Label(RS, Tlp.CLEAR), Label(ME, Tlp.GREEN), Label(ME, Tlp.CLEAR)]) == green
    assert bounded_by(green, [Label(RS, Tlp.CLEAR, Pap.RED)]) == Label(ME, Tlp.GREEN, Pap.RED)
    assert bounded_by(green, [Label(RS, Tlp.GREEN)]).also == (Label(RS, Tlp.GREEN),)


@given(seeds)
def test_what_is_said_to_be_within_is_within_for_every_reader(rng: Random) -> None:
    everyone = [one for _ in range(3) for one in standings(region(rng)).values()]
    for _ in range(30):
        a = label(rng)
        b = rng.choice((a, strictest(a, label(rng, a.owner)), label(rng, a.owner), label(rng)))
        a, b = rng.choice(((a, b), (b, a)))
        if within(a, b):
            for one in everyone:
                assert one.organisation == a.owner or not admits(a, one).allowed or admits(b, one).allowed


@given(seeds)
def test_the_strictest_is_within_both(rng: Random) -> None:
    a = label(rng)
    b = label(rng, a.owner)
    assert within(strictest(a, b), a)
    assert within(strictest(a, b), b)
    assert within(a, a)


@given(seeds)
def test_nobody_loses_sight_without_the_label_being_called_narrower(rng: Random) -> None:
    everyone = standings(region(rng)).values()
    for _ in range(30):
        old = label(rng)
        new = rng.choice(
            (label(rng, old.owner), replace(old, tlp=rng.choice(tuple(Tlp))), strictest(old, plain(rng, old.owner)))
        )
        if any(admits(old, one).allowed and not admits(new, one).allowed for one in everyone):
            assert narrows(old, new)


@pytest.mark.parametrize(
    ("old", "new", "narrower"),
    [
        (Label(ME, Tlp.AMBER, type="malware"), Label(ME, Tlp.AMBER, type="malware"), False),
        (Label(ME, Tlp.AMBER, type="malware"), Label(ME, Tlp.GREEN), False),
        (Label(ME, Tlp.GREEN), Label(ME, Tlp.AMBER, type="malware"), True),
        (Label(ME, Tlp.GREEN), Label(ME, Tlp.GREEN, Pap.AMBER), True),
        (Label(ME, Tlp.GREEN), Label(ME, Tlp.GREEN, audiences=((AL,),)), True),
        (Label(ME, Tlp.RED, audiences=((AL,),)), Label(ME, Tlp.RED, audiences=((AL, RS),)), False),
        (Label(ME, Tlp.RED, audiences=((AL, RS),)), Label(ME, Tlp.RED, audiences=((AL,),)), True),
        (Label(ME, Tlp.RED), Label(ME, Tlp.RED, audiences=((AL,),)), False),
        (Label(ME, Tlp.CLEAR), Label(ME, Tlp.CLEAR, withdrawn=True), True),
        (Label(ME, Tlp.CLEAR), Label(RS, Tlp.CLEAR), True),
        (Label(ME, Tlp.CLEAR, withdrawn=True), Label(ME, Tlp.GREEN), False),
    ],
)
def test_narrower_is_said_when_in_doubt(old: Label, new: Label, narrower: bool) -> None:
    assert narrows(old, new) is narrower


def test_a_chain_of_relationships_keeps_every_bound() -> None:
    inner = bounded_by(Label(RS, Tlp.GREEN), [Label(AL, Tlp.RED, audiences=((ME,),))])
    outer = bounded_by(Label(ME, Tlp.CLEAR), [inner])
    for one in standings(region(chance(1))).values():
        assert not admits(outer, one).allowed
