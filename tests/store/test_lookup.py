"""Records are found by id, neighbour, value and word, and what may not be seen is as if it were not there."""

from typing import Literal

import pytest
from tests.store.building import (
    PODGORICA,
    SKOPJE,
    TIRANA,
    batch,
    clear,
    green,
    member,
    record,
    record_id,
    red,
    version,
)

from egnatia.policy import PUBLIC, Tlp
from egnatia.record.record import Record
from egnatia.store import Query, Store


def indexed(store: Store) -> None:
    assert store.indexer.wait_for(store.position())


def test_get_gives_the_newest_version_of_every_owner_in_the_order_asked(store: Store) -> None:
    store.append(batch(record(1, at=1), record(1, at=2), record(2), label=clear(TIRANA)))
    store.append(batch(record(1, at=1), label=clear(SKOPJE))).result()
    rows = store.get(PUBLIC, [record_id(2), record_id(1), record_id(2), record_id(9)])
    assert [(row.id, row.owner, row.version) for row in rows] == [
        (record_id(2), TIRANA, version(0)),
        (record_id(1), TIRANA, version(2)),
        (record_id(1), SKOPJE, version(1)),
    ]


def test_versions_come_oldest_first_whatever_the_order_of_arrival(store: Store) -> None:
    store.append(batch(record(1, at=2), label=clear(TIRANA)))
    store.append(batch(record(1, at=3), record(1, at=1), label=clear(TIRANA))).result()
    assert [row.version for row in store.versions(PUBLIC, record_id(1))] == [version(1), version(2), version(3)]


def test_what_may_not_be_seen_is_not_found(store: Store) -> None:
    store.append(batch(record(1, name="Secret", values=[("ipv4-addr:value", "192.0.2.1")]), label=red(TIRANA)))
    store.append(batch(record(2, kind="note", refs=[("object_refs", record_id(1))]), label=clear(TIRANA))).result()
    indexed(store)
    assert store.get(PUBLIC, [record_id(1)]) == ()
    assert store.versions(PUBLIC, record_id(1)) == ()
    assert store.neighbours(PUBLIC, record_id(1)) == ()
    assert store.neighbours(PUBLIC, record_id(2, "note"), "out") == ()
    assert store.by_value(PUBLIC, "192.0.2.1") == ()
    assert store.search(PUBLIC, "secret") == ()
    assert store.count(PUBLIC) == 1
    assert store.count(member(TIRANA)) == 2


@pytest.mark.parametrize(
    ("direction", "expected"), [("in", {"report"}), ("out", {"tool"}), ("both", {"report", "tool"})]
)
def test_neighbours_are_found_from_both_ends(
    store: Store, direction: Literal["in", "out", "both"], expected: set[str]
) -> None:
    tool, malware = record_id(5, "tool"), record_id(1)
    store.append(
        batch(
            record(1, refs=[("x_refs", tool)]),
            record(5, kind="tool"),
            record(7, kind="report", refs=[("object_refs", malware), ("other_ref", malware)]),
            label=clear(TIRANA),
        )
    ).result()
    assert {row.type for row in store.neighbours(PUBLIC, malware, direction)} == expected


def test_only_the_newest_version_names_its_neighbours(store: Store) -> None:
    store.append(
        batch(record(5, kind="tool"), record(1, at=1, refs=[("x_ref", record_id(5, "tool"))]), label=clear(TIRANA))
    )
    store.append(batch(record(1, at=2), label=clear(TIRANA))).result()
    assert store.neighbours(PUBLIC, record_id(5, "tool")) == ()


@pytest.mark.parametrize("value", ["192.0.2.7", "a" * 5000, "with\0nul", "дом.мк"])
def test_a_value_of_any_length_and_script_is_found(store: Store, value: str) -> None:
    store.append(batch(record(1, values=[("domain-name:value", value)]), record(2), label=clear(TIRANA))).result()
    assert [row.id for row in store.by_value(PUBLIC, value)] == [record_id(1)]


@pytest.mark.parametrize("query", ["Skopje", "скопје", "SKOPJE napad", "skop*", '"нападот врз" скопје'])
def test_one_query_finds_every_spelling(store: Store, query: str) -> None:
    store.append(batch(record(1, name="Нападот врз Скопје"), label=clear(TIRANA)))
    store.append(batch(record(2, name="Napad u Skopju"), record(3, name="napad Skopje"), label=clear(TIRANA))).result()
    indexed(store)
    assert store.search(PUBLIC, query)


