"""An agreement is drafted, signed by every party in a browser, and from then on decides what they see."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from tests.exchange.peer.region import AMBER, id_of, indicator
from tests.web.house import House, csrf_of, housed
from tests.web.neighbour import neighbour, until

from egnatia.exchange.directory import duration
from egnatia.policy import in_force
from egnatia.store import Known
from egnatia.web.agreements.draft import PERIODS, types
from egnatia.web.permission import Role

BANK = "identity--00000000-0000-4000-8000-0000000000ba"
TODAY = datetime.now(UTC).date()
TERMS = {
    "name": "Fraud cases",
    "parties": BANK,
    "purposes": "incident response, prevention",
    "legal_basis": "Protocol of a test",
    "valid_from": TODAY.isoformat(),
    "valid_until": (TODAY + timedelta(days=400)).isoformat(),
    "retention": "P90D",
}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A CSIRT that hosts a bank."""
    with housed(tmp_path) as found:
        found.node.host(BANK, "Bank of a test", "ME")
        yield found


def send(client: httpx.Client, path: str, page: str, **fields: str) -> httpx.Response:
    """A form of a page, filled in."""
    csrf = csrf_of(client.get(page).text)
    return client.post(path, data={"csrf": csrf, **fields})


def drafted(client: httpx.Client, **fields: str) -> str:
    """The path of a new draft."""
    answer = send(client, "/agreements/new", "/agreements/new", **{**TERMS, **fields})
    assert answer.status_code == 303, re.findall(r'class="error"[^>]*>(.*?)<', answer.text)
    return str(answer.headers["location"])


def proposed(client: httpx.Client, **fields: str) -> str:
    """The path of a new agreement that one party has signed."""
    draft = drafted(client, **fields)
    answer = send(client, f"{draft}/sign", draft)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def signed(client: httpx.Client, path: str) -> httpx.Response:
    """The text that the page shows, signed."""
    digest = re.search(r'name="text" value="([0-9a-f]{64})"', client.get(path).text)
    assert digest is not None
    return send(client, f"{path}/sign", path, text=digest[1])


def holds(house: House) -> bool:
    """Whether the node shares under an agreement now."""
    house.node.forget_facts()
    return any(in_force(each, datetime.now(UTC)) for each in house.node.directory().agreements)


def notes(house: House) -> list[str]:
    return [row.action for row in house.node.store.audit_rows() if row.action.startswith("agreement")]


def test_the_list_is_useful_when_it_is_empty(house: House) -> None:
    with house.visitor(Role.ADMINISTRATOR) as admin, house.visitor(Role.READER) as reader:
        assert "Draft the first" in admin.get("/agreements").text
        page = reader.get("/agreements").text
    assert "No agreements yet" in page
    assert "/agreements/new" not in page


def test_a_draft_says_what_would_become_visible_and_nobody_else_sees_it(house: House) -> None:
    house.submit(indicator("under amber", marking=AMBER), indicator("another", marking=AMBER))
    with (
        house.visitor(Role.ADMINISTRATOR) as admin,
        house.visitor(Role.ADMINISTRATOR, organisation=BANK) as banker,
        house.visitor(Role.READER) as reader,
    ):
        path = drafted(admin)
        page = admin.get(path).text
        assert "would see 2 more of your records" in page
        assert banker.get(path).status_code == 404
        assert reader.get(path).status_code == 403
        assert "Fraud cases" not in banker.get("/agreements").text
        assert "Fraud cases" in admin.get("/agreements").text
        assert 'value="Fraud cases"' in admin.get(f"{path}/edit").text
        assert send(admin, f"{path}/delete", path).status_code == 303
        assert admin.get(path).status_code == 404
    assert notes(house) == []


def test_it_is_in_force_when_every_party_has_signed_the_same_bytes(house: House) -> None:
    secret = indicator("under amber", marking=AMBER)
    house.submit(secret)
    with house.visitor(Role.ADMINISTRATOR) as admin, house.visitor(Role.ADMINISTRATOR, organisation=BANK) as banker:
        path = proposed(admin)
        assert "Signed by some" in admin.get(path).text
        assert "missing: Bank of a test" in admin.get("/agreements").text
        assert "Waits for your signature" in banker.get("/agreements").text
        assert not holds(house)
        assert house.node.store.get(house.node.clearance_of(BANK), [id_of(secret)]) == ()
        assert "every party has signed" in banker.get(signed(banker, path).headers["location"]).text
        assert holds(house)
        assert house.node.store.get(house.node.clearance_of(BANK), [id_of(secret)])
        page = admin.get(path).text
        assert page.count("state-good") >= 3  # in force, and two signatures
        assert "SHA-256" in admin.get(f"{path}/print").text
        assert "<svg" in admin.get("/agreements").text
        again = send(banker, f"{path}/sign", path, text=re.findall(r"[0-9a-f]{64}", page)[0])
        assert again.status_code == 400
    assert notes(house) == ["agreement signed", "agreement signed"]


