"""A large envelope is durable before it is acknowledged and stored once; its status says when and what came of it."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.exchange.served import ALL_RIGHTS, OWN, PARTNER, STANDINGS, TAXII, Node, Served, complete, indicator, served

from egnatia.exchange.admission import Admission
from egnatia.exchange.caller import Caller, presented_in
from egnatia.exchange.submission import Closing, Handling, Right, Submission, Submitter
from egnatia.exchange.taxii import intake as module
from egnatia.exchange.taxii.intake import THREAD, Intake
from egnatia.exchange.taxii.room import Room
from egnatia.exchange.taxii.status import Statuses
from egnatia.policy import Label, Tlp
from egnatia.settings import Settings
from egnatia.store import Batch, Recall, Store

ROOT = "/taxii2/exchange/"
OBJECTS = f"{ROOT}collections/all/objects/"
SENT = {"Content-Type": TAXII}
MANY = 30


def envelope(start: int, *others: bytes, count: int = MANY) -> bytes:
    """So many objects, and others after them."""
    return b'{"objects":[%b]}' % b",".join([*map(indicator, range(start, start + count)), *others])


class Held(Admission):
    """The node's own way in, which envelopes may not pass yet."""

    def __init__(self, within: Admission) -> None:
        self._within = within
        self.opened = threading.Event()

    def submit(self, bodies: Sequence[bytes], submitter: Submitter, **how: Any) -> "Future[Submission]":
        if "closing" in how:
            self.opened.wait(30)
        return self._within.submit(bodies, submitter, **how)

    def close(self) -> None:
        self.opened.set()
        self._within.close()


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Served]:
    """An empty node; what it journals is not stored before `node.admission.opened` is set."""
    with served(tmp_path) as running:
        running.node.admission = Held(running.node.admission)
        yield running
        let_in(running)


def let_in(exchange: Served) -> None:
    assert isinstance(exchange.node.admission, Held)
    exchange.node.admission.opened.set()


def test_a_large_envelope_is_pending_until_it_is_stored(exchange: Served) -> None:
    with exchange.client() as client:
        answer = client.post(OBJECTS, content=envelope(0), headers=SENT)
        status = answer.json()
        assert answer.status_code == 202
        assert (status["status"], status["total_count"], status["pending_count"]) == ("pending", MANY, MANY)
        assert (status["success_count"], status["failure_count"]) == (0, 0)
        assert client.get(f"{ROOT}status/{status['id']}/").json() == status
        assert client.get(OBJECTS).json() == {}
        let_in(exchange)
        done = complete(client, status)
        assert (done["success_count"], done["failure_count"], done["pending_count"]) == (MANY, 0, 0)
        assert done["request_timestamp"] == status["request_timestamp"]
        assert len(client.get(OBJECTS).json()["objects"]) == MANY


def test_while_it_is_pending_as_later_its_status_is_its_submitters_alone(exchange: Served) -> None:
    with exchange.client() as client:
        status = client.post(OBJECTS, content=envelope(0), headers=SENT).json()
        url = f"{ROOT}status/{status['id']}/"
        reader = exchange.node.token(OWN, frozenset({Right.READ}))
        for _ in range(2):
            assert client.get(url).status_code == 200
            for other in (PARTNER, None):
                with exchange.client(other) as others:
                    assert others.get(url).status_code == 404
            assert client.get(url, headers={"Authorization": f"Bearer {reader}"}).status_code == 404
            let_in(exchange)
            complete(client, status)


def test_one_bad_object_of_a_large_envelope_is_named_with_its_reason(exchange: Served) -> None:
    bad = indicator(99).replace(b'"pattern_type"', b'"pattern_typo"')
    let_in(exchange)
    with exchange.client() as client:
        done = complete(client, client.post(OBJECTS, content=envelope(0, bad, b"17"), headers=SENT).json())
    assert (done["total_count"], done["success_count"], done["failure_count"]) == (MANY + 2, MANY, 2)
    assert "pattern_type" in done["failures"][0]["message"]


