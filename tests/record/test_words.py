"""One query finds every spelling, whatever people paste in."""

import sqlite3

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from egnatia.record.words import (
    TEXT_LIMIT,
    Term,
    fold,
    fts5_query,
    index_text,
    query_terms,
    text_of,
    tokens,
    ts_query,
    ts_vector,
)

ONE_SPELLING = [
    ("Đorđe", "Djordje", "Ђорђе", "Dorde", "ĐORĐE", "DJORDJE", "D\u0335orđe".replace("\u0335", "")),
    ("Скопје", "Skopje", "СКОПЈЕ", "Ｓｋｏｐｊｅ"),
    ("Ǵorče", "Gjorče", "Ѓорче", "Г\u0301орче", "Gorce", "ǴORČE"),
    ("Ќосев", "Ḱosev", "Kjosev", "Kosev"),
    ("ljubav", "љубав", "Љубав", "ǉubav", "ǈubav", "LJUBAV", "lju\u200bbav", "lju\u00adbav"),
    ("njegova", "његова", "ǌegova"),
    ("Џеп", "Džep", "ǅep", "dzep"),
    ("ѕвезда", "dzvezda", "Ѕвезда"),
    ("Shqipëria", "Shqiperia", "SHQIPE\u0308RIA"),
    ("Çelik", "Celik", "Ćelik", "Čelik", "Ћелик", "C\u030celik"),
    ("Живковић", "Živković", "Zivkovic", "ŽIVKOVIĆ"),
    ("Хаџи", "Hadži", "hadzi"),
    ("јужни", "južni"),
    ("Ελλάδα", "ελλαδα", "ΕΛΛΆΔΑ"),
    ("финансије", "finansije"),
    ("ﬁnance", "finance"),
    ("Київ", "Kijiv"),
]


@pytest.mark.parametrize("spellings", ONE_SPELLING, ids=lambda spellings: spellings[1])
def test_all_spellings_of_a_word_are_one(spellings: tuple[str, ...]) -> None:
    assert len({fold(spelling) for spelling in spellings}) == 1, [fold(s) for s in spellings]


@pytest.mark.parametrize(
    "identifier",
    ["CVE-2024-1234", "evil.example.com", "d41d8cd98f00b204e9800998ecf8427e", "198.51.100.7", "a@b.example"],
)
def test_an_ascii_identifier_folds_to_its_lower_case(identifier: str) -> None:
    assert fold(identifier) == identifier.lower()


def test_greek_keeps_its_script() -> None:
    assert fold("Θεσσαλονίκη") == "θεσσαλονικη"


@given(st.text())
@example("ddjj")
@example("\u0400\u0301")
@example("\u1c80")
@example("\u2de3\u0434j")
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(), st.text())
def test_words_fold_alike_alone_and_beside_others(before: str, after: str) -> None:
    assert (
        tokens(f"{before} {after}") == tokens(before) + tokens(after) or "[" in before or "(" in before or "{" in before
    )


@given(st.text(st.characters(exclude_categories=[])))
def test_folding_takes_any_text_and_never_bursts(text: str) -> None:
    folded = fold(text)
    assert len(folded) <= 18 * len(text)
    assert "\0" not in folded
    folded.encode()


@given(st.text())
def test_case_makes_no_difference_to_the_letters_of_the_region(text: str) -> None:
    region = "".join(letter for letter in text if letter.isascii())
    assert fold(region.upper()) == fold(region.lower())


def test_the_longest_expansion_of_one_character_is_cut_to_the_limit_of_a_text() -> None:
    assert len(text_of({"name": "\ufdfa" * TEXT_LIMIT * 2})) == TEXT_LIMIT


@pytest.mark.parametrize("soft", ["d" + "j" * 200_000, "dj" * 100_000, "дј" * 100_000, "[" * 200_000, "[ " * 100_000])
def test_long_runs_fold_in_linear_time(soft: str) -> None:
    """Four times the time for twice the text is what a backtracking pattern would take; 200,000 would take minutes."""
    assert sum(map(len, tokens(soft))) <= len(soft)


@pytest.mark.parametrize(
    "written",
    [
        "http://evil.example.com/path",
        "hxxp://evil[.]example[.]com/path",
        "hXXp[://]evil(dot)example{.}com/path",
        "http[:]//evil [dot] example.com/path",
    ],
)
def test_a_defanged_address_is_the_address(written: str) -> None:
    assert tokens(written) == ["http", "evil", "example", "com", "path"]


