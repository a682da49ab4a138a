"""Who said it: keys, attestations, sealing and the audit chain. No database, no network; the keystore is one file."""

from egnatia.trust.attestation import Attestation, Proof, Signature
from egnatia.trust.attesting import Attestations, Sequences, attest, check, check_proof, digest
from egnatia.trust.audit import (
    GENESIS,
    AuditRow,
    Checkpoint,
    Countersignature,
    Noted,
    chain,
    check_checkpoint,
    check_countersignature,
    check_follows,
    checkpoint,
    countersign,
    row_digest,
)
from egnatia.trust.audit_check import Finding, Wrong, verify
from egnatia.trust.card import (
    Card,
    Endorsement,
    Organisation,
    SignedCard,
    check_endorsement,
    check_succeeds,
    endorse,
    host,
    issue,
    read_card,
)
from egnatia.trust.cards import Cards
from egnatia.trust.channel import Accepted, Channel, Initiator, accept
from egnatia.trust.errors import Expired, Forged, OutOfOrder, Replayed, Truncated, Unopenable, WrongPassphrase
from egnatia.trust.fingerprint import Fingerprint, comparison, fingerprint
from egnatia.trust.frame import END, Frame, Receiver, Sender
from egnatia.trust.freshness import Freshness
from egnatia.trust.invitation import Invitation, armour, check_invitation, invite, unarmour
from egnatia.trust.keys import KeysOf, PrivateKeys, PublicKeys
from egnatia.trust.keystore import Keystore, create_key_file, read_key_file
from egnatia.trust.merkle import audit_path, audit_paths, check_path, leaf, tree_root
from egnatia.trust.party import Local, Peer
from egnatia.trust.post import Post, post, receive
from egnatia.trust.sealing import OpeningKeys, SealingKeys, open_chunks, open_sealed, recipients, seal
from egnatia.trust.signing import SigningKeys, VerifyingKeys
from egnatia.trust.succession import KeyHistory, Revocation, Rotation, revoke, rotate

__all__ = [
    "END",
    "GENESIS",
    "Accepted",
    "Attestation",
    "Attestations",
    "AuditRow",
    "Card",
    "Cards",
    "Channel",
    "Checkpoint",
    "Countersignature",
    "Endorsement",
    "Expired",
    "Finding",
    "Fingerprint",
    "Forged",
    "Frame",
    "Freshness",
    "Initiator",
    "Invitation",
    "KeyHistory",
    "KeysOf",
    "Keystore",
    "Local",
    "Noted",
    "OpeningKeys",
    "Organisation",
    "OutOfOrder",
    "Peer",
    "Post",
    "PrivateKeys",
    "Proof",
    "PublicKeys",
    "Receiver",
    "Replayed",
    "Revocation",
    "Rotation",
    "SealingKeys",
    "Sender",
    "Sequences",
    "Signature",
    "SignedCard",
    "SigningKeys",
    "Truncated",
    "Unopenable",
    "VerifyingKeys",
    "Wrong",
    "WrongPassphrase",
    "accept",
    "armour",
    "attest",
    "audit_path",
    "audit_paths",
    "chain",
    "check",
    "check_checkpoint",
    "check_countersignature",
    "check_endorsement",
    "check_follows",
    "check_invitation",
    "check_path",
    "check_proof",
    "check_succeeds",
    "checkpoint",
    "comparison",
    "countersign",
    "create_key_file",
    "digest",
    "endorse",
    "fingerprint",
    "host",
    "invite",
    "issue",
    "leaf",
    "open_chunks",
    "open_sealed",
    "post",
    "read_card",
    "read_key_file",
    "receive",
    "recipients",
    "revoke",
    "rotate",
    "row_digest",
    "seal",
    "tree_root",
    "unarmour",
    "verify",
]
