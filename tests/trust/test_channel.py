import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.trust.builders import flip, flipped, keys

from egnatia.trust import wire
from egnatia.trust.channel import Channel, Hello, Initiator, accept
from egnatia.trust.errors import Expired, Forged, OutOfOrder, Replayed, Truncated, Unopenable
from egnatia.trust.frame import END, Frame, Receiver
from egnatia.trust.freshness import Freshness
from egnatia.trust.keys import PublicKeys
from egnatia.trust.packing import pack
from egnatia.trust.party import Local, Peer
from egnatia.trust.post import post, receive
from egnatia.trust.sealing import open_sealed, seal

NOW = 1_700_000_000_000_000
SECOND = 1_000_000
NODES = {"node-me": 0, "node-rs": 1, "node-eu": 2}


def keys_of(node: str, verifying: str) -> PublicKeys:
    known = keys(NODES[node]).public if node in NODES else None
    if known is None or known.verifying.id != verifying:
        raise Forged("key", f"{node} is no peer")
    return known


def local(node: str) -> Local:
    return Local(node, keys(NODES.get(node, 9)), keys_of=keys_of, freshness=Freshness())


def peer(node: str) -> Peer:
    return Peer(node, keys(NODES[node]).public)


def channel() -> tuple[Channel, Channel]:
    caller = Initiator(local("node-me"), peer("node-rs"), request=b"feed", at=NOW)
    accepted = accept(caller.hello, local("node-rs"), now=NOW)
    return caller.finish(accepted.welcome), accepted.channel


def test_both_sides_agree_and_talk_both_ways() -> None:
    caller = Initiator(local("node-me"), peer("node-rs"), request=b"feed after 5", at=NOW)
    accepted = accept(caller.hello, local("node-rs"), now=NOW + SECOND)
    mine = caller.finish(accepted.welcome)
    theirs = accepted.channel
    assert (accepted.peer, accepted.request) == (peer("node-me"), b"feed after 5")
    assert (mine.id, mine.peer, theirs.peer) == (theirs.id, "node-rs", "node-me")
    assert list(mine.receiver.feed(theirs.sender.frame(1, b"record"))) == [Frame(1, b"record")]
    assert list(theirs.receiver.feed(mine.sender.frame(2, b"credit"))) == [Frame(2, b"credit")]
    assert b"feed after 5" not in caller.hello


def test_a_third_node_cannot_take_part() -> None:
    caller = Initiator(local("node-me"), peer("node-rs"), request=b"", at=NOW)
    with pytest.raises(Forged, match="it is for node-rs, not for node-eu"):
        accept(caller.hello, local("node-eu"), now=NOW)
    thief = Local("node-rs", keys(2), keys_of=keys_of, freshness=Freshness())
    with pytest.raises(Unopenable):
        accept(caller.hello, thief, now=NOW)
    stranger = Initiator(local("node-xx"), peer("node-rs"), request=b"", at=NOW)
    with pytest.raises(Forged, match="node-xx is no peer"):
        accept(stranger.hello, local("node-rs"), now=NOW)
    impostor = Local("node-me", keys(2), keys_of=keys_of, freshness=Freshness())
    with pytest.raises(Forged, match="node-me is no peer"):
        accept(Initiator(impostor, peer("node-rs"), request=b"", at=NOW).hello, local("node-rs"), now=NOW)


def test_a_hello_counts_once_and_for_two_minutes() -> None:
    here = local("node-rs")
    hello = Initiator(local("node-me"), peer("node-rs"), request=b"", at=NOW).hello
    accept(hello, here, now=NOW)
    with pytest.raises(Replayed, match="of node-me was received before"):
        accept(hello, here, now=NOW + SECOND)
    for now in (NOW + 121 * SECOND, NOW - 121 * SECOND):
        with pytest.raises(Expired, match="compare the clocks"):
            accept(hello, local("node-rs"), now=now)