@pytest.mark.parametrize("way", ["suspend", "terminate"])
def test_one_party_can_stop_it_alone(house: House, way: str) -> None:
    with house.visitor(Role.ADMINISTRATOR) as admin, house.visitor(Role.ADMINISTRATOR, organisation=BANK) as banker:
        path = proposed(admin)
        signed(banker, path)
        assert holds(house)
        assert send(banker, f"{path}/{way}", path, reason="a test").status_code == 303
        assert not holds(house)
        assert {"suspend": "Suspended", "terminate": "Ended"}[way] in admin.get(path).text
        assert send(banker, f"{path}/suspend", path).status_code == 400
        again = send(admin, f"{path}/amend", path)
        assert again.status_code == (303 if way == "suspend" else 400)


def test_a_suspended_one_goes_on_when_all_sign_a_newer_text(house: House) -> None:
    with house.visitor(Role.ADMINISTRATOR) as admin, house.visitor(Role.ADMINISTRATOR, organisation=BANK) as banker:
        path = proposed(admin)
        signed(banker, path)
        send(banker, f"{path}/suspend", path)
        form = send(admin, f"{path}/amend", path).headers["location"]
        draft = send(admin, form, form, **TERMS).headers["location"]
        assert send(admin, f"{draft}/sign", draft).headers["location"] == path
        assert not holds(house)
        assert "Differences" in banker.get(path).text
        signed(banker, path)
        assert holds(house)


def test_a_text_that_was_changed_meanwhile_is_not_signed(house: House) -> None:
    with house.visitor(Role.ADMINISTRATOR) as admin, house.visitor(Role.ADMINISTRATOR, organisation=BANK) as banker:
        path = proposed(admin)
        digest = re.findall(r'name="text" value="([0-9a-f]{64})"', banker.get(path).text)[0]
        form = send(admin, f"{path}/amend", path).headers["location"]
        draft = send(admin, form, form, **{**TERMS, "purposes": "anything at all"}).headers["location"]
        send(admin, f"{draft}/sign", draft)
        answer = send(banker, f"{path}/sign", path, text=digest)
        assert answer.status_code == 400
        assert "has changed since you saw it" in answer.text
    assert not holds(house)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "Give it a name"),
        ({"parties": ""}, "at least one other party"),
        ({"parties": "identity--00000000-0000-4000-8000-00000000dead"}, "not known here"),
        ({"purposes": " , "}, "for what the records may be used"),
        ({"legal_basis": ""}, "Name the law"),
        ({"valid_from": "yesterday"}, "from which day"),
        ({"valid_until": "31/12/2030"}, "no date"),
        ({"valid_from": "2030-05-01", "valid_until": "2030-05-01"}, "end after it begins"),
        ({"valid_from": "2001-01-01", "valid_until": "2002-01-01"}, "never be in force"),
        ({"retention": "for ever"}, "one of the periods"),
        ({"personal_data": "true", "retention": ""}, "Personal data may not be kept without a limit"),
    ],
)
def test_what_cannot_be_agreed_is_said_beside_its_field(house: House, fields: dict[str, str], words: str) -> None:
    with house.visitor(Role.ADMINISTRATOR) as admin:
        answer = send(admin, "/agreements/new", "/agreements/new", **{**TERMS, **fields})
    assert answer.status_code == 422
    assert words in answer.text
    assert "Protocol of a test" in answer.text or "legal_basis" in fields  # nothing typed is lost


def test_an_agreement_for_the_same_time_is_pointed_out(house: House) -> None:
    with house.visitor(Role.ADMINISTRATOR) as admin:
        proposed(admin)
        assert "same parties for the same time" in admin.get(drafted(admin, name="Once more")).text
        later = {"valid_from": "2040-01-01", "valid_until": "2041-01-01"}
        assert "same parties for the same time" not in admin.get(drafted(admin, **later)).text


