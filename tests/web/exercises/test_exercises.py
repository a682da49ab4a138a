"""Exercises on the pages: planned, entered, led and played; and nothing of them on any page outside."""

from collections.abc import Iterator

import httpx
import msgspec
import pytest
from tests.cyber.exercises.playing import SMALL, act, game, incident, who
from tests.exchange.gate import indicator
from tests.web.house import House, csrf_of, housed

from egnatia.cyber.exercises.exercises import Plan, within
from egnatia.exchange import token
from egnatia.exchange.submission import Submitter
from egnatia.node import ALL_RIGHTS
from egnatia.record import read
from egnatia.web.permission import Role

AL = "identity--22222222-2222-4222-8222-222222222222"
RS = "identity--33333333-3333-4333-8333-333333333333"
OUT = "identity--44444444-4444-4444-8444-444444444444"
CLEAR = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with housed(tmp_path_factory.mktemp("exercises")) as made:
        made.node.host(AL, "CSIRT of Albania", "AL")
        made.node.host(RS, "CSIRT of Serbia", "RS")
        made.node.host(OUT, "A bank", "ME")
        yield made


@pytest.fixture
def word(house: House) -> str:
    """A new exercise that stands still just after its beginning."""
    leader = who(house.node.own)
    made = house.node.exercises.plan(leader, Plan(text=SMALL, cast={"albania": (AL,), "serbia": (RS,)}))
    house.node.exercises.do(leader, made, "begin")
    house.node.exercises.do(leader, made, "hold")
    return made


def enter(client: httpx.Client, word: str) -> httpx.Response:
    token = csrf_of(client.get("/exercises").text)
    return client.post(f"/exercises/{word}/enter", data={"csrf": token}, follow_redirects=True)


def press(client: httpx.Client, page: str, to: str, /, **fields: str) -> httpx.Response:
    token = csrf_of(client.get(page).text)
    return client.post(to, data={"csrf": token, **fields}, follow_redirects=True)


def test_every_page_in_an_exercise_bears_the_banner_and_the_way_out(house: House, word: str) -> None:
    with house.visitor(Role.PUBLISHER, organisation=AL) as client:
        for path in ("/", "/feed", "/search", "/intel", "/publish", "/cases", "/cases/due", "/cases/new", "/exercises"):
            assert 'class="exercise"' not in client.get(path).text
        assert 'class="exercise"' in enter(client, word).text
        for path in ("/", "/feed", "/search", "/intel", "/publish", "/cases", "/cases/due", "/cases/new", "/exercises"):
            page = client.get(path)
            assert page.status_code == 200, path
            assert "A small exercise" in page.text
            assert 'class="exercise"' in page.text
        press(client, "/exercises", "/exercises/leave")
        assert 'class="exercise"' not in client.get("/feed").text


def test_what_belongs_to_the_house_stays_outside(house: House, word: str) -> None:
    everything = (Role.PUBLISHER, Role.ADMINISTRATOR, Role.AUDITOR)
    with house.visitor(*everything) as client:
        enter(client, word)
        for path in ("/peers", "/audit", "/settings", "/accounts", "/tokens", "/organisations", "/agreements",
                     "/intel/outputs", "/publish/reviews", "/notices", "/incidents/summary", "/cases/templates/x",
            "/profile"):  # fmt: skip
            assert client.get(path).status_code == 403, path


def test_who_takes_no_part_finds_nothing(house: House, word: str) -> None:
    with house.visitor(Role.PUBLISHER, organisation=OUT) as client:
        assert word not in client.get("/exercises").text
        assert enter(client, word).status_code == 404
        client.cookies.set(house.cookie.replace("session", "exercise"), word)
        assert client.get(f"/exercises/{word}").status_code == 404
        assert 'class="exercise"' not in client.get("/feed").text


def test_an_exercise_is_shown_to_nobody_who_has_not_entered_it(house: House, word: str) -> None:
    with house.visitor(Role.PUBLISHER) as client:
        for path in (f"/exercises/{word}", f"/exercises/{word}/console", f"/exercises/{word}/report"):
            assert client.get(path).status_code == 404, path


