import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.trust.builders import flip

from egnatia.trust import wire
from egnatia.trust.attestation import Attestation, Proof, Signature
from egnatia.trust.attesting import Attestations, Sequences, attest, check, check_proof, digest
from egnatia.trust.errors import Forged
from egnatia.trust.merkle import leaf
from egnatia.trust.signing import SigningKeys

KEYS = SigningKeys.from_secret(bytes(range(64)))
OTHER = SigningKeys.from_secret(bytes(range(1, 65)))
RECORDS = [("identity--me", ("marking-definition--a",), b'{"n":%d}' % n) for n in range(7)]
LEAVES = [leaf(*record) for record in RECORDS]
BATCH, PROOFS = attest(KEYS, node="node-me", sequence=5, at=1_700_000_000_000_000, leaves=LEAVES)
replace = msgspec.structs.replace


def test_every_record_of_a_batch_proves_its_origin() -> None:
    check(BATCH, KEYS.verifying)
    for record, proof in zip(RECORDS, PROOFS, strict=True):
        check_proof(leaf(*record), proof, BATCH)
    assert [proof.index for proof in PROOFS] == list(range(len(RECORDS)))
    for proof in PROOFS[1:]:
        with pytest.raises(Forged):
            check_proof(LEAVES[0], proof, BATCH)


def test_a_batch_of_one_needs_no_path() -> None:
    batch, (proof,) = attest(KEYS, node="node-me", sequence=0, at=0, leaves=LEAVES[:1])
    check(batch, KEYS.verifying)
    check_proof(LEAVES[0], proof, batch)
    assert proof.path == ()


def test_an_empty_batch_is_not_attested() -> None:
    with pytest.raises(ValueError, match="without records"):
        attest(KEYS, node="n", sequence=0, at=0, leaves=[])


@pytest.mark.parametrize(
    "forged",
    [
        replace(BATCH, node="node-rs"),
        replace(BATCH, sequence=6),
        replace(BATCH, at=BATCH.at + 1),
        replace(BATCH, count=8),
        replace(BATCH, root=bytes(32)),
    ],
    ids=["node", "sequence", "time", "count", "root"],
)
def test_no_field_of_an_attestation_can_be_changed(forged: Attestation) -> None:
    with pytest.raises(Forged) as refused:
        check(forged, KEYS.verifying)
    assert refused.value.what == "Ed25519 signature"
    with pytest.raises(Forged, match="another attestation"):
        check_proof(LEAVES[0], PROOFS[0], forged)


@pytest.mark.parametrize(
    ("signature", "what"),
    [
        (replace(BATCH.signature, ed25519=b""), "Ed25519 signature"),
        (replace(BATCH.signature, mldsa65=b""), "ML-DSA-65 signature"),
        (replace(BATCH.signature, ed25519=bytes(64)), "Ed25519 signature"),
        (replace(BATCH.signature, mldsa65=bytes(3309)), "ML-DSA-65 signature"),
        (replace(BATCH.signature, key=OTHER.verifying.id), "key"),
        (
            Signature(KEYS.verifying.id, *msgspec.structs.astuple(OTHER.sign("egnatia attestation 1", b""))[1:]),
            "Ed25519",
        ),
    ],
)
def test_both_halves_of_a_signature_must_verify(signature: Signature, what: str) -> None:
    with pytest.raises(Forged, match=what):
        check(replace(BATCH, signature=signature), KEYS.verifying)


def test_another_nodes_keys_do_not_verify() -> None:
    with pytest.raises(Forged, match=r"^key: signed with key"):
        check(BATCH, OTHER.verifying)


@pytest.mark.parametrize(("field", "number"), [("sequence", -1), ("at", 1 << 63), ("count", 0), ("count", 1 << 70)])
def test_numbers_no_honest_node_states_are_refused(field: str, number: int) -> None:
    with pytest.raises(Forged, match="attestation"):
        check(replace(BATCH, **{field: number}), KEYS.verifying)
    with pytest.raises(Forged, match="attestation"):
        Attestations().check(replace(BATCH, **{field: number}), KEYS.verifying)


