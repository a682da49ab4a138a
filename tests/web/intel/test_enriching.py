"""What enrichers know becomes a relationship when an analyst accepts it, never marked wider than what it is about."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cyber.intel.test_enrichment import database
from tests.web.house import House, csrf_of, housed
from tests.web.telling import ALBANIA, GREEN, RED, neighbours, record

from egnatia.cyber.intel.enrichment.network import FOLDER
from egnatia.policy import Tlp
from egnatia.store import Row
from egnatia.web.permission import Role

OPEN = "indicator--11111111-1111-4111-8111-111111111111"
SECRET = "indicator--22222222-2222-4222-8222-222222222222"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with housed(tmp_path_factory.mktemp("house")) as found:
        neighbours(found)
        folder = Path(found.node.settings.data) / FOLDER
        folder.mkdir()
        (folder / "asn.mmdb").write_bytes(database())
        pattern = {"pattern": "[ipv4-addr:value = '192.0.2.1']"}
        found.submit(
            record("indicator", GREEN, id=OPEN, name="Open", **pattern),
            record("indicator", RED, id=SECRET, name="Secret", **pattern),
        )
        yield found


def relationships(house: House, organisation: str) -> list[Row]:
    rows = house.node.store.changes(house.node.clearance_of(organisation), 0, 100).rows
    return [row for row in rows if row.type in {"relationship", "autonomous-system", "ipv4-addr"}]


def accepted(house: House, of: str, fact: str = "", role: Role = Role.PUBLISHER) -> int:
    with house.visitor(role) as visitor:
        page = visitor.get(f"/records/{of}").text
        found = re.search(r'name="fact" value="([0-9a-f]+)"', page)
        form = {"csrf": csrf_of(page), "fact": fact or (found[1] if found else "")}
        return visitor.post(f"/intel/enrich/{of}/accept", data=form).status_code


def test_one_press_makes_relationships_under_the_markings_of_the_record(house: House) -> None:
    assert relationships(house, house.node.own) == []
    assert accepted(house, OPEN) == 303
    made = relationships(house, ALBANIA)
    assert sorted(row.type for row in made) == ["autonomous-system", "ipv4-addr", "relationship", "relationship"]
    assert b'"belongs-to"' in b"".join(row.body for row in made)
    assert {row.label.tlp for row in made} == {Tlp.GREEN}
    assert "AS64500" in b"".join(row.body for row in made).decode()


def test_what_is_about_a_secret_stays_as_secret(house: House) -> None:
    before = len(relationships(house, ALBANIA))
    assert accepted(house, SECRET) == 303
    assert len(relationships(house, ALBANIA)) == before
    assert Tlp.RED in {row.label.tlp for row in relationships(house, house.node.own)}


def test_nobody_accepts_who_may_not_and_nothing_that_was_not_seen(house: House) -> None:
    assert accepted(house, OPEN, role=Role.ANALYST) == 403
    assert accepted(house, OPEN, fact="0" * 32) == 400