def test_players_are_shown_no_console(house: House, word: str) -> None:
    with house.visitor(Role.PUBLISHER, organisation=AL) as client:
        enter(client, word)
        for path in ("console", "report", "report.pdf"):
            assert client.get(f"/exercises/{word}/{path}").status_code == 404, path
        page = client.get(f"/exercises/{word}").text
        token = csrf_of(page)
        for action, fields in (("control", {"does": "hold"}), ("release", {"inject": "call"}), ("note", {"text": "x"})):
            answer = client.post(f"/exercises/{word}/{action}", data={"csrf": token, **fields})
            assert answer.status_code == 404, action
        assert "The minister calls" not in page


def test_the_facilitator_moves_time_and_lets_things_happen(house: House, word: str) -> None:
    with house.visitor(Role.PUBLISHER) as client:
        console = enter(client, word)
        assert "Still to come" in console.text
        assert "The minister calls" in console.text
        at = f"/exercises/{word}/console"
        press(client, at, f"/exercises/{word}/control", does="skip", minutes="30")
        press(client, at, f"/exercises/{word}/release", inject="by-hand", why="too calm")
        press(client, at, f"/exercises/{word}/control", does="pace", speed="5")
        shown = press(client, at, f"/exercises/{word}/control", does="go-on").text
        assert "too calm" in shown
        assert "Running" in shown
        assert press(client, at, f"/exercises/{word}/control", does="pace", speed="100000").status_code == 400
        assert press(client, at, f"/exercises/{word}/control", does="go-on").status_code == 400
        assert client.post(f"/exercises/{word}/control", data={"does": "hold"}).status_code == 403
        noted = press(client, at, f"/exercises/{word}/note", text="Мирни су", expectation="calm", score="80").text
        assert "Мирни су" in noted
        assert "80%" in noted
    with house.visitor(Role.PUBLISHER, organisation=AL) as client:
        played = enter(client, word).text
        assert "What do I say?" in played
        assert "Мирни су" not in played
        assert "too calm" not in played


def test_players_work_on_the_real_pages(house: House, word: str) -> None:
    with house.visitor(Role.PUBLISHER, organisation=RS) as client:
        enter(client, word)
        token = csrf_of(client.get("/cases/new?workflow=incident").text)
        opened = client.post(
            "/cases/new",
            data={"csrf": token, "workflow": "incident", "name": "Server stands", "roles": "affected-entity",
                  "parties": f"{AL} national-csirt"},
            follow_redirects=True,
        )  # fmt: skip
        assert opened.status_code == 200, opened.text
        assert "Server stands" in opened.text
        assert 'class="exercise"' in opened.text
        assert "Server stands" in client.get("/cases").text
        assert "Server stands" in client.get(f"/exercises/{word}").text
        calendar = client.get("/cases/due.ics").text
        assert "BEGIN:VCALENDAR" in calendar
        press(client, "/exercises", "/exercises/leave")
        assert "Server stands" not in client.get("/cases").text
        assert client.get(str(opened.url.path)).status_code == 404


def test_a_form_from_outside_changes_nothing_inside_nor_the_other_way(house: House, word: str) -> None:
    with house.visitor(Role.PUBLISHER, organisation=AL) as client:
        outside = csrf_of(client.get("/cases/new?workflow=incident").text)
        form = {"workflow": "incident", "name": "From another page", "roles": "national-csirt"}
        enter(client, word)
        assert client.post("/cases/new", data={"csrf": outside, **form}).status_code == 403
        inside = csrf_of(client.get("/cases/new?workflow=incident").text)
        press(client, "/exercises", "/exercises/leave")
        assert client.post("/cases/new", data={"csrf": inside, **form}).status_code == 403


