"""What `vectors.json` holds was made once; a second implementation that reads all of it speaks this protocol.

Bytes are base64. The secrets belong to these vectors only. Made again with `python -m tests.trust.test_vectors`
(signatures and sealed blobs differ each time, for both are randomised).
"""

from pathlib import Path

import msgspec
from tests.trust.builders import keys

from egnatia.trust import wire
from egnatia.trust.attestation import Attestation, Proof, Signature
from egnatia.trust.attesting import attest, check, check_proof, digest
from egnatia.trust.audit import (
    Checkpoint,
    Countersignature,
    check_checkpoint,
    check_countersignature,
    checkpoint,
    countersign,
)
from egnatia.trust.audit import chain as chain_row
from egnatia.trust.card import Card, SignedCard, host, issue, read_card
from egnatia.trust.channel import Initiator, accept
from egnatia.trust.freshness import Freshness
from egnatia.trust.invitation import armour, check_invitation, invite, unarmour
from egnatia.trust.keys import PrivateKeys, PublicKeys
from egnatia.trust.merkle import leaf
from egnatia.trust.packing import pack
from egnatia.trust.party import Local, Peer
from egnatia.trust.post import post, receive
from egnatia.trust.sealing import open_sealed, seal
from egnatia.trust.succession import KeyHistory, rotate

PATH = Path(__file__).with_name("vectors.json")
NOW = 1_800_000_000_000_000


class Vectors(msgspec.Struct):
    """`me` and `rs` are the 160 secret bytes of the two nodes."""

    me: bytes
    rs: bytes
    records: tuple[tuple[str, tuple[str, ...], bytes], ...]
    attestation: Attestation
    attestation_digest: bytes
    proofs: tuple[Proof, ...]
    sealed: bytes
    sealed_context: bytes
    sealed_plaintext: bytes
    card: bytes
    invitation: str
    hello: bytes
    hello_request: bytes
    post: bytes
    post_body: bytes
    checkpoint: bytes
    countersignature: bytes


def keys_of(node: str, verifying: str) -> PublicKeys:
    return {"node-me": keys(1), "node-rs": keys(2)}[node].public


def local(node: str, own: PrivateKeys) -> Local:
    return Local(node, own, keys_of=keys_of, freshness=Freshness())


def make() -> Vectors:
    me, rs = keys(1), keys(2)
    history = rotate(KeyHistory("node-me", keys(0).public), keys(0), me, at=NOW)
    operator = host(
        keys(3), KeyHistory("identity--me", keys(3).public), name="CIRT Crna Gora", economy="ME", node="node-me"
    )
    card = issue(Card("node-me", 2, NOW, NOW + 10**13, history, operator, endpoints=("https://cirt.example/peer",)), me)
    records = tuple(("identity--me", ("marking-definition--a",), b'{"n":%d}' % n) for n in range(3))
    batch, proofs = attest(me.signing, node="node-me", sequence=7, at=NOW, leaves=[leaf(*one) for one in records])
    row = chain_row(None, Row(), at=NOW)
    head = checkpoint(row, me.signing, node="node-me", at=NOW)
    return Vectors(
        me=me.secret(),
        rs=rs.secret(),
        records=records,
        attestation=batch,
        attestation_digest=digest(batch),
        proofs=proofs,
        sealed=seal("тајна".encode(), [rs.opening.sealing, me.opening.sealing], context=b"sealed-record--1"),
        sealed_context=b"sealed-record--1",
        sealed_plaintext="тајна".encode(),
        card=wire.encode(card),
        invitation=armour(invite(card, me, until=NOW + 10**12)),
        hello=Initiator(local("node-me", me), Peer("node-rs", rs.public), request=b"feed", at=NOW).hello,
        hello_request=b"feed",
        post=post(local("node-me", me), Peer("node-rs", rs.public), kind="receipt", body=b"42", at=NOW),
        post_body=b"42",
        checkpoint=wire.encode(head),
        countersignature=wire.encode(countersign(head, rs.signing, peer="node-rs", at=NOW)),
    )


class Row(msgspec.Struct, frozen=True):
    actor: str = "identity--me"
    action: str = "release"
    subject: str = "indicator--1"
    detail: str = "to identity--rs"


def test_everything_that_was_made_once_is_still_read() -> None:
    made = msgspec.json.decode(PATH.read_bytes(), type=Vectors)
    me, rs = PrivateKeys.from_secret(made.me), PrivateKeys.from_secret(made.rs)
    check(made.attestation, me.signing.verifying)
    assert digest(made.attestation) == made.attestation_digest
    for record, proof in zip(made.records, made.proofs, strict=True):
        check_proof(leaf(*record), proof, made.attestation)
    for one in (me, rs):
        assert open_sealed(made.sealed, one.opening, context=made.sealed_context) == made.sealed_plaintext
    card = read_card(wire.decode(made.card, SignedCard, "card"), now=NOW)
    assert card.keys.current == me.public
    assert check_invitation(unarmour(made.invitation), now=NOW) == card
    assert accept(made.hello, local("node-rs", rs), now=NOW).request == made.hello_request
    assert receive(made.post, local("node-rs", rs), now=NOW).body == made.post_body
    check_checkpoint(wire.decode(made.checkpoint, Checkpoint, "checkpoint"), me.signing.verifying)
    witness = wire.decode(made.countersignature, Countersignature, "countersignature")
    check_countersignature(witness, rs.signing.verifying)


def test_packing_is_as_documented() -> None:
    number = bytes(7)
    one = number + b"\x01"
    assert pack() == bytes(8)
    assert pack("é") == one + number + b"\x02" + "é".encode()
    assert pack(258) == one + number + b"\x08" + bytes(6) + b"\x01\x02"
    assert pack([]) == one + number + b"\x08" + bytes(8)


def test_the_digest_of_an_attestation_is_as_documented() -> None:
    batch = Attestation("node-me", 7, NOW, 1, bytes(32), Signature("k", b"e", b"m"))
    assert digest(batch).hex() == "5e090932999c0bf02283f2f48082d1bb414bca53d5be7f6c36732cc9635a0714"
    count, size = (5).to_bytes(8, "big"), (8).to_bytes(8, "big")
    numbers = b"".join(size + number.to_bytes(8, "big") for number in (7, NOW, 1))
    statement = count + bytes(7) + b"\x07node-me" + numbers + (32).to_bytes(8, "big") + bytes(32)
    assert pack("node-me", 7, NOW, 1, bytes(32)) == statement


if __name__ == "__main__":
    PATH.write_bytes(msgspec.json.format(msgspec.json.encode(make()), indent=1) + b"\n")
