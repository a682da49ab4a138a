"""The quick way and the grammar give one answer on every pattern, and no pattern stalls the node."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from egnatia.record.pattern import (
    BadPattern,
    Comparison,
    by_grammar,
    check_pattern,
    comparisons,
    plain,
)

ACCEPTED = [
    "[file:size = 1280]",
    "[file:size <= 1024]",
    "[file:extended_properties.'ntfs-ext'.sid = '234']",
    r"[emailaddr:value MATCHES '.+\\@ibm\\.com$' OR file:name MATCHES '^Final Report.+\\.exe$']",
    "[ipv4addr:value NOT ISSUBSET '192.168.0.1/24']",
    "[user-account:value = 'Peter'] AND [user-account:value != 'Paul'] WITHIN 5 SECONDS",
    "[file:size IN (1024, 2048, 4096)]",
    "[x_whatever:detected == t'2018-03-22T12:11:14.1Z']",
    "[artifact:payload_bin = b'dGhpcyBpcyBhIHRlc3Q=']",
    "( [(network-traffic:dst_port IN(443,6443,8443) AND network-traffic:src_packets != 0) ])",
    "([win-registry-key:key = 'hkey_local_machine']) WITHIN 5 SECONDS WITHIN 6 SECONDS",
    "[a:b = 1] START t'2016-06-01T01:30:00.123Z' STOP t'2016-06-01T02:20:00.123Z' OR [c:d = 'x']",
    "[file:hashes[*] = '8665c8d477534008b3058b72e2dae8ae']",
    "[EXISTS file:name]",
    "[a:b NOT = true] FOLLOWEDBY [c:d = -0.5]",
    "/* what */ [a:b = h'ffd8'] // and why",
    "[file:hashes.MD5 IN ('8665c8d477534008b3058b72e2dae8ae', '8665C8D477534008B3058B72E2DAE8AE')]",
]

REFUSED = [
    "file:size = 1280",
    "[file:size = ]",
    "[file:hashes.MD5 = cead3f77f6cda6ec00f57d76c9a6879f]",
    "[file.size = 1280]",
    "[win-registry-key:key = 'x'] WITHIN 5 HOURS]",
    "[win-registry-key:key = 'x'] WITHIN -5 SECONDS",
    "[file:hashes.MD5 =? 'cead3f77f6cda6ec00f57d76c9a6879f']",
    "[x_whatever:detected == t'2457-73-22T32:81:84.1Z']",
    "[artifact:payload_bin = b'====']",
    "[foo:bar=1] within 2 seconds",
    "[file:hashes.'SHA-256' = 'f00']",
    "[a:b = 'x'] WITHIN 5 SECONDS WITHIN 6 SECONDS",
    "([a:b = 'x'] REPEATS 2 TIMES REPEATS 3 TIMES)",
    "[a:b > true]",
    "[a:b = 'it's']",
    "[a:b = 1] and [c:d = 2]",
    "[a:IN = 1]",
    "[a:b = 01]",
    "[a:b = '\\n']",
    "[a:b = 1]]",
    "[]",
    "(" * 1_000,
    "[" * 1_000,
    "[a:b = " + "9" * 5_000 + "]",
    "[" + "(" * 100 + "a:b = 1" + ")" * 100 + "]",
    "[a:b = h'ff'] " + "// " * 20_000,
]


@pytest.mark.parametrize("pattern", ACCEPTED)
def test_patterns_of_the_grammar_are_accepted(pattern: str) -> None:
    assert check_pattern(pattern, "stix") is None
    assert comparisons(pattern)


@pytest.mark.parametrize("pattern", REFUSED, ids=lambda pattern: pattern[:40])
def test_other_patterns_are_refused_with_a_reason(pattern: str) -> None:
    assert check_pattern(pattern, "stix")


@pytest.mark.parametrize("pattern_type", ["sigma", "yara", "snort", "suricata", "pcre", "x-own"])
def test_patterns_of_other_languages_need_only_say_something(pattern_type: str) -> None:
    assert check_pattern("alert any", pattern_type) is None
    assert check_pattern(" \n", pattern_type) is not None


def test_comparisons_are_read_with_their_paths_and_values() -> None:
    pattern = (
        r"[file:hashes.'MD5' == '8665c8d477534008b3058b72e2dae8ae' AND x-y:'a b'[*].c NOT IN ('it\'s \\', 5, true)]"
    )
    assert comparisons(pattern) == (
        Comparison("file:hashes.MD5", "=", ("8665c8d477534008b3058b72e2dae8ae",)),
        Comparison("x-y:'a b'[*].c", "IN", ("it's \\", 5, True), negated=True),
    )
    assert plain(pattern) == by_grammar(pattern)


def test_the_rarer_literals_are_read_too() -> None:
    found = comparisons("[a:b = 1.5 AND a:c = h'ff' AND a:d = b'YQ==' AND a:e = t'2020-01-01T00:00:00Z' OR EXISTS a:f]")
    assert [one.values for one in found] == [(1.5,), (b"\xff",), (b"a",), ("2020-01-01T00:00:00Z",), ()]


names = st.sampled_from(["a", "file", "x_1", "value", "b2"]) | st.from_regex(
    r"[a-zA-Z_][a-zA-Z0-9_]{0,5}", fullmatch=True
)
space = st.sampled_from(["", " ", "\n", "  "])
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8).map(
    lambda inner: "'" + inner.replace("\\", "\\\\").replace("'", "\\'") + "'"
)
steps = st.one_of(names.map(".{}".format), text.map(".{}".format), st.sampled_from(["[*]", "[0]", "[12]"]))
paths = st.builds(
    lambda type_, first, rest: f"{type_}:{first}{''.join(rest)}",
    names | st.sampled_from(["ipv4-addr", "x-y"]),
    names | text,
    st.lists(steps, max_size=3),
)
literals = text | st.integers(-(10**6), 10**6).map(str) | st.sampled_from(["true", "false"])
operators = st.sampled_from(["=", "==", "!=", "<>", "<", ">", "<=", ">=", " NOT =", " > "])
words = st.sampled_from([" LIKE ", " NOT LIKE ", " MATCHES ", " ISSUBSET", " NOT ISSUPERSET "])
plain_comparisons = st.one_of(
    st.builds(lambda *parts: "".join(parts), space, paths, space, operators, space, literals, space),
    st.builds(lambda *parts: "".join(parts), space, paths, words, space, text, space),
    st.builds(
        lambda path, negation, listed: f"{path} {negation}IN ({', '.join(listed)})",
        paths,
        st.sampled_from(["", "NOT "]),
        st.lists(literals, max_size=4),
    ),
)
joined = st.builds(
    lambda found, joint: f"[{joint.join(found)}]",
    st.lists(plain_comparisons, min_size=1, max_size=4),
    st.sampled_from([" AND ", " OR ", "AND", " OR\n"]),
)
patterns = st.builds(
    lambda found, joint: joint.join(found),
    st.lists(joined, min_size=1, max_size=3),
    st.sampled_from([" AND ", " OR ", " FOLLOWEDBY ", "AND", " "]),
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A pattern with a stretch replaced by what often stands in patterns."""
    pattern = draw(patterns)
    at = draw(st.integers(0, len(pattern)))
    until = draw(st.integers(at, min(len(pattern), at + 3)))
    piece = draw(
        st.sampled_from(["", "'", "\\", "[", "]", "(", ")", " ", ".", "0", "-", "AND", "IN", "//", "t'", "\x0b", "é"])
    )
    return str(pattern[:at] + piece + pattern[until:])


