"""A second implementation of the subscriber's side, written from docs/trust.md and docs/protocol.md alone.

Nothing of `egnatia` is imported here, so that what the documents leave out is missed. It has one organisation, pairs,
greets, reads the feed, checks each record's origin and acknowledges.
"""

import base64
import hashlib
import os
import re
import time
import uuid
import zlib
from collections.abc import Iterator
from typing import Any, Final

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey, MLDSA65PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, MLKEM768X25519PublicKey, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import msgpack

HPKE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
Map = dict[str, Any]
wire, unwire = msgpack.encode, msgpack.decode


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def now() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1_000


def pack(*parts: Any) -> bytes:
    """Section "Two encodings"."""
    out = len(parts).to_bytes(8, "big")
    for part in parts:
        match part:
            case bytes():
                data = part
            case str():
                data = part.encode()
            case int():
                data = part.to_bytes(8, "big")
            case _:
                data = pack(*part)
        out += len(data).to_bytes(8, "big") + data
    return out


class Keys:
    """Section "Keys": the private keys of a node or an organisation."""

    def __init__(self) -> None:
        self.ed25519, self.mldsa = Ed25519PrivateKey.generate(), MLDSA65PrivateKey.generate()
        self.x25519, self.mlkem = X25519PrivateKey.generate(), MLKEM768PrivateKey.generate()
        self.public = {
            "verifying": {
                "ed25519": self.ed25519.public_key().public_bytes_raw(),
                "mldsa65": self.mldsa.public_key().public_bytes_raw(),
            },
            "sealing": {
                "x25519": self.x25519.public_key().public_bytes_raw(),
                "mlkem768": self.mlkem.public_key().public_bytes_raw(),
            },
        }

    def history(self, subject: str) -> Map:
        return {"subject": subject, "first": self.public, "rotations": [], "revocations": []}

    def sign(self, context: str, message: bytes) -> Map:
        key = verifying_id(self.public["verifying"])
        whole = pack("egnatia signature 1", context, key, message)
        return {"key": key, "ed25519": self.ed25519.sign(whole), "mldsa65": self.mldsa.sign(whole, context.encode())}

    def unwrap(self, wrapped: bytes, info: bytes) -> bytes:
        return HPKE.decrypt(wrapped, MLKEM768X25519PrivateKey(self.mlkem, self.x25519), info=info)


def verifying_id(keys: Map) -> str:
    return sha(pack("egnatia verifying keys 1", keys["ed25519"], keys["mldsa65"])).hex()


def sealing_id(keys: Map) -> str:
    return sha(pack("egnatia sealing keys 1", keys["x25519"], keys["mlkem768"])).hex()


def verify(keys: Map, signature: Map, context: str, message: bytes) -> None:
    """Both halves; raises InvalidSignature."""
    whole = pack("egnatia signature 1", context, signature["key"], message)
    assert signature["key"] == verifying_id(keys)
    Ed25519PublicKey.from_public_bytes(keys["ed25519"]).verify(signature["ed25519"], whole)
    MLDSA65PublicKey.from_public_bytes(keys["mldsa65"]).verify(signature["mldsa65"], whole, context.encode())


def derived(secret: bytes, length: int, info: str, salt: bytes | None = None) -> bytes:
    return HKDF(SHA256(), length, salt=salt, info=info.encode()).derive(secret)


def sealed(content: bytes, to: Map, context: bytes) -> bytes:
    """Section "Sealed blob", for one recipient and less than a chunk."""
    secret, key = os.urandom(32), sealing_id(to)
    public = MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(to["mlkem768"]), X25519PublicKey.from_public_bytes(to["x25519"])
    )
    both = derived(secret, 64, "egnatia seal 1 content key and commitment")
    wrapped = HPKE.encrypt(secret, public, info=pack("egnatia seal 1", context, [key]))
    header = wire({"recipients": [{"key": key, "wrapped": wrapped}], "commitment": both[32:]})
    chunk = AESGCM(both[:32]).encrypt(bytes(11) + b"\1", content, sha(pack("egnatia seal 1", context, header)))
    return b"EGNSEAL1" + len(header).to_bytes(4, "big") + header + chunk