def test_a_client_sees_what_lets_records_go_on_to_it_and_does_not_sign(house: House) -> None:
    client, partner = (f"identity--00000000-0000-4000-8000-0000000000{end}" for end in ("c9", "d9"))
    house.node.host(client, "Clinic", "ME")
    house.node.store.organisations.put(Known(client, "Clinic", "ME", client_of=(house.node.own,)))
    house.node.store.organisations.put(Known(partner, "Partner", "AL"))
    house.node.forget_facts()
    with house.visitor(Role.ADMINISTRATOR) as admin, house.visitor(Role.ADMINISTRATOR, organisation=client) as clinic:
        path = proposed(admin, parties=partner, onward_sharing="clients")
        assert "Missing" in clinic.get(path).text
        for way in ("sign", "suspend", "terminate", "amend"):
            assert send(clinic, f"{path}/{way}", path, text="0" * 64).status_code == 403, way


def test_who_is_hosted_is_offered_no_client_of_its_host_as_a_party(house: House) -> None:
    client = "identity--00000000-0000-4000-8000-0000000000c9"
    house.node.store.organisations.put(Known(client, "Clinic", "ME", member=False, client_of=(house.node.own,)))
    house.node.forget_facts()
    with house.visitor(Role.ADMINISTRATOR) as admin, house.visitor(Role.ADMINISTRATOR, organisation=BANK) as banker:
        assert "Clinic" in admin.get("/agreements/new").text
        assert "Clinic" not in banker.get("/agreements/new").text
        answer = send(banker, "/agreements/new", "/agreements/new", **{**TERMS, "parties": client})
        assert (answer.status_code, "not known here" in answer.text) == (422, True)


@pytest.mark.parametrize("role", [Role.READER, Role.ANALYST, Role.PUBLISHER, Role.AUDITOR])
def test_nobody_signs_but_who_may(house: House, role: Role) -> None:
    with house.visitor(Role.ADMINISTRATOR) as admin, house.visitor(role) as visitor:
        path = proposed(admin)
        assert visitor.get(path).status_code == 200
        assert "/sign" not in visitor.get(path).text.partition("<main")[2].partition("</main")[0]
        csrf = csrf_of(visitor.get(path).text)
        for way in ("sign", "suspend", "terminate", "amend"):
            answer = visitor.post(f"{path}/{way}", data={"csrf": csrf, "text": "0" * 64})
            assert answer.status_code == 403, way
        assert visitor.get("/agreements/new").status_code == 403


def test_an_agreement_is_hidden_from_everybody_else(house: House) -> None:
    other = "identity--00000000-0000-4000-8000-0000000000ff"
    house.node.host(other, "Telecom of a test", "ME")
    with (
        house.visitor(Role.ADMINISTRATOR) as admin,
        house.visitor(Role.ADMINISTRATOR, organisation=BANK) as banker,
        house.visitor(Role.ADMINISTRATOR, organisation=other) as telecom,
        house.visitor() as public,
    ):
        path = proposed(admin)
        assert banker.get(path).status_code == 200
        assert telecom.get(path).status_code == 404
        assert send(telecom, f"{path}/sign", "/agreements", text="0" * 64).status_code == 404
        assert public.get(path).status_code == 404
        assert "Fraud cases" not in telecom.get("/agreements").text
        signed(banker, path)
        assert holds(house)


def test_the_form_offers_periods_and_types_that_the_language_knows() -> None:
    assert all(duration(each) for each in PERIODS if each)
    assert {"indicator", "report", "relationship", "case"} <= set(types())
    assert not {"recall", "ipv4-addr", "marking-definition"} & set(types())


def test_two_nodes_sign_and_a_record_becomes_visible(tmp_path: Path) -> None:
    with neighbour(tmp_path / "a", "Alpha", "AL") as one, neighbour(tmp_path / "b", "Beta", "XK") as other:
        for here, there in ((one, other), (other, one)):
            here.node.pairings.accept(there.node.pairings.invite())
            here.node.pairings.confirm(there.node.node_id)
            here.node.forget_facts()
        secret = indicator("between two", marking=AMBER)
        one.submit(secret)

        def visible() -> bool:
            return bool(other.node.store.get(other.node.clearance_of(other.node.own), [id_of(secret)]))

        with one.visitor(Role.ADMINISTRATOR) as admin, other.visitor(Role.ADMINISTRATOR) as theirs:
            path = proposed(admin, parties=other.node.own)
            until(lambda: theirs.get(path).status_code == 200)
            assert not visible()
            assert "Waits for your signature" in theirs.get("/agreements").text
            assert signed(theirs, path).status_code == 303
            until(visible)
            until(lambda: "In force" in admin.get(path).text)
