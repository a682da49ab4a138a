"""A mail that somebody hands in is read as data, however hostile it is."""

import hashlib
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egnatia.web.intake.message import facts_of, is_mail


def phishing() -> bytes:
    """A mail with a page, a link behind other words, and a file."""
    made = EmailMessage()
    made["From"] = '"Your bank" <service@bank-secure.example>'
    made["To"] = "ana@company.example"
    made["Subject"] = "Ваш рачун је блокиран"
    made["Received"] = "from mx.bad.example (198.51.100.7) by mx.company.example"
    made.set_content("Confirm at https://bank-secure.example/login")
    made.add_alternative('<script>x()</script><a href="https://hidden.example/x">bank.example</a>', subtype="html")
    made.add_attachment(b"MZ\x90", maintype="application", subtype="octet-stream", filename="invoice.exe")
    return made.as_bytes()


def test_a_mail_tells_who_sent_it_what_it_says_and_what_is_in_it() -> None:
    found = facts_of(phishing())
    heads = dict(found.heads)
    assert heads["From"] == "Your bank <service@bank-secure.example>"
    assert heads["Subject"] == "Ваш рачун је блокиран"
    assert "198.51.100.7" in heads["Received"]
    assert "https://bank-secure.example/login" in found.text
    assert "https://hidden.example/x" in found.text
    assert "x()" not in found.text
    (attachment,) = found.attachments
    assert attachment.name == "invoice.exe"
    assert attachment.sha256 == hashlib.sha256(b"MZ\x90").hexdigest()


def test_what_is_no_mail_is_not_taken_for_one() -> None:
    assert is_mail(phishing())
    assert not is_mail(b"%PDF-1.7\nFrom: x")
    assert not is_mail(b"\x89PNG\r\n\x1a\n" + bytes(100))
    assert not is_mail(b"hello there")


@pytest.mark.parametrize(
    "content",
    [
        b"From: " + b"a" * 500_000 + b"\n\nx",
        b'From: =?utf-8?b?////?= <x>\nSubject: =?bad?q?x?=\nContent-Type: text/plain; charset="nothing"\n\n\xff\xfe',
        b"From: x\nContent-Type: multipart/mixed; boundary=b\n\n"
        + b"--b\nContent-Type: multipart/mixed; boundary=b\n\n" * 3_000,
        b"From: x\nContent-Type: message/rfc822\n\n" * 500,
        (
            b"From: x\nContent-Disposition: attachment; filename*=utf-8''%ff%fe\nContent-Type: a/b\n"
            b"Content-Transfer-Encoding: base64\n\n%%%"
        ),
        b"From: \x00\r\n To:\r\n\r\n",
    ],
)
def test_a_hostile_mail_gives_less_and_never_an_error(content: bytes) -> None:
    found = facts_of(content)
    assert all(len(value) <= 1_000 for _, value in found.heads)
    assert len(found.text) <= 100_000


@given(st.binary(max_size=2_000))
def test_any_bytes_are_read(content: bytes) -> None:
    assert facts_of(b"From: x\n" + content) is not None
