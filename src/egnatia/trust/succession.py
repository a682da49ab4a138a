"""Keys change hands only from old to new: a history proves by whom each key was followed, and which were revoked."""

import msgspec

from egnatia.trust.attestation import Signature
from egnatia.trust.errors import Forged
from egnatia.trust.keys import PrivateKeys, PublicKeys
from egnatia.trust.packing import pack
from egnatia.trust.signing import VerifyingKeys

ROTATION = "egnatia rotation 1"
REVOCATION = "egnatia revocation 1"


class Rotation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From `at` (microseconds UTC) on, `keys` speak for the subject; the old keys and the new ones say so."""

    previous: str
    keys: PublicKeys
    at: int
    by_previous: Signature
    by_new: Signature


class Revocation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """These keys are no longer good for anything that is not known already; they, or a successor, say so."""

    key: str
    at: int
    reason: str
    signature: Signature


class KeyHistory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All keys that a node or an organisation (`subject`, its id) ever had, oldest first."""

    subject: str
    first: PublicKeys
    rotations: tuple[Rotation, ...] = ()
    revocations: tuple[Revocation, ...] = ()

    @property
    def current(self) -> PublicKeys:
        """Raises `Forged` when they are revoked: then there is nobody to speak for the subject."""
        keys = self.all[-1]
        if keys.id in self.revoked:
            raise Forged("key", f"the keys of {self.subject} were revoked and have no successor")
        return keys

    @property
    def all(self) -> tuple[PublicKeys, ...]:
        return (self.first, *(rotation.keys for rotation in self.rotations))

    @property
    def revoked(self) -> frozenset[str]:
        return frozenset(revocation.key for revocation in self.revocations)

    def keys(self, verifying: str, *, at: int | None = None) -> PublicKeys:
        """The keys with that verifying id; raises `Forged` when unknown, revoked, or replaced before `at`.

        A revoked key verifies nothing, whatever time a statement claims: its thief can claim any.
        """
        for number, keys in enumerate(self.all):
            if keys.verifying.id == verifying:
                self._usable(number, keys, at)
                return keys
        raise Forged("key", f"{self.subject} has no key {verifying[:16]!r}")

    def _usable(self, number: int, keys: PublicKeys, at: int | None) -> None:
        if keys.id in self.revoked:
            raise Forged("key", f"key {keys.id[:16]!r} of {self.subject} was revoked")
        if at is not None and number < len(self.rotations) and at > self.rotations[number].at:
            raise Forged("key", f"key {keys.id[:16]!r} of {self.subject} had been replaced by then")

    def check(self) -> None:
        """Raises `Forged` unless each key was signed by the one before, and each revocation by who may revoke."""
        keys, known = self.first, {self.first.id}
        time = 0
        for rotation in self.rotations:
            if rotation.previous != keys.id or rotation.keys.id in known or rotation.at < time:
                raise Forged("rotation", f"the keys of {self.subject} do not follow one another")
            statement = _rotation(self.subject, rotation.previous, rotation.keys, rotation.at)
            keys.verifying.verify(ROTATION, statement, rotation.by_previous)
            rotation.keys.verifying.verify(ROTATION, statement, rotation.by_new)
            keys, time = rotation.keys, rotation.at
            known.add(keys.id)
        for revocation in self.revocations:
            self._signer(revocation).verify(
                REVOCATION,
                _revocation(self.subject, revocation.key, revocation.at, revocation.reason),
                revocation.signature,
            )

    def _signer(self, revocation: Revocation) -> VerifyingKeys:
        """The revoked keys themselves or later ones: an old key cannot end its successors."""
        seen = False
        for keys in self.all:
            seen = seen or keys.id == revocation.key
            if seen and keys.verifying.id == revocation.signature.key:
                return keys.verifying
        raise Forged("revocation", f"it is not by key {revocation.key[:16]!r} of {self.subject} or a successor")

    def check_continues(self, older: "KeyHistory") -> None:
        """Raises `Forged` unless all of `older` is the beginning of this history."""
        begun = self.rotations[: len(older.rotations)]
        if (self.subject, self.first, begun) != (older.subject, older.first, older.rotations):
            raise Forged("continuity", f"the keys of {older.subject} are not followed but exchanged")
        if not older.revoked <= self.revoked:
            raise Forged("continuity", f"a revocation of {older.subject} is left out")


def rotate(history: KeyHistory, old: PrivateKeys, new: PrivateKeys, *, at: int) -> KeyHistory:
    """The history in which `new` follows `old`; `old` must be the current keys."""
    previous = history.current.id
    if old.public.id != previous:
        raise ValueError(f"the current keys of {history.subject} are {previous[:16]}, not {old.public.id[:16]}")
    statement = _rotation(history.subject, previous, new.public, at)
    rotation = Rotation(
        previous=previous,
        keys=new.public,
        at=at,
        by_previous=old.signing.sign(ROTATION, statement),
        by_new=new.signing.sign(ROTATION, statement),
    )
    return msgspec.structs.replace(history, rotations=(*history.rotations, rotation))


def revoke(history: KeyHistory, key: str, signer: PrivateKeys, *, at: int, reason: str) -> KeyHistory:
    """The history in which the keys with that id are revoked, by themselves or by a successor."""
    signature = signer.signing.sign(REVOCATION, _revocation(history.subject, key, at, reason))
    revocation = Revocation(key, at, reason, signature)
    revoked = msgspec.structs.replace(history, revocations=(*history.revocations, revocation))
    revoked.check()
    return revoked


def _rotation(subject: str, previous: str, keys: PublicKeys, at: int) -> bytes:
    return pack(subject, previous, keys.id, at)


def _revocation(subject: str, key: str, at: int, reason: str) -> bytes:
    return pack(subject, key, at, reason)
