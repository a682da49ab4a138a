"""The Merkle tree of RFC 9162 section 2.1 with SHA-256: one root for a batch, one audit path for each leaf."""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Final

from egnatia.trust.packing import pack

_LEAF: Final = b"\x00" + (3).to_bytes(8, "big")
"""The prefix of RFC 9162 and what `pack` begins three parts with: `leaf` is its hot path, written out."""


def leaf(owner: str, applied: Sequence[str], body: bytes) -> bytes:
    """The leaf hash of a record: who answers for it, under which added markings, and its exact bytes.

    `applied` counts as a set: order and repetition change nothing.
    """
    return sha256(b"%b%b%b" % (_before_body(owner, tuple(applied)), len(body).to_bytes(8, "big"), body)).digest()


@lru_cache(maxsize=1_024)
def _before_body(owner: str, applied: tuple[str, ...]) -> bytes:
    name, marks = owner.encode(), pack(*sorted(set(applied)))
    return b"".join((_LEAF, len(name).to_bytes(8, "big"), name, len(marks).to_bytes(8, "big"), marks))


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """The Merkle tree hash of leaf hashes; of none, the hash of nothing."""
    return _levels(leaves)[-1][0] if leaves else sha256(b"").digest()


def audit_path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The audit path of one leaf, from the leaf up."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"leaf {index} of {len(leaves)}")
    return _path(_levels(leaves), index)


def audit_paths(leaves: Sequence[bytes]) -> tuple[tuple[bytes, ...], ...]:
    """The audit paths of all leaves of a batch; the tree is hashed once."""
    return root_and_paths(leaves)[1]


def root_and_paths(leaves: Sequence[bytes]) -> tuple[bytes, tuple[tuple[bytes, ...], ...]]:
    """The root and every audit path, from one hashing of the tree."""
    if not leaves:
        return sha256(b"").digest(), ()
    levels = _levels(leaves)
    paths: list[tuple[bytes, ...]] = [()]
    for level in reversed(levels[:-1]):
        last = len(level)
        paths = [(level[at ^ 1], *paths[at >> 1]) if at ^ 1 < last else paths[at >> 1] for at in range(last)]
    return levels[-1][0], tuple(paths)


def check_path(leaf_hash: bytes, index: int, count: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the leaf is number `index` of the `count` leaves under `root` (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < count:
        return False
    at, last, digest = index, count - 1, leaf_hash
    for sibling in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            digest = _node(sibling, digest)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            digest = _node(digest, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and digest == root


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _levels(leaves: Sequence[bytes]) -> list[Sequence[bytes]]:
    """From the leaves to the root; the odd one at the end of a level moves up as it is."""
    levels: list[Sequence[bytes]] = [leaves]
    while len(level := levels[-1]) > 1:
        above = [_node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        levels.append([*above, level[-1]] if len(level) % 2 else above)
    return levels


def _path(levels: Sequence[Sequence[bytes]], index: int) -> tuple[bytes, ...]:
    path = []
    for level in levels[:-1]:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        index >>= 1
    return tuple(path)
