"""Tokens: unlike one another, shown once, recognised by digest."""

from hypothesis import given
from hypothesis import strategies as st

from egnatia.exchange.token import matches, mint, present


def test_a_minted_token_is_recognised_and_its_secret_is_not_in_what_is_kept() -> None:
    minted = mint()
    presented = present(minted.text)
    assert presented is not None
    assert presented.id == minted.id
    assert matches(presented, minted.digest)
    secret = minted.text[17:]
    assert len(secret) == 43
    assert secret not in repr(minted)
    assert secret.encode() not in minted.digest


def test_another_token_under_the_same_id_does_not_match() -> None:
    minted, other = mint(), mint()
    forged = present(f"egn_{minted.id}_{other.text[17:]}")
    assert forged is not None
    assert not matches(forged, minted.digest)


@given(st.text(max_size=80))
def test_other_text_is_no_token(text: str) -> None:
    assert present(text) is None
