"""The report of a case: only what its reader may see, marked on every page, and provable far from the node."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from pypdf import PdfReader
from tests.web.cases.test_cases import BANK, LAW, opened, send
from tests.web.house import House, housed

from egnatia.casework.evidence import Evidence, check, evidence_in
from egnatia.web.permission import Role


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with housed(tmp_path) as found:
        found.node.host(BANK, "Банка <b>", "XK")
        found.node.host(LAW, "Prosecutor of a test", "ME")
        yield found


def wrong(house: House, evidence: Evidence) -> list[str]:
    return [each.wrong for each in check(evidence, house.node.casework.library, house.node.card_of)]


@pytest.mark.parametrize("form", ["pdf", "html"])
def test_a_report_holds_what_its_reader_may_see_and_proves_it(house: House, form: str) -> None:
    with house.visitor(Role.PUBLISHER) as csirt, house.visitor(Role.READER, organisation=BANK, language="sr") as bank:
        case = opened(csirt)
        assert send(csirt, f"{case}/step/triage", kind="incident", severity="red").status_code == 303
        assert send(csirt, f"{case}/comment", text="между собом", only=["competent-authority"]).status_code == 303
        whole, part = csirt.get(f"{case}/print/{form}"), bank.get(f"{case}/print/{form}")
    for answer in (whole, part):
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["content-security-policy"].startswith("sandbox")
        assert wrong(house, evidence_in(answer.content)) == []
    assert len(evidence_in(whole.content).pieces) == 3
    assert len(evidence_in(part.content).pieces) == 2
    assert "между собом".encode() not in part.content
    assert evidence_in(part.content).state == "triaged"
    if form == "html":
        assert "<b>" not in part.text.replace("<b>TLP", "")
        assert "TLP:AMBER+STRICT" in part.text
        assert "UNSCR 1244/1999" in whole.text
    else:
        for page in PdfReader(io.BytesIO(part.content)).pages:
            assert "TLP:AMBER+STRICT" in page.extract_text()


def test_who_takes_no_part_gets_no_report(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as csirt, house.visitor(Role.PUBLISHER, organisation=LAW) as law:
        case = opened(csirt)
        assert law.get(f"{case}/print/pdf").status_code == 404
        assert csirt.get(f"{case}/print/exe").status_code == 404


def _other_words(held: Evidence) -> Evidence:
    piece = held.pieces[1]
    body = piece.body.replace(b'"red"', b'"green"')
    return msgspec.structs.replace(held, pieces=(held.pieces[0], msgspec.structs.replace(piece, body=body)))


def _other_author(held: Evidence) -> Evidence:
    piece = msgspec.structs.replace(held.pieces[1], owner=BANK)
    return msgspec.structs.replace(held, pieces=(held.pieces[0], piece))


def _no_signature(held: Evidence) -> Evidence:
    return msgspec.structs.replace(held, attestations={})


def _left_out(held: Evidence) -> Evidence:
    return msgspec.structs.replace(held, pieces=held.pieces[:1])


def _other_state(held: Evidence) -> Evidence:
    return msgspec.structs.replace(held, state="closed")


@pytest.mark.parametrize("tamper", [_other_words, _other_author, _no_signature, _left_out, _other_state])
def test_whatever_is_changed_in_a_report_shows(house: House, tamper: Callable[[Evidence], Evidence]) -> None:
    with house.visitor(Role.PUBLISHER) as csirt:
        case = opened(csirt)
        assert send(csirt, f"{case}/step/triage", kind="incident", severity="red").status_code == 303
        held = evidence_in(csirt.get(f"{case}/print/html").content)
    assert wrong(house, tamper(held))


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 nothing", b"<html></html>", b"{}", b"[1", b"\xff\xfe"])
def test_what_is_no_report_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"read|evidence"):
        evidence_in(content)
