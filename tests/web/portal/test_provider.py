"""A program that reads CSAF finds the organisation's public advisories by its address alone."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.record.builders import body, ref
from tests.web.house import OWN, House, housed
from tests.web.portal.test_portal import PARTNER, TLP, product

from egnatia.exchange.formats.csaf import read_advisory
from egnatia.settings.declared import Organisation
from egnatia.settings.people import Portal

METADATA = "/.well-known/csaf/provider-metadata.json"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A node with an advisory for everyone, one that was revoked, one for the community, and one of a partner."""
    with housed(tmp_path_factory.mktemp("house")) as found:
        hole = body(
            "vulnerability",
            id=ref("vulnerability", 1),
            name="CVE-2026-1111",
            external_references=[{"source_name": "cve", "external_id": "CVE-2026-1111"}],
            x_csaf_products={"known_affected": ["Maker Gate"]},
            object_marking_refs=[TLP["clear"]],
        )
        about: dict[str, Any] = {"object_refs": [ref("vulnerability", 1)]}
        found.submit(
            hole,
            product(1, "advisory", "Gate lets strangers in", **about),
            product(2, "advisory", "It was another product", revoked=True, **about),
            product(3, "advisory", "For the community", "green", **about),
            product(4, "alert", "No advisory", **about),
        )
        found.submit(product(5, "advisory", "Of a partner", **about), owner=PARTNER)
        yield found


def got(visitor: httpx.Client, url: str) -> httpx.Response:
    """What lies at a whole address of the node."""
    answer = visitor.get(url.partition("://")[2].partition("/")[2].join(("/", "")))
    assert answer.status_code == 200, url
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "set-cookie" not in answer.headers
    return answer


def test_a_program_walks_from_the_well_known_address_to_each_advisory_and_its_digest(house: House) -> None:
    with house.visitor() as visitor:
        metadata = visitor.get(METADATA).json()
        assert metadata["canonical_url"] == f"{house.node.settings.public_url}{METADATA}"
        assert metadata["role"] == "csaf_provider"
        (feed,) = metadata["distributions"][0]["rolie"]["feeds"]
        assert feed["tlp_label"] == "WHITE"
        entries = got(visitor, feed["url"]).json()["feed"]["entry"]
        assert sorted(each["title"] for each in entries) == ["Gate lets strangers in", "It was another product"]
        for entry in entries:
            links = [each["href"] for each in entry["link"] if each["rel"] == "hash"]
            document = got(visitor, entry["content"]["src"])
            made = document.json()["document"]
            assert made["tracking"]["id"] == entry["id"]
            assert made["publisher"]["namespace"] == metadata["publisher"]["namespace"]
            assert entry["content"]["src"].endswith(f"/{entry['id'].lower()}.json")
            assert read_advisory(document.content).records
            for link in links:
                digest, name = got(visitor, link).text.split()
                assert digest == hashlib.new(link.rpartition(".")[2], document.content).hexdigest()
                assert link.removesuffix(f".{link.rpartition('.')[2]}").endswith(f"/{name}")


def test_what_is_not_public_not_ours_or_no_advisory_is_nowhere(house: House) -> None:
    with house.visitor() as visitor:
        for number in (3, 4, 5, 9):
            name = f"egnatia-{ref('report', number).partition('--')[2]}.json"
            assert visitor.get(f"/public/csaf/2026/{name}").status_code == 404
            assert visitor.get(f"/public/csaf/2026/{name}.sha256").status_code == 404
        name = f"egnatia-{ref('report', 1).partition('--')[2]}.json"
        for path in (f"/public/csaf/1999/{name}", "/public/csaf/2026/..", f"/public/csaf/2026/{name}.md5"):
            assert visitor.get(path).status_code == 404
        advisory = visitor.get(f"/public/records/{ref('report', 5)}/csaf/2.0").json()
        assert advisory["document"]["publisher"]["namespace"] == f"urn:uuid:{PARTNER.partition('--')[2]}"


def test_security_txt_says_how_to_reach_the_organisation(tmp_path: Path) -> None:
    name = Organisation(name="CSIRT", id=OWN, economy="MK", contact="duty@csirt.example")
    with housed(tmp_path / "a", organisation=name) as house, house.visitor() as visitor:
        answer = visitor.get("/.well-known/security.txt")
        lines = dict(line.split(": ", 1) for line in reversed(answer.text.splitlines()))
        assert lines["Contact"] == "mailto:duty@csirt.example"
        assert lines["CSAF"].endswith(METADATA)
        assert lines["Expires"].endswith("T00:00:00Z")
    silent = Organisation(name="CSIRT", id=OWN, economy="MK")
    with housed(tmp_path / "b", organisation=silent, portal=Portal(reports=False)) as house, house.visitor() as visitor:
        assert visitor.get("/.well-known/security.txt").status_code == 404
        assert json.loads(visitor.get(METADATA).content)["publisher"].keys() == {"category", "name", "namespace"}
    with housed(tmp_path / "c", portal=Portal(open=False)) as house, house.visitor() as visitor:
        for path in (METADATA, "/.well-known/security.txt", "/public/csaf/egnatia-feed-tlp-white.json"):
            assert visitor.get(path).status_code == 404
