"""Who is who, for who may know it; an administrator says it, and what they may see follows."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.exchange.peer.region import CLEAR, GREEN, id_of, indicator
from tests.web.house import House, csrf_of, housed

from egnatia.store import Known
from egnatia.web.language import LANGUAGES, speech
from egnatia.web.organisations.picture import MOST, constituencies
from egnatia.web.permission import Role

BANK, CLINIC, PARTNER = (f"identity--00000000-0000-4000-8000-0000000000{end}" for end in ("ba", "c9", "d9"))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A CSIRT that hosts a bank and has a clinic in its constituency; a partner in another economy."""
    with housed(tmp_path) as found:
        organisations = found.node.store.organisations
        found.node.host(BANK, "Bank of a test", "ME")
        organisations.put(Known(BANK, "Bank of a test", "ME", client_of=(found.node.own,)))
        organisations.put(Known(CLINIC, "Clinic <i>", "ME", member=False, client_of=(found.node.own,)))
        organisations.put(Known(PARTNER, "Partner", "XK"))
        found.node.forget_facts()
        yield found


def send(client: httpx.Client, path: str, page: str, **fields: str) -> httpx.Response:
    """A form of a page, filled in."""
    csrf = csrf_of(client.get(page).text)
    return client.post(path, data={"csrf": csrf, **fields})


def test_people_of_the_operator_see_everybody_by_economy(house: House) -> None:
    with house.visitor(Role.READER) as reader:
        page = reader.get("/organisations").text
    assert page.index("Kosovo*") < page.index("Montenegro")
    for name in ("CSIRT of a test", "Bank of a test", "Clinic &lt;i&gt;", "Partner"):
        assert name in page
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in page
    assert "/organisations/add" not in page


def test_others_are_told_of_members_and_of_whom_they_are_joined_to(house: House) -> None:
    with house.visitor(Role.ADMINISTRATOR, organisation=BANK) as banker, house.visitor() as public:
        page = banker.get("/organisations").text
        assert "Partner" in page
        assert "Clinic" not in page
        assert banker.get(f"/organisations/{CLINIC}").status_code == 404
        assert "/edit" not in banker.get(f"/organisations/{BANK}").text
        page = public.get("/organisations").text
        assert "CSIRT of a test" in page  # its identity is TLP:CLEAR
        assert "Partner" not in page
        assert "client of" not in page
        assert public.get(f"/organisations/{PARTNER}").status_code == 404


def test_each_has_a_page_with_what_one_sees_of_it(house: House) -> None:
    house.submit(indicator(marking=GREEN), indicator(marking=CLEAR), owner=BANK)
    with house.visitor(Role.AUDITOR) as auditor, house.visitor() as public:
        page = auditor.get(f"/organisations/{BANK}").text
        assert "3 of its records" in page  # with its identity
        assert "2 of its records" in public.get(f"/organisations/{BANK}").text
        assert "What it says of itself" in page
        page = auditor.get(f"/organisations/{house.node.own}").text
        assert "Clinic &lt;i&gt;" in page
        assert "No agreement with it" in page
        assert auditor.get(f"/organisations/{CLINIC}").status_code == 200
        assert auditor.get("/organisations/identity--nobody").status_code == 404


@pytest.mark.parametrize("role", [Role.READER, Role.PUBLISHER, Role.AUDITOR])
def test_nobody_says_who_is_who_but_an_administrator_of_the_operator(house: House, role: Role) -> None:
    for visitor_of in ((role, None), (Role.ADMINISTRATOR, BANK)):
        with house.visitor(visitor_of[0], organisation=visitor_of[1]) as visitor:
            csrf = csrf_of(visitor.get("/organisations").text)
            for path in ("/organisations/add", f"/organisations/{PARTNER}/edit"):
                assert visitor.get(path).status_code == 403
                assert visitor.post(path, data={"csrf": csrf, "name": "x"}).status_code == 403
            for way in ("forget", "host"):
                assert visitor.post(f"/organisations/{PARTNER}/{way}", data={"csrf": csrf}).status_code == 403


def test_membership_decides_what_an_organisation_sees_at_once(house: House) -> None:
    record = indicator(marking=GREEN)
    house.submit(record)

    def sees() -> bool:
        return bool(house.node.store.get(house.node.clearance_of(CLINIC), [id_of(record)]))

    assert not sees()
    path = f"/organisations/{CLINIC}/edit"
    with house.visitor(Role.ADMINISTRATOR) as admin:
        said = {"name": "Clinic", "economy": "ME", "client_of": house.node.own}
        assert send(admin, path, path, member="true", **said).status_code == 303
        assert sees()
        assert send(admin, path, path, **said).status_code == 303
        assert not sees()
    done = [row for row in house.node.store.audit_rows() if row.subject == CLINIC]
    assert [row.detail for row in done] == ["known", "known"]
    assert all(row.actor.startswith(f"{house.node.own} ana.") for row in done)


