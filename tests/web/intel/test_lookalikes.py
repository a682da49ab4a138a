"""Look-alikes are noticed as soon as they arrive; what is known of a record is kept when a person says so."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from tests.web.house import House, csrf_of, housed
from tests.web.telling import ALBANIA, GREEN, RED, neighbours, record

from egnatia.store import Query
from egnatia.web.permission import Role

SIGN = "indicator--11111111-1111-4111-8111-111111111111"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with housed(tmp_path_factory.mktemp("house")) as found:
        neighbours(found)

        def sign(host: str, marking: str = GREEN, **more: str) -> bytes:
            return record("indicator", marking, pattern=f"[domain-name:value = '{host}']", **more)

        found.submit(
            sign("posta-paket.example", id=SIGN), sign("euprava-prijava.example", RED), sign("harmless.example")
        )
        yield found


def test_a_name_that_looks_like_a_protected_one_is_listed_for_who_may_see_it(house: House) -> None:
    with house.visitor(Role.READER, organisation=ALBANIA) as visitor:
        page = visitor.get("/intel/lookalikes").text
    assert "posta-paket[.]example" in page
    assert "the name with something added" in page
    assert "euprava-prijava" not in page
    assert "harmless" not in page
    with house.visitor(Role.READER) as visitor:
        assert "euprava-prijava[.]example" in visitor.get("/intel/lookalikes").text


def test_a_look_alike_becomes_a_case_in_two_presses_for_who_may_open_one(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as visitor:
        found = re.search(r'href="(/cases/new\?name=[^"]*posta-paket[^"]*)"', visitor.get("/intel/lookalikes").text)
        assert found is not None
        chosen = re.search(r'href="(/cases/new\?workflow=[^"]+)"', visitor.get(unescape(found[1])).text)
        assert chosen is not None
        assert "Look-alike of posta.rs: posta-paket[.]example" in visitor.get(unescape(chosen[1])).text
    with house.visitor(Role.READER) as visitor:
        assert "/cases/new" not in visitor.get("/intel/lookalikes").text


def test_the_node_protects_names_of_its_own(house: House) -> None:
    with house.visitor(Role.ADMINISTRATOR) as visitor:
        token = csrf_of(visitor.get("/intel/lookalikes").text)
        form = {"csrf": token, "domain": "Harmles.example.", "whose": "A <b>bank</b>"}
        for wrong in ({"domain": "no domain"}, {"domain": ""}, {"csrf": "x"}):
            assert visitor.post("/intel/lookalikes/protect", data=form | wrong).status_code in {400, 403}
        assert visitor.post("/intel/lookalikes/protect", data=form).status_code == 303
        page = visitor.get("/intel/lookalikes").text
        assert "harmless[.]example" in page
        assert "A &lt;b&gt;bank&lt;/b&gt;" in page
        visitor.post("/intel/lookalikes/protect", data=form | {"gone": "true"})
        assert "harmless[.]example" not in visitor.get("/intel/lookalikes").text
    with house.visitor(Role.ADMINISTRATOR, organisation=ALBANIA) as visitor:
        form["csrf"] = csrf_of(visitor.get("/intel/outputs").text) or csrf_of(visitor.get("/feed").text)
        assert visitor.post("/intel/lookalikes/protect", data=form).status_code in {400, 403}


def test_what_is_known_stands_on_the_page_and_is_kept_only_when_a_person_says_so(house: House) -> None:
    notes = Query(types=("note",))
    clearance = house.node.clearance_of(ALBANIA)
    with house.visitor(Role.PUBLISHER, organisation=ALBANIA) as visitor:
        page = visitor.get(f"/records/{SIGN}").text
        assert "Registered domain" in page
        assert "posta[.]rs" in page
        assert not house.node.store.changes(clearance, 0, 100, notes).rows
        token = csrf_of(page)
        assert visitor.post(f"/intel/enrich/{SIGN}", data={"csrf": token}).status_code == 303
        assert visitor.post(f"/intel/enrich/{SIGN}", data={"csrf": token}).status_code == 303
    rows = house.node.store.changes(clearance, 0, 100, notes).rows
    assert {row.id for row in rows} == {rows[0].id}
    assert b"enricher look-alike" in rows[-1].body
    assert rows[-1].owner == ALBANIA
    with house.visitor(Role.READER, organisation=ALBANIA) as visitor:
        assert visitor.post(f"/intel/enrich/{SIGN}", data={"csrf": "x"}).status_code == 403
