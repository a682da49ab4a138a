import msgspec
import pytest
from hypothesis import given, settings
from tests.trust.builders import flipped, keys

from egnatia.trust import wire
from egnatia.trust.attesting import attest, check
from egnatia.trust.card import (
    Card,
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
from egnatia.trust.errors import Expired, Forged, Truncated
from egnatia.trust.fingerprint import comparison, fingerprint
from egnatia.trust.invitation import Invitation, armour, check_invitation, invite, unarmour
from egnatia.trust.succession import KeyHistory, revoke, rotate

NOW = 1_700_000_000_000_000
YEAR = 31_536_000_000_000
replace = msgspec.structs.replace


def organisation(node: str, owner: str, number: int) -> Organisation:
    return host(keys(number), KeyHistory(owner, keys(number).public), name="CSIRT", economy="ME", node=node)


def card(node: str = "node-me", number: int = 0, owner: str = "identity--me") -> Card:
    return Card(
        node=node,
        serial=1,
        issued=NOW,
        until=NOW + YEAR,
        keys=KeyHistory(node, keys(number).public),
        operator=organisation(node, owner, number + 10),
        hosted=(organisation(node, f"{owner}-bank", number + 11),),
        endpoints=("https://csirt.example.me/egnatia",),
    )


ME = issue(card(), keys(0))
RS = issue(card("node-rs", 1, "identity--rs"), keys(1))


def test_a_card_says_who_it_is_and_whom_it_hosts() -> None:
    read = read_card(ME, now=NOW)
    assert read == card_as_issued()
    assert [one.id for one in read.organisations] == ["identity--me", "identity--me-bank"]
    with pytest.raises(Forged, match="node-me does not host identity--rs"):
        read.organisation("identity--rs")


def card_as_issued() -> Card:
    return msgspec.msgpack.decode(ME.body, type=Card)


def test_a_card_of_a_later_version_with_more_in_it_still_verifies() -> None:
    more = {**msgspec.msgpack.decode(ME.body), "colour": "blue"}
    body = msgspec.msgpack.encode(more)
    signed = SignedCard(body, keys(0).signing.sign("egnatia card 1", body))
    assert read_card(signed, now=NOW).node == "node-me"


def test_a_card_counts_in_its_time_only() -> None:
    for now in (NOW - YEAR, NOW + 2 * YEAR):
        with pytest.raises(Expired, match="node-me counts from"):
            read_card(ME, now=now)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"node": "node-rs"}, "the keys of node-me on the card of node-rs"),
        ({"operator": organisation("node-rs", "identity--me", 10)}, "Ed25519 signature"),
        ({"operator": replace(organisation("node-me", "identity--me", 10), name="Other")}, "Ed25519 signature"),
        ({"operator": replace(organisation("node-me", "identity--me", 10), economy="Serbia")}, "economy code"),
        ({"operator": replace(organisation("node-me", "identity--me", 10), id="identity--x")}, "given as those"),
        ({"hosted": (organisation("node-me", "identity--me", 10),)}, "listed twice"),
        ({"endpoints": ("javascript:alert(1)",)}, "is not an endpoint"),
        ({"endpoints": ("https://user:pass@host",)}, "is not an endpoint"),
        ({"serial": 0}, "number 0"),
        ({"until": NOW - 1}, "number 1 from"),
    ],
)
def test_an_inconsistent_card_is_not_even_issued(change: dict[str, object], what: str) -> None:
    with pytest.raises(Forged, match=what):
        issue(replace(card(), **change), keys(0))


def test_a_card_is_signed_with_its_own_current_keys() -> None:
    with pytest.raises(Forged, match="signed with key"):
        issue(card(), keys(1))


@settings(max_examples=200, deadline=None)
@given(flipped(wire.encode(ME)))
def test_any_flipped_bit_of_a_card_is_refused(encoded: bytes) -> None:
    with pytest.raises(Forged):
        read_card(wire.decode(encoded, SignedCard, "card"), now=NOW)