@pytest.mark.parametrize(
    "hostile",
    [
        '"',
        "NEAR(a b)",
        "a OR",
        "words:x",
        "'); DROP TABLE texts; --",
        "*",
        "a\0b",
        "((",
        "^a",
        "\\",
        "!a & |",
        "😀",
        "x" * 5000,
    ],
)
def test_nothing_in_a_query_is_an_operator(store: Store, hostile: str) -> None:
    store.append(batch(record(1, name="a b x"), label=clear(TIRANA))).result()
    indexed(store)
    assert len(store.search(PUBLIC, hostile)) <= 1
    assert len(store.search(PUBLIC, "a b x")) == 1


def test_a_match_in_the_name_comes_before_one_far_down(store: Store) -> None:
    store.append(
        batch(record(1, name="Lynx"), record(2, name="x", extra="word " * 50 + "lynx"), label=clear(TIRANA))
    ).result()
    indexed(store)
    assert [row.id for row in store.search(PUBLIC, "lynx")] == [record_id(1), record_id(2)]
    newest = Query(newest_first=True)
    assert [row.id for row in store.search(PUBLIC, "lynx", newest)] == [record_id(2), record_id(1)]
    assert [row.id for row in store.search(PUBLIC, "lynx", Query(ids=(record_id(2),)))] == [record_id(2)]


def test_text_that_was_not_indexed_before_a_stop_is_indexed_after_it(url: str, store: Store) -> None:
    store.indexer.close()
    store.append(batch(record(1, name="Lynx"), label=clear(TIRANA))).result()
    assert store.search(PUBLIC, "lynx") == ()
    with Store.open(url, ledger=store.ledger) as again:
        indexed(again)
        assert len(again.search(PUBLIC, "lynx")) == 1


def test_a_query_narrows_by_type_owner_tlp_version_source_and_time(store: Store) -> None:
    first = store.append(batch(record(1, at=1), record(1, at=2), label=clear(TIRANA))).result()
    store.append(batch(record(2, kind="tool"), label=green(SKOPJE), source="node--x")).result()
    store.append(batch(record(3), label=red(PODGORICA, SKOPJE))).result()
    reader = member(SKOPJE)

    def positions(query: Query) -> list[int]:
        return [row.position for row in store.changes(reader, 0, 10, query).rows]

    assert positions(Query()) == [1, 2, 3, 4]
    assert positions(Query(types=("tool",))) == [3]
    assert positions(Query(owners=(TIRANA, PODGORICA))) == [1, 2, 4]
    assert positions(Query(tlps=(Tlp.RED, Tlp.GREEN))) == [3, 4]
    assert positions(Query(versions=("last",))) == [2, 3, 4]
    assert positions(Query(versions=("first",))) == [1, 3, 4]
    assert positions(Query(versions=("first", version(2)))) == [1, 2, 3, 4]
    assert positions(Query(versions=(version(2),))) == [2]
    assert positions(Query(source="own")) == [1, 2, 4]
    assert positions(Query(source="node--x")) == [3]
    assert positions(Query(audience=SKOPJE)) == [4]
    assert positions(Query(since=first.at)) == [2, 3, 4]
    assert positions(Query(until=first.at + 1)) == [1]
    assert positions(Query(since=1 << 80)) == []
    assert positions(Query(ids=(record_id(1), record_id(3), "x\0"))) == [1, 2, 4]
    assert positions(Query(spec_versions=("2.0",))) == []
    assert positions(Query(newest_first=True)) == [4, 3, 2, 1]
    assert store.count(reader, Query(types=("malware",))) == 3
    assert store.count(reader, cap=2) == 2
    assert store.count(reader, Query(ids=(record_id(1),))) == 2


