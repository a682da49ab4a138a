"""The decision against the same rules said as sets, and the laws that both obey."""

from random import Random
from time import perf_counter

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.policy.worlds import ORGANISATIONS, Oracle, chance, clearances, label, plain, region, standings

from egnatia.policy import PUBLIC, Clearance, Label, Rule, Standing, Tlp, admits, decide
from egnatia.policy.decision import ALLOWING, REASONS

seeds = st.integers(0, 2**64).map(Random)


def test_a_million_readers_and_labels_agree_with_the_sets() -> None:
    rng = chance(20261123)
    pairs = allowed = 0
    rules: set[Rule] = set()
    for _ in range(25):
        directory = region(rng)
        oracle = Oracle(directory)
        readers = clearances(rng, directory, 40)
        for _ in range(1_000):
            under = label(rng)
            admitted, public = oracle.who(under), oracle.public(under)
            for who, clearance in readers:
                decision = decide(under, clearance)
                assert decision.allowed == (not who.isdisjoint(admitted) if who else public), (under, clearance)
                allowed += decision.allowed
                rules.add(decision.rule)
            pairs += len(readers)
    assert pairs == 1_000_000
    assert 0.1 < allowed / pairs < 0.9
    elsewhere = {Rule.EXERCISE, Rule.NOT_EXERCISE, Rule.NOT_PLAYER}  # see test_exercise
    assert rules == {rule for rule in Rule if not rule.startswith(("onward", "pap", "holder"))} - elsewhere


@given(seeds)
def test_a_stricter_label_never_admits_more(rng: Random) -> None:
    everyone = clearances(rng, region(rng), 30)
    under = label(rng)
    stricter = (
        replace(under, tlp=Tlp(rng.randint(under.tlp, Tlp.RED))),
        replace(under, withdrawn=True),
        replace(under, unresolved=("marking-definition--y",)),
        replace(under, personal=True),
        replace(under, also=(*under.also, plain(rng))),
    )
    for narrower in stricter:
        for _, clearance in everyone:
            assert decide(under, clearance).allowed or not decide(narrower, clearance).allowed


@given(seeds, st.sampled_from(ORGANISATIONS))
def test_a_further_audience_never_admits_more(rng: Random, named: str) -> None:
    under = plain(rng)
    if not under.audiences:
        return
    narrower = replace(under, audiences=(*under.audiences, (named,)))
    for _, clearance in clearances(rng, region(rng), 20):
        assert decide(under, clearance).allowed or not decide(narrower, clearance).allowed


@given(seeds)
def test_a_reader_who_gains_something_never_sees_less(rng: Random) -> None:
    here, there = standings(region(rng)), standings(region(rng))
    one, more = rng.choice(list(here.values())), rng.choice(list(there.values()))
    gained = Standing(
        organisation=one.organisation,
        member=one.member or more.member,
        groups=one.groups | more.groups,
        client_of=one.client_of + more.client_of,
        agreements=one.agreements + more.agreements,
    )
    for _ in range(50):
        under = label(rng)
        before = decide(under, Clearance((one,))).allowed
        assert not before or decide(under, Clearance((gained,))).allowed
        assert not before or decide(under, Clearance((more, one))).allowed


@given(seeds)
def test_an_owner_always_sees_its_own(rng: Random) -> None:
    under = label(rng)
    assert decide(under, Clearance((Standing(under.owner),))).rule is Rule.OWNER


@given(seeds)
def test_the_public_sees_nothing_but_clear(rng: Random) -> None:
    under = label(rng)
    if decide(under, PUBLIC).allowed:
        assert under.tlp is Tlp.CLEAR
        assert under == Label(under.owner, Tlp.CLEAR, under.pap, type=under.type, also=under.also)
        assert all(decide(part, PUBLIC).allowed for part in under.also)


@given(seeds)
def test_what_is_withdrawn_unresolved_or_for_nobody_is_for_its_owner_alone(rng: Random) -> None:
    under = label(rng)
    closed = (
        replace(under, withdrawn=True),
        replace(under, unresolved=("marking-definition--unknown",)),
        replace(under, audiences=((),)),
        replace(under, audiences=(*under.audiences, ())),
    )
    for shut in closed:
        for one in standings(region(rng)).values():
            assert admits(shut, one).allowed == (one.organisation == under.owner)


@given(seeds)
def test_every_part_of_a_label_must_allow(rng: Random) -> None:
    under = label(rng)
    for one in standings(region(rng)).values():
        if one.organisation != under.owner:
            parts = (replace(under, also=()), *under.also)
            assert admits(under, one).allowed == all(admits(part, one).allowed for part in parts)


def test_two_organisations_on_one_node_do_not_see_together_what_neither_may_see() -> None:
    under = Label("identity--a", Tlp.AMBER, audiences=(("identity--b",), ("identity--c",)))
    node = Clearance((Standing("identity--b"), Standing("identity--c")))
    assert not decide(under, node).allowed


def test_every_rule_has_its_words_and_its_side() -> None:
    assert set(REASONS) == set(Rule)
    assert all(rule in ALLOWING for rule in (Rule.OWNER, Rule.NAMED, Rule.PAP_ALLOWS))


def test_a_decision_takes_about_a_microsecond() -> None:
    rng = chance(5)
    labels = [label(rng) for _ in range(300)]
    readers = [clearance for _, clearance in clearances(rng, region(rng), 13)]
    start = perf_counter()
    for under in labels:
        for clearance in readers:
            decide(under, clearance)
    assert (perf_counter() - start) / (len(labels) * len(readers)) < 20e-6
