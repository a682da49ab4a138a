"""What goes wrong in a case, and what is too much: each is refused with words, and nothing half done stays."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256

import httpx
import msgspec
import pytest
from tests.web.cases.test_cases import BANK, LAW, opened, send, words
from tests.web.cases.test_working import attach
from tests.web.house import House, csrf_of, housed

from egnatia.casework.library import Library
from egnatia.casework.registry import Deed
from egnatia.exchange.submission import Submitter
from egnatia.node import ALL_RIGHTS
from egnatia.record.schemas import CASE_EVENT
from egnatia.settings.declared import Limits
from egnatia.web.cases.bulk import MOST
from egnatia.web.permission import Role

LIMIT = 500_000
GUEST = "identity--00000000-0000-4000-8000-00000000f00d"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One node for all of these tests: each opens cases of its own."""
    with housed(tmp_path_factory.mktemp("house"), limits=Limits(attachment_bytes=LIMIT)) as found:
        found.node.host(BANK, "Bank of a test", "ME")
        found.node.host(LAW, "Prosecutor of a test", "ME")
        yield found


@pytest.fixture
def csirt(house: House) -> Iterator[httpx.Client]:
    with house.visitor(Role.PUBLISHER) as found:
        yield found


def post_file(client: httpx.Client, case: str, content: bytes, name: str = "x.bin", kind: str = "") -> httpx.Response:
    csrf = csrf_of(client.get(case).text)
    file = (name, content, kind or "application/octet-stream")
    return client.post(f"{case}/files", data={"csrf": csrf}, files={"file": file})


@pytest.mark.parametrize(("size", "status"), [(0, 400), (1, 303), (LIMIT, 303), (LIMIT + 1, 400)])
def test_a_file_has_one_byte_to_the_limit_and_not_one_more(csirt: httpx.Client, size: int, status: int) -> None:
    case = opened(csirt)
    answer = post_file(csirt, case, b"x" * size)
    assert answer.status_code == status, answer.text
    assert ("x.bin" in csirt.get(case).text) == (status == 303)


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("run me.exe", b"MZ\x90\x00\x03", "application/x-msdownload"),
        ("page.html", b"<script>alert(1)</script>", "text/html"),
        ("picture.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/svg+xml"),
    ],
)
def test_no_file_is_ever_run_or_shown(csirt: httpx.Client, name: str, content: bytes, kind: str) -> None:
    case = opened(csirt)
    assert post_file(csirt, case, content, name, kind).status_code == 303
    path = re.findall(r'href="(/cases/[^"]+/files/[^"]+)"', csirt.get(case).text)[0]
    taken = csirt.get(f"{path}/content")
    assert taken.content == content
    assert taken.headers["content-type"] == "application/octet-stream", "never what its sender says it is"
    assert taken.headers["content-disposition"].startswith("attachment;")
    assert taken.headers["x-content-type-options"] == "nosniff"
    assert "alert(1)" not in csirt.get(path).text


def test_the_same_file_twice_is_two_attachments_of_one_hash(csirt: httpx.Client) -> None:
    case = opened(csirt)
    for name in ("a.txt", "b.txt"):
        attach(csirt, case, name, b"same")
    files = set(re.findall(r'href="(/cases/[^"]+/files/[^"]+)"', csirt.get(case).text))
    assert len(files) == 2
    hashes = {
        found[0]
        for each in files
        if (found := re.search(r'(?<=<code class="wrap">)[0-9a-f]{64}', csirt.get(each).text))
    }
    assert hashes == {sha256(b"same").hexdigest()}


def test_a_comment_of_a_megabyte_is_refused_and_a_long_one_is_kept_whole(csirt: httpx.Client) -> None:
    case = opened(csirt)
    huge = send(csirt, f"{case}/comment", text="x" * 1_000_000)
    assert huge.status_code in {400, 413}
    assert send(csirt, f"{case}/comment", text="x" * 20_001).status_code == 400
    assert send(csirt, f"{case}/comment", text="ж" * 20_000).status_code == 303
    assert "ж" * 20_000 in csirt.get(case).text


def test_two_thousand_tasks_make_no_heavy_page_and_all_are_reached(house: House, csirt: httpx.Client) -> None:
    case = opened(csirt)
    registry, submitter = house.node.casework, Submitter(house.node.own, "test", ALL_RIGHTS)
    id_ = case.removeprefix("/cases/")
    fold = registry.fold(registry.clearance_of(submitter), id_)
    bodies = []
    definition = b""
    for number in range(2_000):
        body, event = registry._event(
            submitter, fold, Deed(does="task", fields={"title": f"task {number}"}), datetime.now(UTC)
        )
        mark, definition = registry.marking_for(fold, frozenset(fold.state.active()))
        refs = (*fold.case.object_marking_refs[:1], mark)
        bodies.append(CASE_EVENT.write(msgspec.structs.replace(body, object_marking_refs=refs)))
        fold.add([event])
    registry.submit(submitter, definition, *bodies[:1_000])
    registry.submit(submitter, definition, *bodies[1_000:])
    page = csirt.get(case)
    assert len(page.content) < 150_000
    titles = set(re.findall(r"task \d+", page.text))
    older = re.search(r'href="([^"]+)#tasks"', page.text)
    assert older is not None
    further = csirt.get(older[1].replace("&amp;", "&"))
    assert set(re.findall(r'<th scope="row">(task \d+)', further.text)).isdisjoint(
        re.findall(r'<th scope="row">(task \d+)', page.text)
    )
    assert titles
    last = csirt.get(f"{case}?tasks=1980&moments=1950")
    assert "task 1999" in last.text
    assert csirt.get(f"{case}?tasks=-5&moments=99999999999").status_code == 200