def test_who_sees_little_of_what_is_everywhere_finds_all_of_it(store: Store) -> None:
    """Of 1,203 records with a common word, value and reference the public sees 3, and 900 others besides."""

    def common(first: int, count: int) -> list[Record]:
        refs, values = [("object_refs", record_id(5000))], [("x:value", "common")]
        return [record(first + place, name="common words", refs=refs, values=values) for place in range(count)]

    store.append(batch(record(5000), *common(1, 400), label=green(TIRANA)))
    store.append(batch(record(5000, at=1), label=clear(TIRANA)))
    for place in range(3):
        store.append(batch(*common(2000 + place, 1), label=clear(TIRANA)))
        store.append(batch(*(record(6000 + 300 * place + other) for other in range(300)), label=clear(TIRANA)))
    store.append(batch(*common(401, 800), label=green(TIRANA))).result()
    indexed(store)
    expected = [record_id(number) for number in (2002, 2001, 2000)]
    assert [row.id for row in store.search(PUBLIC, "common", Query(newest_first=True))] == expected
    assert [row.id for row in store.by_value(PUBLIC, "common")] == expected
    assert [row.id for row in store.neighbours(PUBLIC, record_id(5000), "in")] == expected
    assert len(store.search(member(TIRANA), "common", limit=2000)) == 1203


def test_words_narrow_a_walk_of_the_log_page_by_page_exactly_once(store: Store) -> None:
    store.append(batch(*(record(n, name="напад" if n % 3 else "other") for n in range(1, 31)), label=clear(TIRANA)))
    store.append(batch(*(record(n, name="napad") for n in range(31, 41)), label=red(SKOPJE))).result()
    indexed(store)
    wanted = [record_id(n) for n in range(1, 31) if n % 3]
    query = Query(words="Napad", versions=("last",))
    found: list[str] = []
    after, more = 0, True
    while more:
        page = store.changes(PUBLIC, after, 7, query)
        found += [row.id for row in page.rows]
        after, more = page.next, page.more
    assert found == wanted
    newest = store.changes(PUBLIC, 0, 100, Query(words="Napad", newest_first=True))
    assert [row.id for row in newest.rows] == wanted[::-1]
    assert store.count(PUBLIC, query) == len(wanted)
    assert [
        row.id for row in store.changes(PUBLIC, 0, 9, Query(words="napad", ids=(record_id(3), record_id(4)))).rows
    ] == [record_id(4)]
    assert store.changes(PUBLIC, 0, 9, Query(words="napad", ids=(record_id(31),))).rows == ()
    assert store.changes(PUBLIC, 0, 9, Query(words="!?")).rows == ()
    assert [row.id for row in store.search(PUBLIC, "napad", Query(words="other"))] == []


def test_a_walk_by_words_ends_where_the_text_index_does(store: Store) -> None:
    store.append(batch(record(1, name="napad"), label=clear(TIRANA))).result()
    indexed(store)
    store.indexer.close()
    store.append(batch(record(2, name="napad"), label=clear(TIRANA))).result()
    page = store.changes(PUBLIC, 0, 9, Query(words="napad"))
    assert ([row.id for row in page.rows], page.next, page.more) == ([record_id(1)], 1, False)


@pytest.mark.parametrize(
    ("asked", "found"),
    [("napad", 2), ("Напад", 2), ("nap*", 3), ('"napad na"', 1), ('"na banku"', 1), ('"napad n"*', 1), ("apad", 0)],
)
def test_who_sees_little_finds_the_same_under_a_heap_of_what_is_hidden(store: Store, asked: str, found: int) -> None:
    names = ("Напад на банку", "napad", "napadač", "zapad")
    store.append(batch(*(record(n, name=name) for n, name in enumerate(names, 1)), label=clear(TIRANA)))
    hidden = [record(n, name="napad na banku, napadač, apad") for n in range(10, 300)]
    store.append(batch(*hidden, label=red(SKOPJE))).result()
    indexed(store)
    assert len(store.search(PUBLIC, asked)) == found
    assert len(store.suggest(PUBLIC, asked)) == found


def test_suggestions_go_back_beyond_the_newest_that_the_reader_may_see(store: Store) -> None:
    said = [record(n, name="napad" if n in {1, 2, 500} else "mir") for n in range(1, 501)]
    store.append(batch(*said, label=clear(TIRANA)))
    store.append(batch(record(3, name="napad"), record(600, name="napad"), label=red(SKOPJE))).result()
    indexed(store)
    assert [row.id for row in store.suggest(PUBLIC, "nap*", Query(versions=("last",), newest_first=True))] == [
        record_id(500), record_id(2), record_id(1),
    ]  # fmt: skip
    assert len(store.suggest(PUBLIC, "mi*")) == 20
    assert store.suggest(PUBLIC, "!?") == ()
