"""Nodes that are killed or stopped while records come lose nothing, and get nothing twice."""

import contextlib
import threading
import time

import httpx
import pytest
from tests.network.conftest import Mesh
from tests.network.processes import GREEN, Member, indicator, indicators, until

pytestmark = pytest.mark.network


def test_a_subscriber_killed_while_records_stream_in_has_each_of_them_once(mesh: Mesh) -> None:
    mark, (ids, bodies) = mesh.rs.mark(), indicators(2_000)
    for start in range(0, 2_000, 100):
        mesh.me.submit(*bodies[start : start + 100])
        if start == 700:
            until(lambda: mesh.rs.sees(ids[0]))
            mesh.rs.kill()
    mesh.rs.start()
    until(mesh.rs.ready)
    until(lambda: mesh.rs.arrived(mark).keys() >= set(ids))
    assert set(mesh.rs.arrived(mark).values()) == {1}


def test_a_publisher_killed_under_load_has_and_passes_on_all_that_it_acknowledged(mesh: Mesh) -> None:
    marks = {each: each.mark() for each in (mesh.rs, mesh.al, mesh.me)}
    acknowledged: list[str] = []
    load = threading.Thread(target=_load, args=(mesh.rs, acknowledged))
    load.start()
    until(lambda: len(acknowledged) > 400)
    mesh.rs.kill()
    load.join()
    mesh.rs.start()
    until(mesh.rs.ready)
    last, body = indicator(GREEN)
    mesh.rs.submit(body)
    wanted = {last, *acknowledged}
    for each, mark in marks.items():
        until(lambda each=each, mark=mark: each.arrived(mark).keys() >= wanted)  # type: ignore[misc]  # bound at once
        assert set(each.arrived(mark).values()) == {1}, each.name


def _load(member: Member, acknowledged: list[str]) -> None:
    """Hands in as fast as it goes, until it is not answered any more."""
    with httpx.Client(timeout=30) as client, contextlib.suppress(httpx.HTTPError):
        while True:
            ids, bodies = indicators(20)
            member.submit(*bodies, client=client)
            acknowledged += ids


def test_a_node_that_was_away_gets_live_records_first_and_then_all_that_it_missed(mesh: Mesh) -> None:
    withdrawn, body = indicator(GREEN)
    mesh.me.submit(body)
    everybody = (mesh.rs, mesh.al, mesh.bank)
    until(lambda: all(each.sees(withdrawn) for each in everybody))
    mark = mesh.rs.mark()
    mesh.rs.stop()
    missed, bodies = indicators(10_000)
    for start in range(0, 10_000, 500):
        mesh.me.submit(*bodies[start : start + 500])
        if start == 5_000:
            recall = mesh.me.recall(withdrawn)
    until(lambda: not mesh.al.sees(withdrawn) and not mesh.bank.sees(withdrawn))
    mesh.rs.start()
    until(mesh.rs.ready)
    live: set[str] = set()

    def caught_up() -> bool:
        record, body = indicator(GREEN)
        mesh.me.submit(body)
        live.add(record)
        return mesh.rs.arrived(mark).keys() >= set(missed)

    until(caught_up)
    everything = {*missed, *live}
    until(lambda: mesh.rs.arrived(mark).keys() >= everything)
    arrived = mesh.rs.arrived(mark)
    assert set(arrived.values()) == {1}
    order = list(arrived)
    assert min(map(order.index, live)) < len(missed), "live records came before the backlog was complete"
    until(lambda: mesh.al.arrived().keys() >= everything)

    until(lambda: not mesh.rs.sees(withdrawn))
    complied = {each.own for each in everybody}
    until(lambda: _receivers(mesh.me, recall) == complied)


def _receivers(owner: Member, recall: str) -> set[str]:
    found = owner.get(f"records/{recall}/receipts")["records"]
    assert all(shown["record"]["event"] == "hidden" for shown in found)
    return {shown["record"]["recipient_ref"] for shown in found}


def test_a_node_that_hangs_holds_nobody_up_and_catches_up(mesh: Mesh) -> None:
    mark = mesh.rs.mark()
    mesh.rs.hang()
    try:
        ids, bodies = indicators(1_000)
        began = time.monotonic()
        mesh.me.submit(*bodies)
        until(lambda: mesh.al.sees(ids[-1]) and mesh.bank.sees(ids[-1]), seconds=30)
        assert time.monotonic() - began < 30  # a subscriber that takes nothing is let go after a minute only
    finally:
        mesh.rs.go_on()
    until(lambda: mesh.rs.arrived(mark).keys() >= set(ids))
    assert set(mesh.rs.arrived(mark).values()) == {1}
