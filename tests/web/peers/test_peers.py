"""Two operators pair their nodes in browsers, and see how the exchange goes."""

import base64
import hashlib
import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.exchange.peer.region import GREEN, indicator
from tests.web.house import House, csrf_of, housed
from tests.web.neighbour import neighbour, until

from egnatia.exchange.peer.contact import Contact, Kind
from egnatia.exchange.peer.pairing import State
from egnatia.exchange.peer.status import save
from egnatia.trust.invitation import armour, invite
from egnatia.web.peers.pairing import spoken
from egnatia.web.permission import Role


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, House]]:
    """Two nodes that do not know each other yet; they do not run towards each other."""
    folder = tmp_path_factory.mktemp("two")
    (folder / "a").mkdir()
    with housed(folder / "a") as one, neighbour(folder / "b", "CSIRT Бета <b>", "RS") as other:
        yield one, other


def notes(house: House, action: str = "pairing") -> list[tuple[str, str, str]]:
    return [(row.actor, row.subject, row.detail) for row in house.node.store.audit_rows() if row.action == action]


def send(client: httpx.Client, path: str, page: str | None = None, **fields: str) -> httpx.Response:
    """A form of a page, filled in."""
    csrf = csrf_of(client.get(page or path).text)
    return client.post(path, data={"csrf": csrf, **fields})


def invitation_of(house: House) -> str:
    with house.visitor(Role.ADMINISTRATOR) as admin:
        answer = send(admin, "/peers/invite", wanted="file")
    assert answer.headers["content-disposition"].startswith("attachment")
    return answer.text


def words_on(page: str) -> str:
    found = re.search(r'<p class="proquint large"[^>]*>([a-z ]+)</p>', page)
    assert found is not None
    return found[1]


def test_a_node_without_peers_says_how_to_get_one(two: tuple[House, House]) -> None:
    one, _ = two
    with one.visitor(Role.AUDITOR) as auditor:
        page = auditor.get("/peers").text
    assert "No peers yet" in page
    assert "/peers/invite" not in page  # an auditor looks, and does not pair


def test_an_invitation_is_shown_with_the_way_to_go_on(two: tuple[House, House]) -> None:
    one, _ = two
    with one.visitor(Role.ADMINISTRATOR) as admin:
        page = send(admin, "/peers/invite", wanted="shown").text
    assert "-----BEGIN EGNATIA INVITATION-----" in page
    assert "Go on: paste theirs" in page
    actor, *rest = notes(one)[-1]
    assert actor.startswith(f"{one.node.own} ana.")
    assert rest == ["", "invitation written"]


@pytest.mark.parametrize("role", [Role.READER, Role.PUBLISHER, Role.AUDITOR])
@pytest.mark.parametrize("path", ["/peers/invite", "/peers/accept", "/peers/node--x/confirm", "/peers/node--x/remove"])
def test_nobody_pairs_but_an_administrator(two: tuple[House, House], role: Role, path: str) -> None:
    one, _ = two
    with one.visitor(role) as visitor:
        csrf = csrf_of(visitor.get("/no-such-page").text)
        assert visitor.get(path).status_code == 403
        assert visitor.post(path, data={"csrf": csrf}).status_code == 403


@pytest.mark.parametrize("role", [Role.READER, Role.PUBLISHER])
def test_peers_are_for_those_who_may_see_them(two: tuple[House, House], role: Role) -> None:
    one, _ = two
    with one.visitor(role) as visitor:
        assert visitor.get("/peers").status_code == 403
        assert visitor.get("/peers/node--x").status_code == 403