def test_what_can_be_refused_at_once_is_not_taken(exchange: Served) -> None:
    with exchange.client() as client:
        reader = {**SENT, "Authorization": f"Bearer {exchange.node.token(OWN, frozenset({Right.READ}))}"}
        assert client.post(OBJECTS, content=envelope(0), headers=reader).status_code == 403
        assert client.post(OBJECTS, content=envelope(0)[:-1], headers=SENT).status_code == 400
        assert client.post(OBJECTS, content=envelope(0, b"{'a':1}"), headers=SENT).status_code == 400
    assert exchange.node.store.journal("taxii arrival", msgspec.Raw).heads() == {}


def test_the_same_envelope_twice_is_stored_once_and_complete_twice(exchange: Served) -> None:
    with exchange.client() as client:
        statuses = [client.post(OBJECTS, content=envelope(0), headers=SENT).json() for _ in range(2)]
        let_in(exchange)
        assert [complete(client, each)["success_count"] for each in statuses] == [MANY, MANY]
        assert len(client.get(OBJECTS).json()["objects"]) == MANY


def test_the_figures_tell_how_much_waits(exchange: Served) -> None:
    with exchange.client() as client:
        status = client.post(OBJECTS, content=envelope(0), headers=SENT).json()
        assert f"egnatia_arrivals {MANY}.0" in client.get("/metrics").text
        let_in(exchange)
        complete(client, status)


# What a node that was killed has left, and one that begins again


@asynccontextmanager
async def opened(node: Node, room: Room | None = None) -> AsyncIterator[Intake]:
    """An intake at work."""
    intake = Intake(node, Statuses(node.store), room)
    await intake.open()
    try:
        yield intake
    finally:
        await intake.close()


async def settled(node: Node, caller: Caller, *ids: str) -> list[dict[str, Any]]:
    """The statuses once they are all complete."""
    statuses, left = Statuses(node.store), node.store.journal("taxii arrival", msgspec.Raw)
    deadline = time.monotonic() + 30
    while any(left.head(each) for each in ids):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)
    return [msgspec.json.decode(statuses.get(caller, each) or b"null") for each in ids]


async def leave(node: Node, caller: Caller, *envelopes: bytes) -> list[str]:
    """Envelopes that a node acknowledged just before it was killed."""
    intake = Intake(node, Statuses(node.store))
    return [await took(intake, caller, each) for each in envelopes]


