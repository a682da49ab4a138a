"""The page about policy says what the code does."""

from docs.policy import PAGE, generated

from egnatia.policy.table import decision_table


def test_the_generated_parts_are_fresh() -> None:
    page = PAGE.read_text("utf-8")
    assert decision_table() in generated(page)
    assert generated(page) == page, "stale: run `python -m docs.policy`"
