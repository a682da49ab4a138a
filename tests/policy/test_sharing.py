"""Passing on never reaches further than seeing; acting is bounded by PAP."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy.worlds import label, region, standings

from egnatia.policy import (
    Action,
    AgreementInForce,
    Label,
    Pap,
    Rule,
    Standing,
    Tlp,
    admits,
    bounded_by,
    may_act,
    may_share,
)

seeds = st.integers(0, 2**64).map(Random)
ME, AL, RS, BANK = "identity--me", "identity--al", "identity--rs", "identity--bank"


def organisation(name: str, *clients_of: Standing, onward: bool = False) -> Standing:
    under = AgreementInForce("sharing-agreement--1", frozenset({ME, AL, RS}), personal_data=True, onward=onward)
    return Standing(name, member=True, client_of=clients_of, agreements=() if name == BANK else (under,))


@given(seeds)
def test_passing_on_never_exceeds_what_the_recipient_and_the_holder_may_see(rng: Random) -> None:
    everyone = list(standings(region(rng)).values())
    for _ in range(20):
        under, holder, recipient = label(rng), rng.choice(everyone), rng.choice(everyone)
        shared = may_share(under, holder, recipient)
        if shared.allowed:
            assert admits(under, recipient).allowed
            assert admits(under, holder).allowed or holder == recipient
        if holder.organisation == under.owner:
            assert shared == admits(under, recipient)


@pytest.mark.parametrize(
    ("tlp", "rule"),
    [
        (Tlp.CLEAR, Rule.PUBLIC),
        (Tlp.GREEN, Rule.MEMBER),
        (Tlp.AMBER, Rule.ONWARD_CLIENTS_ONLY),
        (Tlp.AMBER_STRICT, Rule.ONWARD_STRICT),
    ],
)
def test_what_one_receiving_organisation_may_pass_to_another(tlp: Tlp, rule: Rule) -> None:
    assert may_share(Label(ME, tlp), organisation(AL), organisation(RS)).rule is rule


def test_red_stays_with_its_recipients() -> None:
    red = Label(ME, Tlp.RED, audiences=((AL, RS),))
    assert may_share(red, organisation(AL), organisation(RS)).rule is Rule.ONWARD_RED
    assert may_share(red, organisation(AL), organisation(AL)).rule is Rule.NAMED
    assert may_share(red, organisation(AL), organisation(ME)).rule is Rule.OWNER
    assert may_share(red, organisation(BANK), organisation(RS)).rule is Rule.HOLDER_MAY_NOT_SEE


def test_amber_goes_on_to_the_clients_of_who_received_it_and_no_further() -> None:
    amber = Label(ME, Tlp.AMBER)
    client = organisation(BANK, organisation(AL))
    assert may_share(amber, organisation(AL), client).rule is Rule.AGREEMENT_CLIENT
    assert may_share(amber, organisation(RS), client).rule is Rule.ONWARD_CLIENTS_ONLY
    assert may_share(amber, client, organisation(RS)).rule is Rule.ONWARD_CLIENTS_ONLY


def test_an_agreement_has_to_allow_passing_on() -> None:
    bound = Label(ME, Tlp.GREEN, agreements=("sharing-agreement--1",))
    personal = Label(ME, Tlp.GREEN, personal=True)
    for under in (bound, personal):
        assert may_share(under, organisation(AL), organisation(RS)).rule is Rule.ONWARD_AGREEMENT
        assert may_share(under, organisation(AL, onward=True), organisation(RS)).allowed


def test_what_hangs_on_a_red_record_is_not_passed_on_either() -> None:
    sighting = bounded_by(Label(ME, Tlp.GREEN), [Label("identity--bih", Tlp.RED, audiences=((AL, RS),))])
    assert may_share(sighting, organisation(ME), organisation(RS)).allowed
    assert may_share(sighting, organisation(AL), organisation(RS)).rule is Rule.ONWARD_RED


def test_each_pap_allows_less_than_the_one_before() -> None:
    allowed = {pap: {action for action in Action if may_act(Label(ME, Tlp.CLEAR, pap), action).allowed} for pap in Pap}
    assert allowed[Pap.CLEAR] == set(Action)
    assert allowed[Pap.GREEN] == set(Action) - {Action.TAKE_DOWN}
    assert allowed[Pap.AMBER] == {Action.SEARCH, Action.DETECT, Action.LOOK_UP}
    assert allowed[Pap.RED] == {Action.SEARCH, Action.DETECT}