def test_a_defanged_mail_address_is_the_address() -> None:
    assert tokens("bad[at]evil[.]example") == tokens("bad@evil.example")


def found(query: str, text: str) -> bool:
    """Whether SQLite's full text finds `text` by `query`."""
    ask = fts5_query(query)
    if not ask:
        return False
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE t USING fts5(text, tokenize='unicode61 remove_diacritics 0')")
        connection.execute("INSERT INTO t VALUES (?)", (index_text(text),))
        return bool(connection.execute("SELECT count(*) FROM t WHERE t MATCH ?", (ask,)).fetchone() == (1,))
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("Skopje", "Центар Скопје", True),
        ("скопје", "the centre of Skopje", True),
        ("evil.example.com", "see https://www.evil.example.com/a", True),
        ("evil.example.com", "example evil com", False),
        ("198.51.100.7", "from 198.51.100.7:443", True),
        ("198.51.100.7", "from 198.51.100.70", False),
        ("198.51.100.7*", "from 198.51.100.70", True),
        ("cve-2024-1234", "CVE-2024-1234 is used", True),
        ("d41d8*", "D41D8CD98F00B204E9800998ECF8427E", True),
        ('"red team"', "the red, team", True),
        ('"red team"', "team red", False),
        ("red team", "team red", True),
        ("NOT red", "a red", False),
        ("a OR", "a", False),
    ],
)
def test_a_query_finds_what_a_person_means(query: str, text: str, expected: bool) -> None:
    assert found(query, text) is expected


@given(st.text())
@example('"; DROP TABLE t; --')
@example('name:x NEAR(a b) AND OR NOT ^ * "" - + { } ( )')
@example('"a" "b')
@example("'quoted' & !x | <->")
def test_no_query_is_syntax(query: str) -> None:
    assert found(query, "nothing of it") in {True, False}
    assert not found(query, "")


@given(st.text(min_size=1, max_size=200))
def test_a_text_is_found_by_itself(text: str) -> None:
    query = '"' + text.replace('"', " ").replace("*", " ") + '"'
    assert found(query, text) or not tokens(text) or not query_terms(query)


@given(st.text())
def test_postgresql_gets_words_in_quotes_and_nothing_else(text: str) -> None:
    for written in ts_vector(text).split():
        word, _, position = written.rpartition(":")
        assert word[0] == word[-1] == "'"
        assert word[1:-1].isalnum()
        assert 1 <= int(position) <= 16_383
    assert ts_query(text).count("'") == 2 * sum(len(term.words) for term in query_terms(text))


def test_phrases_and_beginnings_are_read_from_a_query() -> None:
    assert query_terms('"Crvena zvezda"* x.y Đ*') == (
        Term(("crvena", "zvezda"), prefix=True),
        Term(("x", "y")),
        Term(("d",), prefix=True),
    )
    assert ts_query("a.b c*") == "('a' <-> 'b') & ('c':*)"


def test_the_text_of_a_record_is_what_people_remember_of_it() -> None:
    record = {
        "type": "campaign",
        "id": "campaign--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
        "created": "2016-04-06T20:03:00.000Z",
        "created_by_ref": "identity--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
        "object_marking_refs": ["marking-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"],
        "description": "Напад",
        "name": "Зелена група",
        "aliases": ["Green Group"],
        "external_references": [{"source_name": "capec", "external_id": "CAPEC-163", "description": "not this"}],
        "x_custom": {"deep": [{"name": "Đorđe", "at": "2016-04-06T20:03:00Z", "n": 5}]},
    }
    assert text_of(record).split("\n") == ["Зелена група", "Green Group", "Напад", "CAPEC-163", "capec", "Đorđe"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["name", "external_references"]), inner)
    ),
)


@given(st.dictionaries(st.sampled_from(["name", "labels", "external_references", "x"]), json_values))
def test_any_decoded_record_has_a_text(decoded: dict[str, object]) -> None:
    assert isinstance(text_of(decoded), str)


def test_deep_nesting_ends() -> None:
    nested: dict[str, object] = {"name": "bottom"}
    for _ in range(5_000):
        nested = {"x": [nested]}
    assert text_of(nested) == ""
