"""Making and checking attestations: one hybrid signature for a batch, one audit path for each record of it."""

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import sha256
from threading import Lock

import msgspec

from egnatia.trust.attestation import Attestation, Proof, Signature
from egnatia.trust.errors import Forged
from egnatia.trust.merkle import check_path, root_and_paths
from egnatia.trust.packing import pack
from egnatia.trust.signing import SigningKeys, VerifyingKeys

CONTEXT = "egnatia attestation 1"


def attest(
    keys: SigningKeys, *, node: str, sequence: int, at: int, leaves: Sequence[bytes]
) -> tuple[Attestation, tuple[Proof, ...]]:
    """The node's word for these leaves, in this order, and the proof of each; `at` in microseconds UTC."""
    unsigned, paths = prepare(node=node, sequence=sequence, at=at, leaves=leaves)
    attestation = sign(unsigned, keys)
    name = digest(attestation)
    return attestation, tuple(Proof(name, index, path) for index, path in enumerate(paths))


def prepare(
    *, node: str, sequence: int, at: int, leaves: Sequence[bytes]
) -> tuple[Attestation, tuple[tuple[bytes, ...], ...]]:
    """What there is to sign for these leaves, and the audit path of each: what is left of `attest` is to `sign` it."""
    if not leaves:
        raise ValueError("a batch without records is not attested")
    root, paths = root_and_paths(leaves)
    return Attestation(node, sequence, at, len(leaves), root, Signature("", b"", b"")), paths


def sign(unsigned: Attestation, keys: SigningKeys) -> Attestation:
    """The attestation with its signature, which costs more than all the rest of it."""
    return msgspec.structs.replace(unsigned, signature=keys.sign(CONTEXT, _statement(unsigned)))


def check(attestation: Attestation, keys: VerifyingKeys) -> None:
    """Raises `Forged`, saying what failed, unless `keys` attested exactly this."""
    keys.verify(CONTEXT, _statement(attestation), attestation.signature)


def check_proof(leaf: bytes, proof: Proof, attestation: Attestation) -> None:
    """Raises `Forged` unless the leaf stands in the attested batch where the proof says; `check` that one first."""
    if proof.attestation != digest(attestation):
        raise Forged("proof", f"it belongs to another attestation than batch {attestation.sequence}")
    if not check_path(leaf, proof.index, attestation.count, proof.path, attestation.root):
        raise Forged("record", f"owner, markings or bytes are not those of leaf {proof.index} of the batch")


def digest(attestation: Attestation) -> bytes:
    """The name of an attestation: SHA-256 over all of it, the signature included."""
    signature = attestation.signature
    return sha256(
        pack(
            CONTEXT,
            _statement(attestation),
            signature.key,
            signature.ed25519,
            signature.mldsa65,
        )
    ).digest()


def _statement(attestation: Attestation) -> bytes:
    """What is signed. Raises `Forged` for what no honest node states."""
    node, root = attestation.node, attestation.root
    sequence, at, count = attestation.sequence, attestation.at, attestation.count
    if count < 1 or len(root) != 32:
        raise Forged("attestation", f"{count} leaves under a root of {len(root)} bytes")
    for name, number in (("sequence", sequence), ("at", at), ("count", count)):
        if not 0 <= number < 1 << 63:
            raise Forged("attestation", f"{name} {number} is out of range")
    return pack(node, sequence, at, count, root)


class Attestations:
    """Attestations that were checked already, by digest; the least recently used are forgotten. Thread-safe."""

    def __init__(self, capacity: int = 4096) -> None:
        self._capacity = capacity
        self._checked: OrderedDict[bytes, None] = OrderedDict()
        self._lock = Lock()

    def check(self, attestation: Attestation, keys: VerifyingKeys) -> bytes:
        """As `check`, once per attestation; returns its digest.

        A revoked key must be refused by whoever looks up `keys`: what is remembered here is only that they signed.
        """
        if attestation.signature.key != keys.id:
            raise Forged("key", f"signed with key {attestation.signature.key[:16]!r}, not with {keys.id[:16]!r}")
        name = digest(attestation)
        with self._lock:
            if name in self._checked:
                self._checked.move_to_end(name)
                return name
        check(attestation, keys)
        with self._lock:
            self._checked[name] = None
            while len(self._checked) > self._capacity:
                self._checked.popitem(last=False)
        return name

    def __len__(self) -> int:
        return len(self._checked)


class Sequences:
    """What each node attested under which number: one number, one batch, and time does not run backwards.

    Batches may arrive in any order (live ones overtake a catch-up). Per node the last `window` numbers are
    remembered; the caller restores them with `admit` when it starts.
    """

    def __init__(self, window: int = 4096) -> None:
        self._window = window
        self._nodes: dict[str, OrderedDict[int, tuple[int, bytes]]] = {}

    def admit(self, attestation: Attestation) -> bool:
        """Whether this checked attestation is new here; the same once more is False, and changes nothing.

        Raises `Forged` when its node attested something else under that number, or when the order of numbers
        contradicts the order of times.
        """
        seen = self._nodes.setdefault(attestation.node, OrderedDict())
        name = digest(attestation)
        sequence, at = attestation.sequence, attestation.at
        if sequence in seen:
            if seen[sequence][1] != name:
                raise Forged("sequence", f"{attestation.node} attested two batches as number {sequence}")
            return False
        for other, (when, _) in _neighbours(seen, sequence):
            if (when > at) if other < sequence else (when < at):
                raise Forged("sequence", f"batch {sequence} of {attestation.node} contradicts the time of {other}")
        seen[sequence] = (at, name)
        if len(seen) > self._window:
            seen.popitem(last=False)
        return True


def _neighbours(seen: OrderedDict[int, tuple[int, bytes]], sequence: int) -> list[tuple[int, tuple[int, bytes]]]:
    """The nearest known numbers on both sides: those arrive one after the other, so they are looked for there."""
    return [(other, seen[other]) for other in (sequence - 1, sequence + 1) if other in seen]
