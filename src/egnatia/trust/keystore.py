"""Private keys rest in one file, encrypted under a passphrase (or a key file), readable by its owner only.

The passphrase goes through scrypt (32 MiB, about 0.1 s), the content is AES-256-GCM. The file is replaced as a
whole: after a crash it is the old one or the new one.
"""

import os
import stat
import unicodedata
from pathlib import Path
from typing import NoReturn

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from egnatia.trust import wire
from egnatia.trust.errors import Forged, WrongPassphrase
from egnatia.trust.keys import PrivateKeys

MAGIC = b"EGNATIA KEYSTORE 1\n"

LEAST_WORK, WORK, MOST_WORK = 14, 15, 20
"""Powers of two of scrypt's N: the least and the most that are read, and what is written."""


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the key of the file is made from the passphrase: 2**`log_n` times `r` times 128 bytes of memory."""

    log_n: int
    r: int
    p: int
    salt: bytes
    nonce: bytes


class Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`keys` by name, oldest first: replaced keys still open what was sealed to them. `secrets` are other secrets."""

    keys: dict[str, tuple[bytes, ...]]
    secrets: dict[str, bytes]

    def __repr__(self) -> str:
        return f"Content({len(self.keys)} keys, {len(self.secrets)} secrets)"


class Keystore:
    """The keys of a node and of the organisations that it hosts, by name (the id of whose they are)."""

    def __init__(self, path: Path, header: Header, key: bytes, content: Content) -> None:
        self.path = path
        self._header = header
        self._key = key
        self._content = content

    @classmethod
    def create(cls, path: Path, passphrase: str | bytes) -> "Keystore":
        """A new, empty keystore; raises `FileExistsError` rather than replace one."""
        if path.exists():
            raise FileExistsError(f"there is a keystore at {str(path)!r} already")
        header = Header(log_n=WORK, r=8, p=1, salt=os.urandom(16), nonce=b"")
        store = cls(path, header, _derive(passphrase, header), Content({}, {}))
        store._save()
        return store

    @classmethod
    def open(cls, path: Path, passphrase: str | bytes) -> "Keystore":
        """Raises `WrongPassphrase`, `Forged` for a file of another kind, `PermissionError` when others may read it."""
        header, start, sealed = _parts(path)
        key = _derive(passphrase, header)
        return cls(path, header, key, _content(path, key, header, start, sealed))

    def reread(self) -> None:
        """Take what another process has put there since; raises `WrongPassphrase` when that has another passphrase."""
        header, start, sealed = _parts(self.path)
        self._content = _content(self.path, self._key, header, start, sealed)
        self._header = header

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._content.keys)

    def keys(self, name: str) -> PrivateKeys:
        """The current keys of that name; raises `KeyError`."""
        return self.all_keys(name)[-1]

    def all_keys(self, name: str) -> tuple[PrivateKeys, ...]:
        """All keys that this name ever had, oldest first; raises `KeyError`."""
        return tuple(PrivateKeys.from_secret(secret) for secret in self._content.keys[name])

    def add(self, name: str, keys: PrivateKeys) -> None:
        """From now on the current keys of that name; durable when this returns."""
        held = self._content.keys
        self._replace(Content({**held, name: (*held.get(name, ()), keys.secret())}, self._content.secrets))

    def secret(self, name: str) -> bytes:
        """Another secret of the node, such as the key of its web sessions; raises `KeyError`."""
        return self._content.secrets[name]

    def add_secret(self, name: str, secret: bytes) -> None:
        self._replace(Content(self._content.keys, {**self._content.secrets, name: secret}))

    def change_passphrase(self, passphrase: str | bytes) -> None:
        self._header = msgspec.structs.replace(self._header, salt=os.urandom(16))
        self._key = _derive(passphrase, self._header)
        self._save()

    def _replace(self, content: Content) -> None:
        self._content = content
        self._save()

    def _save(self) -> None:
        self._header = msgspec.structs.replace(self._header, nonce=os.urandom(12))
        header = wire.encode(self._header)
        start = MAGIC + len(header).to_bytes(4, "big") + header
        sealed = AESGCM(self._key).encrypt(self._header.nonce, wire.encode(self._content), start)
        write_private(self.path, start + sealed)

    def __repr__(self) -> str:
        return f"Keystore({str(self.path)!r}, {len(self.names)} names)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a keystore is not pickled or copied")


def create_key_file(path: Path) -> bytes:
    """A new random passphrase in a file that its owner alone may read; raises `FileExistsError`."""
    if path.exists():
        raise FileExistsError(f"there is a key file at {str(path)!r} already")
    passphrase = os.urandom(32).hex().encode()
    write_private(path, passphrase + b"\n")
    return passphrase


def read_key_file(path: Path) -> bytes:
    """The passphrase in it, without the line end. Raises `PermissionError` when others may read it."""
    check_private(path)
    passphrase = path.read_bytes().strip()
    if not passphrase:
        raise ValueError(f"the key file {str(path)!r} is empty")
    return passphrase


def write_private(path: Path, data: bytes) -> None:
    """Replaces the file as a whole, durable when this returns, for its owner alone (mode 0600)."""
    part = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    if os.name == "posix":
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def _parts(path: Path) -> tuple[Header, bytes, bytes]:
    """The header of a keystore, everything before its content, and the content as it is sealed."""
    check_private(path)
    data = path.read_bytes()
    if not data.startswith(MAGIC):
        raise Forged("keystore", f"{str(path)!r} is not an Egnatia keystore")
    start = len(MAGIC) + 4
    end = start + int.from_bytes(data[len(MAGIC) : start], "big")
    header = wire.decode(data[start:end], Header, "keystore header")
    if not (LEAST_WORK <= header.log_n <= MOST_WORK and 8 <= header.r <= 16 and 1 <= header.p <= 4):
        raise Forged("keystore header", f"scrypt 2**{header.log_n}, {header.r}, {header.p} is out of bounds")
    return header, data[:end], data[end:]


def _content(path: Path, key: bytes, header: Header, start: bytes, sealed: bytes) -> Content:
    try:
        plain = AESGCM(key).decrypt(header.nonce, sealed, start)
    except (InvalidTag, ValueError):
        raise WrongPassphrase(f"the keystore {str(path)!r} does not open with this passphrase") from None
    return wire.decode(plain, Content, "keystore content")


def check_private(path: Path) -> None:
    """Raises `PermissionError` when the group or others may read or write it."""
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise PermissionError(f"others may read {str(path)!r}: chmod 600 it")


def _derive(passphrase: str | bytes, header: Header) -> bytes:
    """Text is normalised first (NFKC), so that č typed on another keyboard is the same passphrase."""
    secret = passphrase if isinstance(passphrase, bytes) else unicodedata.normalize("NFKC", passphrase).encode()
    return Scrypt(salt=header.salt, length=32, n=1 << header.log_n, r=header.r, p=header.p).derive(secret)