def successor(number: int, history: KeyHistory, serial: int = 2) -> SignedCard:
    return issue(replace(card(), serial=serial, keys=history), keys(number))


def test_a_newer_card_replaces_an_older_one_only_with_continuity() -> None:
    rotated = successor(3, rotate(KeyHistory("node-me", keys(0).public), keys(0), keys(3), at=NOW))
    stolen = issue(replace(card(), serial=2, keys=KeyHistory("node-me", keys(5).public)), keys(5))
    old = read_card(ME, now=NOW)
    check_succeeds(read_card(rotated, now=NOW), old)
    with pytest.raises(Forged, match="continuity"):
        check_succeeds(read_card(stolen, now=NOW), old)
    with pytest.raises(Forged, match="not newer than 1"):
        check_succeeds(old, old)
    with pytest.raises(Forged, match="it is of node-rs"):
        check_succeeds(read_card(RS, now=NOW), old)
    exchanged = replace(card(), serial=2, operator=organisation("node-me", "identity--me", 6))
    with pytest.raises(Forged, match="the keys of identity--me are not followed"):
        check_succeeds(read_card(issue(exchanged, keys(0)), now=NOW), old)


def test_a_known_node_introduces_another_and_a_stranger_does_not() -> None:
    cards = Cards()
    with pytest.raises(Forged, match="node-rs is not known here"):
        cards.introduce(endorse(ME, keys(1), node="node-rs", at=NOW), "node-rs", now=NOW)
    cards.pair(RS, now=NOW)
    with pytest.raises(Forged, match="node-rs does not endorse"):
        cards.introduce(ME, "node-rs", now=NOW)
    with pytest.raises(Forged, match="has no key"):
        cards.introduce(endorse(ME, keys(5), node="node-rs", at=NOW), "node-rs", now=NOW)
    cards.introduce(endorse(ME, keys(1), node="node-rs", at=NOW), "node-rs", now=NOW)
    assert cards.nodes == ("node-rs", "node-me")
    endorsed = endorse(ME, keys(1), node="node-rs", at=NOW)
    assert check_endorsement(endorsed, "node-rs", cards.card("node-rs").keys).at == NOW


def test_cards_give_keys_for_messages_of_now_and_for_attestations_of_then() -> None:
    cards = Cards()
    cards.pair(ME, now=NOW)
    before, _ = attest(keys(0).signing, node="node-me", sequence=1, at=NOW, leaves=[bytes(32)])
    history = rotate(KeyHistory("node-me", keys(0).public), keys(0), keys(3), at=NOW + 5)
    cards.update(successor(3, history), now=NOW)
    check(before, cards.verifying(before))
    late, _ = attest(keys(0).signing, node="node-me", sequence=2, at=NOW + 6, leaves=[bytes(32)])
    with pytest.raises(Forged, match="had been replaced"):
        cards.verifying(late)
    with pytest.raises(Forged, match="not the current key"):
        cards.keys_of("node-me", keys(0).signing.verifying.id)
    assert cards.any_keys_of("node-me", keys(0).signing.verifying.id) == keys(0).public
    assert cards.keys_of("node-me", keys(3).signing.verifying.id) == keys(3).public
    gone = revoke(history, keys(0).public.id, keys(3), at=NOW + 6, reason="stolen")
    cards.update(successor(3, gone, serial=3), now=NOW)
    with pytest.raises(Forged, match="was revoked"):
        cards.verifying(before)


def test_a_node_speaks_for_its_own_organisations_only() -> None:
    cards = Cards()
    cards.pair(ME, now=NOW)
    cards.pair(RS, now=NOW)
    batch, _ = attest(keys(1).signing, node="node-rs", sequence=1, at=NOW, leaves=[bytes(32)])
    assert cards.check_owner(batch, "identity--rs").id == "identity--rs"
    with pytest.raises(Forged, match="owner: node-rs does not host identity--me"):
        cards.check_owner(batch, "identity--me")
    squatter = replace(
        card("node-rs", 1, "identity--rs"), serial=2, hosted=(organisation("node-rs", "identity--me", 10),)
    )
    with pytest.raises(Forged, match="identity--me is hosted by node-me already"):
        cards.update(issue(squatter, keys(1)), now=NOW)
    assert cards.organisation("identity--me").keys.current == keys(10).public


