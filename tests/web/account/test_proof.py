"""What proves who one is, by itself: codes by the standard and by law, passwords, recovery codes, seals."""

import re
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from egnatia.web.account import password, recovery, totp
from egnatia.web.account.account import NAME, sign_in_name
from egnatia.web.account.sealing import NotOurs, Seal

SECRET = b"12345678901234567890"
TIMES = st.integers(min_value=30_000_000, max_value=4_000_000_000_000_000)
STEPS = st.integers(min_value=-3, max_value=3)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    assert totp.code(SECRET, totp.step_at(seconds * 1_000_000)) == code


@given(at=TIMES, steps=STEPS)
def test_a_code_is_taken_within_one_step_of_the_clock(at: int, steps: int) -> None:
    step = totp.step_at(at) + steps
    assume(step >= 0)
    near = {totp.code(SECRET, max(totp.step_at(at) + each, 0)) for each in (-1, 0, 1)}
    typed = totp.code(SECRET, step)
    assume(abs(steps) <= 1 or typed not in near)
    taken = totp.accepted_step(SECRET, typed, at=at, after=-1)
    assert (taken is not None) is (abs(steps) <= 1)


@given(at=TIMES, tries=st.lists(STEPS, min_size=2, max_size=12), pauses=st.lists(st.integers(0, 40), max_size=12))
def test_no_step_is_ever_taken_twice_or_out_of_order(at: int, tries: list[int], pauses: list[int]) -> None:
    after, taken = -1, []
    for steps, pause in zip(tries, [*pauses, *([0] * len(tries))], strict=False):
        at += pause * 1_000_000
        typed = totp.code(SECRET, max(totp.step_at(at) + steps, 0))
        step = totp.accepted_step(SECRET, typed, at=at, after=after)
        if step is not None:
            taken.append(step)
            after = step
    assert taken == sorted(set(taken))


@given(typed=st.text(max_size=12))
def test_whatever_is_typed_is_no_code_by_chance(typed: str) -> None:
    at = 1_790_000_000_000_000
    right = {totp.code(SECRET, totp.step_at(at) + each) for each in (-1, 0, 1)}
    assert (totp.accepted_step(SECRET, typed, at=at, after=0) is not None) is (typed in right)


def test_an_app_reads_the_secret_from_the_picture() -> None:
    uri = totp.uri(SECRET, name="ana@csirt.example", issuer="CSIRT of Montenegro & friends")
    assert uri == (
        "otpauth://totp/CSIRT%20of%20Montenegro%20%26%20friends:ana%40csirt.example"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=CSIRT%20of%20Montenegro%20%26%20friends"
    )
    assert totp.picture(uri).startswith("data:image/svg+xml")


def test_a_password_is_kept_as_argon2id_and_nothing_else_opens() -> None:
    kept = password.hashed("seven lanterns on a bridge")
    assert kept.startswith("$argon2id$")
    assert password.verify(kept, "seven lanterns on a bridge")
    assert not password.verify(kept, "seven lanterns on a bridg")
    assert not password.verify("", "there is no such account, and this takes as long")
    assert not password.verify("not a hash", "anything")
    assert not password.verify(kept, "x" * 100_000)


def test_letters_typed_in_two_ways_are_one_password() -> None:
    assert password.verify(password.hashed("kovač i pet mačaka"), "kovac\u030c i pet mac\u030caka")


@pytest.mark.parametrize(
    "guessable",
    [
        "short",
        "password1234",
        "P@ssw0rd2026!",
        "lozinka123456",
        "лозинка123456",
        "fjalëkalimi1234",
        "qwertyuiop123",
        "abcdefghijklmnop",
        "aaaaaaaaaaaaaaaaaa",
        "abcabcabcabcabc",
        "123456789012345",
        "iloveyou2iloveyou",
        "Crvena zvezda 1945",
        "egnatia-egnatia",
        "MiraKovac2026!",
        "CSIRT of Montenegro 1",
    ],
)
def test_what_is_tried_first_is_no_password(guessable: str) -> None:
    assert password.weakness(guessable, ("mira.kovac", "Mira Kovač", "CSIRT of Montenegro"))


@pytest.mark.parametrize(
    "good",
    [
        "seven lanterns on a bridge",
        "tri mačke na krovu",
        "четири брода у магли",
        "xK7-pq9-Vt2-mm4",
        "dymbëdhjetë ulqinj",
    ],
)
def test_no_kind_of_character_is_asked_for(good: str) -> None:
    assert password.weakness(good, ("mira.kovac", "Mira Kovač", "CSIRT of Montenegro")) == ""


def test_no_password_of_those_found_most_often_where_some_were_stolen_is_taken() -> None:
    long = [each for each in FREQUENCY_LISTS["passwords"] if len(each) >= password.LEAST]
    assert len(long) > 200
    assert [each for each in long if not password.weakness(each, ())] == []
    assert password.weakness("michaeljackson99", ()) == password.TOO_COMMON, "a variant of one"


def test_a_long_password_is_judged_in_no_time() -> None:
    began = time.process_time()
    assert password.weakness("a" * 256, ())
    assert time.process_time() - began < 2


def test_a_password_of_256_characters_is_taken_and_no_longer_one() -> None:
    long = "".join(chr(ord("a") + (each * 7 + each // 11) % 26) for each in range(257))
    assert password.weakness(long[:256], ()) == ""
    assert password.weakness(long, ()) == password.TOO_LONG


@given(typed=st.text(max_size=40))
def test_no_text_by_chance_is_a_recovery_code(typed: str) -> None:
    codes = recovery.new_codes()
    kept = [recovery.digest(each) for each in codes]
    assert recovery.without(kept, typed) is None
    assert recovery.without(kept, codes[0]) == tuple(kept[1:])


def test_recovery_codes_have_120_random_bits_and_differ() -> None:
    codes = recovery.new_codes()
    assert len(set(codes)) == recovery.HOW_MANY
    assert all(len(each.replace("-", "")) * 5 == 120 for each in codes)


@given(content=st.binary(max_size=100), at=st.integers(0, 200), bit=st.integers(0, 7))
def test_a_seal_opens_for_its_purpose_and_whole_only(content: bytes, at: int, bit: int) -> None:
    seal = Seal(bytes(32))
    sealed = seal.close("one thing", content)
    assert seal.open("one thing", sealed) == content
    broken = bytearray(sealed)
    broken[at % len(sealed)] ^= 1 << bit
    for opens, purpose, tried in (
        (seal, "another", sealed),
        (seal, "one thing", bytes(broken)),
        (Seal(bytes(31) + b"x"), "one thing", sealed),
    ):
        with pytest.raises(NotOurs):
            opens.open(purpose, tried)


@pytest.mark.parametrize("name", ["ana", "ana.kovac", "ana@csirt.example", "a1", "x"])
def test_names_one_can_sign_in_with(name: str) -> None:
    assert re.match(NAME, sign_in_name(name.upper()))


@pytest.mark.parametrize(
    "name", ["", "-ana", "ana-", "ana kovac", "operator", "egnatia", "анa", "ana\n", "a" * 65, "a/b"]
)
def test_names_that_nobody_has(name: str) -> None:
    assert not re.match(NAME, name)
