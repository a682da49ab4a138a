"""LIKE answers as it always did, and in time by the size of the text, whatever somebody else's pattern makes of it."""

import re
import time

from hypothesis import given
from hypothesis import strategies as st

from egnatia.engine.pattern.comparing import like


def by_the_letter(written: str) -> re.Pattern[str]:
    """LIKE as it is defined, with going back."""
    return re.compile("".join({"%": ".*", "_": "."}.get(each) or re.escape(each) for each in written))


@given(st.text("ab%_\n", max_size=9), st.text("ab\n", max_size=14))
def test_taking_the_first_is_no_other_answer(written: str, text: str) -> None:
    assert bool(like(written).fullmatch(text)) == bool(by_the_letter(written).fullmatch(text))


def test_many_wildcards_do_not_go_back_for_ever() -> None:
    begun = time.process_time()
    assert like("%a" * 30 + "%z").fullmatch("a" * 20_000) is None
    assert time.process_time() - begun < 2
