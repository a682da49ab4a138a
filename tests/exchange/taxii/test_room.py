"""Who brings more than may wait is kept waiting, and nobody overtakes."""

import asyncio

import pytest

from egnatia.exchange.taxii.room import NoRoom, Room


def test_who_finds_no_room_gets_it_in_the_order_of_coming() -> None:
    async def come() -> list[str]:
        room, got = Room(100, 1_000), list[str]()

        async def ask(name: str, objects: int) -> None:
            await room.take(objects, 1)
            got.append(name)

        await ask("first", 150)
        assert room.is_full
        later = [asyncio.create_task(ask(name, 60)) for name in ("second", "third", "fourth")]
        await asyncio.sleep(0)
        assert got == ["first"]
        room.give(150, 1)
        await asyncio.gather(*later[:2])
        assert room.objects == 120
        assert got == ["first", "second", "third"]
        room.give(60, 1)
        await later[2]
        return got

    assert asyncio.run(come()) == ["first", "second", "third", "fourth"]


def test_bytes_fill_it_as_well() -> None:
    room = Room(100, 1_000)
    asyncio.run(room.take(1, 5_000))
    assert room.is_full


def test_who_waits_too_long_is_sent_away_and_takes_no_room() -> None:
    async def come() -> Room:
        room = Room(10, 1_000, seconds=0)
        await room.take(10, 1)
        with pytest.raises(NoRoom, match="nothing of it was taken"):
            await room.take(10, 1)
        room.give(10, 1)
        return room

    assert asyncio.run(come()).objects == 0


def test_who_leaves_while_waiting_takes_no_room() -> None:
    async def come() -> Room:
        room = Room(10, 1_000)
        await room.take(10, 1)
        asking = asyncio.create_task(room.take(10, 1))
        await asyncio.sleep(0)
        room.give(10, 1)
        asking.cancel()  # granted already, and gone before it heard so
        await asyncio.gather(asking, return_exceptions=True)
        return room

    assert asyncio.run(come()).objects == 0