def test_what_is_wrong_with_an_invitation_is_said_in_words(two: tuple[House, House]) -> None:
    one, other = two
    theirs = other.node.pairings.invite()
    lines = theirs.splitlines()
    block = "".join(lines[1:-1])
    data = bytearray(base64.b64decode(block + "=" * (-len(block) % 4))[:-6])
    data[len(data) // 2] ^= 1  # somebody changed the signed part, and mended the checksum
    forged = base64.b64encode(bytes(data) + hashlib.sha256(bytes(data)).digest()[:6]).decode()
    over = armour(invite(other.node.signed_card, other.node.keys, until=time.time_ns() // 1_000 - 1))
    with one.visitor(Role.ADMINISTRATOR) as admin:
        for text, words in (
            ("", "Paste the invitation"),
            ("Dear colleague, see attached", "no genuine invitation"),
            ("\n".join(lines[:-2]), "A part of the invitation is missing"),
            (theirs.replace(lines[3], lines[3][::-1]), "no genuine invitation"),
            (f"{lines[0]}\n{forged}\n{lines[-1]}", "no genuine invitation"),
            (over, "does not count any more"),
            (one.node.pairings.invite(), "this node&#39;s own invitation"),
        ):
            answer = send(admin, "/peers/accept", text=text)
            assert (answer.status_code, words in answer.text) == (422, True), re.findall(
                r"<strong>(.*?)</strong>", answer.text
            )
        answer = send(admin, "/peers/accept", text=theirs, endpoint="ftp://host")
        assert "The address has to begin with" in answer.text
    assert one.node.pairings.all() == ()


def test_nothing_is_paired_by_a_click_and_wrong_words_are_written_down(two: tuple[House, House]) -> None:
    one, other = two
    with one.visitor(Role.ADMINISTRATOR) as admin:
        answer = send(admin, "/peers/accept", text="> " + invitation_of(other).replace("\n", "\r\n> "))
        there = answer.headers["location"]
        page = admin.get(there).text
        assert "CSIRT Бета &lt;b&gt;" in page
        assert "Serbia" in page
        for wrong in ("", "babab babab babab babab babab"):
            again = send(admin, there, words=wrong)
            assert again.status_code == 422
            assert "These are not the words that this node has" in again.text
        assert notes(one)[-1][2] == "words differ"
        assert [each.state for each in one.node.pairings.all()] == [State.INVITED]
        assert "Compare the words" in admin.get("/peers").text
        gone = send(admin, there, answer="different")
        assert gone.headers["location"] == "/peers"
        assert one.node.pairings.all() == ()
        assert admin.get(there).status_code == 404


def test_words_are_compared_as_they_are_heard() -> None:
    assert spoken("  Babad-kusit, MOLIN\tgaraf.zovup ") == ("babad", "kusit", "molin", "garaf", "zovup")


def test_two_running_nodes_begin_to_exchange_once_both_confirm_in_a_browser(tmp_path: Path) -> None:
    with neighbour(tmp_path / "a", "Alpha", "AL") as one, neighbour(tmp_path / "b", "Beta", "MK") as other:
        words = [_confirmed(here, there) for here, there in ((one, other), (other, one))]
        assert words[0] == words[1]
        record = indicator("seen next door", marking=GREEN)
        one.submit(record)

        def names() -> list[bytes]:
            clearance = other.node.clearance_of(other.node.own)
            return [row.body for row in other.node.store.changes(clearance, 0, 100).rows]

        until(lambda: record in names())
        with other.visitor(Role.ADMINISTRATOR) as admin:
            until(lambda: 'state-good">Connected' in admin.get("/peers").text)
            page = admin.get(f"/peers/{one.node.node_id}").text
            assert one.node.keys.public.id[:4] in page
            assert "Nothing before that is missing" in page
            _changed(admin, other, one)


def _confirmed(here: House, there: House) -> str:
    """`here` takes the invitation of `there`, and its operator types the words that are read to them."""
    with here.visitor(Role.ADMINISTRATOR) as admin:
        answer = send(admin, "/peers/accept", text=invitation_of(there))
        path = answer.headers["location"]
        words = words_on(admin.get(path).text)
        done = send(admin, path, words=words.upper())
        assert done.status_code == 303, done.text
        assert "Paired with" in admin.get(done.headers["location"]).text
    return words


def _changed(admin: httpx.Client, here: House, peer: House) -> None:
    """Asked for more, paused, resumed, removed, each with its note."""
    path = f"/peers/{peer.node.node_id}"
    again = send(admin, "/peers/accept", text=peer.node.pairings.invite())
    assert "a peer already" in again.text
    assert send(admin, f"{path}/scope", path, scope="all").status_code == 303
    assert send(admin, f"{path}/pause", path).status_code == 303
    assert 'state-plain">Paused' in admin.get(path).text
    assert send(admin, f"{path}/pause", path).status_code == 400
    assert send(admin, f"{path}/resume", path).status_code == 303
    consequences = admin.get(f"{path}/remove").text
    assert "came from it" in consequences
    assert send(admin, f"{path}/remove", name="Gamma").status_code == 422
    assert here.node.pairings.find(peer.node.node_id) is not None
    assert send(admin, f"{path}/remove", name="alpha ").status_code == 303
    assert admin.get(path).status_code == 404
    done = [detail for _, subject, detail in notes(here) if subject == peer.node.node_id]
    assert done == ["invited", "confirmed", "scope all", "paused", "confirmed", "removed"]


def test_what_is_wrong_with_a_peer_is_said_in_words(two: tuple[House, House]) -> None:
    one, other = two
    pairings, node = one.node.pairings, other.node.node_id
    pairings.accept(other.node.pairings.invite())
    pairings.confirm(node)
    contact = Contact(node, last_contact=time.time_ns() // 1_000 - 90_000_000, received=7, head=12, live=9)
    contact.troubled(contact.last_contact, "ConnectError: All connection attempts failed", Kind.UNREACHABLE)
    contact.next_attempt = time.time_ns() // 1_000 + 60_000_000
    save(one.node.store, [contact])
    try:
        with one.visitor(Role.AUDITOR) as auditor:
            listed, page = auditor.get("/peers").text, auditor.get(f"/peers/{node}").text
        assert "It cannot be reached" in listed
        assert "Next attempt in" in listed
        assert "ConnectError" not in listed
        assert "ConnectError" in page  # for who has to mend it
        assert "positions of its log" in page
        assert 'action="/peers' not in page
    finally:
        pairings.remove(node)


def test_whose_words_were_not_compared_is_nobody_here(two: tuple[House, House]) -> None:
    one, other = two
    one.node.pairings.accept(other.node.pairings.invite())
    one.node.forget_facts()
    try:
        assert other.node.own not in {each.id for each in one.node.organisations()}
        assert other.node.own not in one.node.directory().members
    finally:
        one.node.pairings.remove(other.node.node_id)


def test_a_peer_that_rewrote_its_audit_log_is_shown_wherever_one_looks(two: tuple[House, House]) -> None:
    one, other = two
    pairings, node = one.node.pairings, other.node.node_id
    pairings.accept(other.node.pairings.invite())
    pairings.confirm(node)
    now = time.time_ns() // 1_000
    save(one.node.store, [Contact(node, connected_since=now, last_contact=now, contradicted=1_234)])
    try:
        with one.visitor(Role.AUDITOR) as auditor:
            listed, page = auditor.get("/peers").text, auditor.get(f"/peers/{node}").text
            audit, check = auditor.get("/audit").text, auditor.get("/audit/verify").text
        assert "audit log rewritten" in listed
        assert "Its audit log is not what this node has signed" in page
        assert "Row 1,234 of its log" in page
        assert '<a href="/audit?action=contradiction">' in page
        for each in (audit, check):
            assert "The audit log of 1 peer is not what this node has signed" in each
            assert f'<a href="/peers/{node}">CSIRT Бета &lt;b&gt;</a>' in each
        with one.visitor(Role.READER) as reader:
            assert reader.get(f"/peers/{node}").status_code == 403
        save(one.node.store, [Contact(node, connected_since=now, last_contact=now)])
        with one.visitor(Role.AUDITOR) as auditor:
            assert (
                "not what this node has signed" not in auditor.get(f"/peers/{node}").text + auditor.get("/audit").text
            )
    finally:
        pairings.remove(node)
