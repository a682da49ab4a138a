"""Work within a case in the browser: files, tasks, clocks, links, merging, and what two parties said differently."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
import pytest
from tests.exchange.gate import AMBER, hand_in, indicator
from tests.web.cases.test_cases import BANK, LAW, opened, send, words
from tests.web.house import House, csrf_of, housed

from egnatia.casework.audience import marking
from egnatia.casework.registry import Deed
from egnatia.casework.state import Rule
from egnatia.exchange.submission import Submitter
from egnatia.node import ALL_RIGHTS
from egnatia.record.schemas import CASE_EVENT
from egnatia.web.cases.wording import RULES
from egnatia.web.permission import Role

EVIL = b"<script>alert(1)</script>"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with housed(tmp_path) as found:
        found.node.host(BANK, "Bank of a test", "ME")
        found.node.host(LAW, "Prosecutor of a test", "ME")
        yield found


def attach(client: httpx.Client, case: str, name: str = "note.html", content: bytes = EVIL, **more: str) -> str:
    """The path of a file that was attached."""
    csrf = csrf_of(client.get(case).text)
    sent = client.post(f"{case}/files", data={"csrf": csrf, **more}, files={"file": (name, content, "text/html")})
    assert sent.status_code == 303, sent.text
    found = re.findall(r'href="(/cases/[^"]+/files/[^"]+)"', client.get(case).text)
    return str(found[-1])


def test_a_file_is_downloaded_never_shown_and_who_took_it_is_written_down(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as csirt, house.visitor(Role.PUBLISHER, organisation=BANK) as bank:
        case = opened(csirt)
        file = attach(csirt, case, "прилог <b>.html")
        page = bank.get(file)
        assert page.status_code == 200
        assert "<b>.html" not in page.text
        assert "Nobody of your organisation yet" in words(page)
        taken = bank.get(f"{file}/content")
        assert taken.content == EVIL
        assert taken.headers["content-type"] == "application/octet-stream"
        assert taken.headers["content-disposition"].startswith("attachment;")
        assert taken.headers["x-content-type-options"] == "nosniff"
        assert taken.headers["content-security-policy"].startswith("sandbox;")
        assert "Ana Test" in words(bank.get(file)) or "ana." in words(bank.get(file))
        assert "ana." not in words(csirt.get(file)).partition("Who took")[2], (
            "another organisation's people are not named"
        )
        row = next(each for each in house.node.store.audit_rows() if each.action == "case file downloaded")
        assert BANK in row.actor


def test_a_file_is_for_the_parties_alone_and_of_its_case_alone(house: House) -> None:
    with (
        house.visitor(Role.PUBLISHER) as csirt,
        house.visitor(Role.PUBLISHER, organisation=LAW) as law,
        house.visitor(Role.READER) as reader,
        house.visitor() as public,
    ):
        case, other = opened(csirt), opened(csirt)
        file = attach(csirt, case)
        name = file.rpartition("/")[2]
        for client in (law, public):
            assert client.get(file).status_code == 404
            assert client.get(f"{file}/content").status_code == 404
        assert csirt.get(f"{other}/files/{name}/content").status_code == 404
        assert csirt.get(f"{case}/files/indicator--00000000-0000-4000-8000-000000000000").status_code == 404
        assert reader.get(f"{file}/content").status_code == 200
        csrf = csrf_of(reader.get("/cases").text)
        refused = reader.post(f"{case}/files", data={"csrf": csrf}, files={"file": ("x", b"x")})
        assert refused.status_code == 403
        empty = csirt.post(f"{case}/files", data={"csrf": csrf_of(csirt.get(case).text)}, files={"file": ("x", b"")})
        assert empty.status_code == 400


def test_a_hash_that_is_known_warns_before_anybody_takes_a_copy(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as csirt:
        case = opened(csirt)
        file = attach(csirt, case)
        digest = re.search(r'<code class="wrap">([0-9a-f]{64})', csirt.get(file).text)
        assert digest is not None
        bad = indicator(AMBER, pattern=f"[file:hashes.'SHA-256' = '{digest[1]}']", created_by_ref=house.node.own)
        hand_in(house.node, bad, owner=house.node.own)
        assert "Other records speak of a file with this hash" in words(csirt.get(file))
        assert "known hash" in words(csirt.get(case))


def test_a_task_has_its_people_and_is_followed_to_its_end(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as csirt, house.visitor(Role.PUBLISHER, organisation=BANK) as bank:
        case = opened(csirt)
        made = send(
            csirt, f"{case}/task", name="Image the disks", responsible=BANK, accountable=house.node.own,
            consulted=["national-csirt"], informed=[BANK], person="Ana", due="2026-12-01T10:00",
        )  # fmt: skip
        assert made.status_code == 303, made.text
        page = bank.get(case)
        assert "Image the disks" in words(page)
        assert "(Ana)" in words(page)
        assert "consulted: National CSIRT" in words(page)
        task = re.search(r'name="task" value="([^"]+)"', page.text)
        assert task is not None
        csrf = csrf_of(page.text)
        change = {"csrf": csrf, "task": task[1], "status": "done"}
        assert bank.post(f"{case}/task/change", data=change).status_code == 303
        give = {"csrf": csrf, "task": task[1], "responsible": house.node.own, "person": "Vesna"}
        assert bank.post(f"{case}/task/change", data=give).status_code == 303
        assert "(Vesna)" in words(csirt.get(case))
        assert bank.post(f"{case}/task/change", data={**give, "responsible": "nobody"}).status_code == 400


def test_whoever_the_workflow_names_gives_more_time_with_a_reason_and_no_other(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as csirt, house.visitor(Role.PUBLISHER, organisation=BANK) as bank:
        case = opened(csirt)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M")
        send(csirt, f"{case}/step/triage", kind="incident", severity="red", rsit=["availability:outage"])
        assert send(bank, f"{case}/facts", aware_at=now, users="120000").status_code == 303
        link = re.search(r'href="(/cases/[^"]+/clock/([^"]+))"', csirt.get(case).text)
        assert link is not None
        assert "/clock/" not in bank.get(case).text
        form = {"what": "extend", "until": "2030-01-01T12:00", "text": "a holiday"}
        assert send(csirt, link[1], **form).status_code == 303
        assert "More time: a holiday" in words(csirt.get(case))
        assert send(bank, link[1], **form).status_code == 400
        assert send(csirt, link[1], what="extend", until="2030-01-01T12:00").status_code == 400, "no reason"


def test_only_records_that_one_sees_are_linked(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as csirt:
        case = opened(csirt)
        own = indicator(AMBER, created_by_ref=house.node.own)
        hand_in(house.node, own, owner=house.node.own)
        assert send(csirt, f"{case}/links", records=own["id"], text="seen there").status_code == 303
        assert own["id"] in csirt.get(case).text
        strange = "indicator--00000000-0000-4000-8000-00000000dead"
        assert send(csirt, f"{case}/links", records=strange).status_code == 400


def test_a_case_is_merged_and_that_is_taken_back(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as csirt:
        one, two = opened(csirt), opened(csirt)
        other = two.removeprefix("/cases/")
        assert send(csirt, f"{one}/merge", other=other, what="merge", text="the same").status_code == 303
        assert "This case goes on in another one" in words(csirt.get(one))
        assert "Another case goes on in this one" in words(csirt.get(two))
        assert send(csirt, f"{one}/merge", other=other, what="unmerge", text="not the same").status_code == 303
        assert "goes on in" not in words(csirt.get(one))
        strange = "case--00000000-0000-8000-8000-000000000000"
        assert send(csirt, f"{one}/merge", other=strange, what="merge", text="x").status_code == 404


def test_what_two_parties_said_differently_is_shown_with_both_words(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as csirt:
        case = opened(csirt).removeprefix("/cases/")
        registry = house.node.casework
        first = registry.fold(house.node.clearance_of(BANK), case)
        registry.act(Submitter(house.node.own, "x", ALL_RIGHTS), case, Deed(does="set", fields={"users": 10}))
        # What the bank says, it says without having seen the other.
        bank = Submitter(BANK, "y", ALL_RIGHTS)
        body, _ = registry._event(bank, first, Deed(does="set", fields={"users": 99}), datetime.now(UTC))
        id_, definition = marking({BANK, house.node.own})
        refs = (*first.case.object_marking_refs[:1], id_)
        registry.submit(bank, definition, CASE_EVENT.write(msgspec.structs.replace(body, object_marking_refs=refs)))
        page = words(csirt.get(f"/cases/{case}"))
        assert "Two parties said different things" in page
        assert "Bank of a test: 99" in page
        assert "CSIRT of a test: 10" in page


def test_a_moment_is_shown_by_the_clock_by_which_it_was_said_and_in_utc(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as csirt, house.visitor(Role.PUBLISHER, organisation=BANK) as bank:
        case = opened(csirt)
        assert send(bank, f"{case}/facts", aware_at="2026-01-15T09:30", aware_at_zone="local").status_code == 303
        page = words(csirt.get(case))
        assert "1/15/26, 8:30" in page.replace("\u202f", " ") or "15/01/2026, 08:30" in page
        assert "UTC+01:00" in page, "the clocks of Montenegro, in winter"
        form = csirt.get(f"{case}/facts").text
        assert 'value="2026-01-15T09:30"' in form
        assert 'value="+01:00" selected' in form
        unchanged = send(csirt, f"{case}/facts", aware_at="2026-01-15T09:30", aware_at_zone="+01:00")
        assert "Something" in words(unchanged) or unchanged.status_code == 422, "nothing was said"
        assert send(bank, f"{case}/facts", aware_at="2026-07-15T09:30", aware_at_zone="local").status_code == 303
        assert "UTC+02:00" in words(csirt.get(case)), "in summer"
        assert send(bank, f"{case}/facts", aware_at="2026-13-45T09:30", aware_at_zone="local").status_code == 400
        odd = send(bank, f"{case}/facts", aware_at="2026-07-15T09:30", aware_at_zone="<b>")
        assert odd.status_code == 303, "an unknown clock is read as UTC"
        assert "said as" not in words(csirt.get(case))


def test_a_merged_case_refuses_further_steps_with_words(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as csirt:
        one, two = opened(csirt), opened(csirt)
        other = two.removeprefix("/cases/")
        assert send(csirt, f"{one}/merge", other=other, what="merge", text="the same").status_code == 303
        refused = send(csirt, f"{one}/facts", users="5")
        assert refused.status_code == 422
        assert "take the merging back first" in words(refused)


def test_every_rule_of_the_fold_has_a_sentence() -> None:
    assert set(RULES) == set(Rule)


def test_a_case_is_not_merged_into_itself(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as csirt:
        case = opened(csirt)
        before = csirt.get(case).text.count('class="event')
        for what in ("merge", "duplicate"):
            refused = send(csirt, f"{case}/merge", other=case.removeprefix("/cases/"), what=what, text="x")
            assert refused.status_code == 400, what
            assert "not part of this case" in refused.text
        assert csirt.get(case).text.count('class="event') == before


def test_who_leaves_does_nothing_more_and_its_open_task_is_seen_to_need_somebody(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as csirt, house.visitor(Role.PUBLISHER, organisation=BANK) as bank:
        case = opened(csirt)
        send(csirt, f"{case}/task", name="Image the disks", responsible=BANK)
        assert send(bank, f"{case}/leave", organisation=house.node.own, text="go").status_code == 400, "it admits none"
        assert f'value="{house.node.own}"' not in bank.get(f"{case}/leave").text
        assert send(csirt, f"{case}/leave", organisation=BANK).status_code == 400, "sending away needs words"
        assert send(bank, f"{case}/leave", organisation=BANK).status_code == 303
        page = words(csirt.get(case))
        assert "A party left" in page
        assert "Image the disks Bank of a test left" in page
        assert bank.get(case).status_code == 200, "it keeps what it saw"
        assert "What you can do" not in words(bank.get(case))
        assert bank.get(f"{case}/facts").status_code == 403
        send(csirt, f"{case}/comment", text="after they left")
        assert "after they left" not in words(bank.get(case))


def test_a_clock_is_stopped_and_goes_on_by_whom_the_workflow_names(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as csirt, house.visitor(Role.PUBLISHER, organisation=BANK) as bank:
        case = opened(csirt)
        asked = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M")
        send(csirt, f"{case}/step/triage", kind="incident", severity="red", rsit=["availability:outage"])
        assert send(bank, f"{case}/facts", aware_at=asked, users="120000").status_code == 303
        assert send(csirt, f"{case}/step/request-intermediate", text_="how many?").status_code == 303
        link = f"{case}/clock/intermediate"
        assert send(csirt, link, what="pause").status_code == 400, "no reason"
        assert send(bank, link, what="pause", text="please").status_code == 400, "not its right"
        assert send(csirt, link, what="resume", text="it runs").status_code == 400
        assert send(csirt, link, what="pause", text="the court has the disks").status_code == 303
        page = words(csirt.get(case))
        assert "The clock stands still" in page
        assert "A clock stands still: Intermediate report" in page
        assert "the court has the disks" in page
        assert "Let the clock go on" in words(csirt.get(link))
        assert send(csirt, link, what="pause", text="again").status_code == 400
        assert send(csirt, link, what="resume", text="they are back").status_code == 303
        assert "The clock stands still" not in words(csirt.get(case))
        assert "A clock goes on" in words(bank.get(case))