def test_what_is_published_in_an_exercise_is_nowhere_outside(house: House, word: str) -> None:
    made = {
        **indicator(CLEAR, name="Played flute", pattern="[domain-name:value = 'flute.example']"),
        "created_by_ref": AL,
    }
    marking = house.node.exercises.marking(word)
    player = Submitter(AL, "ana", ALL_RIGHTS, word, marking)
    assert not house.node.admission.submit([msgspec.json.encode(made)], player).result(20).refused
    assert house.node.store.indexer.wait_for(house.node.store.position())
    paths = (
        "/", "/feed", "/search?q=flute", "/search?q=flute.example", "/search/suggest?q=flu", "/intel?q=flute",
        "/intel/suggest?q=flu", "/publish/find?words=flute", "/intel/matrix", "/intel/graph",
    )  # fmt: skip
    with house.visitor(Role.PUBLISHER, organisation=AL) as client:
        for path in paths:
            assert "played flute" not in client.get(path).text.lower(), path
        for path in ("", "/raw", "/raw.json", "/links", "/history", "/origin", "/audience"):
            assert client.get(f"/records/{made['id']}{path}").status_code == 404, path
        assert client.get(f"/intel/common/{made['id']}").status_code == 404
        enter(client, word)
        assert made["id"] in client.get("/search?q=flute").text
        assert "Played flute" in client.get("/feed").text
        record = client.get(f"/records/{made['id']}")
        assert record.status_code == 200
        raw = client.get(f"/records/{made['id']}/raw.json")
        assert "EXERCISE-" in raw.headers["content-disposition"]
    for path in ("/api/v1/changes", f"/api/v1/records/{made['id']}", "/api/v1/search?q=flute", "/taxii2/"):
        with house.visitor() as client:
            assert "layed flute" not in client.get(path).text


def test_nothing_real_is_shown_inside(house: House, word: str) -> None:
    made = {**indicator(CLEAR, name="Real drum", pattern="[domain-name:value = 'drum.example']"), "created_by_ref": AL}
    house.submit(msgspec.json.encode(made), owner=AL)
    with house.visitor(Role.PUBLISHER, organisation=AL) as client:
        assert "Real drum" in client.get("/feed").text
        enter(client, word)
        for path in ("/", "/feed", "/search?q=drum", "/search/suggest?q=dru", "/publish/find?words=drum"):
            assert "real drum" not in client.get(path).text.lower(), path
        assert client.get(f"/records/{made['id']}").status_code == 404