def grammar_says(pattern: str) -> tuple[Comparison, ...] | None:
    """What the grammar finds; None where it refuses."""
    try:
        return by_grammar(pattern)
    except BadPattern:
        return None


@settings(max_examples=400, deadline=None)
@given(patterns | mutated())
@example("[a:b>=true]")
@example("[a:b> false]")
@example("[a:true=1]")
@example("[a:b='x'AND c:d=1]")
@example("[a:b=1.]")
@example("[a:b=-0]")
@example("[a:b=5x]")
@example("[a:b=trueish]")
@example("[AND:b=1]")
@example("[a:b = '\u2028']")
@example("[a:b = 'x']\x00")
@example("[a:b LIKE'x']")
@example("[a:b IN ('x',)]")
def test_the_quick_way_agrees_with_the_grammar(pattern: str) -> None:
    quick = plain(pattern)
    assert quick is None or repr(quick) == repr(grammar_says(pattern))  # repr, for True is 1


@pytest.mark.parametrize(
    "pattern",
    [
        "[ipv4-addr:value = '198.51.100.3']",
        "[file:hashes.'SHA-256' = 'x' OR file:hashes.'SHA-1' = 'y' OR file:hashes.MD5 = 'z']",
        "[domain-name:value IN ('a.example', 'b.example')] AND [url:value LIKE 'http://%']",
        "[email-message:body_multipart[*].body_raw_ref.name MATCHES '^Final Report.+\\\\.exe$']",
    ],
)
def test_the_common_shapes_go_the_quick_way(pattern: str) -> None:
    assert plain(pattern)


@settings(deadline=None)
@given(st.text())
def test_any_text_gets_an_answer(pattern: str) -> None:
    assert check_pattern(pattern, "stix") is None or isinstance(check_pattern(pattern, "stix"), str)


@pytest.mark.parametrize(
    "pattern",
    [
        "[a:b = '" + "x" * 200_000,
        "[a:b" + ".c" * 100_000 + "= 1",
        "[a:b IN (" + "'x'," * 100_000 + ")]",
        "[" + "a:b = 'x' OR " * 50_000 + "]",
        "[a:b = '" + "\\\\" * 100_000 + "\\",
        " " * 200_000,
        "[a:b = 1]" + " " * 100_000 + "x",
        "[a:b = '" + "1 AND " * 5_000 + "x' (",
    ],
    ids=lambda pattern: pattern[:20],
)
def test_a_long_wrong_pattern_is_refused_soon(pattern: str) -> None:
    began = time.perf_counter()
    assert check_pattern(pattern, "stix")
    assert time.perf_counter() - began < 5


def test_a_long_list_of_hashes_is_read_quickly() -> None:
    pattern = "[" + " OR ".join(f"file:hashes.'SHA-256' = '{i:064x}'" for i in range(20_000)) + "]"
    began = time.perf_counter()
    assert len(comparisons(pattern)) == 20_000
    assert time.perf_counter() - began < 2
