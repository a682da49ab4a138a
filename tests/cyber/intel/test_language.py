"""Queries are read into trees, written back, and refused with the place of what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egnatia.cyber.intel.language import And, BadQuery, Has, Not, Or, Term, Text, parse, suggestions, write

WORDS = st.text("abИЖčë.-:/ ", min_size=1, max_size=8).filter(lambda text: text.strip() == text)
FIELDS = st.sampled_from(
    [Has("type", "indicator"), Has("tlp", "red"), Has("since", "30d"), Has("tag", "a b"), Has("confidence", "70", ">=")]
)


def terms() -> st.SearchStrategy[Term]:
    def grown(inner: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
        several = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return st.builds(Not, inner) | st.builds(And, several) | st.builds(Or, several)

    return st.recursive(st.builds(Text, WORDS) | FIELDS, grown, max_leaves=6)


@given(terms())
def test_a_tree_that_is_written_is_read_again(term: Term) -> None:
    assert parse(write(term)) == term


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_with_a_place(query: str) -> None:
    place = 0
    try:
        parse(query)
    except BadQuery as error:
        place = error.place
    assert 0 <= place <= len(query)


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("", And()),
        ("ransomware скопје", And((Text("ransomware"), Text("скопје")))),
        ('"vpn gateway"', Text("vpn gateway")),
        ("type:Indicator -tag:x", And((Has("type", "Indicator"), Not(Has("tag", "x"))))),
        ("a AND b OR c", Or((And((Text("a"), Text("b"))), Text("c")))),
        ("a (b OR NOT c)", And((Text("a"), Or((Text("b"), Not(Text("c"))))))),
        ("sid:2000", Text("sid:2000")),
        ('"tpye:x"', Text("tpye:x")),
        ("http://evil.example/a", Text("http://evil.example/a")),
        ("confidence>=70", Has("confidence", "70", ">=")),
    ],
)
def test_a_query_is_read_so(query: str, tree: Term) -> None:
    assert parse(query) == tree


@pytest.mark.parametrize(
    ("query", "place"),
    [("(a", 2), ("a)", 1), ("a OR", 4), ('"a', 0), ("type:", 0), ("tlp:pink", 0), ("since:soon", 0), ("a -(", 4),
     ("tag>3", 0), ("OR b", 0), ("a OR OR b", 5), ("a (OR b)", 3), ("x tpye:a", 2), ("Confidance:50", 0),
     ("(" * 30 + "a", 21)],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(query: str, place: int) -> None:
    with pytest.raises(BadQuery) as refused:
        parse(query)
    assert refused.value.place == place


def test_the_last_term_is_completed() -> None:
    assert suggestions("ransomware t") == ["type:", "tag:", "tlp:", "technique:"]
    assert suggestions("(tlp:am") == ["tlp:amber", "tlp:amber+strict"]
    assert suggestions("-tag:Ph", {"tag": ("phishing", "vpn")}) == ["tag:phishing"]
    assert suggestions("technique:t15", {"technique": ("T1566", "T1003")}) == ["technique:T1566"]
    assert suggestions("since:3") == ["since:30d"]