def test_a_hello_opens_with_keys_that_were_just_replaced() -> None:
    hello = Initiator(local("node-me"), peer("node-rs"), request=b"x", at=NOW).hello
    rotated = Local("node-rs", keys(5), keys_of=keys_of, freshness=Freshness(), replaced=(keys(1),))
    assert accept(hello, rotated, now=NOW).request == b"x"


def test_a_welcome_to_another_hello_or_by_another_node_is_refused() -> None:
    first, second = (Initiator(local("node-me"), peer("node-rs"), request=b"", at=NOW) for _ in range(2))
    answer = accept(second.hello, local("node-rs"), now=NOW).welcome
    with pytest.raises(Forged, match="answers another Hello"):
        first.finish(answer)
    second.finish(answer)
    with pytest.raises(Forged, match="an answer to this Hello before"):
        second.finish(answer)


HELLO = Initiator(local("node-me"), peer("node-rs"), request=b"feed", at=NOW).hello
CALLER = Initiator(local("node-me"), peer("node-rs"), request=b"feed", at=NOW)
ANSWER = accept(CALLER.hello, local("node-rs"), now=NOW).welcome


@settings(max_examples=300)
@given(flipped(HELLO))
def test_any_flipped_bit_of_a_hello_is_refused(hello: bytes) -> None:
    with pytest.raises(Forged):
        accept(hello, local("node-rs"), now=NOW)


@settings(max_examples=300)
@given(flipped(ANSWER))
def test_any_flipped_bit_of_a_welcome_is_refused(answer: bytes) -> None:
    with pytest.raises(Forged):
        CALLER.finish(answer)


def test_a_signed_hello_with_another_ephemeral_key_is_refused() -> None:
    hello = wire.decode(HELLO, Hello, "Hello")
    forged = msgspec.structs.replace(hello, ephemeral=keys(2).opening.sealing)
    with pytest.raises(Forged, match="Ed25519 signature"):
        accept(wire.encode(forged), local("node-rs"), now=NOW)


@given(st.lists(st.tuples(st.integers(1, 255), st.binary(max_size=300)), max_size=8), st.integers(1, 50))
def test_frames_arrive_whole_however_the_bytes_are_cut(frames: list[tuple[int, bytes]], step: int) -> None:
    here, there = channel_pair()
    stream = b"".join(there.sender.frame(*one) for one in frames) + there.sender.end(b"bye")
    got: list[Frame] = []
    for start in range(0, len(stream), step):
        got += here.receiver.feed(stream[start : start + step])
    here.receiver.finish()
    assert got == [*(Frame(*one) for one in frames), Frame(END, b"bye")]


def channel_pair() -> tuple[Channel, Channel]:
    """Two ends without the cost of a handshake."""
    there, back = bytes(32), bytes([1] * 32)
    return Channel("a", b"", there, back), Channel("b", b"", back, there)


def drain(receiver: Receiver, stream: bytes) -> list[Frame]:
    frames = list(receiver.feed(stream))
    receiver.finish()
    return frames


def test_frames_that_were_not_asked_for_come_with_the_next_call() -> None:
    here, there = channel_pair()
    here.receiver.feed(there.sender.frame(1, b"first") + there.sender.frame(1, b"second"))
    assert list(here.receiver.feed(there.sender.end())) == [Frame(1, b"first"), Frame(1, b"second"), Frame(END, b"")]


def test_repeated_reordered_and_dropped_frames_are_refused() -> None:
    _, there = channel_pair()
    one, two, three = (there.sender.frame(1, bytes([n])) for n in range(3))
    for stream in (one + one, two + one, one + three, one + two + two):
        here, _ = channel_pair()
        with pytest.raises(OutOfOrder, match="was next"):
            list(here.receiver.feed(stream))


def test_a_stream_without_its_last_frame_is_truncated() -> None:
    here, there = channel_pair()
    with pytest.raises(Truncated, match="after 1 frames"):
        drain(here.receiver, there.sender.frame(1, b"x"))


