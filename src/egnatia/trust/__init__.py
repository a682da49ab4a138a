"""Who said it: keys, attestations, sealing and the audit chain."""

from egnatia.trust.attestation import Attestation, Proof, Signature
from egnatia.trust.attesting import Attestations, Sequences, attest, check, check_proof, digest
from egnatia.trust.errors import (
    Expired,
    Forged,
    OutOfOrder,
    Replayed,
    Truncated,
    Unopenable,
    WrongPassphrase,
)
from egnatia.trust.merkle import audit_path, audit_paths, check_path, leaf, tree_root
from egnatia.trust.signing import SigningKeys, VerifyingKeys

__all__ = [
    "Attestation",
    "Attestations",
    "Expired",
    "Forged",
    "OutOfOrder",
    "Proof",
    "Replayed",
    "Sequences",
    "Signature",
    "SigningKeys",
    "Truncated",
    "Unopenable",
    "VerifyingKeys",
    "WrongPassphrase",
    "attest",
    "audit_path",
    "audit_paths",
    "check",
    "check_path",
    "check_proof",
    "digest",
    "leaf",
    "tree_root",
]