def test_an_exercise_is_planned_on_its_page(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as client:
        page = client.get("/exercises/new?scenario=ransomware-data-centre").text
        token = csrf_of(page)
        teams = sorted({each.partition(" ")[0] for each in page.split('name="cast" value="')[1:]})
        cast = [f"{team} {(AL, RS)[place % 2]}" for place, team in enumerate(teams)]
        data = {"csrf": token, "scenario": "ransomware-data-centre", "cast": cast, "observers": house.node.own}
        listed = client.post("/exercises/new", data=data, follow_redirects=True)
        assert listed.status_code == 200
        assert "Ransomware in a government data centre" in listed.text
        missing = client.post("/exercises/new", data={**data, "cast": cast[:1]})
        assert missing.status_code == 422
        assert "nobody plays" in missing.text


def test_the_report_says_that_it_is_of_an_exercise_and_a_finding_becomes_a_real_case(house: House, word: str) -> None:
    node = house.node
    node.exercises.release(who(node.own), word, "call", "by hand")
    node.exercises.do(who(node.own), word, "skip", minutes=30)
    case = incident(node, word, national_csirt=AL)
    node.exercises.do(who(node.own), word, "skip", minutes=10)
    act(node, word, case, RS, "submit", "early-warning", suspected_malicious=True, cross_border=True)
    act(node, word, case, AL, "comment")
    node.exercises.do(who(node.own), word, "finish")
    with house.visitor(Role.PUBLISHER) as client:
        enter(client, word)
        at = f"/exercises/{word}/report"
        shown = client.get(at).text
        assert "done in time" in shown
        paper = client.get(f"{at}.pdf")
        assert paper.headers["content-type"] == "application/pdf"
        assert paper.headers["content-disposition"].startswith('attachment; filename="EXERCISE-')
        assert paper.content.startswith(b"%PDF")
        written = press(
            client, at, f"/exercises/{word}/finding", finding="Nobody had the list of contacts",
            action="Print the list", owner=AL, person="Ana", until="2027-06-01",
        ).text  # fmt: skip
        assert "Nobody had the list of contacts" in written
        assert "Print the list (CSIRT of Albania, Ana, 2027-06-01)" in written
        assert press(client, at, f"/exercises/{word}/finding", finding="x", action="y").status_code == 400
    with house.visitor(Role.READER, organisation=AL) as client:
        assert "Print the list" in client.get("/cases/due").text
        assert "Print the list" in client.get("/cases").text


def test_drafts_of_an_exercise_stay_in_it(house: House, word: str) -> None:
    with house.visitor(Role.PUBLISHER, organisation=AL) as client:
        enter(client, word)
        token = csrf_of(client.get("/publish/new/note").text)
        client.post("/publish/new/note", data={"csrf": token, "p_abstract": "A played draft", "do": "keep"})
        press(client, "/exercises", "/exercises/leave")
        assert "A played draft" not in client.get("/publish").text


def test_who_may_only_read_leads_nothing(house: House, word: str) -> None:
    with house.visitor(Role.READER) as client:
        enter(client, word)
        console = client.get(f"/exercises/{word}/console").text
        assert 'name="does"' not in console
        token = csrf_of(console)
        assert client.post(f"/exercises/{word}/control", data={"csrf": token, "does": "go-on"}).status_code == 403


def test_a_record_handed_in_inside_bears_the_marking(house: House, word: str) -> None:
    player = within(who(AL), word)
    marking = house.node.exercises.marking(word)
    made = {**indicator(CLEAR), "created_by_ref": AL}
    submitter = msgspec.structs.replace(player, marking=marking)
    house.node.admission.submit([msgspec.json.encode(made)], submitter).result(20)
    (row,) = house.node.store.get(house.node.exercises.clearance(RS, word), [made["id"]])
    assert row.applied == (read(marking).head.id,)
    assert row.label.exercise == word


def token_of(house: House, organisation: str) -> dict[str, str]:
    """What a program of an organisation sends, with every right."""
    minted = token.mint()
    held = token.Token(
        id=minted.id,
        digest=minted.digest,
        organisation=organisation,
        name="a program",
        rights=ALL_RIGHTS,
        created=0,
        expires=None,
    )
    house.node.store.tokens.add(held)
    return {"authorization": f"Bearer {minted.text}"}


def test_no_program_reads_anything_of_an_exercise(house: House, word: str) -> None:
    made = {
        **indicator(CLEAR, name="Played oboe", pattern="[domain-name:value = 'oboe.example']"),
        "created_by_ref": AL,
    }
    player = Submitter(AL, "ana", ALL_RIGHTS, word, house.node.exercises.marking(word))
    assert not house.node.admission.submit([msgspec.json.encode(made)], player).result(20).refused
    case = incident(house.node, word, national_csirt=AL)
    with httpx.Client(base_url=house.url, headers=token_of(house, AL), timeout=30) as client:
        accept = {"accept": "application/taxii+json;version=2.1"}
        (root,) = client.get("/taxii2/", headers=accept).json()["api_roots"]
        listed = client.get(f"{root}collections/", headers=accept).json()["collections"]
        assert listed
        for each in listed:
            shown = client.get(f"{root}collections/{each['id']}/objects/", headers=accept)
            assert shown.status_code == 200
            assert "oboe" not in shown.text
            assert word not in shown.text
            one = client.get(f"{root}collections/{each['id']}/objects/{made['id']}/", headers=accept)
            assert one.status_code == 404 or not one.json().get("objects")
        changes = client.get("/api/v1/changes?limit=1000").text
        assert "records" in changes
        assert "oboe" not in changes
        assert word not in changes
        for record in (made["id"], case, game(house.node, word, house.node.own).id):
            for path in ("", "/versions", "/neighbours"):
                assert client.get(f"/api/v1/records/{record}{path}").status_code == 404, path
        assert "oboe" not in client.get("/api/v1/search?q=oboe").text
        assert "layed oboe" not in client.get("/api/v1/values?value=oboe.example").text
        newer = {**made, "modified": "2026-01-02T00:00:00.000Z"}
        client.post("/api/v1/records", content=msgspec.json.encode(newer), headers={"content-type": "application/json"})
        assert "oboe" not in client.get("/api/v1/changes?limit=1000").text