def test_more_cases_than_go_at_once_are_refused_before_anything_is_done(csirt: httpx.Client) -> None:
    case = opened(csirt).removeprefix("/cases/")
    many = [f"case--00000000-0000-8000-8000-{number:012x}" for number in range(MOST)]
    csrf = csrf_of(csirt.get("/cases").text)
    form = {"csrf": csrf, "does": "comment", "text": "to all of them"}
    answer = csirt.post("/cases/bulk", data={**form, "cases": [case, *many]})
    assert answer.status_code == 400
    assert str(MOST) in answer.text
    assert "to all of them" not in csirt.get(f"/cases/{case}").text
    mixed = csirt.post("/cases/bulk", data={**form, "cases": [case, *many[1:]]}, timeout=60)
    assert mixed.status_code == 200
    assert mixed.text.count("not found") == MOST - 1
    assert "to all of them" in csirt.get(f"/cases/{case}").text


def test_what_was_signed_before_its_author_left_counts_and_what_came_after_does_not(
    house: House, csirt: httpx.Client
) -> None:
    case = opened(csirt).removeprefix("/cases/")
    registry, own = house.node.casework, Submitter(house.node.own, "test", ALL_RIGHTS)
    bank = Submitter(BANK, "late", ALL_RIGHTS)
    before = registry.fold(registry.clearance_of(bank), case)
    early, _ = registry._event(bank, before, Deed(does="comment", text="written on the train"), datetime.now(UTC))
    time.sleep(0.01)  # moments have milliseconds
    registry.act(own, case, Deed(does="leave", about=(BANK,), text="the contract ended"))
    gone = registry.fold(registry.clearance_of(own), case)
    late, _ = registry._event(bank, gone, Deed(does="comment", text="written at home"), datetime.now(UTC))
    mark, definition = registry.marking_for(before, frozenset(before.state.active()))
    refs = (*before.case.object_marking_refs[:1], mark)
    for each in (early, late):
        registry.submit(bank, definition, CASE_EVENT.write(msgspec.structs.replace(each, object_marking_refs=refs)))
    state = registry.fold(registry.clearance_of(own), case)
    said = {event.text: event.id in state.state.refused for event in state.ordering}
    assert (said["written on the train"], said["written at home"]) == (False, True)
    assert state.state.refused[late.id].rule.value == "has-left"
    assert "without effect" in words(csirt.get(f"/cases/{case}"))


def test_a_guest_without_a_node_works_in_its_case_and_sees_no_other(house: House, csirt: httpx.Client) -> None:
    house.node.host(GUEST, "A town's waterworks", "ME")
    others = opened(csirt)
    with house.visitor(Role.PUBLISHER, organisation=GUEST) as guest:
        assert guest.get(others).status_code == 404
        assert "Ransomware" not in words(guest.get("/cases"))
        case = opened(csirt)
        file = attach(csirt, case, "for-the-parties.txt", b"secret")
        send(csirt, f"{case}/comment", text="only the two of us")
        assert guest.get(file).status_code == 404
        joined = send(csirt, f"{case}/join", organisation=GUEST, roles=["affected-entity"])
        assert joined.status_code == 303, joined.text
        page = words(guest.get(case))
        assert "Ransomware" in page
        assert "only the two of us" not in page, "it was brought in without what was said before"
        assert guest.get(f"{file}/content").status_code == 404
        assert send(guest, f"{case}/comment", text="the pumps stand still").status_code == 303
        assert "the pumps stand still" in words(csirt.get(case))
        listed = guest.get("/cases").text
        assert case in listed
        assert others not in listed
        for path in (others, f"{others}/facts", f"{others}/print/html", f"{others}/stages"):
            assert guest.get(path).status_code == 404, path
        assert others.removeprefix("/cases/") not in guest.get("/cases/due.ics").text
        assert guest.get(f"/records/{others.removeprefix('/cases/')}").status_code == 404


def test_a_case_of_a_workflow_version_that_is_not_known_is_no_wrong_case(house: House, csirt: httpx.Client) -> None:
    case = opened(csirt).removeprefix("/cases/")
    registry = house.node.casework
    known = registry.library
    try:
        registry.library = Library(())
        assert csirt.get(f"/cases/{case}").status_code == 404, "rather than shown by rules that are not its own"
        assert csirt.get("/cases").status_code == 200
        assert csirt.get("/cases/due").status_code == 200
        assert csirt.get("/cases/due.ics").status_code == 200
    finally:
        registry.library = known
    assert csirt.get(f"/cases/{case}").status_code == 200
