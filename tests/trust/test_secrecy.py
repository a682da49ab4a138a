"""No secret shows in what is printed, logged or raised."""

import copy
import pickle
from pathlib import Path

import pytest
from tests.trust.builders import keys

from egnatia.trust.channel import Initiator, Opening, accept
from egnatia.trust.errors import WrongPassphrase
from egnatia.trust.frame import Frame
from egnatia.trust.freshness import Freshness
from egnatia.trust.keystore import Content, Keystore
from egnatia.trust.party import Local, Peer
from egnatia.trust.post import post, receive

ME = Local("node-me", keys(0), keys_of=lambda node, key: keys(1).public, freshness=Freshness())
RS = Local("node-rs", keys(1), keys_of=lambda node, key: keys(0).public, freshness=Freshness())


def shown(thing: object) -> str:
    return f"{thing!r} {thing!s} {[thing]} {thing.__class__}"


def hidden(text: str, secret: bytes) -> bool:
    return all(form not in text for form in (secret.hex(), repr(secret)[2:-1], str(list(secret))))


def test_private_keys_show_their_public_id_only() -> None:
    private = keys(0)
    for thing in (private, private.signing, private.opening, ME):
        for start in range(0, 160, 32):
            assert hidden(shown(thing), private.secret()[start : start + 32])
        assert len(shown(thing)) < 400


def test_a_keystore_shows_its_path_only(tmp_path: Path) -> None:
    store = Keystore.create(tmp_path / "keys", b"open sesame")
    store.add_secret("sessions", b"session secret")
    text = shown(store) + shown(Content({}, {"sessions": b"session secret"}))
    assert hidden(text, b"session secret")
    assert hidden(text, b"open sesame")
    with pytest.raises(WrongPassphrase) as wrong:
        Keystore.open(tmp_path / "keys", b"close sesame")
    assert hidden(str(wrong.value), b"close sesame")


def test_what_was_sealed_does_not_show_when_it_is_open() -> None:
    caller = Initiator(ME, Peer("node-rs", keys(1).public), request=b"the request", at=0)
    accepted = accept(caller.hello, RS, now=0)
    message = post(ME, Peer("node-rs", keys(1).public), kind="receipt", body=b"the body", at=0)
    things = (
        caller,
        accepted,
        accepted.channel,
        accepted.channel.sender,
        accepted.channel.receiver,
        Opening(b"the secret", b"the request"),
        Frame(1, b"the payload"),
        receive(message, RS, now=0),
    )
    for thing in things:
        assert "the " not in shown(thing), thing


def test_private_things_are_not_pickled_or_copied(tmp_path: Path) -> None:
    private = keys(0)
    store = Keystore.create(tmp_path / "keys", b"x")
    channel = accept(Initiator(ME, Peer("node-rs", keys(1).public), request=b"", at=0).hello, RS, now=0).channel
    for thing in (private, private.signing, private.opening, store, channel, ME):
        with pytest.raises(TypeError, match="not pickled or copied"):
            pickle.dumps(thing)
        with pytest.raises(TypeError, match="not pickled or copied"):
            copy.copy(thing)
