import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.trust.builders import flip, keys

from egnatia.trust.errors import Forged, WrongPassphrase
from egnatia.trust.keystore import Keystore, create_key_file, read_key_file, write_private


def test_keys_survive_a_restart_and_old_ones_are_kept(tmp_path: Path) -> None:
    store = Keystore.create(tmp_path / "keys", "čarobna reč")
    store.add("node-me", keys(0))
    store.add("node-me", keys(1))
    store.add("identity--me", keys(2))
    store.add_secret("sessions", b"s" * 32)
    again = Keystore.open(tmp_path / "keys", "čarobna reč")
    assert again.keys("node-me").public == keys(1).public
    assert [held.public for held in again.all_keys("node-me")] == [keys(0).public, keys(1).public]
    assert again.names == ("node-me", "identity--me")
    assert again.secret("sessions") == b"s" * 32
    with pytest.raises(KeyError):
        again.keys("node-rs")


def test_the_file_is_for_its_owner_alone_and_shows_no_secret(tmp_path: Path) -> None:
    store = Keystore.create(tmp_path / "keys", b"pass")
    store.add("node-me", keys(0))
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]
    content = (tmp_path / "keys").read_bytes()
    assert keys(0).secret()[:32] not in content
    assert b"node-me" not in content


def test_a_wrong_passphrase_is_told_clearly(tmp_path: Path) -> None:
    Keystore.create(tmp_path / "keys", "right")
    with pytest.raises(WrongPassphrase, match="does not open with this passphrase"):
        Keystore.open(tmp_path / "keys", "wrong")


def test_a_passphrase_may_be_typed_composed_or_decomposed(tmp_path: Path) -> None:
    Keystore.create(tmp_path / "keys", "\u010dar").add("node-me", keys(0))
    assert Keystore.open(tmp_path / "keys", "c\u030car").names == ("node-me",)


def test_the_passphrase_can_be_changed(tmp_path: Path) -> None:
    store = Keystore.create(tmp_path / "keys", "old")
    store.add("n", keys(0))
    store.change_passphrase("new")
    assert Keystore.open(tmp_path / "keys", "new").names == ("n",)
    with pytest.raises(WrongPassphrase):
        Keystore.open(tmp_path / "keys", "old")


def test_nothing_is_overwritten_at_creation(tmp_path: Path) -> None:
    Keystore.create(tmp_path / "keys", "old")
    with pytest.raises(FileExistsError):
        Keystore.create(tmp_path / "keys", "new")
    create_key_file(tmp_path / "file")
    with pytest.raises(FileExistsError):
        create_key_file(tmp_path / "file")


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    Keystore.create(tmp_path / "keys", "x")
    (tmp_path / "keys").chmod(0o640)
    with pytest.raises(PermissionError, match="chmod 600"):
        Keystore.open(tmp_path / "keys", "x")


def test_a_key_file_gives_the_passphrase(tmp_path: Path) -> None:
    passphrase = create_key_file(tmp_path / "file")
    assert read_key_file(tmp_path / "file") == passphrase
    write_private(tmp_path / "empty", b"\n")
    with pytest.raises(ValueError, match="is empty"):
        read_key_file(tmp_path / "empty")


def test_another_file_is_not_a_keystore(tmp_path: Path) -> None:
    write_private(tmp_path / "keys", b"something")
    with pytest.raises(Forged, match="is not an Egnatia keystore"):
        Keystore.open(tmp_path / "keys", "x")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 1500))
def test_a_flipped_bit_is_noticed(tmp_path: Path, bit: int) -> None:
    path = tmp_path / "flipped"
    if not (tmp_path / "keys").exists():
        Keystore.create(tmp_path / "keys", b"pass")
    data = (tmp_path / "keys").read_bytes()
    write_private(path, flip(data, bit % (len(data) * 8)))
    with pytest.raises((Forged, WrongPassphrase)):
        Keystore.open(path, b"pass")


def test_a_crash_while_writing_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Keystore.create(tmp_path / "keys", b"pass")

    def crash(descriptor: int) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", crash)
        with pytest.raises(OSError, match="no space"):
            store.add("n", keys(0))
    assert Keystore.open(tmp_path / "keys", b"pass").names == ()
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


def test_opening_takes_less_than_a_second(tmp_path: Path) -> None:
    Keystore.create(tmp_path / "keys", b"pass").add("n", keys(0))
    start = time.perf_counter()
    Keystore.open(tmp_path / "keys", b"pass").keys("n")
    assert time.perf_counter() - start < 1


def test_what_another_process_adds_is_seen_after_reading_again(tmp_path: Path) -> None:
    here = Keystore.create(tmp_path / "keys", "pass")
    there = Keystore.open(tmp_path / "keys", "pass")
    there.add("node--a", keys(0))
    with pytest.raises(KeyError):
        here.keys("node--a")
    here.reread()
    assert here.keys("node--a").public == there.keys("node--a").public
    there.change_passphrase("another")
    with pytest.raises(WrongPassphrase):
        here.reread()
    assert here.keys("node--a").public == there.keys("node--a").public
