"""What a node keeps by key: of several who add or take at once, one does."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from egnatia.store import Store


class Thing(msgspec.Struct, frozen=True):
    name: str


def test_of_several_who_add_one_does(store: Store) -> None:
    kept = store.kept("thing", Thing)
    with ThreadPoolExecutor(8) as pool:
        added = list(pool.map(lambda number: kept.add("one", Thing(f"{number}")), range(40)))
    assert added.count(True) == 1
    assert kept.get("one") == Thing(f"{added.index(True)}")


def test_of_several_who_take_one_gets_it(store: Store) -> None:
    kept = store.kept("thing", Thing)
    kept.put("one", Thing("it"))
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: kept.take("one"), range(40)))
    assert taken.count(None) == 39
    assert Thing("it") in taken
    assert kept.get("one") is None


def test_a_change_that_raises_changes_nothing(store: Store) -> None:
    kept = store.kept("thing", Thing)
    kept.put("one", Thing("before"))

    def refuse(thing: Thing) -> Thing:
        raise PermissionError(thing.name)

    with pytest.raises(PermissionError, match="before"):
        kept.change("one", refuse)
    assert kept.get("one") == Thing("before")
    kept.change("one", lambda thing: Thing(thing.name + ", after"))
    assert kept.get("one") == Thing("before, after")


def test_what_is_decided_by_everything_of_a_kind_is_decided_by_one_after_the_other(store: Store) -> None:
    kept = store.kept("thing", Thing)
    names = [f"{number}" for number in range(8)]
    kept.put_all({name: Thing("up") for name in names})

    def leave(name: str) -> bool:
        def change(whole: Mapping[str, Thing]) -> Thing:
            if not any(each.name == "up" for other, each in whole.items() if other != name):
                raise PermissionError(name)
            return Thing("gone")

        try:
            kept.decide(name, change)
        except PermissionError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        left = list(pool.map(leave, names))
    assert left.count(False) == 1
    assert [each.name for each in kept.all().values()].count("up") == 1
