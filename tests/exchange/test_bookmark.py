"""Bookmarks: they lead back to their place, tell nothing, and nobody else can make one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egnatia.exchange.bookmark import Bookmarks, NotABookmark

BOOKMARKS = Bookmarks(bytes(range(32)))


@given(st.integers(min_value=0, max_value=2**63 - 1), st.binary())
def test_a_bookmark_leads_back_to_its_place(position: int, question: bytes) -> None:
    assert BOOKMARKS.read(BOOKMARKS.mark(position, question), question) == position


@given(st.integers(min_value=0, max_value=10_000), st.integers(0, 21), st.sampled_from("Aa0_-z9"))
def test_an_altered_bookmark_is_refused(position: int, place: int, letter: str) -> None:
    token = BOOKMARKS.mark(position, b"q")
    altered = token[:place] + letter + token[place + 1 :]
    if altered != token:
        with pytest.raises(NotABookmark):
            BOOKMARKS.read(altered, b"q")


def test_a_bookmark_of_another_question_or_node_is_refused() -> None:
    token = BOOKMARKS.mark(7, b"q")
    with pytest.raises(NotABookmark):
        BOOKMARKS.read(token, b"other")
    with pytest.raises(NotABookmark):
        Bookmarks(bytes(32)).read(token, b"q")


@given(st.text(max_size=40))
def test_other_text_is_no_bookmark(text: str) -> None:
    with pytest.raises(NotABookmark):
        BOOKMARKS.read(text, b"q")


def test_neighbouring_positions_look_unlike() -> None:
    tokens = {BOOKMARKS.mark(position, b"q")[:6] for position in range(100)}
    assert len(tokens) > 95
