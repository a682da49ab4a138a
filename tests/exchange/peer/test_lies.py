"""A peer that lies is cut off, what it lied about is refused, and nobody else is harmed."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.exchange.peer.region import Running, id_of, indicator, region, until

from egnatia.exchange.peer.feed import Feed, Reader
from egnatia.exchange.peer.frame import Item
from egnatia.exchange.peer.publishing import Load, Loaded

Lie = Callable[[Loaded], Loaded]


class LyingFeed(Feed):
    """Says what is true but for one thing."""

    lie: Lie

    async def load(self, reader: Reader, load: Load, *, told: set[str]) -> tuple[Loaded, tuple[int, ...]]:
        loaded, positions = await super().load(reader, load, told=told)
        return (self.lie(loaded) if loaded.items else loaded), positions


def liar(node: Running, lie: Lie) -> None:
    """From now on this node lies to everybody."""
    feed = node.peers._feed
    feed.__class__ = LyingFeed
    feed.lie = lie  # type: ignore[attr-defined]  # it is a LyingFeed now


def items(change: Callable[[Item], Item]) -> Lie:
    """A lie about every item."""
    return lambda loaded: replace(loaded, items=tuple(change(item) for item in loaded.items))


def body(item: Item) -> Item:
    return replace(item, body=item.body.replace(b"example", b"exomple"))


def owner(item: Item) -> Item:
    return replace(item, owner="identity--00000000-0000-4000-8000-000000000000")


def markings(item: Item) -> Item:
    return replace(item, applied=("marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",))


def path(item: Item) -> Item:
    return replace(item, path=(*item.path, bytes(32)))


def elsewhere(item: Item) -> Item:
    return replace(item, attestation=7)


def half_signed(loaded: Loaded) -> Loaded:
    return replace(
        loaded,
        attestations=tuple(
            replace(one, signature=replace(one.signature, mldsa65=bytes(3309))) for one in loaded.attestations
        ),
    )


def later(loaded: Loaded) -> Loaded:
    return replace(loaded, attestations=tuple(replace(one, at=one.at + 1) for one in loaded.attestations))


def cards(loaded: Loaded) -> Loaded:
    return replace(loaded, cards=(b"no card", *loaded.cards))


@pytest.mark.parametrize(
    "lie",
    [items(body), items(owner), items(markings), items(path), items(elsewhere), half_signed, later],
    ids=["body", "owner", "markings", "path", "attestation", "half a signature", "time"],
)
def test_what_does_not_prove_its_origin_is_refused_and_its_sender_cut_off(tmp_path: Path, lie: Lie) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "liar", "two", "three") as (one, two, three):
            await until(lambda: two.contact(one).received and two.contact(three).received)
            liar(one, lie)
            await asyncio.to_thread(one.submit, indicator())
            await until(lambda: two.contact(one).lies == 1)
            assert two.ids() == []
            assert two.contact(one).refused >= 1
            assert two.contact(one).next_attempt > two.contact(one).last_contact + 5_000_000
            honest = indicator()
            await asyncio.to_thread(three.submit, honest)
            await until(lambda: two.ids() == [id_of(honest)])

    asyncio.run(scenario())


def test_a_forged_card_is_refused_and_the_records_beside_it_are_taken(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "liar", "two") as (one, two):
            await until(lambda: two.contact(one).received)
            liar(one, cards)
            sent = indicator()
            await asyncio.to_thread(one.submit, sent)
            await until(lambda: two.contact(one).lies == 1)
            assert two.ids() == [id_of(sent)]

    asyncio.run(scenario())


def test_positions_that_run_back_end_the_stream(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "liar", "two") as (one, two):
            await until(lambda: two.contact(one).received)
            (stream, _), *_ = one.peers._endpoint._streams.values()
            state = stream._state
            stream._state = replace(state, sent=replace(state.sent, live=0), scanned=0)
            await asyncio.to_thread(one.submit, indicator())
            await until(lambda: two.contact(one).lies == 1)
            assert "go back" in two.contact(one).troubles[-1].what

    asyncio.run(scenario())
