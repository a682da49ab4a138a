"""An auditor reads the log, has it verified, takes it along; and is written down in it."""

import json
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from tests.exchange.peer.region import AMBER, id_of, indicator
from tests.web.house import House, csrf_of, housed
from tests.web.neighbour import until

from egnatia.store import Batch, Note, Sought
from egnatia.store.auditing import STRETCH
from egnatia.trust.audit import checkpoint
from egnatia.trust.packing import pack
from egnatia.web.audit.checking import Check, checks
from egnatia.web.audit.log import moment_of
from egnatia.web.permission import Role

BANK = "identity--00000000-0000-4000-8000-0000000000ba"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A new node."""
    with housed(tmp_path) as found:
        yield found


@pytest.fixture
def auditor(house: House) -> Iterator[httpx.Client]:
    """A person who audits it."""
    with house.visitor(Role.AUDITOR) as visitor:
        yield visitor


def note(house: House, *notes: Note) -> None:
    house.node.store.append(Batch(notes=notes)).result(30)


def verified(house: House, auditor: httpx.Client) -> str:
    """The page of a check that has ended."""
    csrf = csrf_of(auditor.get("/audit/verify").text)
    assert auditor.post("/audit/verify", data={"csrf": csrf}).status_code == 303

    def ended() -> bool:
        check = checks(house.node).get("last")
        return check is not None and bool(check.ended)

    until(ended)
    return auditor.get("/audit/verify").text


@pytest.mark.parametrize("role", [Role.READER, Role.ANALYST, Role.PUBLISHER, Role.ADMINISTRATOR])
@pytest.mark.parametrize("path", ["/audit", "/audit/export", "/audit/verify", "/audit/heads"])
def test_the_log_is_for_auditors_alone(house: House, role: Role, path: str) -> None:
    with house.visitor(role) as visitor:
        assert visitor.get(path).status_code == 403


def test_rows_are_filtered_by_who_what_about_and_when(house: House, auditor: httpx.Client) -> None:
    note(house, Note("cron job", "tidy", "attic"), Note(f"{house.node.own} Ana", "tidy", "cellar", "50%_done"))
    house.node.host(BANK, "Bank of a test", "ME")
    note(house, Note(f"{BANK} Ben", "knock", "door"))
    assert "Bank of a test" in auditor.get("/audit", params={"action": "knock"}).text
    page = auditor.get("/audit", params={"action": "tidy"}).text
    assert "attic" in page
    assert "cellar" in page
    page = auditor.get("/audit", params={"actor": "csirt of A test", "action": "tidy"}).text  # a name means its id
    assert "cellar" in page
    assert "attic" not in page
    assert "attic" not in auditor.get("/audit", params={"subject": "cell%"}).text.partition("<tbody>")[2]
    assert "No such row" in auditor.get("/audit", params={"action": "tidy", "until": "2001-01-01T00:00"}).text
    assert "attic" in auditor.get("/audit", params={"action": "tidy", "since": "2001-01-01T00:00"}).text


def test_an_auditor_finds_who_was_given_a_record_and_nobody_else(house: House, auditor: httpx.Client) -> None:
    shown, other = indicator("one that is shown"), indicator("another one")
    house.submit(shown)
    first = house.node.store.position()
    house.submit(other)
    note(
        house,
        Note(f"{house.node.own} Ana", "release", "page", f"{first}-{first + 5},{first + 90}"),
        Note(f"{house.node.own} Ben", "release", "stream", f"{first + 1}"),
        Note(f"{house.node.own} Cem", "release", "taxii", f"300 between 1 and {first + 400}, sha256 00"),
        Note(f"{house.node.own} Dea", "tidy", "page", f"{first}"),
    )
    found = auditor.get("/audit", params={"record": id_of(shown)}).text.partition("<tbody>")[2]
    assert [name for name in ("Ana", "Ben", "Cem", "Dea") if f">{name}<" in found] == ["Ana", "Cem"]
    taken = auditor.get("/audit/export", params={"record": id_of(shown)}).text.splitlines()
    assert {"Ana", "Cem"} == {json.loads(each)["actor"].split()[-1] for each in taken}


def test_who_asks_for_a_record_that_is_not_for_them_learns_nothing(house: House) -> None:
    house.node.host(BANK, "Bank of a test", "ME")
    secret = indicator("of the operator alone", marking=AMBER)
    house.submit(secret)
    with house.visitor(Role.AUDITOR, organisation=BANK) as stranger, house.visitor(Role.AUDITOR) as auditor:
        answers = [
            each.get("/audit", params={"record": record})
            for each in (stranger, auditor)
            for record in (id_of(secret), "indicator--00000000-0000-4000-8000-000000000000")
        ]
    assert answers[2].status_code == 200
    assert [each.status_code for each in answers[:2]] in ([403, 403], [422, 422])
    assert "No such record is here" in answers[3].text


def test_what_cannot_be_understood_is_said(auditor: httpx.Client) -> None:
    answer = auditor.get("/audit", params={"since": "tomorrow"})
    assert (answer.status_code, "no date and time" in answer.text) == (422, True)
    answer = auditor.get("/audit", params={"since": "2026-02-02", "until": "2026-01-01"})
    assert (answer.status_code, "before its beginning" in answer.text) == (422, True)


def test_who_reads_the_log_is_written_down_in_it(house: House, auditor: httpx.Client) -> None:
    auditor.get("/audit", params={"actor": "ana"})
    auditor.get("/audit/export")
    reading = [row for row in house.node.store.audit_rows() if row.action == "audit"]
    assert [(row.subject, row.detail) for row in reading] == [("read", "actor=ana"), ("export", "")]
    (actor,) = {row.actor for row in reading}
    assert actor.startswith(f"{house.node.own} ana.")  # by the name that one signs in with: nobody else has it


def test_pages_go_by_key_and_show_every_row_once(house: House, auditor: httpx.Client) -> None:
    note(house, *(Note("cron job", "tidy", f"room {number}") for number in range(120)))
    seen: list[str] = []
    path = "/audit?action=tidy"
    while path:
        page = auditor.get(path).text
        seen += [part.partition("<")[0] for part in page.split('<td class="wrap"><span translate="no">room ')[1:]]
        path = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert seen == [str(number) for number in reversed(range(120))]


def test_a_page_looks_at_no_more_rows_than_one_stretch(house: House) -> None:
    store = house.node.store
    note(house, Note("cron job", "tidy", "the first"))
    first = store.last_audit_row()
    assert first is not None
    for _ in range(4):
        note(house, *(Note("cron job", "noise") for _ in range(STRETCH // 3)))
    page = store.audit_page(Sought(action="tidy"), 50)
    assert (page.rows, page.more) == ((), True)
    page = store.audit_page(Sought(action="tidy"), 50, before=page.seen)
    assert [row.subject for row in page.rows] == ["the first"]
    exact = store.audit_page(Sought(until=first.at + 1), 50)  # a time is found without a walk to it
    assert exact.rows[0].seq == first.seq


def test_the_export_is_enough_to_check_the_chain_elsewhere(house: House, auditor: httpx.Client) -> None:
    house.submit(indicator())
    answer = auditor.get("/audit/export")
    assert answer.headers["content-disposition"].startswith("attachment")
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    previous = bytes(32)
    for row in rows:
        assert bytes.fromhex(row["previous"]) == previous
        fields = (row[name] for name in ("seq", "at", "actor", "action", "subject", "detail"))
        previous = sha256(pack("egnatia audit 1", *fields, previous)).digest()
        assert row["digest"] == previous.hex()
    some = auditor.get("/audit/export", params={"action": "audit"}).text.splitlines()
    assert [json.loads(line)["subject"] for line in some] == ["export", "export"]


def test_a_whole_log_is_said_to_be_whole_and_who_vouches_for_it(house: House, auditor: httpx.Client) -> None:
    assert "not been verified here yet" in auditor.get("/audit/verify").text
    page = verified(house, auditor)
    assert "whole and in order" in page
    assert "nobody else vouches for it" in page
    assert [row.subject for row in house.node.store.audit_rows() if row.action == "audit"] == ["verify"]


def test_a_row_that_was_changed_is_named_in_words(house: House, auditor: httpx.Client) -> None:
    note(house, Note("somebody", "took", "the silver"), Note("cron job", "tidy"))
    row = house.node.store.last_audit_row()
    assert row is not None
    with house.node.store.database.engine.begin() as connection:
        connection.execute(text("UPDATE audit SET actor = 'nobody' WHERE seq = :seq"), {"seq": row.seq - 1})
    page = verified(house, auditor)
    assert "1 thing is wrong with the log" in page
    assert "This row was changed" in page
    assert f'href="/audit?before={row.seq}"' in page


def test_a_check_that_was_interrupted_can_begin_again(house: House, auditor: httpx.Client) -> None:
    verified(house, auditor)
    kept = checks(house.node)
    last = kept.get("last")
    assert last is not None
    kept.put("last", type(last)(by=last.by, began=1, touched=1, rows=9, passed=4))
    assert "interrupted" in auditor.get("/audit/verify").text
    assert "whole and in order" in verified(house, auditor)


def test_a_check_that_goes_on_says_how_far_it_is_and_is_not_begun_twice(house: House, auditor: httpx.Client) -> None:
    now = time.time_ns() // 1_000
    going = Check(by="Ben", began=now, touched=now, rows=1_000, passed=400)
    checks(house.node).put("last", going)
    page = auditor.get("/audit/verify").text
    assert '<progress value="400" max="1000"' in page
    assert 'data-refresh="1"' in page
    csrf = csrf_of(page)
    assert auditor.post("/audit/verify", data={"csrf": csrf}).status_code == 303
    assert checks(house.node).get("last") == going


def test_signed_heads_are_shown(house: House, auditor: httpx.Client) -> None:
    assert "No head has been signed yet" in auditor.get("/audit/heads").text
    head = house.node.store.last_audit_row()
    assert head is not None
    signed = checkpoint(head, house.node.keys.signing, node=house.node.node_id, at=1_700_000_000_000_000)
    house.node.store.witnesses.checkpoint(signed)
    page = auditor.get("/audit/heads").text
    assert head.digest.hex()[:16] in page
    assert "there are no peers" in page


def test_a_moment_is_a_day_or_a_minute_in_utc() -> None:
    assert moment_of("1970-01-02") == 86_400_000_000
    assert moment_of("1970-01-01T00:01") == 60_000_000
    assert moment_of("1970-01-01T01:00+01:00") == 0
    assert moment_of("") is None
    assert moment_of("soon") is None