def test_an_unknown_node_is_not_updated_and_a_forgotten_one_is_unknown() -> None:
    cards = Cards()
    with pytest.raises(Forged, match="pair with it"):
        cards.update(ME, now=NOW)
    cards.pair(ME, now=NOW)
    assert cards.update(ME, now=NOW).node == "node-me"
    cards.forget("node-me")
    for ask in (lambda: cards.card("node-me"), lambda: cards.organisation("identity--me")):
        with pytest.raises(Forged, match="known"):
            ask()


INVITATION = invite(ME, keys(0), until=NOW + 1000)
TEXT = armour(INVITATION)


def test_an_invitation_names_who_invites() -> None:
    assert check_invitation(unarmour(TEXT), now=NOW).node == "node-me"
    assert max(map(len, TEXT.splitlines())) <= 64
    with pytest.raises(Expired, match="ask node-me for a new one"):
        check_invitation(INVITATION, now=NOW + 1001)
    with pytest.raises(Forged, match="key"):
        check_invitation(invite(ME, keys(1), until=NOW + 1000), now=NOW)


@pytest.mark.parametrize(
    "mangled",
    [
        "Zdravo,\n\n" + TEXT + "\npozdrav",
        "\n".join("> > " + line for line in TEXT.splitlines()),
        "\n".join("&gt; " + line for line in TEXT.splitlines()),
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("\n", " "),
        TEXT.replace("-----", "\u2014"),
        "\n".join("\u00a0  " + line + "  " for line in TEXT.splitlines()),
        "\n".join(line[:20] + "=\n" + line[20:] if "-" not in line else line for line in TEXT.splitlines()),
    ],
    ids=["letter", "quoted", "html", "crlf", "one line", "dashes", "indented", "quoted-printable"],
)
def test_an_invitation_survives_what_mail_and_chat_do_to_it(mangled: str) -> None:
    assert unarmour(mangled) == INVITATION


def test_a_damaged_invitation_says_what_to_do() -> None:
    lines = TEXT.splitlines()
    with pytest.raises(Truncated, match="copy the whole block"):
        unarmour("\n".join(lines[:-1]))
    with pytest.raises(Forged, match="no line BEGIN"):
        unarmour("hello")
    with pytest.raises(Forged, match="checksum does not match"):
        unarmour("\n".join(lines[:5] + lines[6:]))
    with pytest.raises(Forged, match="do not belong there"):
        unarmour("\n".join([*lines[:5], "šta?", *lines[5:]]))
    with pytest.raises(Forged, match="too long"):
        unarmour("x" * 2_000_000)


@settings(max_examples=200, deadline=None)
@given(flipped(wire.encode(INVITATION)))
def test_any_flipped_bit_of_an_invitation_is_refused(encoded: bytes) -> None:
    with pytest.raises(Forged):
        check_invitation(wire.decode(encoded, Invitation, "invitation"), now=NOW)


def test_both_sides_read_the_same_words_exactly_when_they_hold_the_same_cards() -> None:
    assert comparison(ME.body, RS.body) == comparison(RS.body, ME.body)
    assert comparison(ME.body, RS.body) != comparison(ME.body, RS.body + b"x")
    assert comparison(b"a", b"b") == "mihuh rivij dujus hikoz fomuz"


def test_fingerprints_are_groups_and_words() -> None:
    print_ = fingerprint("7f000001" + "3f54dcc1" + "0" * 48)
    assert print_.groups.startswith("7f00 0001 3f54 dcc1 0000")
    assert print_.words == "lusab babad gutih tugad babab babab babab babab"
