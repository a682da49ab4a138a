"""The portal shows what is public to everyone, in each language, and nothing else to anybody."""

import base64
import hashlib
import json
import re
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from tests.record.builders import body, ref
from tests.web.house import OWN, House, housed

from egnatia.exchange.formats.extraction import text_of
from egnatia.exchange.takeback import WITHDRAW, recalling
from egnatia.record import read
from egnatia.record.marking import TLP2_IDS
from egnatia.settings.people import Portal
from egnatia.store import Known
from egnatia.web.language import LANGUAGES
from egnatia.web.permission import Role

PARTNER = "identity--00000000-0000-4000-8000-0000000000d1"
TLP: dict[str, str] = {name: marking for marking, name in TLP2_IDS.items()}
MOMENT = "2026-11-20T10:00:00.000Z"
SECRET = "Zakopano"


def product(number: int, kind: str, name: str, tlp: str = "clear", **more: object) -> bytes:
    """A product."""
    return body(
        "report",
        id=ref("report", number),
        name=name,
        description=f"{name}: read on.\n\n- first\n- second",
        report_types=[kind],
        lang="en",
        **{"published": MOMENT, "object_refs": [OWN], "object_marking_refs": [TLP[tlp]], **more},
    )


def translation(number: int, of: bytes, contents: dict[str, dict[str, str]], tlp: str = "clear") -> bytes:
    """A product in other languages."""
    stix = json.loads(of)
    return body(
        "language-content",
        id=ref("language-content", number),
        object_ref=stix["id"],
        object_modified=stix["modified"],
        contents=contents,
        object_marking_refs=[TLP[tlp]],
    )


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A node with a few public things among much that is not."""
    with housed(tmp_path_factory.mktemp("house")) as found:
        found.node.store.organisations.put(Known(PARTNER, "CSIRT of a partner", "MK"))
        found.node.forget_facts()
        alert = product(1, "alert", "Phishing of banks", labels=["severity:high"])
        worm = body(
            "malware", id=ref("malware", 1), name="Open worm", is_family=False, object_marking_refs=[TLP["clear"]]
        )
        hole = body(
            "vulnerability",
            id=ref("vulnerability", 1),
            name="CVE-2026-1111",
            labels=["exploited"],
            external_references=[{"source_name": "cve", "external_id": "CVE-2026-1111"}],
            x_csaf_products={"known_affected": ["Maker Gate"]},
            object_marking_refs=[TLP["clear"]],
        )
        found.submit(
            worm,
            hole,
            alert,
            translation(
                1,
                alert,
                {
                    "sq": {"name": "Peshkim i bankave", "description": "Lexoni."},
                    "sr-Cyrl": {"name": "Пецање банака", "description": "Читајте."},
                },
            ),
            product(
                2,
                "advisory",
                "Gate advisory",
                object_refs=[ref("vulnerability", 1), ref("malware", 1), ref("malware", 90)],
            ),
            product(3, "awareness", "Long passwords"),
            product(4, "situation-report", "Week 47"),
            product(5, "alert", "<script>alert(1)</script>\x0b & co", labels=["severity:low"]),
            product(6, "alert", "Taken back by its author", revoked=True),
        )
        for place, tlp in enumerate(("green", "amber", "amber+strict", "red")):
            secret = product(20 + place, "alert", f"{SECRET} {tlp}", tlp)
            found.submit(
                secret,
                translation(20 + place, alert, {"mk": {"name": f"{SECRET} {tlp}", "description": SECRET}}, tlp),
                body(
                    "malware",
                    id=ref("malware", 90 + place),
                    name=f"{SECRET} worm",
                    is_family=False,
                    object_marking_refs=[TLP[tlp]],
                ),
                body(
                    "vulnerability",
                    id=ref("vulnerability", 90 + place),
                    name=f"CVE-2026-999{place}",
                    labels=["exploited"],
                    external_references=[{"source_name": "cve", "external_id": f"CVE-2026-999{place}"}],
                    description=SECRET,
                    object_marking_refs=[TLP[tlp]],
                ),
                body(
                    "sighting",
                    id=ref("sighting", 90 + place),
                    sighting_of_ref=ref("vulnerability", 1),
                    count=98765432,
                    description=SECRET,
                    object_marking_refs=[TLP[tlp]],
                ),
                body(
                    "note",
                    id=ref("note", 90 + place),
                    content=SECRET,
                    object_refs=[ref("report", 1)],
                    object_marking_refs=[TLP[tlp]],
                ),
            )
        yield found


def links(page: str) -> set[str]:
    """Every address of the portal that a page leads to."""
    return {each.partition("#")[0] for each in re.findall(r'href="(/public[^"]*)"', page)}


@pytest.mark.parametrize("signed_in", [False, True])
def test_nothing_but_what_is_public_is_on_any_path(house: House, signed_in: bool) -> None:
    roles = (Role.PUBLISHER, Role.ADMINISTRATOR) if signed_in else ()
    with house.visitor(*roles) as visitor:
        waiting, seen = deque(["/public"]), set[str]()
        for number in (1, 2, 90, 91, 92, 93):
            waiting += [
                f"/public/en/records/{ref('malware', number)}",
                f"/public/records/{ref('vulnerability', number)}/stix.json",
            ]
        for number in (20, 21, 22, 23):
            record = ref("report", number)
            waiting += [
                f"/public/records/{record}",
                f"/public/mk/records/{record}",
                f"/public/en/records/{record}/paper.pdf",
                f"/public/records/{record}/csaf/2.0",
                f"/public/records/{record}/stix.json",
            ]
        waiting += [f"/public/{code}/search?q={SECRET}" for code in LANGUAGES]
        while waiting:
            path = waiting.popleft()
            if path in seen:
                continue
            seen.add(path)
            answer = visitor.get(path, follow_redirects=True)
            assert answer.status_code in {200, 404}, (path, answer.status_code, answer.text[:500])
            assert "set-cookie" not in answer.headers, path
            shown = text_of(answer.content) if path.endswith(".pdf") and answer.status_code == 200 else answer.text
            told = shown.replace(f'value="{SECRET}"', "")
            assert SECRET not in told, path
            assert "98765432" not in told, path
            assert "CVE-2026-999" not in told, path
            if "html" in answer.headers.get("content-type", ""):
                waiting += sorted(links(answer.text) - seen)
        assert len(seen) > 80


def test_a_page_is_cacheable_without_cookies_and_under_the_strictest_policy(house: House) -> None:
    with house.visitor() as visitor:
        answer = visitor.get("/public/en")
        assert answer.headers["cache-control"] == "public, max-age=60"
        assert "script-src" not in answer.headers["content-security-policy"]
        assert "<script" not in answer.text.replace("&lt;script", "")
        assert "stylesheet" not in answer.text, "a page of the portal is seen without fetching anything more"
        again = visitor.get("/public/en", headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        root = visitor.get("/public", headers={"accept-language": "sr"})
        assert root.text == visitor.get("/public/sr-Cyrl").text
        assert root.headers["content-language"] == "sr-Cyrl"
        assert root.headers["vary"] == "accept-encoding, accept-language"


def test_the_policy_names_the_one_sheet_that_stands_in_the_page_and_no_other(house: House) -> None:
    with house.visitor() as visitor:
        for path in ("/public/en", "/public/mk/report", "/public/en/search?q=a", "/public/en/no-such-page"):
            answer = visitor.get(path)
            (sheet,) = re.findall(r"<style>(.*?)</style>", answer.text, flags=re.DOTALL)
            digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
            policy = answer.headers["content-security-policy"]
            assert f"style-src 'sha256-{digest}';" in policy, path
            assert "unsafe" not in policy


def test_each_language_reads_its_own_text_and_the_others_the_authors(house: House) -> None:
    with house.visitor() as visitor:
        assert "Пецање банака" in visitor.get("/public/sr-Cyrl").text
        assert "Peshkim i bankave" in visitor.get("/public/sq/alerts").text
        macedonian = visitor.get(f"/public/mk/records/{ref('report', 1)}").text
        assert "Phishing of banks" in macedonian
        assert 'lang="mk"' in macedonian
        assert visitor.get("/public/xx").status_code == 404
        stable = visitor.get(f"/public/records/{ref('report', 1)}", headers={"accept-language": "sq"})
        assert stable.headers["location"] == f"/public/sq/records/{ref('report', 1)}"


def test_what_was_revoked_is_in_no_list_and_says_so_on_its_page(house: House) -> None:
    with house.visitor() as visitor:
        assert "Taken back by its author" not in visitor.get("/public/en/alerts").text
        assert "no longer valid" in visitor.get(f"/public/en/records/{ref('report', 6)}").text


def test_what_was_revoked_is_still_read_in_every_language_it_was_in(tmp_path: Path) -> None:
    with housed(tmp_path) as house, house.visitor() as visitor:
        alert = product(1, "alert", "Phishing of banks")
        revoked = product(1, "alert", "Phishing of banks", modified="2026-11-21T10:00:00.000Z", revoked=True)
        house.submit(alert, translation(1, alert, {"sq": {"name": "Peshkim", "description": "Lexoni."}}), revoked)
        page = visitor.get(f"/public/sq/records/{ref('report', 1)}").text
        assert "Peshkim" in page
        assert "Mos veproni" in page


def test_feeds_tell_whoever_has_an_entry_that_it_was_revoked(house: House) -> None:
    with house.visitor() as visitor:
        assert "<title>Taken back: Taken back by its author</title>" in visitor.get("/public/en/feed.atom").text
        items = visitor.get("/public/en/feed.json").json()["items"]
        (item,) = (each for each in items if each["title"].startswith("Taken back: "))
        assert "read on" not in item["content_text"]
        revoked = [each["id"] for each in visitor.get("/public/stix.json").json()["objects"] if each.get("revoked")]
        assert revoked == [ref("report", 6)]


def test_a_link_to_a_page_has_a_preview_in_its_language(house: House) -> None:
    with house.visitor() as visitor:
        page = visitor.get(f"/public/sq/records/{ref('report', 1)}").text
        assert '<meta property="og:title" content="Peshkim i bankave">' in page
        assert '<meta property="og:description" content="Lexoni.">' in page
        address = f"{house.node.settings.public_url}/public/sq/records/{ref('report', 1)}"
        assert f'<link rel="canonical" href="{address}">' in page
        assert f'<meta property="og:url" content="{address}">' in page
        assert 'content="<script>' not in visitor.get(f"/public/en/records/{ref('report', 5)}").text
        printed = text_of(visitor.get(f"/public/sq/records/{ref('report', 1)}/paper.pdf").content)
        assert address in printed.replace("\n", "")


def test_lists_and_what_was_found_go_page_by_page_by_the_day_of_publication(tmp_path: Path) -> None:
    with housed(tmp_path) as house, house.visitor() as visitor:
        days = {number: f"2026-10-{number:02}T10:00:00.000Z" for number in range(1, 26)}
        for number in (*range(13, 26), *range(1, 13)):
            house.submit(product(number, "alert", f"Wave {number:02}", published=days[number]))
        house.submit(product(40, "alert", "Wave 00", published="2026-09-01T10:00:00.000Z"))
        names, path = list[str](), "/public/en/alerts"
        while path:
            page = visitor.get(path).text
            names += re.findall(r"Wave \d\d(?=</a>)", page)
            path = next(iter(re.findall(r'rel="next" href="([^"]+)"', page)), "")
        assert names == [f"Wave {number:02}" for number in range(25, -1, -1)]
        assert 'rel="prev" href="/public/en/alerts"' in visitor.get("/public/en/alerts?page=2").text
        assert visitor.get("/public/en/alerts?page=3").status_code == 404
        assert visitor.get("/public/en/alerts?page=0").status_code == 400
        assert house.node.store.indexer.wait_for(house.node.store.position())
        house.submit(*(product(number, "alert", f"Wave {number}") for number in range(50, 60)))
        assert house.node.store.indexer.wait_for(house.node.store.position())
        found = set[str]()
        for number in (1, 2):
            found |= set(re.findall(r"Wave \d\d(?=</a>)", visitor.get(f"/public/en/search?q=wave&page={number}").text))
        assert len(found) == 36


def test_a_new_record_is_on_the_page_at_once_and_a_recall_takes_it_away(house: House) -> None:
    with house.visitor() as visitor:
        assert "Brand new" not in visitor.get("/public/en/alerts").text
        house.submit(product(50, "alert", "Brand new"))
        assert "Brand new" in visitor.get("/public/en/alerts").text
        own = house.node.store.get(house.node.clearance_of(OWN), [ref("report", 50)])[0]
        house.submit(_recall(own.id))
        assert "Brand new" not in visitor.get("/public/en/alerts").text
        assert visitor.get(f"/public/en/records/{ref('report', 50)}").status_code == 404


def test_the_feeds_are_what_their_standards_say(house: House) -> None:
    with house.visitor() as visitor:
        answer = visitor.get("/public/sr-Cyrl/feed.atom")
        assert answer.headers["content-type"].startswith("application/atom+xml")
        assert answer.headers["access-control-allow-origin"] == "*"
        root = ElementTree.fromstring(answer.content)  # noqa: S314  our own
        atom = "{http://www.w3.org/2005/Atom}"
        assert root.tag == f"{atom}feed"
        assert all(root.find(f"{atom}{name}") is not None for name in ("id", "title", "updated", "author"))
        entries = root.findall(f"{atom}entry")
        assert any(each.findtext(f"{atom}title") == "Пецање банака" for each in entries)
        assert len({each.findtext(f"{atom}id") for each in entries}) == len(entries)
        feed = visitor.get("/public/sq/feed.json").json()
        assert feed["version"] == "https://jsonfeed.org/version/1.1"
        assert feed["language"] == "sq"
        assert {"id", "url", "title", "content_text", "date_published"} <= feed["items"][0].keys()
        bundle = visitor.get("/public/stix.json").json()
        types = {each["type"] for each in bundle["objects"]}
        assert {"report", "language-content", "vulnerability", "malware"} <= types
        for each in bundle["objects"]:
            read(msgspec.json.encode(each), tolerant=True)


def test_exploited_vulnerabilities_and_advisories_are_files_for_programs(house: House) -> None:
    with house.visitor() as visitor:
        listed = visitor.get("/public/exploited.json").json()
        assert [each["cveID"] for each in listed["vulnerabilities"]] == ["CVE-2026-1111"]
        assert listed["vulnerabilities"][0]["sightings"] == 0
        assert visitor.get("/public/exploited.csv").text.splitlines()[1].startswith("CVE-2026-1111,Maker,Gate")
        advisory = ref("report", 2)
        for version in ("2.0", "2.1"):
            document = visitor.get(f"/public/records/{advisory}/csaf/{version}").json()
            assert document["document"]["csaf_version"] == version
        assert visitor.get(f"/public/records/{advisory}/csaf/3.0").status_code == 404
        assert visitor.get(f"/public/sr-Cyrl/records/{advisory}/paper.pdf").content.startswith(b"%PDF-")


def test_search_finds_a_product_by_its_translation_once_in_any_script(tmp_path: Path) -> None:
    with housed(tmp_path) as house, house.visitor() as visitor:
        alert = product(1, "alert", "Long passwords")
        contents = {
            "mk": {"name": "Една долга лозинка", "description": "Лозинка за секоја сметка."},
            "cnr": {"name": "Jedna duga lozinka", "description": "Lozinka za svaki nalog."},
        }
        house.submit(alert, translation(1, alert, contents), product(2, "alert", "Secret", "green"))
        secret = translation(2, product(2, "alert", "Secret", "green"), {"mk": {"name": "Лозинка", "description": "x"}})
        house.submit(secret)
        assert house.node.store.indexer.wait_for(house.node.store.position())
        for words in ("лозинка", "lozinka", "Lozinka", "passwords"):
            page = visitor.get("/public/mk/search", params={"q": words}).text
            assert re.findall(r"<h2><a [^>]*>([^<]*)", page) == ["Една долга лозинка"], words


def test_search_finds_in_any_script_and_asks_nothing_of_hostile_words(house: House) -> None:
    with house.visitor() as visitor:
        for words in ('"><script>', "a" * 200, "%", "*", ""):
            answer = visitor.get("/public/en/search", params={"q": words})
            assert answer.status_code == 200
            assert "<script>" not in answer.text
        assert visitor.get("/public/en/search", params={"q": "a" * 201}).status_code == 400


def test_the_portal_can_be_switched_off_or_made_the_front_page(tmp_path: Path) -> None:
    with housed(tmp_path / "off", portal=Portal(open=False)) as off, off.visitor() as visitor:
        for path in ("/public", "/public/en", "/public/en/feed.atom", "/public/stix.json", "/public/en/report"):
            assert visitor.get(path).status_code == 404, path
    with housed(tmp_path / "front", portal=Portal(front=True)) as front:
        with front.visitor() as visitor:
            assert visitor.get("/").headers["location"] == "/public"
        with front.visitor(Role.READER) as reader:
            assert reader.get("/").status_code == 200


def _recall(record: str) -> bytes:
    return recalling(record, WITHDRAW, owner=OWN, reason="", now=datetime.now(UTC))


def test_errors_are_pages_of_the_portal(house: House) -> None:
    with house.visitor() as visitor:
        for path in ("/public/en/nothing", "/public/en/records/nothing", f"/public/en/records/{ref('report', 999)}"):
            answer = visitor.get(path)
            assert answer.status_code == 404
            assert "To the first page" in answer.text
        gone = visitor.get(f"/public/mk/records/{ref('report', 999)}", headers={"accept-language": "sq"})
        assert 'lang="mk"' in gone.text
        assert "повлечено" in gone.text