def test_somebody_new_can_have_an_account_here_at_once(house: House) -> None:
    with house.visitor(Role.ADMINISTRATOR) as admin:
        fields = {"name": "Telecom", "economy": "AL", "member": "true", "account": "true"}
        path = send(admin, "/organisations/add", "/organisations/add", **fields).headers["location"]
        page = admin.get(path).text
        assert "this node" in page
        identity = path.rpartition("/")[2]
        assert identity in {each.id for each in house.node.card.organisations}
        assert house.submit(indicator(), owner=identity).accepted
        assert send(admin, f"{path}/host", path).status_code == 400
        assert send(admin, f"/organisations/{PARTNER}/host", "/organisations").status_code == 303


def test_what_was_said_can_be_forgotten_once(house: House) -> None:
    with house.visitor(Role.ADMINISTRATOR) as admin:
        path = f"/organisations/{PARTNER}"
        assert send(admin, f"{path}/forget", path).status_code == 303
        assert admin.get(path).status_code == 404
        assert send(admin, f"{path}/forget", "/organisations").status_code == 404
        own = f"/organisations/{house.node.own}"
        assert send(admin, f"{own}/forget", own).status_code == 400


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "Give it the name"),
        ({"economy": "Atlantis"}, "Choose its economy"),
        ({"id": "identity--one"}, "A STIX identity is written"),
        ({"id": PARTNER}, "It is known here already"),
        ({"id": CLINIC[:-1] + "8", "client_of": CLINIC[:-1] + "8"}, "client of itself"),
        ({"client_of": CLINIC[:-1] + "8"}, "not known here"),
        ({"groups": "friends"}, "Each line names a group"),
    ],
)
def test_what_cannot_be_said_is_explained_beside_its_field(house: House, fields: dict[str, str], words: str) -> None:
    with house.visitor(Role.ADMINISTRATOR) as admin:
        form = {"name": "New one", "economy": "RS", **fields}
        answer = send(admin, "/organisations/add", "/organisations/add", **form)
    assert answer.status_code == 422
    assert words in answer.text


def test_the_picture_of_a_large_constituency_says_how_many_more_there_are() -> None:
    provider = Known("identity--p", "CSIRT & <Co>", "ME")
    clients = [
        Known(f"identity--{number}", f"Client {number:02}", "ME", client_of=("identity--p",)) for number in range(60)
    ]
    chart = constituencies(speech(LANGUAGES["en"]), [provider, *clients])
    assert chart is not None
    assert chart.drawing.count("<circle") == 1 + MOST + 1
    assert "and 20 more" in chart.drawing
    assert "CSIRT &amp; &lt;Co&gt;" in chart.drawing
    assert "Client 59" in chart.rows[0][1]
    assert constituencies(speech(LANGUAGES["en"]), [provider]) is None


def test_many_organisations_come_page_by_page_and_are_found_in_any_script(house: House) -> None:
    for number in range(230):
        identity = f"identity--00000000-0000-4000-9000-{number:012x}"
        house.node.store.organisations.put(Known(identity, f"Agencija {number:03}", ("AL", "RS")[number % 2]))
    house.node.store.organisations.put(Known(CLINIC, "Клиника Скопје", "MK"))
    house.node.forget_facts()
    with house.visitor(Role.READER) as reader:
        seen: list[str] = []
        path = "/organisations"
        while path:
            page = reader.get(path).text
            seen += re.findall(r"Agencija \d{3}", page.partition("<table")[2].partition("</table>")[0])
            path = (re.findall(r'href="([^"]*after=[^"]*)"', page) or [""])[0].replace("&amp;", "&")
        assert sorted(seen) == [f"Agencija {number:03}" for number in range(230)]
        assert [int(each[-3:]) % 2 for each in seen] == [0] * 115 + [1] * 115  # Albania before Serbia
        found = reader.get("/organisations", params={"q": "skopje"}).text
        assert "Клиника Скопје" in found
        assert "Agencija" not in found
        assert "No organisation of that name" in reader.get("/organisations", params={"q": "nowhere"}).text
