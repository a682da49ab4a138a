import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.trust.builders import flip, keys

from egnatia.trust import wire
from egnatia.trust.errors import Forged
from egnatia.trust.succession import KeyHistory, revoke, rotate

FIRST = KeyHistory("node-me", keys(0).public)
SECOND = rotate(FIRST, keys(0), keys(1), at=100)
THIRD = rotate(SECOND, keys(1), keys(2), at=200)
replace = msgspec.structs.replace


def test_the_current_keys_are_the_last_ones_and_the_chain_holds() -> None:
    for history in (FIRST, SECOND, THIRD):
        history.check()
    assert [history.current for history in (FIRST, SECOND, THIRD)] == [keys(n).public for n in range(3)]
    THIRD.check_continues(FIRST)
    THIRD.check_continues(THIRD)


def test_an_old_statement_still_verifies_and_a_new_one_by_old_keys_does_not() -> None:
    old = keys(0).signing.verifying.id
    assert THIRD.keys(old, at=100) == keys(0).public
    assert THIRD.keys(old) == keys(0).public
    with pytest.raises(Forged, match="had been replaced"):
        THIRD.keys(old, at=101)
    with pytest.raises(Forged, match="has no key"):
        THIRD.keys(keys(5).signing.verifying.id)


def test_only_the_current_keys_name_their_successor() -> None:
    with pytest.raises(ValueError, match="the current keys"):
        rotate(SECOND, keys(0), keys(3), at=300)


def test_a_history_that_does_not_continue_the_known_one_is_refused() -> None:
    with pytest.raises(Forged, match="continuity"):
        FIRST.check_continues(SECOND)
    with pytest.raises(Forged, match="continuity"):
        rotate(FIRST, keys(0), keys(4), at=100).check_continues(SECOND)
    with pytest.raises(Forged, match="continuity"):
        KeyHistory("node-me", keys(4).public).check_continues(FIRST)
    with pytest.raises(Forged, match="continuity"):
        replace(THIRD, subject="node-rs").check_continues(THIRD)


def test_no_rotation_can_be_left_out_reordered_or_given_to_another() -> None:
    one, two = THIRD.rotations
    for forged in (
        replace(THIRD, rotations=(two,)),
        replace(THIRD, rotations=(two, one)),
        replace(THIRD, rotations=(one, one)),
        replace(THIRD, subject="node-rs"),
        replace(THIRD, rotations=(one, replace(two, by_new=two.by_previous))),
        replace(THIRD, rotations=(one, replace(two, by_previous=two.by_new))),
        replace(THIRD, rotations=(replace(one, at=300), two)),
        replace(SECOND, rotations=(replace(one, keys=keys(4).public),)),
    ):
        with pytest.raises(Forged):
            forged.check()


def test_revoked_keys_verify_nothing_whatever_time_is_claimed() -> None:
    gone = revoke(THIRD, keys(1).public.id, keys(2), at=250, reason="laptop stolen")
    with pytest.raises(Forged, match="was revoked"):
        gone.keys(keys(1).signing.verifying.id, at=150)
    assert gone.current == keys(2).public
    gone.check_continues(THIRD)
    with pytest.raises(Forged, match="a revocation of node-me is left out"):
        THIRD.check_continues(gone)


def test_keys_revoked_without_successor_leave_nobody_to_speak() -> None:
    gone = revoke(FIRST, keys(0).public.id, keys(0), at=1, reason="lost")
    with pytest.raises(Forged, match="no successor"):
        _ = gone.current
    with pytest.raises(Forged, match="no successor"):
        rotate(gone, keys(0), keys(1), at=2)


@pytest.mark.parametrize("signer", [0, 5])
def test_old_keys_and_strangers_revoke_nobody(signer: int) -> None:
    with pytest.raises(Forged, match="revocation"):
        revoke(THIRD, keys(1).public.id, keys(signer), at=1, reason="")


WIRE = wire.encode(revoke(SECOND, keys(0).public.id, keys(1), at=250, reason="lost"))


@settings(max_examples=300)
@given(st.integers(0, len(WIRE) * 8 - 1))
def test_any_flipped_bit_of_a_history_is_refused_or_shows_as_another_history(bit: int) -> None:
    with pytest.raises(Forged):
        receive(flip(WIRE, bit))


def receive(encoded: bytes) -> None:
    history = wire.decode(encoded, KeyHistory, "history")
    history.check_continues(wire.decode(WIRE, KeyHistory, "history"))
    history.check()
