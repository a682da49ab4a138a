"""A node that is killed at any instant loses nothing that it acknowledged and keeps no half of anything."""

import random
from pathlib import Path

from tests.store import crashing_envelopes
from tests.store.crashing import Nursery, wrong

from egnatia.store import Store

KILLS = 15
KILLS_OF_INTAKE = 4


def test_a_store_that_is_killed_again_and_again_under_load_keeps_what_it_promised(url: str, tmp_path: Path) -> None:
    chance = random.Random(url)  # noqa: S311 no secret
    ledger = tmp_path / "erased"
    acknowledged: dict[int, set[tuple[int, int]]] = {}
    with Nursery() as nursery:
        for seed in range(KILLS):
            seconds = chance.random() * 0.15
            acknowledged[seed] = nursery.run(url, ledger, seed, seconds=seconds, folder=tmp_path)
    assert sum(map(len, acknowledged.values())) >= KILLS
    with Store.open(url, ledger=ledger) as store:
        assert store.indexer.wait_for(store.position(), timeout=60)
        assert wrong(store, acknowledged) == []


def test_a_node_that_is_killed_while_it_takes_envelopes_stores_each_that_it_acknowledged_once(
    url: str, tmp_path: Path
) -> None:
    chance = random.Random(url)  # noqa: S311 no secret
    ledger = tmp_path / "erased"
    acknowledged: crashing_envelopes.Acknowledged = {}
    with Nursery("tests.store.crashing_envelopes") as nursery:
        for seed in range(KILLS_OF_INTAKE):
            lines = nursery.lines(url, ledger, seed, seconds=chance.random() * 0.25, folder=tmp_path)
            acknowledged.update((id_, int(start)) for id_, start in lines)
    assert len(acknowledged) >= KILLS_OF_INTAKE
    assert crashing_envelopes.wrong(url, ledger, acknowledged) == []
