from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egnatia.trust.merkle import audit_path, audit_paths, check_path, leaf, tree_root

LEAVES = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70)


def reference_root(leaves: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, word by word."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + reference_root(leaves[:k]) + reference_root(leaves[k:])).digest()


def reference_path(m: int, leaves: list[bytes]) -> tuple[bytes, ...]:
    """RFC 9162 section 2.1.3.1, word by word."""
    if len(leaves) == 1:
        return ()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return (*reference_path(m, leaves[:k]), reference_root(leaves[k:]))
    return (*reference_path(m - k, leaves[k:]), reference_root(leaves[:k]))


@given(LEAVES)
def test_root_and_paths_are_those_of_the_rfc(leaves: list[bytes]) -> None:
    assert tree_root(leaves) == reference_root(leaves)
    assert list(audit_paths(leaves)) == [reference_path(i, leaves) for i in range(len(leaves))]
    assert audit_path(leaves, len(leaves) - 1) == audit_paths(leaves)[-1]


@given(LEAVES)
def test_every_path_leads_to_the_root(leaves: list[bytes]) -> None:
    root = tree_root(leaves)
    for index, path in enumerate(audit_paths(leaves)):
        assert check_path(leaves[index], index, len(leaves), path, root)


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=2, max_size=40, unique=True), st.data())
def test_no_path_serves_another_place_count_or_leaf(leaves: list[bytes], data: st.DataObject) -> None:
    root = tree_root(leaves)
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = audit_path(leaves, index)
    other = data.draw(st.integers(-2, len(leaves) + 2).filter(lambda i: i != index))
    assert not check_path(leaves[index], other, len(leaves), path, root)
    assert not check_path(leaves[other % len(leaves)], index, len(leaves), path, root) or other % len(leaves) == index
    assert not check_path(leaves[index], index, len(leaves), (*path, root), root)
    assert not check_path(leaves[index], index, len(leaves), path[:-1], root)
    assert not check_path(leaves[index], index, len(leaves), tuple(reversed(path)), root) or len(path) == 1


def test_no_leaves_have_the_root_of_the_rfc() -> None:
    assert tree_root([]) == sha256(b"").digest()
    assert audit_paths([]) == ()
    with pytest.raises(IndexError):
        audit_path([], 0)


def test_leaf_vector() -> None:
    one = leaf("identity--a", ("marking-definition--y", "marking-definition--x"), b'{"type":"note"}')
    packed = (
        (3).to_bytes(8, "big")
        + (11).to_bytes(8, "big")
        + b"identity--a"
        + (66).to_bytes(8, "big")
        + (2).to_bytes(8, "big")
        + (21).to_bytes(8, "big")
        + b"marking-definition--x"
        + (21).to_bytes(8, "big")
        + b"marking-definition--y"
        + (15).to_bytes(8, "big")
        + b'{"type":"note"}'
    )
    assert one == sha256(b"\x00" + packed).digest()
    assert one.hex() == "bc94a8e36d846ae8d88b313410b18340f054ba8f359ee912361199cd4d550c2c"


RECORD = st.tuples(st.text(max_size=8), st.lists(st.text(max_size=4), max_size=3), st.binary(max_size=16))


@given(RECORD, RECORD)
def test_leaves_are_equal_only_for_equal_records(
    one: tuple[str, list[str], bytes], two: tuple[str, list[str], bytes]
) -> None:
    same = (one[0], set(one[1]), one[2]) == (two[0], set(two[1]), two[2])
    assert (leaf(*one) == leaf(*two)) == same
