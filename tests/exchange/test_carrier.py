"""Sealed carriers at the recipient's node: what is inside counts for its own proofs, whoever carried it."""

import asyncio
import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from tests.exchange.peer.region import RED, Running, acquaint, audience, id_of, indicator, make, region, until

from egnatia.exchange.peer.arrival import UNOPENED, Taken, Unopened
from egnatia.exchange.peer.feed import Reader
from egnatia.exchange.peer.frame import Page
from egnatia.exchange.peer.publishing import Load, Loaded
from egnatia.exchange.peer.sealed import TYPE, Contents, opened, sealed
from egnatia.record import read
from egnatia.store.entry import Cursor, Row
from egnatia.trust import Forged, Unopenable, seal

SECRET = "the informant is the harbour master"
FOREIGN = "identity--00000000-0000-4000-8000-000000000000"
Pair = tuple[Running, Running]


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Pair]:
    """An origin and a recipient that believes the origin's card; neither runs."""
    origin, recipient = make(tmp_path, "origin"), make(tmp_path, "recipient")
    acquaint(origin, recipient)
    recipient.node.cards.pair(origin.node.signed_card, now=origin.node.card.issued)
    yield origin, recipient
    for each in (origin, recipient):
        each.peers._pool.shutdown()
        each.close()


def load(origin: Running, recipient: Running, *kinds: str) -> Loaded:
    """What the recipient may see of these types at the origin, with its proofs."""

    def keep(row: Row) -> bool:
        return row.type in kinds

    feed = origin.peers._feed
    feed.reached(origin.node.store.position())
    reader = Reader(recipient.node.node_id, "own", origin.node.clearance_of(recipient.own), "")
    loaded, _ = feed.read(reader, Load("live", 0, feed.head(), 0), keep=keep)
    return loaded


def contents(origin: Running, recipient: Running) -> Contents:
    """One record and its marking, for the recipient alone."""
    marking = audience(origin, recipient.own)
    origin.submit(marking)
    origin.submit(indicator(SECRET, object_marking_refs=[RED, id_of(marking)]))
    loaded = load(origin, recipient, "marking-definition", "indicator")
    return Contents(loaded.items, loaded.attestations)


def carrier(inside: Contents, origin: Running, to: Running, *, owner: str = "") -> bytes:
    keys = to.node.organisation_openings[-1].sealing
    return sealed(inside, owner=owner or origin.own, recipient=to.own, keys=keys, now=datetime.now(UTC))


def refilled(body: bytes, plain: bytes, to: Running) -> bytes:
    """The carrier with anything else sealed in it."""
    said = msgspec.json.decode(body)
    ciphertext = seal(plain, [to.node.organisation_openings[-1].sealing], context=said["id"].encode())
    said["ciphertext"] = base64.b64encode(ciphertext).decode()
    return msgspec.json.encode(said)


def deliver(body: bytes, origin: Running, recipient: Running) -> Taken:
    """The carrier is published at the origin, arrives at the recipient and is stored there."""
    assert not origin.submit(body).refused
    return arrive(load(origin, recipient, TYPE), origin, recipient)


def arrive(loaded: Loaded, origin: Running, recipient: Running) -> Taken:
    node, head = origin.node.node_id, loaded.until
    page = Page("live", 0, head, head, loaded.items, loaded.attestations, ())
    taken = recipient.peers._arrival.take(node, "own", page, Cursor(node, head))
    recipient.peers._arrival.stored(taken, recipient.peers._arrival.append(taken).result(20))
    return taken


def test_what_is_inside_arrives_as_its_owner_published_it(two: Pair) -> None:
    origin, recipient = two
    inside = contents(origin, recipient)
    taken = deliver(carrier(inside, origin, recipient), origin, recipient)
    assert not taken.refused
    (row,) = [row for row in recipient.rows() if row.type == "indicator"]
    assert (row.owner, row.body) == (origin.own, inside.items[-1].body)
    assert row.proof is not None
    assert recipient.node.store.attestations([row.proof.attestation])


def test_the_same_carrier_again_changes_nothing(two: Pair) -> None:
    origin, recipient = two
    inside = contents(origin, recipient)
    deliver(carrier(inside, origin, recipient), origin, recipient)
    position = recipient.node.store.position()
    arrive(load(origin, recipient, TYPE), origin, recipient)
    assert recipient.node.store.position() == position


def test_one_record_in_two_carriers_is_held_once(two: Pair) -> None:
    origin, recipient = two
    inside = contents(origin, recipient)
    for _ in range(2):
        deliver(carrier(inside, origin, recipient), origin, recipient)
    assert len(recipient.ids()) == 1
    assert len(recipient.ids(TYPE)) == 2


def test_a_carrier_tells_only_for_whom_it_is(two: Pair) -> None:
    origin, recipient = two
    body = carrier(contents(origin, recipient), origin, recipient)
    assert SECRET.encode() not in body
    assert SECRET.encode() not in base64.b64decode(msgspec.json.decode(body)["ciphertext"])
    with pytest.raises(Unopenable):
        opened(read(body), origin.node.organisation_openings)


def test_a_carrier_for_others_is_kept_unread(two: Pair) -> None:
    origin, recipient = two
    taken = deliver(carrier(contents(origin, recipient), origin, origin), origin, recipient)
    assert not taken.refused
    assert recipient.ids() == []
    assert len(recipient.ids(TYPE)) == 1


def test_a_ciphertext_moved_to_another_carrier_does_not_open(two: Pair) -> None:
    origin, recipient = two
    inside = contents(origin, recipient)
    first, second = (msgspec.json.decode(carrier(inside, origin, recipient)) for _ in range(2))
    moved = msgspec.json.encode({**second, "ciphertext": first["ciphertext"]})
    with pytest.raises(Forged):
        opened(read(moved), recipient.node.organisation_openings)