def armoured(invitation: bytes) -> str:
    text = base64.b64encode(invitation + sha(invitation)[:6]).decode().rstrip("=")
    lines = "\n".join(text[start : start + 64] for start in range(0, len(text), 64))
    return f"-----BEGIN EGNATIA INVITATION-----\n{lines}\n-----END EGNATIA INVITATION-----\n"


def unarmoured(text: str) -> Map:
    inside = re.sub(r"-----[A-Z ]+-----|\s", "", text)
    raw = base64.b64decode(inside + "=" * (-len(inside) % 4))
    assert sha(raw[:-6])[:6] == raw[-6:]
    return dict(unwire(raw[:-6]))


class Refused(Exception):
    """The publisher answers with another status: at 403 a subscriber tries again later."""


class Subscriber:
    """A node of somebody else's making, with one organisation."""

    def __init__(self, organisation: str, name: str) -> None:
        self.node, self.keys, house = f"node--{uuid.uuid4()}", Keys(), Keys()
        consent = house.sign("egnatia hosting 1", pack(self.node, organisation, name, "AL"))
        operator = {
            "id": organisation, "name": name, "economy": "AL", "keys": house.history(organisation), "consent": consent,
        }  # fmt: skip
        self.body = wire(
            {
                "node": self.node, "serial": 1, "issued": now(), "until": now() + 10**13,
                "keys": self.keys.history(self.node), "operator": operator, "hosted": [], "endpoints": [],
                "protocols": [1],
            }
        )  # fmt: skip

    def invitation(self) -> str:
        card = {"body": self.body, "signature": self.keys.sign("egnatia card 1", self.body), "endorsements": []}
        until, nonce = now() + 10**10, os.urandom(16)
        signature = self.keys.sign("egnatia invitation 1", pack(sha(self.body), until, nonce))
        return armoured(wire({"card": card, "until": until, "nonce": nonce, "signature": signature}))

    def accept(self, text: str) -> None:
        """Learns the publisher from its invitation."""
        self.their_body = unarmoured(text)["card"]["body"]
        self.theirs = unwire(self.their_body)
        self.peer, self.their_keys = self.theirs["node"], self.theirs["keys"]["first"]

    def words(self) -> str:
        """Section "Keys": what both sides compare."""
        digests = sorted((sha(self.body), sha(self.their_body)))
        salt = b"egnatia comparison 1"
        code = hashlib.scrypt(pack("egnatia comparison 1", *digests), salt=salt, n=2**14, r=8, p=1, dklen=10)
        return " ".join(proquint(int.from_bytes(code[place : place + 2], "big")) for place in range(0, 10, 2))

    def frames(self, url: str, live: int = 0) -> Iterator[list[Any]]:
        """Section "Channel" of trust.md, and sections 2 and 3 of protocol.md: each frame as it comes."""
        fresh, secret, at, nonce = Keys(), os.urandom(32), now(), os.urandom(16)
        ephemeral = fresh.public["sealing"]
        greeting = pack("egnatia hello 1", self.node, self.peer, at, nonce, sealing_id(ephemeral))
        request = wire([[1], "own", live, [], "", True])
        blob = sealed(wire({"secret": secret, "request": request}), self.their_keys["sealing"], greeting)
        hello = wire(
            {
                "initiator": self.node, "responder": self.peer, "at": at, "nonce": nonce, "ephemeral": ephemeral,
                "sealed": blob, "signature": self.keys.sign("egnatia hello 1", pack(greeting, sha(blob))),
            }
        )  # fmt: skip
        with httpx.stream("POST", f"{url}/peer/feed", content=hello, timeout=30) as answer:
            if answer.status_code != 200:
                raise Refused(answer.status_code)
            stream = Reader(answer.iter_raw())
            welcome = stream.take(int.from_bytes(stream.take(4), "big"))
            yield from self._opened(stream, hello, welcome, (secret, fresh))

    def _opened(self, stream: "Reader", hello: bytes, welcome: bytes, mine: tuple[bytes, Keys]) -> Iterator[list[Any]]:
        said, (secret, fresh) = unwire(welcome), mine
        assert said["hello"] == sha(hello)
        signed = pack(said["hello"], said["to_ephemeral"], said["to_static"])
        verify(self.their_keys["verifying"], said["signature"], "egnatia welcome 1", signed)
        info = pack("egnatia welcome 1", said["hello"])
        secrets = secret + fresh.unwrap(said["to_ephemeral"], info) + self.keys.unwrap(said["to_static"], info)
        salt = sha(pack("egnatia channel 1", sha(hello), sha(welcome)))
        back = derived(secrets, 96, "egnatia channel 1 there, back, id", salt)[32:64]
        number = 0
        while True:
            header = stream.take(13)
            length, kind, counted = int.from_bytes(header[:4], "big"), header[4], int.from_bytes(header[5:], "big")
            assert counted == number
            payload = AESGCM(back).decrypt(number.to_bytes(12, "big"), stream.take(length), header)
            if kind == 0:
                return
            yield unwire(zlib.decompress(payload) if kind == 2 else payload)
            number += 1

    def records(self, page: list[Any]) -> Iterator[bytes]:
        """Section 6, steps 1 to 3, of each item of a page: the bodies of those that prove their origin."""
        _, _, _, _, _, items, attestations, _ = page
        keys = self.their_keys["verifying"]
        for body, owner, applied, _, which, index, path in items:
            attestation = attestations[which]
            node, sequence, at, count, root, signature = read_attestation(attestation)
            verify(keys, signature, "egnatia attestation 1", pack(node, sequence, at, count, root))
            assert node == self.peer
            assert owner in [each["id"] for each in (self.theirs["operator"], *self.theirs["hosted"])]
            assert root_of(sha(b"\0" + pack(owner, sorted(applied), body)), index, count, path) == root
            yield body

    def acknowledge(self, url: str, live: int) -> None:
        """Section 7."""
        at, nonce = now(), os.urandom(16)
        word = wire([16, self.peer, live, [], at])
        signature = self.keys.sign("egnatia post 1", pack(self.node, self.peer, "word", at, nonce, word))
        post = wire(
            {
                "sender": self.node, "receiver": self.peer, "kind": "word", "at": at, "nonce": nonce, "body": word,
                "signature": signature,
            }
        )  # fmt: skip
        blob = sealed(post, self.their_keys["sealing"], pack("egnatia post 1", self.peer))
        answer = httpx.post(f"{url}/peer/post", content=blob, timeout=30)
        assert answer.status_code == 204, answer.text


def proquint(number: int) -> str:
    """Sixteen bits as five letters (arXiv:0901.4016)."""
    consonants, vowels = "bdfghjklmnprstvz", "aiou"
    shifts = (12, 10, 6, 4, 0)
    return "".join(
        (consonants, vowels)[place % 2][number >> shift & (15, 3)[place % 2]] for place, shift in enumerate(shifts)
    )


def read_attestation(found: Any) -> tuple[Any, ...]:
    return tuple(found.values()) if isinstance(found, dict) else tuple(found)


def root_of(leaf: bytes, index: int, count: int, path: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.3.2."""
    place, last, digest = index, count - 1, leaf
    for sibling in path:
        assert last > 0
        if place & 1 or place == last:
            digest = sha(b"\1" + sibling + digest)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            digest = sha(b"\1" + digest + sibling)
        place, last = place >> 1, last >> 1
    assert last == 0
    return digest


class Reader:
    """Bytes from chunks."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._held = chunks, b""

    def take(self, length: int) -> bytes:
        while len(self._held) < length:
            self._held += next(self._chunks)
        taken, self._held = self._held[:length], self._held[length:]
        return taken
