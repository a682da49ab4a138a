"""Every record can be read by a person: whatever its type, whatever is in it, and only by who may."""

import time
from collections.abc import Iterator

import pytest
from tests.record.builders import CREATED, REQUIRED, body, ref
from tests.web.house import OWN, House, housed

from egnatia.policy import PUBLIC
from egnatia.record.marking import TLP2_IDS
from egnatia.web.permission import Role

TLP = {name: marking for marking, name in TLP2_IDS.items()}
CLEAR, RED = TLP["clear"], TLP["red"]
STRANGER = "identity--00000000-0000-4000-8000-0000000000c9"
SIDES = ("", "/links", "/history", "/origin", "/audience", "/raw", "/raw.json")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A node with one record of every type."""
    with housed(tmp_path_factory.mktemp("house")) as found:
        found.submit(*(body(type_) for type_ in REQUIRED), applied=[CLEAR])
        yield found


@pytest.mark.parametrize("type_", REQUIRED)
def test_a_record_of_every_type_can_be_read_from_every_side(house: House, type_: str) -> None:
    with house.visitor(Role.PUBLISHER, language="en") as visitor:
        for side in SIDES:
            answer = visitor.get(f"/records/{ref(type_)}{side}")
            assert answer.status_code == 200, (side, answer.text[:2000])
        assert visitor.get(f"/records/{ref(type_)}/raw.json").content == body(type_)


def test_the_public_reads_what_is_for_everyone_but_not_who_has_it(house: House) -> None:
    with house.visitor() as public:
        page = public.get(f"/records/{ref('campaign')}")
        assert page.status_code == 200
        assert "TLP:CLEAR, which is for everyone" in page.text
        assert public.get(f"/records/{ref('campaign')}/audience").status_code == 404


def test_not_found_and_not_allowed_are_one_answer(house: House) -> None:
    house.submit(body("tool", id=ref("tool", 7), name="Hidden"), applied=[RED])
    answers = []
    with house.visitor(Role.PUBLISHER, organisation=STRANGER) as stranger:
        for identifier in (ref("tool", 7), ref("tool", 99), "nonsense", "tool--1"):
            for side in SIDES:
                answer = stranger.get(f"/records/{identifier}{side}")
                assert answer.status_code == 404
                answers.append(answer.text.replace(identifier, "ID").replace(side, ""))
                assert "Hidden" not in answer.text
    with house.visitor(Role.READER) as own:
        assert "Hidden" in own.get(f"/records/{ref('tool', 7)}").text


def test_what_others_wrote_does_nothing_on_a_page(house: House) -> None:
    evil = "<script>alert(1)</script>"
    house.submit(
        body(
            "malware",
            id=ref("malware", 3),
            name=evil,
            description="safe\u202egnp.exe \u2066x\u2069\x07",
            aliases=['"><img src=x onerror=alert(1)>'],
            lang='en"><b>',
            x_custom={"<i>": [evil, {"deep": evil}]},
            external_references=[{"source_name": evil, "url": "javascript:alert(1)", "description": evil}],
            kill_chain_phases=[{"kill_chain_name": evil, "phase_name": evil}],
        ),
        body("url", id="url--b0c1d2e3-0000-4000-8000-000000000001", value="http://bad.example/<script>"),
        applied=[CLEAR],
    )
    with house.visitor(Role.PUBLISHER) as visitor:
        for side in ("", "/links", "/history", "/origin", "/audience", "/raw"):
            text = visitor.get(f"/records/{ref('malware', 3)}{side}").text
            assert "<script>alert" not in text
            assert "<img src=x" not in text
            assert "<b>" not in text
            assert 'href="javascript:' not in text
            assert "\u202e" not in text
        page = visitor.get(f"/records/{ref('malware', 3)}").text
        assert "safe⟦U+202E⟧gnp.exe ⟦U+2066⟧x⟦U+2069⟧⟦U+0007⟧" in page
        page = visitor.get("/records/url--b0c1d2e3-0000-4000-8000-000000000001").text
        assert "hxxp://bad[.]example/&lt;script&gt;" in page
        assert 'href="http' not in page


def test_a_reader_sees_no_trace_of_an_end_a_version_or_a_backlink_that_is_not_for_them(house: House) -> None:
    campaign = ref("campaign", 20)
    house.submit(
        body("campaign", id=campaign, name="Public campaign", object_marking_refs=[CLEAR]),
        body("malware", id=ref("malware", 20), name="Secret malware", object_marking_refs=[RED]),
        body("relationship", id=ref("relationship", 20), source_ref=campaign, target_ref=ref("malware", 20),
             description="Secret link", object_marking_refs=[CLEAR]),
        body("note", id=ref("note", 20), content="Secret note", object_refs=[campaign], object_marking_refs=[RED]),
        body("sighting", id=ref("sighting", 20), sighting_of_ref=campaign, description="Secret sighting",
             where_sighted_refs=[OWN], object_marking_refs=[RED]),
        body("report", id=ref("report", 20), name="Public report", object_refs=[campaign, ref("malware", 20)],
             object_marking_refs=[CLEAR]),
    )  # fmt: skip
    with house.visitor() as public, house.visitor(Role.READER) as own:
        for side in ("", "/links", "/history"):
            text = public.get(f"/records/{campaign}{side}").text
            assert "Secret" not in text
            assert ref("malware", 20) not in text
        assert "Public report" in public.get(f"/records/{campaign}/links").text
        report = public.get(f"/records/{ref('report', 20)}").text
        assert "Secret" not in report
        assert "Malware that is not here or not for you" in report
        for words in ("Secret malware", "Secret note", "Secret sighting", "Public report"):
            assert words in own.get(f"/records/{campaign}").text


def test_versions_are_shown_with_what_each_changed(house: House) -> None:
    tool = ref("tool", 30)
    later = "2024-03-01T10:00:00.000Z"
    house.submit(body("tool", id=tool, name="scan", description="It scans slowly", aliases=["a", "b"]), applied=[CLEAR])
    house.submit(
        body("tool", id=tool, name="scan", modified=later, description="It scans quickly", aliases=["b", "c"],
             tool_version="2"), applied=[CLEAR],
    )  # fmt: skip
    with house.visitor(Role.READER) as visitor:
        text = visitor.get(f"/records/{tool}/history").text
    assert "<del>slowly</del><ins>quickly</ins>" in text
    assert "2 versions" in text
    assert text.count("before:") == 1  # of the aliases, "a"
    assert text.count("now:") == 2  # "c", and the version that was not there


def test_text_is_shown_in_the_readers_language_where_somebody_translated_it(house: House) -> None:
    attack = ref("attack-pattern", 40)
    house.submit(
        body("attack-pattern", id=attack, name="Phishing", description="False pages", lang="en"),
        body("language-content", id=ref("language-content", 40), object_ref=attack, object_modified=CREATED,
             contents={"sq": {"name": "Peshkim", "description": "Faqe të rreme"}}), applied=[CLEAR],
    )  # fmt: skip
    with house.visitor(Role.READER, language="sq") as visitor:
        page = visitor.get(f"/records/{attack}").text
        assert "Peshkim" in page
        assert "Faqe të rreme" in page
        assert "False pages" in visitor.get(f"/records/{attack}?original=true").text
    with house.visitor(Role.READER) as visitor:
        assert "Peshkim" not in visitor.get(f"/records/{attack}").text


def test_parts_that_are_for_fewer_readers_are_left_out_and_that_is_said(house: House) -> None:
    actor = ref("threat-actor", 50)
    house.submit(
        body("threat-actor", id=actor, name="Actor", description="Secret source", object_marking_refs=[CLEAR],
             granular_markings=[{"marking_ref": RED, "selectors": ["description"]}])
    )  # fmt: skip
    with house.visitor() as public, house.visitor(Role.READER) as own:
        page = public.get(f"/records/{actor}").text
        assert "Secret source" not in page
        assert "You see this record with parts left out" in page
        mine = own.get(f"/records/{actor}").text
        assert "Secret source" in mine
        assert "Fewer readers (TLP:RED) see: Description." in mine
        assert "with parts left out" not in own.get(f"/records/{actor}/history").text
        assert "Secret source" not in public.get(f"/records/{actor}/raw.json").text


def test_its_proof_is_checked_while_the_page_is_made(house: House) -> None:
    with house.visitor() as public:
        assert "Its origin is proven" in public.get(f"/records/{ref('campaign')}/origin").text


def test_a_thousand_links_stay_a_page_that_can_be_read(house: House) -> None:
    hub = ref("intrusion-set", 60)
    many = [
        body("malware", id=ref("malware", 0x1000 + each), name=f"Sample {each}", object_marking_refs=[CLEAR])
        for each in range(1_000)
    ]
    joined = [
        body("relationship", id=ref("relationship", 0x1000 + each), relationship_type="uses", source_ref=hub,
             target_ref=ref("malware", 0x1000 + each), object_marking_refs=[CLEAR])
        for each in range(1_000)
    ]  # fmt: skip
    house.submit(body("intrusion-set", id=hub, name="Hub", object_marking_refs=[CLEAR]), *many, *joined)
    with house.visitor() as public:
        seen = set()
        where = f"/records/{hub}/links"
        for _ in range(11):
            page = public.get(where).text
            assert len(page.encode()) < 150_000
            seen |= {each for each in range(1_000) if f">Sample {each}<" in page}
            older = page.partition('rel="next" href="')[2].partition('"')[0]
            if not older:
                break
            where = older.replace("&amp;", "&")
        assert seen == set(range(1_000))
        assert len(public.get(f"/records/{hub}").content) < 150_000


def test_whoever_reads_what_is_anothers_stands_in_the_audit_log(house: House) -> None:
    tool = ref("tool", 70)
    house.submit(body("tool", id=tool, name="Theirs", object_marking_refs=[CLEAR]), owner=STRANGER)
    with house.visitor(Role.READER) as visitor:
        assert "Theirs" in visitor.get(f"/records/{tool}").text
        assert visitor.get(f"/records/{tool}/raw.json").status_code == 200
    position = next(row.position for row in house.node.store.get(PUBLIC, [tool]))
    until = time.monotonic() + 30
    noted = False
    while not noted and time.monotonic() < until:  # releases are gathered for a moment before they are written down
        rows = house.node.store.audit_rows()
        noted = any(each.action == "release" and each.detail == str(position) for each in rows)
    assert noted