@pytest.mark.parametrize(
    "plain",
    [b"", b"\xc1", b"\x92\x90", b"\xdd\xff\xff\xff\xff", b"\x91" * 5_000, b"\x92\x91\xa1\xff\x90", bytes(17 << 20)],
    ids=["nothing", "no MessagePack", "cut", "four thousand million items", "deep", "no text", "huge"],
)
def test_garbage_that_was_sealed_is_refused_and_noted(two: Pair, plain: bytes) -> None:
    origin, recipient = two
    body = refilled(carrier(contents(origin, recipient), origin, recipient), plain, recipient)
    if len(plain) > 1 << 20:
        with pytest.raises(Forged, match="at most"):
            opened(read(body), recipient.node.organisation_openings)
        return
    taken = deliver(body, origin, recipient)
    assert len(taken.refused) == 1
    assert not taken.lied
    assert recipient.ids() == []
    assert [row.action for row in recipient.node.store.audit_rows()].count("refuse") == 1


def test_what_does_not_prove_its_origin_is_refused_and_nothing_else_changes(two: Pair) -> None:
    origin, recipient = two
    inside = contents(origin, recipient)
    (one,) = [item for item in inside.items if SECRET.encode() in item.body]
    signed = inside.attestations[one.attestation]
    half = replace(signed, signature=replace(signed.signature, mldsa65=bytes(3309)))
    forged = [
        Contents((replace(one, body=one.body.replace(b"harbour", b"station")),), inside.attestations),
        Contents((replace(one, owner=FOREIGN),), inside.attestations),
        Contents((replace(one, owner=recipient.own),), inside.attestations),
        Contents((replace(one, applied=(RED,)),), inside.attestations),
        Contents((replace(one, path=(*one.path, bytes(32))),), inside.attestations),
        Contents((replace(one, attestation=9),), inside.attestations),
        Contents((replace(one, attestation=0),), (half,)),
        Contents((replace(one, attestation=0),), (replace(signed, node="node--x"),)),
    ]
    for each in forged:
        body = carrier(each, origin, recipient)
        assert not origin.submit(body).refused
    taken = arrive(load(origin, recipient, TYPE), origin, recipient)
    carriers = recipient.ids(TYPE)
    assert len(carriers) == len(forged)
    assert all(any(ident in why for why in taken.refused) for ident in carriers)
    assert not taken.lied
    assert recipient.ids() == []


def test_a_carrier_in_a_carrier_is_not_opened(two: Pair) -> None:
    origin, recipient = two
    inner = carrier(contents(origin, recipient), origin, recipient)
    origin.submit(inner)
    loaded = load(origin, recipient, TYPE)
    outer = carrier(Contents(loaded.items, loaded.attestations), origin, recipient)
    origin.submit(outer)
    both = load(origin, recipient, TYPE)
    last = replace(both, items=tuple(item for item in both.items if id_of(item.body) == id_of(outer)))
    arrive(last, origin, recipient)
    assert recipient.ids() == []


def test_a_carrier_handed_in_at_its_recipients_own_node_is_opened(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "origin", "recipient") as (origin, recipient):
            await until(lambda: recipient.contact(origin).connected_since)
            inside = contents(origin, recipient)
            await until(recipient.ids)
            await recipient.down()
            later = contents(origin, recipient)
            await origin.down()
            await recipient.again()
            body = carrier(later, origin, recipient, owner=recipient.own)
            assert not (await asyncio.to_thread(recipient.submit, body)).refused
            await until(lambda: len(recipient.ids()) == 2)
            wanted = {each.body for each in (*inside.items, *later.items)}
            held = [row for row in recipient.rows() if row.type == "indicator"]
            assert {row.body for row in held} <= wanted
            assert {row.source for row in held} == {origin.node.node_id}
            assert {row.owner for row in held} == {origin.own}

    asyncio.run(scenario())


def test_a_carrier_whose_origin_is_not_known_is_opened_once_its_card_comes(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "origin", "recipient", mesh=False) as (origin, recipient):
            inside = contents(origin, recipient)
            await origin.down()
            body = carrier(inside, origin, recipient, owner=recipient.own)
            assert not (await asyncio.to_thread(recipient.submit, body)).refused
            waiting = recipient.node.store.kept(UNOPENED, Unopened)
            await until(waiting.all)
            assert recipient.ids() == []
            recipient.peers.pairings.accept(origin.peers.pairings.invite())
            recipient.peers.pairings.confirm(origin.node.node_id)
            await until(lambda: len(recipient.ids()) == 1)
            assert {row.body for row in recipient.rows() if row.type == "indicator"} <= {e.body for e in inside.items}
            await until(lambda: not waiting.all())

    asyncio.run(scenario())


def test_a_forged_carrier_is_not_waited_for(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "origin", "recipient") as (origin, recipient):
            await until(lambda: recipient.contact(origin).connected_since)
            inside = contents(origin, recipient)
            await until(recipient.ids)
            (item,) = [each for each in inside.items if SECRET.encode() in each.body]
            forged = replace(item, body=item.body.replace(b"harbour", b"station"))
            content = Contents((forged,), inside.attestations)
            good = carrier(content, origin, recipient, owner=recipient.own)
            assert not (await asyncio.to_thread(recipient.submit, good)).refused

            def refused() -> bool:
                return any(row.action == "refuse" for row in recipient.node.store.audit_rows())

            await until(refused)
            assert len(recipient.ids()) == 1
            assert recipient.node.store.kept(UNOPENED, Unopened).all() == {}

    asyncio.run(scenario())