@given(st.integers(0, 6), st.data())
def test_any_flipped_bit_of_a_record_or_its_proof_is_refused(index: int, data: st.DataObject) -> None:
    owner, applied, body = RECORDS[index]
    proof = PROOFS[index]
    bit = data.draw(st.integers(0, len(body) * 8 - 1))
    with pytest.raises(Forged, match="record"):
        check_proof(leaf(owner, applied, flip(body, bit)), proof, BATCH)
    with pytest.raises(Forged, match="record"):
        check_proof(leaf("identity--rs", applied, body), proof, BATCH)
    with pytest.raises(Forged, match="record"):
        check_proof(leaf(owner, (), body), proof, BATCH)
    step = data.draw(st.integers(0, len(proof.path) - 1))
    path = list(proof.path)
    path[step] = flip(path[step], data.draw(st.integers(0, 255)))
    for forged in (replace(proof, path=tuple(path)), replace(proof, index=(index + 1) % 7)):
        with pytest.raises(Forged, match="record"):
            check_proof(LEAVES[index], forged, BATCH)
    with pytest.raises(Forged, match="proof"):
        check_proof(LEAVES[index], replace(proof, attestation=flip(proof.attestation, bit % 256)), BATCH)


@settings(max_examples=300)
@given(st.data())
def test_any_flipped_bit_of_a_serialised_attestation_is_refused(data: st.DataObject) -> None:
    encoded = wire.encode(BATCH)
    forged = flip(encoded, data.draw(st.integers(0, len(encoded) * 8 - 1)))
    with pytest.raises(Forged):
        check(wire.decode(forged, Attestation, "attestation"), KEYS.verifying)


def test_an_attestation_survives_json_and_messagepack() -> None:
    for codec in (msgspec.json, msgspec.msgpack):
        assert codec.decode(codec.encode(BATCH), type=Attestation) == BATCH
        assert codec.decode(codec.encode(PROOFS[3]), type=Proof) == PROOFS[3]


def test_a_batch_that_was_checked_is_not_checked_twice() -> None:
    checked = Attestations(capacity=2)
    assert checked.check(BATCH, KEYS.verifying) == digest(BATCH) == PROOFS[0].attestation
    assert checked.check(BATCH, KEYS.verifying) == digest(BATCH)
    with pytest.raises(Forged, match="key"):
        checked.check(BATCH, OTHER.verifying)
    with pytest.raises(Forged, match="ML-DSA"):
        checked.check(replace(BATCH, signature=replace(BATCH.signature, mldsa65=b"")), KEYS.verifying)
    for n in range(3):
        checked.check(attest(KEYS, node="n", sequence=n, at=0, leaves=LEAVES)[0], KEYS.verifying)
    assert len(checked) == 2


def test_a_repeated_batch_is_nothing_new_and_another_under_its_number_is_refused() -> None:
    seen = Sequences()
    assert seen.admit(BATCH)
    assert not seen.admit(BATCH)
    again, _ = attest(KEYS, node="node-me", sequence=5, at=BATCH.at, leaves=LEAVES[::-1])
    with pytest.raises(Forged, match="two batches as number 5"):
        seen.admit(again)
    backwards, _ = attest(KEYS, node="node-me", sequence=6, at=BATCH.at - 1, leaves=LEAVES)
    with pytest.raises(Forged, match="contradicts the time of 5"):
        seen.admit(backwards)


def test_batches_may_arrive_in_any_order_and_the_memory_is_bounded() -> None:
    seen = Sequences(window=3)
    for n in (4, 9, 2, 3, 8):
        assert seen.admit(attest(KEYS, node="n", sequence=n, at=n, leaves=LEAVES)[0])
    late, _ = attest(KEYS, node="n", sequence=7, at=9, leaves=LEAVES)
    with pytest.raises(Forged, match="contradicts the time of 8"):
        seen.admit(late)