def test_nothing_is_believed_after_the_end_or_after_an_error() -> None:
    here, there = channel_pair()
    end = there.sender.end()
    with pytest.raises(Forged, match="after the last frame"):
        list(here.receiver.feed(end + b"x"))
    with pytest.raises(Forged, match="it failed before"):
        list(here.receiver.feed(b""))
    with pytest.raises(ValueError, match="was ended"):
        there.sender.frame(1, b"")


def test_a_frame_of_another_channel_or_direction_is_refused() -> None:
    here, there = channel()
    other, _ = channel()
    with pytest.raises(Forged, match="of another channel"):
        list(other.receiver.feed(there.sender.frame(1, b"x")))
    with pytest.raises(Forged, match="of another channel"):
        list(there.receiver.feed(there.sender.frame(1, b"x")[:5] + bytes(8) + bytes(17)))
    assert here.id != other.id


def test_no_length_makes_the_receiver_wait_for_gigabytes() -> None:
    here, there = channel_pair()
    with pytest.raises(Forged, match="a length of"):
        list(here.receiver.feed(b"\xff\xff\xff\xff" + b"\x01" + bytes(8)))
    with pytest.raises(ValueError, match="a payload of"):
        there.sender.frame(1, bytes((16 << 20) + 1))
    with pytest.raises(ValueError, match="kind 0"):
        there.sender.frame(0, b"")


@given(st.data())
def test_any_flipped_bit_of_a_stream_is_refused(data: st.DataObject) -> None:
    here, there = channel_pair()
    stream = there.sender.frame(1, b"first") + there.sender.frame(2, b"second") + there.sender.end()
    bit = data.draw(st.integers(0, len(stream) * 8 - 1))
    with pytest.raises(Forged):
        drain(here.receiver, flip(stream, bit))


def test_a_frame_vector() -> None:
    _, there = channel_pair()
    assert (
        there.sender.frame(7, b"record").hex()
        == "00000016070000000000000000cd50fbb3075f349495647c24d30bdf97362f6b637da1"
    )


def test_a_post_reaches_its_receiver_once_and_hides_its_sender() -> None:
    message = post(local("node-me"), peer("node-rs"), kind="receipt", body=b"got it", at=NOW)
    here = local("node-rs")
    received = receive(message, here, now=NOW)
    assert (received.sender, received.kind, received.body) == ("node-me", "receipt", b"got it")
    assert b"node-me" not in message
    with pytest.raises(Replayed):
        receive(message, here, now=NOW)
    with pytest.raises(Expired):
        receive(message, local("node-rs"), now=NOW + 500 * SECOND)
    with pytest.raises(Unopenable):
        receive(message, local("node-eu"), now=NOW)


def test_a_receiver_cannot_pass_a_post_on_as_if_it_were_for_another() -> None:
    message = post(local("node-me"), peer("node-rs"), kind="receipt", body=b"got it", at=NOW)
    content = open_sealed(message, keys(1).opening, context=pack("egnatia post 1", "node-rs"))
    passed_on = seal(content, [keys(2).opening.sealing], context=pack("egnatia post 1", "node-eu"))
    with pytest.raises(Forged, match="it is for node-rs, not for node-eu"):
        receive(passed_on, local("node-eu"), now=NOW)


POST = post(local("node-me"), peer("node-rs"), kind="receipt", body=b"got it", at=NOW)


@given(flipped(POST))
def test_any_flipped_bit_of_a_post_is_refused(message: bytes) -> None:
    with pytest.raises((Forged, Unopenable)):
        receive(message, local("node-rs"), now=NOW)


def test_a_memory_is_bounded_per_sender_and_forgets_what_no_longer_counts() -> None:
    memory = Freshness(window=10, since=100, capacity=2)
    with pytest.raises(Expired, match="before this node started"):
        memory.admit("a", b"0", at=99, now=100)
    memory.admit("a", b"1", at=100, now=100)
    memory.admit("a", b"2", at=100, now=100)
    with pytest.raises(Expired, match="too many messages of a"):
        memory.admit("a", b"3", at=100, now=100)
    memory.admit("b", b"1", at=100, now=100)
    memory.admit("a", b"3", at=125, now=121)
