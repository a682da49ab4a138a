"""What belongs to an exercise and what is real are never seen by one standing, whatever else their labels say."""

from itertools import product

import msgspec
from tests.policy.worlds import ORGANISATIONS, chance, clearances, label, plain, region, standings

from egnatia.policy import (
    EVERY,
    PUBLIC,
    Clearance,
    Label,
    Meaning,
    Rule,
    Standing,
    Tlp,
    admits,
    bounded_by,
    clearance_within,
    decide,
    is_open,
    may_share,
    narrows,
    resolved,
    strictest,
    within,
)
from egnatia.policy.label import Pap

ONE, OTHER = "regional-one", "regional-other"
ANA, BORA = "identity--ana", "identity--bora"


def played(made: Label, exercise: str = ONE) -> Label:
    """The same label in an exercise."""
    return msgspec.structs.replace(made, exercise=exercise)


def test_nobody_who_reads_what_is_real_sees_anything_of_an_exercise_not_even_its_owner() -> None:
    rng = chance(1)
    directory = region(rng)
    for _ in range(2_000):
        made = played(label(rng))
        for _, clearance in clearances(rng, directory, 20):
            assert not decide(made, clearance).allowed


def test_nobody_in_an_exercise_sees_anything_that_is_real_or_of_another_exercise() -> None:
    rng = chance(2)
    directory = region(rng)
    for _ in range(2_000):
        real = label(rng)
        for who, clearance in clearances(rng, directory, 20):
            if not who:  # the public takes part in no exercise
                continue
            inside = clearance_within(clearance, ONE)
            assert not decide(real, inside).allowed
            assert not decide(played(plain(rng), OTHER), inside).allowed


def test_a_node_that_carries_every_exercise_sees_nothing_real_by_it() -> None:
    rng = chance(3)
    directory = region(rng)
    for _ in range(500):
        for who, clearance in clearances(rng, directory, 20):
            if not who:  # the public takes part in no exercise
                continue
            assert not decide(label(rng), clearance_within(clearance, EVERY)).allowed


def test_in_an_exercise_only_those_see_something_whom_every_audience_names() -> None:
    rng = chance(4)
    for _ in range(3_000):
        made = played(plain(rng))
        for who in ORGANISATIONS:
            seen = admits(made, Standing(who, exercise=ONE)).allowed
            named = bool(made.audiences) and all(who in audience for audience in made.audiences)
            assert seen == (who == made.owner or (named and not made.withdrawn and not made.unresolved))


def test_no_tlp_opens_an_exercise_to_the_public_or_the_community() -> None:
    for tlp, pap in product(Tlp, Pap):
        made = Label(ANA, tlp, pap, exercise=ONE)
        assert not is_open(made)
        assert decide(made, PUBLIC).rule is Rule.EXERCISE
        assert decide(made, Clearance((Standing(BORA, member=True),))).rule is Rule.EXERCISE
        assert decide(made, Clearance((Standing(BORA, member=True, exercise=ONE),))).rule is Rule.NOT_PLAYER


def test_clients_of_somebody_named_are_not_in_the_exercise() -> None:
    made = Label(ANA, Tlp.AMBER, audiences=((BORA,),), exercise=ONE)
    client = Standing("identity--bank", client_of=(Standing(BORA),), exercise=ONE)
    assert not admits(made, client).allowed


def test_a_stricter_label_of_both_worlds_is_for_its_owner_at_most() -> None:
    rng = chance(5)
    everybody = standings(region(rng)).values()
    for _ in range(1_000):
        real = plain(rng)
        both = strictest(real, played(plain(rng, real.owner)))
        for standing in everybody:
            for one in (standing, msgspec.structs.replace(standing, exercise=ONE)):
                assert not admits(both, one).allowed or one.organisation == real.owner


def test_what_links_an_exercise_with_what_is_real_is_for_its_owner_at_most() -> None:
    rng = chance(6)
    everybody = standings(region(rng)).values()
    for _ in range(1_000):
        link, end = plain(rng), played(plain(rng))
        bound = bounded_by(link, [end])
        for standing in everybody:
            for one in (standing, msgspec.structs.replace(standing, exercise=ONE)):
                assert not admits(bound, one).allowed or one.organisation == link.owner


def test_a_marking_that_is_known_late_moves_a_record_into_its_exercise() -> None:
    waiting = Label(ANA, Tlp.CLEAR, unresolved=("marking-definition--x",))
    meaning = Meaning(audiences=((ANA, BORA),), exercise=ONE)
    known = resolved(waiting, {"marking-definition--x": meaning})
    assert known.exercise == ONE
    assert admits(known, Standing(BORA, exercise=ONE)).allowed
    assert not admits(known, Standing(BORA, member=True)).allowed


def test_a_version_in_another_world_narrows_and_is_never_within() -> None:
    real, exercise = Label(ANA, Tlp.CLEAR), Label(ANA, Tlp.RED, audiences=((ANA,),), exercise=ONE)
    assert narrows(real, exercise)
    assert narrows(exercise, real)
    assert not within(msgspec.structs.replace(real, tlp=Tlp.RED), exercise)


def test_what_somebody_saw_in_an_exercise_is_not_passed_on_outside() -> None:
    made = Label(ANA, Tlp.GREEN, audiences=((BORA,),), exercise=ONE)
    holder = Standing(BORA, exercise=ONE)
    assert not may_share(made, holder, Standing("identity--dora", member=True)).allowed
    assert not may_share(made, Standing(BORA), Standing("identity--dora", exercise=ONE)).allowed


def test_the_world_of_what_is_real_is_the_clearance_itself() -> None:
    clearance = clearances(chance(7), region(chance(7)), 20)[5][1]
    assert clearance_within(clearance, "") is clearance
