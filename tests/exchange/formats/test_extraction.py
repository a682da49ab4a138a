"""Reports and mails are searched for what they name; what comes of it is a draft."""

import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfWriter

from egnatia.exchange.formats.conversion import TLP_IDS
from egnatia.exchange.formats.extraction import Textless, Why, draft, extract, text_of
from egnatia.paper import Document, Heading, Paragraph, pdf
from egnatia.record import read

TEXT = """TLP:RED  The actor used hxxps://evil[.]example/a.php?x=1, and (198.51.100[.]7) or 2001:db8::7.
Samples: 9e107d9d372bb6826bd81d3542a419d6 (invoice.exe), mail from boss[@]evil[.]example; CVE-2024-1234.
Again bad[.]example. Version 1.2.3 and 10.12.2024 are nothing, nor is setup.dll."""


def found(text: str) -> list[tuple[str, str]]:
    return [(each.kind, each.value) for each in extract(text)]


def test_a_report_is_searched() -> None:
    assert found(TEXT) == [
        ("url", "https://evil.example/a.php?x=1"),
        ("address", "198.51.100.7"),
        ("address", "2001:db8::7"),
        ("md5", "9e107d9d372bb6826bd81d3542a419d6"),
        ("mail", "boss@evil.example"),
        ("cve", "CVE-2024-1234"),
        ("domain", "bad.example"),
    ]


def test_a_value_is_taken_once_and_counted() -> None:
    assert [(each.value, each.times) for each in extract("evil.example EVIL.example evil.example.")] == [
        ("evil.example", 3)
    ]


def test_a_mail_and_a_page_are_read() -> None:
    mail = (
        b"From: a@b.example\r\nSubject: =?utf-8?q?look?=\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>go to <a href='http://evil.example/x'>your bank</a></p>"
    )
    assert found(text_of(mail)) == [("url", "http://evil.example/x")]
    assert found(text_of(b"<html><script>var a='js.example'</script><p>evil.example</p></html>")) == [
        ("domain", "evil.example")
    ]


def test_a_printed_report_is_read() -> None:
    made = datetime(2026, 6, 1, tzinfo=UTC)
    said = Paragraph("The server evil[.]example answered at 198.51.100.7")
    document = pdf(Document(title="R", language="sr", made_at=made, blocks=[Heading("Извештај"), said]))
    assert found(text_of(document)) == [("domain", "evil.example"), ("address", "198.51.100.7")]


@pytest.mark.parametrize(
    "document", [b"%PDF-1.7", b"%PDF-1.7\n%%EOF", b"%PDF-1.4\n" + b"<<" * 5_000, b"%PDF-1.7" + bytes(10_000)]
)
def test_a_broken_pdf_is_told(document: bytes) -> None:
    with pytest.raises(ValueError, match="a PDF that cannot be read"):
        text_of(document)


def blank(password: str = "") -> bytes:
    writer, out = PdfWriter(), io.BytesIO()
    writer.add_blank_page(200, 200)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (blank(), Why.SCAN),
        (blank("secret"), Why.LOCKED),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), Why.OUTLOOK),
        (b"PK\x03\x04" + bytes(100), Why.ARCHIVE),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), Why.BINARY),
        (b"MZ\x90\x00" + bytes(100), Why.BINARY),
    ],
)
def test_what_holds_no_text_says_what_to_do(document: bytes, why: Why) -> None:
    with pytest.raises(Textless) as refused:
        text_of(document)
    assert refused.value.why is why
    assert text_of(b"MZ is where evil.example stands") == "MZ is where evil.example stands"


def test_a_draft_bears_what_the_text_says_of_itself() -> None:
    conversion = draft(TEXT, "A report", datetime(2026, 6, 1, tzinfo=UTC), "green")
    records = [json.loads(body) for body in conversion.records]
    assert all(not read(body, tolerant=False).deviations for body in conversion.records)
    assert {ref for each in records for ref in each["object_marking_refs"]} == {TLP_IDS["red"]}
    assert records[-1]["type"] == "report"
    assert len(records[-1]["object_refs"]) == 7


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hxxps://evil[.]example/a.php, ok", {"https://evil.example/a.php"}),
        ("(bad-bank.example).", {"bad-bank.example"}),
        ("from 198.51.100[.]7:8080 and 2001:db8::5.", {"198.51.100.7", "2001:db8::5"}),
        ("invoice.exe at 12:30:45, version 1.2.3", set()),
        ("cve-2026-1234", {"CVE-2026-1234"}),
        ("mail phish[at]evil(dot)example", {"phish@evil.example"}),
        ("D41D8CD98F00B204E9800998ECF8427E", {"d41d8cd98f00b204e9800998ecf8427e"}),
        ("999.1.1.1", set()),
        ("посети банка-скопје.мкд или xn--80ak6aa92e.com", {"xn----7sbacx1acunkt3z.xn--d1alf", "xn--80ak6aa92e.com"}),
    ],
)
def test_a_pasted_text_is_understood(text: str, found: set[str]) -> None:
    assert {each.value for each in extract(text)} == found


@given(st.text(max_size=200))
def test_any_text_is_searched(text: str) -> None:
    for body in draft(text, "x", datetime(2026, 6, 1, tzinfo=UTC)).records:
        assert read(body, tolerant=False).deviations == ()