async def took(intake: Intake, caller: Caller, body: bytes, *, objects: int = MANY) -> str:
    """The id of an envelope that was acknowledged."""
    status = msgspec.json.decode(await intake.take(caller, (), body, objects, time.time_ns() // 1_000))
    assert status["status"] == "pending"
    return str(status["id"])


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """A node that is not served."""
    with Store.open(f"sqlite:///{tmp_path / 'egnatia.db'}") as store:
        made = Node(store, Settings(), STANDINGS)
        try:
            yield made
        finally:
            made.admission.close()


def caller_of(node: Node, *, days: float = 1) -> Caller:
    presented = presented_in(f"Bearer {node.token(OWN, days=days)}")
    assert presented is not None
    return Caller(OWN, "test", ALL_RIGHTS, presented.id)


def audited(node: Node, action: str) -> list[str]:
    return [row.detail for row in node.store.audit_rows() if row.action == action]


def bodies(node: Node) -> list[bytes]:
    return [row.body for row in node.store.changes(node.clearance_of(OWN), 0, 1_000).rows]


def test_what_a_killed_node_acknowledged_is_stored_when_it_begins_again(tmp_path: Path, node: Node) -> None:
    caller = caller_of(node)
    ids = asyncio.run(leave(node, caller, envelope(0), envelope(100)))
    node.admission.close()
    node.store.close()
    with served(tmp_path) as again, again.client() as client:
        assert again.node.store.tokens.get(caller.token_id)
        done = asyncio.run(settled(again.node, caller, *ids))
        assert [each["success_count"] for each in done] == [MANY, MANY]
        assert len(client.get(OBJECTS).json()["objects"]) == 2 * MANY
        assert len(audited(again.node, "submit")) == 2


def test_two_processes_that_find_the_same_envelopes_store_and_audit_each_once(node: Node) -> None:
    caller = caller_of(node)

    async def both() -> list[dict[str, Any]]:
        ids = await leave(node, caller, *(envelope(start) for start in (0, 100)))
        async with opened(node), opened(node):
            return await settled(node, caller, *ids)

    assert [each["success_count"] for each in asyncio.run(both())] == [MANY] * 2
    assert len(bodies(node)) == 2 * MANY
    assert len(audited(node, "submit")) == 2


def test_a_token_that_was_revoked_meanwhile_gets_nothing_in(node: Node) -> None:
    caller = caller_of(node)

    async def late() -> list[dict[str, Any]]:
        ids = await leave(node, caller, envelope(0))
        node.store.tokens.revoke(caller.token_id, 1)
        async with opened(node):
            return await settled(node, caller, *ids)

    (done,) = asyncio.run(late())
    assert (done["status"], done["success_count"], done["failure_count"]) == ("complete", 0, MANY)
    assert "revoked" in done["failures"][0]["message"]
    assert done["failures"][0]["id"] == msgspec.json.decode(indicator(0))["id"]
    assert bodies(node) == []
    assert audited(node, "refuse") == [f"{MANY}: the token was revoked before the object was stored"]


def test_a_token_that_ran_out_meanwhile_had_the_right_when_it_was_used(node: Node) -> None:
    caller = caller_of(node, days=-1)

    async def late() -> list[dict[str, Any]]:
        ids = await leave(node, caller, envelope(0))
        async with opened(node):
            return await settled(node, caller, *ids)

    assert asyncio.run(late())[0]["success_count"] == MANY


def test_rights_count_as_far_as_they_are_still_given(node: Node) -> None:
    presented = presented_in(f"Bearer {node.token(OWN, frozenset({Right.READ}))}")
    assert presented is not None
    caller = Caller(OWN, "test", ALL_RIGHTS, presented.id)

    async def late() -> list[dict[str, Any]]:
        ids = await leave(node, caller, envelope(0))
        async with opened(node):
            return await settled(node, caller, *ids)

    (done,) = asyncio.run(late())
    assert done["failure_count"] == MANY
    assert "may not submit" in done["failures"][0]["message"]


class Broken:
    """A way in that fails as it is told for envelopes with a word in them, and so often."""

    def __init__(self, within: Admission, word: bytes, fail: Callable[[], "Future[Submission]"], times: int) -> None:
        self._within, self._word, self._fail, self.left = within, word, fail, times

    def submit(
        self,
        bodies: Sequence[bytes],
        submitter: Submitter,
        *,
        handling: Handling = Handling(),
        atomic: bool = False,
        tolerant: bool = True,
        closing: Closing | None = None,
    ) -> "Future[Submission]":
        if self.left and any(self._word in body for body in bodies):
            self.left -= 1
            return self._fail()
        return self._within.submit(
            bodies, submitter, handling=handling, atomic=atomic, tolerant=tolerant, closing=closing
        )


def fails_at_once() -> "Future[Submission]":
    raise RecursionError("too deep")


def fails_later() -> "Future[Submission]":
    outcome: Future[Submission] = Future()
    outcome.set_exception(MemoryError("too large"))
    return outcome


def database_fails() -> "Future[Submission]":
    outcome: Future[Submission] = Future()
    outcome.set_exception(sqlite3.OperationalError("disk I/O error"))
    return outcome


async def among_others(node: Node, caller: Caller) -> list[dict[str, Any]]:
    poison = envelope(100, indicator(777, name="poison"), count=MANY - 1)
    ids = await leave(node, caller, envelope(0), poison, envelope(200))
    async with opened(node):
        return await settled(node, caller, *ids)


@pytest.mark.parametrize("fail", [fails_at_once, fails_later])
def test_an_envelope_that_cannot_be_stored_says_so_and_keeps_nobody_waiting(
    node: Node, monkeypatch: pytest.MonkeyPatch, fail: Callable[[], "Future[Submission]"]
) -> None:
    monkeypatch.setattr(node, "admission", Broken(within := node.admission, b"poison", fail, 1_000))
    first, poison, last = asyncio.run(among_others(node, caller_of(node)))
    monkeypatch.setattr(node, "admission", within)
    assert (first["success_count"], last["success_count"]) == (MANY, MANY)
    assert (poison["status"], poison["success_count"], poison["failure_count"]) == ("complete", 0, MANY)
    assert "the node failed" in poison["failures"][0]["message"]
    assert len(bodies(node)) == 2 * MANY


def test_an_envelope_waits_while_the_database_fails(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAUSE_SECONDS", 0)
    monkeypatch.setattr(node, "admission", Broken(within := node.admission, b"poison", database_fails, 5))
    done = asyncio.run(among_others(node, caller_of(node)))
    monkeypatch.setattr(node, "admission", within)
    assert [each["success_count"] for each in done] == [MANY] * 3


def test_who_brings_more_than_may_wait_is_acknowledged_once_some_is_stored(node: Node) -> None:
    caller, held = caller_of(node), Held(node.admission)

    async def bring() -> None:
        async with opened(node, Room(2 * MANY, 1 << 30)) as intake:
            ids = [await took(intake, caller, envelope(start)) for start in (0, 100)]
            third = asyncio.create_task(took(intake, caller, envelope(200)))
            await took(Intake(node, Statuses(node.store)), caller, envelope(300))  # what was written before is written
            assert not third.done()
            assert intake.waiting == 2 * MANY
            held.opened.set()
            assert [each["success_count"] for each in await settled(node, caller, *ids, await third)] == [MANY] * 3

    within, node.admission = node.admission, held
    try:
        asyncio.run(bring())
    finally:
        held.opened.set()
        node.admission = within


def test_closing_leaves_what_waits_and_its_thread_ends(node: Node) -> None:
    caller = caller_of(node)

    async def begin_and_end() -> str:
        async with opened(node) as intake:
            return await took(intake, caller, envelope(0))

    id_ = asyncio.run(begin_and_end())
    assert THREAD not in {each.name for each in threading.enumerate()}

    async def again() -> list[dict[str, Any]]:
        async with opened(node):
            return await settled(node, caller, id_)

    assert asyncio.run(again())[0]["success_count"] == MANY
    assert len(audited(node, "submit")) == 1


def gone(number: int) -> Batch:
    """The record is taken back and erased."""
    id_ = msgspec.json.decode(indicator(number))["id"]
    return Batch(recalls=(Recall(id_, OWN, Label(OWN, Tlp.CLEAR, withdrawn=True), erase=True),))


async def store_what_waits(node: Node, caller: Caller, *ids: str) -> list[dict[str, Any]]:
    async with opened(node):
        return await settled(node, caller, *ids)


def test_what_was_erased_does_not_come_back_with_a_backup_in_which_it_waited(tmp_path: Path, node: Node) -> None:
    caller = caller_of(node)
    ids = asyncio.run(leave(node, caller, envelope(0)))
    node.store.backup(tmp_path / "backup")
    assert asyncio.run(store_what_waits(node, caller, *ids))[0]["success_count"] == MANY
    node.store.append(gone(3)).result()
    node.admission.close()
    node.store.close()
    url = f"sqlite:///{tmp_path / 'egnatia.db'}"
    Store.restore(tmp_path / "backup", url)
    with Store.open(url) as store:
        again = Node(store, Settings(), STANDINGS)
        (done,) = asyncio.run(store_what_waits(again, caller, *ids))
        again.admission.close()
        assert (done["success_count"], done["failure_count"]) == (MANY - 1, 1)
        assert "erased" in done["failures"][0]["message"]
        assert indicator(3) not in bodies(again)


def test_of_what_is_erased_the_journal_keeps_no_copy(tmp_path: Path, node: Node) -> None:
    caller, word = caller_of(node), b"Borikenland"
    secret = indicator(3, name=word.decode())
    node.submit(secret)
    ids = asyncio.run(leave(node, caller, envelope(100, secret, count=MANY - 1)))
    node.store.append(gone(3)).result()
    asyncio.run(store_what_waits(node, caller, *ids))
    deadline = time.monotonic() + 20
    files = [tmp_path / "egnatia.db", tmp_path / "egnatia.db-wal"]
    while any(word in each.read_bytes() for each in files if each.exists()):
        assert time.monotonic() < deadline, "erased words are still in the files"
        time.sleep(0.02)
    assert all(word not in body for body in bodies(node))
