"""Match: a log is handed over on a page, matched in a process of its own, and what is found becomes sightings."""

import gzip
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.web.house import House, csrf_of, housed
from tests.web.telling import ALBANIA, GREEN, RED, neighbours, record

from egnatia.cyber.intel.log_match import FOLDER, KEPT, Run, Runs, forget_old
from egnatia.exchange.formats.conversion import instant
from egnatia.exchange.four_eyes import FourEyes, Rule
from egnatia.exchange.review import Reviews
from egnatia.settings.declared import Limits
from egnatia.store import Query
from egnatia.web.permission import Role

pytest.importorskip("duckdb", reason="the optional part 'engine' is not installed")

NOW = instant(time.time() - 60)
EVIL = "indicator--11111111-1111-4111-8111-111111111111"
LOG = (
    "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tquery\tanswers\n"
    "1767225600.5\tC1\t10.0.0.7\t5353\t10.0.0.53\t53\tudp\ta.evil.example\t-\n"
    "1767225601.5\tC2\t10.0.0.8\t5353\t10.0.0.53\t53\tudp\tsecret.example\t-\n"
    "1767225602.5\tC3\t=cmd()\t5353\t10.0.0.53\t53\tudp\tevil.example\t-\n"
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    limits = Limits(match_bytes=1_000_000, match_runs=2)
    with housed(tmp_path_factory.mktemp("house"), limits=limits) as found:
        neighbours(found)
        found.node.host(ALBANIA, "CSIRT of Albania", "AL")
        dated = {"modified": NOW, "confidence": 90}
        found.submit(
            record("indicator", GREEN, id=EVIL, name="A sign of evil", pattern="[domain-name:value = 'evil.example']",
                   **dated),
            record("indicator", RED, name="A secret sign", pattern="[domain-name:value = 'secret.example']", **dated),
        )  # fmt: skip
        yield found


def handed(visitor: httpx.Client, content: bytes = LOG.encode(), **fields: str) -> httpx.Response:
    token = csrf_of(visitor.get("/intel/match").text)
    file = {"file": ("dns.log", content)} if content else {}
    return visitor.post("/intel/match", data={"csrf": token, "least": "1", **fields}, files=file or {"x": b""})


def ended(visitor: httpx.Client, answer: httpx.Response) -> str:
    """The page of a run when it has ended."""
    assert answer.status_code == 303, answer.text
    for _ in range(300):
        text = visitor.get(answer.headers["location"]).text
        if "data-progress" not in text:
            return text
        time.sleep(0.2)
    raise AssertionError("it does not end")


def sightings(house: House, organisation: str | None = None) -> list[dict[str, Any]]:
    clearance = house.node.clearance_of(organisation or house.node.own)
    rows = house.node.store.changes(clearance, 0, 100, Query(types=("sighting", "observed-data"))).rows
    return [msgspec.json.decode(row.body) for row in rows]


def test_a_log_is_matched_and_what_was_found_becomes_sightings(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as visitor:
        answer = handed(visitor)
        place = answer.headers["location"]
        stream = visitor.get(f"{place}/progress").text
        assert stream.endswith("event: end\ndata: {}\n\n")
        text = ended(visitor, answer)
        assert "2 indicators were found in it" in text
        assert "A sign of evil" in text
        assert "A secret sign" in text
        assert "10.0.0.7" in text
        assert "a.evil.example" in text
        table = visitor.get(f"{place}/hits.csv")
        assert table.headers["content-type"].startswith("text/csv")
        assert "1767225602.5" in table.text
        assert not re.search(r'(?:^|[,"])[=+@-]', table.text, re.MULTILINE)
        token = csrf_of(text)
        assert visitor.post(f"{place}/sightings", data={"csrf": "x", "how": "counts"}).status_code == 403
        assert visitor.post(f"{place}/sightings", data={"csrf": token, "how": "all"}).status_code == 400
        assert visitor.post(f"{place}/sightings", data={"csrf": token, "how": "counts"}).status_code == 303
        assert "2 sightings are recorded" in visitor.get(place).text
        told = sightings(house)
        assert {each["type"] for each in told} == {"sighting"}
        assert next(each["count"] for each in told if each["sighting_of_ref"] == EVIL) == 2
        assert "10.0.0.7" not in str(told)
        visitor.post(f"{place}/sightings", data={"csrf": token, "how": "counts"})
        assert len(sightings(house)) == 2
        assert visitor.post(f"{place}/remove", data={"csrf": token}).status_code == 303
        assert visitor.get(place).status_code == 404
    folder = house.node.settings.data / FOLDER
    assert list(folder.iterdir()) == []
    noted = [row.action for row in house.node.store.audit_rows()]
    assert {"match", "match ended", "match taken along", "match recorded", "match removed"} <= set(noted)


def test_what_was_seen_is_recorded_for_ourselves_alone(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as visitor:
        answer = handed(visitor, LOG.replace("17672", "17682").encode())
        token = csrf_of(ended(visitor, answer))
        visitor.post(f"{answer.headers['location']}/sightings", data={"csrf": token, "how": "full"})
    assert "observed-data" in {each["type"] for each in sightings(house)}
    assert "observed-data" not in {each["type"] for each in sightings(house, ALBANIA)}


def test_no_hit_tells_of_an_indicator_that_is_not_for_the_reader(house: House) -> None:
    with house.visitor(Role.ANALYST, organisation=ALBANIA) as visitor:
        answer = handed(visitor)
        text = ended(visitor, answer)
        place = answer.headers["location"]
        for said in (text, visitor.get(f"{place}/hits.csv").text):
            assert "evil" in said
            assert "secret" not in said
        assert "1 indicator was found" in text
    with house.visitor(Role.PUBLISHER) as other:
        for path in (place, f"{place}/hits.csv", f"{place}/progress"):
            assert other.get(path).status_code == 404
        token = csrf_of(other.get("/intel/match").text)
        assert other.post(f"{place}/remove", data={"csrf": token}).status_code == 404
        assert other.post(f"{place}/sightings", data={"csrf": token, "how": "counts"}).status_code == 404


def test_who_may_not_is_kept_out(house: House) -> None:
    with house.visitor(Role.READER) as visitor:
        assert visitor.get("/intel/match").status_code == 403
        assert visitor.post("/intel/match", data={"csrf": "x"}, files={"file": ("a", b"b")}).status_code == 403
    with house.visitor() as visitor:
        assert visitor.get("/intel/match").status_code in {401, 403, 303}
    with house.visitor(Role.ANALYST) as visitor:
        answer = visitor.post("/intel/match", data={"csrf": "x"}, files={"file": ("a", b"b")})
        assert answer.status_code == 403
        answer = handed(visitor)


def test_what_cannot_be_read_is_said_in_words(house: House) -> None:
    with house.visitor(Role.ANALYST, language="mk") as visitor:
        assert "<strong>" in ended(visitor, handed(visitor, "ништо\n".encode()))
    with house.visitor(Role.ANALYST) as visitor:
        assert "no form that is known" in ended(visitor, handed(visitor, b"Dear colleague,\n"))
        assert "cannot be read as a log" in ended(visitor, handed(visitor, b"\x89PNG\r\n\x1a\n\0\0"))
        assert "Choose a file" in handed(visitor, b"").text
        assert handed(visitor, b"x" * 1_200_000).status_code == 413
        assert handed(visitor, form="nothing").status_code == 400


def test_lines_are_pasted_and_files_may_be_packed(house: House) -> None:
    with house.visitor(Role.ANALYST) as visitor:
        assert "2 indicators were found" in ended(visitor, handed(visitor, gzip.compress(LOG.encode())))
        text = ended(visitor, handed(visitor, b"", text='{"query":"<b>.evil.example"}'))
        assert "1 indicator was found" in text
        assert "<b>.evil" not in text


def test_only_so_many_go_on_at_a_time(house: House) -> None:
    busy = Run(
        id="one", organisation=ALBANIA, login="a", by="A", name="x", size=1, began=time.time_ns() // 1_000,
        touched=time.time_ns() // 1_000,
    )  # fmt: skip
    runs = Runs(house.node.store, ALBANIA)
    runs.put(busy)
    runs.put(msgspec.structs.replace(busy, id="two"))
    try:
        with house.visitor(Role.ANALYST) as visitor:
            answer = handed(visitor)
            assert answer.status_code == 503
            assert "Another log is being matched" in answer.text
        assert list((house.node.settings.data / FOLDER).iterdir()) == []
    finally:
        runs.remove("one")
        runs.remove("two")


def test_a_run_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with (
        housed(tmp_path, limits=Limits(match_seconds=1)) as house,
        house.visitor(Role.ANALYST) as visitor,
    ):
        house.submit(record("indicator", GREEN, pattern="[domain-name:value MATCHES '^(a+)+$']", modified=NOW))
        line = '{"query":"' + "a" * 60 + '!.example"}\n'
        assert "longer than this node allows" in ended(visitor, handed(visitor, line.encode()))
        assert list((house.node.settings.data / FOLDER).iterdir()) == []


def test_where_a_second_person_reads_hits_are_handed_in_and_published_when_approved(house: House) -> None:
    FourEyes(house.node.store).set(house.node.own, Rule.ALWAYS)
    before = len(sightings(house))
    try:
        with house.visitor(Role.PUBLISHER) as visitor, house.visitor(Role.PUBLISHER) as second:
            answer = handed(visitor, LOG.replace("17672", "17692").encode())
            place, text = answer.headers["location"], ended(visitor, answer)
            assert "handed in for review" in text
            form = {"csrf": csrf_of(text), "how": "counts"}
            assert visitor.post(f"{place}/sightings", data=form).status_code == 303
            assert "2 sightings wait for a second person" in visitor.get(place).text
            assert "2 sightings were handed in" in visitor.get(place).text
            visitor.post(f"{place}/sightings", data=form)
            waiting = [each for each in Reviews(house.node.store, house.node.own).latest() if each.state == "waiting"]
            assert len(waiting) == 2, "one for each marking, and none twice"
            assert {each.title for each in waiting} == {"1 sighting of the log dns.log"}
            assert len(sightings(house)) == before
            for each in waiting:
                path = f"/publish/reviews/{each.id}"
                approve = {"csrf": csrf_of(visitor.get(path).text), "do": "approve", "digest": each.digest}
                assert visitor.post(path, data=approve).status_code == 422, "nobody approves their own"
                approve["csrf"] = csrf_of(second.get(path).text)
                assert second.post(path, data=approve).status_code == 303
            assert len(sightings(house)) == before + 2
            assert "10.0.0.7" not in str(sightings(house))
    finally:
        FourEyes(house.node.store).set(house.node.own, Rule.NEVER)


def test_what_waits_for_nobody_is_recorded_and_the_rest_handed_in(house: House) -> None:
    FourEyes(house.node.store).set(house.node.own, Rule.OTHERS)
    try:
        with house.visitor(Role.PUBLISHER) as visitor:
            answer = handed(visitor, LOG.replace("17672", "17702").encode())
            text = ended(visitor, answer)
            form = {"csrf": csrf_of(text), "how": "full"}
            visitor.post(f"{answer.headers['location']}/sightings", data=form)
            text = visitor.get(answer.headers["location"]).text
            assert "1 sighting is recorded. 1 sighting waits for a second person." in text
            (review,) = (each for each in Reviews(house.node.store, house.node.own).latest() if each.state == "waiting")
            path = f"/publish/reviews/{review.id}"
            text = visitor.get(path).text
            assert "Take it back to my drafts" not in text
            taken = visitor.post(path, data={"csrf": csrf_of(text), "do": "withdraw"})
            assert taken.headers["location"] == "/publish/reviews"
    finally:
        FourEyes(house.node.store).set(house.node.own, Rule.NEVER)


def test_who_may_not_publish_hands_in_under_every_rule(house: House) -> None:
    before = len(sightings(house))
    with house.visitor(Role.ANALYST) as visitor, house.visitor(Role.PUBLISHER) as second:
        answer = handed(visitor, LOG.replace("17672", "17712").encode())
        form = {"csrf": csrf_of(ended(visitor, answer)), "how": "counts"}
        assert visitor.post(f"{answer.headers['location']}/sightings", data=form).status_code == 303
        assert len(sightings(house)) == before
        assert "2 sightings wait for a second person" in visitor.get(answer.headers["location"]).text
        for each in Reviews(house.node.store, house.node.own).latest():
            if each.state == "waiting":
                path = f"/publish/reviews/{each.id}"
                back = {"csrf": csrf_of(second.get(path).text), "do": "return", "reason": "They are ours."}
                assert second.post(path, data=back).status_code == 303


def test_the_page_of_a_run_looks_again_by_itself_without_a_script(house: House) -> None:
    now = time.time_ns() // 1_000
    going = Run(id="going", organisation=house.node.own, login="a", by="A", name="x", size=9, began=now, touched=now)
    runs = Runs(house.node.store, house.node.own)
    again = '<noscript><meta http-equiv="refresh" content="3"></noscript>'
    try:
        runs.put(going)
        with house.visitor(Role.ANALYST) as visitor:
            head = visitor.get("/intel/match/going").text.partition("</head>")[0]
            assert again in head
            runs.put(msgspec.structs.replace(going, ended=now))
            assert again not in visitor.get("/intel/match/going").text
    finally:
        runs.remove("going")


def test_the_pattern_that_was_being_tried_when_a_run_was_ended_is_named_to_who_may_see_it(house: House) -> None:
    now = time.time_ns() // 1_000
    run = Run(
        id="stuck", organisation=house.node.own, login="a", by="A", name="x", size=9, began=now, touched=now, ended=now,
        failed="too long", stuck=EVIL,
    )  # fmt: skip
    runs = Runs(house.node.store, house.node.own)
    try:
        with house.visitor(Role.ANALYST) as visitor:
            runs.put(run)
            text = visitor.get("/intel/match/stuck").text
            assert "while this pattern was being tried" in text
            assert f'<a href="/records/{EVIL}">A sign of evil</a>' in text
            runs.put(msgspec.structs.replace(run, stuck="indicator--33333333-3333-4333-8333-333333333333"))
            assert "while this pattern was being tried" not in visitor.get("/intel/match/stuck").text
    finally:
        runs.remove("stuck")


def test_a_pattern_for_which_every_line_is_read_is_named(house: House) -> None:
    slow = "indicator--22222222-2222-4222-8222-222222222222"
    pattern = "[domain-name:value MATCHES '^[a-z]{20}$']"
    house.submit(record("indicator", RED, id=slow, name="Бавен образец", pattern=pattern, modified=NOW))
    with house.visitor(Role.ANALYST) as visitor:
        text = ended(visitor, handed(visitor))
        assert "1 pattern asks for nothing that can be looked up: every line was read for it." in text
        assert f'<a href="/records/{slow}">Бавен образец</a>' in text
    with house.visitor(Role.ANALYST, organisation=ALBANIA) as visitor:
        assert "Бавен" not in ended(visitor, handed(visitor))


def test_after_a_day_all_is_forgotten(house: House) -> None:
    store, now = house.node.store, time.time_ns() // 1_000
    runs = Runs(store, house.node.own)
    old = Run(
        id="old", organisation=house.node.own, login="a", by="A", name="x", size=1, began=now - KEPT - 1, touched=1
    )
    runs.put(old)
    runs.put(msgspec.structs.replace(old, id="new", began=now))
    forget_old(store, house.node.settings.data, now)
    assert runs.get("old") is None
    assert runs.get("new") is not None
    runs.remove("new")
