"""Who is who at a moment, and what time alone changes."""

from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.policy.worlds import DAY, NOW, ORGANISATIONS, label, region

from egnatia.policy import (
    Agreement,
    Clearance,
    Directory,
    Label,
    Tlp,
    admits,
    clearance,
    in_force,
    keep_until,
    standing,
    standing_until,
    until,
)
from egnatia.policy.directory import groups_of, organisations_of

ME, AL, RS, BANK, TEAM, REGION = (f"identity--{name}" for name in ("me", "al", "rs", "bank", "team", "region"))
TREATY = Agreement(
    id="sharing-agreement--1",
    parties=frozenset({ME, AL}),
    valid_from=NOW - DAY,
    valid_until=NOW + DAY,
    legal_basis="Law 10/2024",
    retention=timedelta(days=30),
    personal_data=True,
    signed=frozenset({ME, AL}),
)


def test_an_agreement_is_in_force_from_its_first_moment_until_before_its_last() -> None:
    assert in_force(TREATY, TREATY.valid_from)
    assert in_force(TREATY, NOW + DAY - timedelta(microseconds=1))
    assert not in_force(TREATY, NOW + DAY)
    assert not in_force(TREATY, NOW - DAY - timedelta(microseconds=1))
    assert in_force(replace(TREATY, valid_until=None), NOW + 1000 * DAY)


def test_an_agreement_needs_every_signature_and_no_stop() -> None:
    for broken in (
        replace(TREATY, signed=frozenset({ME})),
        replace(TREATY, suspended=True),
        replace(TREATY, terminated=True),
        replace(TREATY, parties=frozenset(), signed=frozenset()),
    ):
        assert not in_force(broken, NOW)


def test_groups_hold_groups_and_circles_end() -> None:
    directory = Directory(groups={TEAM: frozenset({ME, REGION}), REGION: frozenset({TEAM, RS})})
    assert groups_of(RS, directory) == {REGION, TEAM}
    assert organisations_of({TEAM}, directory) >= {ME, RS}
    assert organisations_of({AL}, directory) == {AL}


def test_a_group_may_be_party_and_member_for_all_in_it() -> None:
    directory = Directory(
        members=frozenset({TEAM}),
        groups={TEAM: frozenset({AL, RS})},
        agreements=(replace(TREATY, parties=frozenset({ME, TEAM}), signed=frozenset({ME, TEAM})),),
    )
    found = standing(RS, directory, NOW)
    assert found.member
    assert found.agreements[0].parties == {ME, AL, RS, TEAM}


def test_a_client_knows_its_providers_but_not_theirs() -> None:
    directory = Directory(clients={AL: frozenset({BANK, AL}), ME: frozenset({AL})}, agreements=(TREATY,))
    bank = standing(BANK, directory, NOW)
    assert [provider.organisation for provider in bank.client_of] == [AL]
    assert bank.client_of[0].client_of == ()
    assert bank.client_of[0].agreements != ()
    assert [provider.organisation for provider in standing(AL, directory, NOW).client_of] == [ME]
    assert clearance([BANK, AL], directory, NOW) == Clearance((bank, standing(AL, directory, NOW)))


def test_personal_data_needs_a_legal_basis() -> None:
    directory = Directory(agreements=(replace(TREATY, legal_basis=""),))
    assert not standing(AL, directory, NOW).agreements[0].personal_data


@given(st.integers(0, 2**64).map(Random))
def test_no_decision_changes_before_it_is_said_to(rng: Random) -> None:
    directory = region(rng)
    later = NOW + DAY * rng.choice((0, 0.5, 1, 2))
    for _ in range(20):
        under, reader = label(rng), rng.choice(ORGANISATIONS)
        now, then = (admits(under, standing(reader, directory, at)) for at in (NOW, later))
        turn, standing_turn = until(under, directory, NOW), standing_until(directory, NOW)
        assert turn is None or (turn > NOW and standing_turn is not None and standing_turn <= turn)
        if turn is None or turn > later:
            assert now.allowed == then.allowed


def test_what_came_under_an_agreement_is_kept_as_long_as_it_says() -> None:
    directory = Directory(agreements=(TREATY, replace(TREATY, id="sharing-agreement--2", retention=timedelta(days=7))))
    amber = Label(ME, Tlp.AMBER, type="indicator")
    assert keep_until(amber, AL, directory, NOW) == NOW + timedelta(days=7)
    assert keep_until(replace(amber, agreements=(TREATY.id,)), AL, directory, NOW) == NOW + timedelta(days=30)
    assert keep_until(Label(ME, Tlp.GREEN, personal=True, type="indicator"), AL, directory, NOW) is not None
    assert keep_until(Label(RS, Tlp.GREEN, also=(amber,)), AL, directory, NOW) == NOW + timedelta(days=7)


def test_what_came_otherwise_is_kept_as_long_as_one_likes() -> None:
    directory = Directory(agreements=(TREATY,))
    assert keep_until(Label(ME, Tlp.AMBER), ME, directory, NOW) is None
    assert keep_until(Label(ME, Tlp.GREEN), AL, directory, NOW) is None
    assert keep_until(Label(ME, Tlp.AMBER, audiences=((AL,),)), AL, directory, NOW) is None
    assert keep_until(Label(ME, Tlp.AMBER), RS, directory, NOW) is None
