"""The outbox: letters are kept until they are sent, sent once, and given up when nobody takes them."""

import base64
import hashlib
import hmac
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread
from typing import Any

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.exchange.house_proxy import house_proxy

from egnatia.exchange import webhook
from egnatia.exchange.delivering import LEASE, PATIENCE, CallSender, MailSender, Pace
from egnatia.exchange.letter import Call, Letter, Mail, letter_id
from egnatia.exchange.outbox import SECOND, Outbox
from egnatia.exchange.webhook import Hooks
from egnatia.settings import Mail as MailSettings
from egnatia.settings import Network, Organisation, Settings, Webhooks
from egnatia.store import Batch, Note, Store

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

AT = 1_800_000_000 * SECOND
SECRET = b"a node's own secret, 32 bytes..."


class Clock:
    """Microseconds, as a test sets them."""

    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> int:
        return self.now


class Postbox:
    """What a mail server took, and how it answers."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.answers: list[str] = []
        self.refuses = ""

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.taken.append(envelope)
        return "250 taken"


@contextmanager
def mail_server(**more: Any) -> Iterator[tuple[Postbox, int]]:
    """A mail server on loopback, and its port."""
    postbox = Postbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(postbox, hostname="127.0.0.1", port=port, **more)
    controller.start()
    try:
        yield postbox, port
    finally:
        controller.stop()


def settings(folder: Path, port: int, **more: Any) -> Settings:
    mail = MailSettings(host="127.0.0.1", port=port, tls="none", sender="exchange@csirt.example")
    return Settings(
        organisation=Organisation(name="ЦИРТ"),
        base=str(folder),
        mail=msgspec.structs.replace(mail, **more),
        webhooks=Webhooks(allow=("127.0.0.0/8",)),
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'node.db'}") as store:
        yield store


def letter(to: str = "ana@bank.example", subject: str = "Рок истиче", *, about: str = "one") -> Letter:
    return Letter(
        id=letter_id(about, to), at=AT, content=Mail(to=to, subject=subject, text="Нешто је на реду.", thread="case--1")
    )


def test_a_letter_is_sent_once_however_often_it_is_put(store: Store, tmp_path: Path) -> None:
    with mail_server() as (postbox, port):
        outbox = Outbox(store, settings(tmp_path, port))
        sender = MailSender(outbox, settings(tmp_path, port), Clock())
        assert outbox.put(letter())
        assert not outbox.put(letter())
        sender.round()
        assert not outbox.put(letter()), "what was sent is remembered"
        sender.round()
    assert len(postbox.taken) == 1
    got = message_from_bytes(postbox.taken[0].original_content or b"", policy=default)
    assert got["Subject"] == "Рок истиче"
    assert got["From"] == "ЦИРТ <exchange@csirt.example>"
    assert got["Message-ID"] == f"<{letter().id}@csirt.example>"
    assert got["References"] == "<case--1@csirt.example>"
    assert got.get_content().strip() == "Нешто је на реду."


def test_a_letter_is_durable_together_with_its_records_or_not_at_all(store: Store, tmp_path: Path) -> None:
    outbox = Outbox(store, settings(tmp_path, 1))
    store.append(Batch(notes=(Note("a", "b"),), keeps=outbox.keeps(letter()))).result()
    assert outbox.mail.get(letter().id) == letter()
    assert not outbox.put(letter())


def test_without_a_mail_server_no_mail_is_kept(store: Store, tmp_path: Path) -> None:
    outbox = Outbox(store, Settings(base=str(tmp_path)))
    assert not outbox.put(letter())
    assert outbox.keeps(letter()) == ()
    assert outbox.mail.get(letter().id) is None


def test_what_a_process_had_in_hand_when_it_was_killed_is_sent_by_the_next_one(tmp_path: Path) -> None:
    with mail_server() as (postbox, port):
        script = f"""
import os, signal
from pathlib import Path
from tests.exchange.test_outbox import *
with Store.open("sqlite:///{tmp_path / "node.db"}") as store:
    outbox = Outbox(store, settings(Path("{tmp_path}"), {port}))
    outbox.put(letter())
    assert outbox.mail.claim(AT, AT + LEASE)
    os.kill(os.getpid(), signal.SIGKILL)
"""
        ended = subprocess.run([sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": "."}, check=False)
        assert ended.returncode == -signal.SIGKILL
        clock = Clock()
        with Store.open(f"sqlite:///{tmp_path / 'node.db'}") as store:
            outbox = Outbox(store, settings(tmp_path, port))
            sender = MailSender(outbox, settings(tmp_path, port), clock)
            sender.round()
            assert not postbox.taken, "it may still be in the other one's hands"
            clock.now += LEASE
            sender.round()
    assert len(postbox.taken) == 1


def test_a_letter_is_tried_ever_more_seldom_and_given_up_after_three_days(store: Store, tmp_path: Path) -> None:
    with mail_server() as (postbox, port):
        postbox.refuses = "451 greylisted"
        clock = Clock()
        outbox = Outbox(store, settings(tmp_path, port))
        sender = MailSender(outbox, settings(tmp_path, port), clock)
        outbox.put(letter())
        tries: list[tuple[int, int]] = []
        while not outbox.dead() and clock.now < AT + 2 * PATIENCE:
            sender.round()
            kept = outbox.mail.get(letter().id)
            assert kept is not None
            if not tries or kept.tries != tries[-1][0]:
                tries.append((kept.tries, clock.now))
            clock.now += 30 * SECOND
        (dead,) = outbox.dead()
        waits = [later - sooner for (_, sooner), (_, later) in pairwise(tries)]
        assert waits == sorted(waits)
        assert len(tries) < 40
        assert "greylisted" in dead.error
        postbox.refuses = ""
        assert outbox.again(dead.id, clock.now)
        sender.round()
        assert len(postbox.taken) == 1
        assert outbox.dead() == ()


def test_what_a_server_refuses_for_ever_is_dead_at_once_and_stops_no_other(store: Store, tmp_path: Path) -> None:
    class Picky(Postbox):
        async def handle_RCPT(  # noqa: N802
            self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
        ) -> str:
            if address.startswith("gone"):
                return "550 no such person"
            envelope.rcpt_tos.append(address)
            return "250 OK"

    with mail_server() as (postbox, port):
        postbox.__class__ = Picky
        outbox = Outbox(store, settings(tmp_path, port))
        outbox.put(letter("gone@bank.example"))
        outbox.put(letter("ana@bank.example"))
        MailSender(outbox, settings(tmp_path, port), Clock()).round()
    assert [each.rcpt_tos for each in postbox.taken] == [["ana@bank.example"]]
    assert [each.error for each in outbox.dead()] == ["550 no such person"]
    assert outbox.drop(outbox.dead()[0].id)
    assert outbox.dead() == ()


def test_a_server_that_is_away_is_left_alone_for_a_while_and_nothing_is_lost(store: Store, tmp_path: Path) -> None:
    with mail_server() as (_, port):
        pass
    clock = Clock()
    outbox = Outbox(store, settings(tmp_path, port))
    sender = MailSender(outbox, settings(tmp_path, port), clock)
    for about in ("one", "two"):
        outbox.put(letter(about=about))
    sender.round()
    sender.round()
    tries = [outbox.mail.get(letter(about=about).id) for about in ("one", "two")]
    assert sorted(each.tries for each in tries if each) == [0, 1]


def test_no_header_is_ended_by_what_a_person_wrote(store: Store, tmp_path: Path) -> None:
    with mail_server() as (postbox, port):
        outbox = Outbox(store, settings(tmp_path, port))
        outbox.put(letter(subject="Due\r\nBcc: evil@example.org\r\n\r\nhello"))
        outbox.put(letter(to="ana@bank.example\r\nBcc: evil@example.org"))
        MailSender(outbox, settings(tmp_path, port), Clock()).round()
    assert [each.rcpt_tos for each in postbox.taken] == [["ana@bank.example"]]
    got = message_from_bytes(postbox.taken[0].original_content or b"", policy=default)
    assert got["Bcc"] is None
    assert len(outbox.dead()) == 1


def test_no_more_letters_are_sent_than_the_settings_allow(store: Store, tmp_path: Path) -> None:
    with mail_server() as (postbox, port):
        chosen = settings(tmp_path, port, per_minute=3, per_person=2)
        outbox = Outbox(store, chosen)
        for number in range(4):
            outbox.put(letter("ana@bank.example", about=f"ana {number}"))
        for number in range(4):
            outbox.put(letter(f"person{number}@bank.example"))
        sender = MailSender(outbox, chosen, Clock())
        sender.round()
        sender.round()
    assert len(postbox.taken) == 3
    assert sum(each.rcpt_tos == ["ana@bank.example"] for each in postbox.taken) <= 2


def test_a_pace_begins_anew_after_its_span() -> None:
    now = [0.0]
    pace = Pace(2, 60, lambda: now[0])
    pace.count()
    pace.count()
    assert not pace.allows()
    now[0] = 60.0
    assert pace.allows()


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder / "cert.pem", folder / "key.pem"


def context(folder: Path) -> ssl.SSLContext:
    cert, key = certificate(folder)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(cert, key)
    return made


def test_the_password_goes_over_tls_alone_and_into_no_log(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(handled=False, success=data.password == b"the right one")

    (tmp_path / "password").write_text("a wrong one, secret\n", encoding="utf-8")
    more = {"tls_context": context(tmp_path), "authenticator": check, "auth_required": True}
    with mail_server(**more) as (postbox, port):
        chosen = settings(
            tmp_path, port, host="localhost", tls="starttls", ca_file="cert.pem", user="node", password_file="password"
        )
        outbox = Outbox(store, chosen)
        outbox.put(letter())
        clock = Clock()
        MailSender(outbox, chosen, clock).round()
        assert not postbox.taken
        kept = outbox.mail.get(letter().id)
        assert kept is not None
        assert "535" in kept.error
        assert "secret" not in kept.error + caplog.text
        (tmp_path / "password").write_text("the right one\n", encoding="utf-8")
        clock.now += 60 * SECOND
        MailSender(outbox, chosen, clock).round()
    assert len(postbox.taken) == 1


def test_a_server_without_tls_is_told_nothing(store: Store, tmp_path: Path) -> None:
    with mail_server() as (postbox, port):
        chosen = settings(tmp_path, port, tls="starttls")
        outbox = Outbox(store, chosen)
        outbox.put(letter())
        MailSender(outbox, chosen, Clock()).round()
    assert not postbox.taken


# Webhooks


class Program:
    """A program that is called: what it was told, and what it answers."""

    def __init__(self) -> None:
        self.told: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.url = ""


@contextmanager
def program() -> Iterator[Program]:
    """A program that listens on loopback."""
    it = Program()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            it.told.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status, headers = it.answers.pop(0) if it.answers else (204, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        it.url = f"http://127.0.0.1:{server.server_port}/told"
        yield it
        server.shutdown()
        thread.join()


class Calling:
    """An outbox with one webhook."""

    def __init__(
        self, store: Store, folder: Path, url: str, *, allow: tuple[str, ...] = ("127.0.0.0/8",), proxy: str = ""
    ) -> None:
        network = Network(proxy=proxy)
        chosen = msgspec.structs.replace(settings(folder, 1), webhooks=Webhooks(allow=allow), network=network)
        self.clock, self.outbox, self.hooks = Clock(), Outbox(store, chosen), Hooks(store, SECRET)
        self.hook = self.hooks.add("SIEM", url, "identity--1")
        self.sender = CallSender(self.outbox, self.hooks, chosen, self.clock)

    def put(self, about: str = "one") -> Letter:
        content = Call(hook=self.hook.id, kind="case.assigned", data=b'{"case":"case--1"}')
        made = Letter(id=letter_id(about, self.hook.id), at=AT, content=content)
        self.outbox.put(made)
        return made


def test_a_call_is_signed_over_its_id_moment_and_body(store: Store, tmp_path: Path) -> None:
    with program() as it:
        calling = Calling(store, tmp_path, it.url)
        letter = calling.put()
        calling.sender.round()
        calling.sender.round()
    ((headers, body),) = it.told
    assert msgspec.json.decode(body) == {
        "type": "case.assigned",
        "timestamp": "2027-01-15T08:00:00.000Z",
        "data": {"case": "case--1"},
    }
    assert headers["webhook-id"] == letter.id
    assert headers["host"] == it.url.split("/")[2]
    key = base64.b64decode(calling.hooks.secret(calling.hook).removeprefix("whsec_"))
    signed = f"{letter.id}.{headers['webhook-timestamp']}.".encode() + body
    assert (
        headers["webhook-signature"]
        == "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    )
    assert SECRET not in body


def test_a_call_goes_through_the_proxy_of_the_house_by_its_name(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house_proxy(tmp_path, monkeypatch, "siem.example") as proxy, program() as inside:
        for url in ("https://siem.example/told", inside.url):
            calling = Calling(store, tmp_path, url, proxy=proxy.url)
            letter = calling.put(url)
            calling.sender.round()
            taken = calling.outbox.calls.get(letter.id)
            assert taken is not None
            assert taken.state == "sent"
        proxy.refuses = True
        calling = Calling(store, tmp_path, "https://siem.example/told", proxy=proxy.url)
        refused = calling.put("a third")
        calling.sender.round()
        kept = calling.outbox.calls.get(refused.id)
    assert proxy.connected == ["siem.example:443"] * 2, "what is of the house never goes through it"
    assert [(how, url) for how, url, _ in proxy.told] == [("POST", "siem.example/told")]
    assert len(inside.told) == 1
    assert kept is not None
    assert "403" in kept.error


def test_another_secret_signs_otherwise(store: Store, tmp_path: Path) -> None:
    calling = Calling(store, tmp_path, "https://siem.example/told")
    before = calling.hooks.secret(calling.hook)
    calling.hooks.renew(calling.hook.id)
    renewed = calling.hooks.get(calling.hook.id)
    assert renewed is not None
    assert calling.hooks.secret(renewed) != before


def test_a_program_that_fails_is_called_again_with_the_same_id_and_left_alone_as_long_as_it_asks(
    store: Store, tmp_path: Path
) -> None:
    with program() as it:
        it.answers = [(503, {"retry-after": "600"})]
        calling = Calling(store, tmp_path, it.url)
        letter = calling.put()
        calling.put("two")
        calling.sender.round()
        assert len(it.told) == 1, "the second one waits as well"
        kept = calling.outbox.calls.get(it.told[0][0]["webhook-id"])
        assert kept is not None
        assert kept.error == "answered 503"
        calling.clock.now += 600 * SECOND
        CallSender(calling.outbox, calling.hooks, settings(tmp_path, 1), calling.clock).round()
    assert len(it.told) == 3
    assert {headers["webhook-id"] for headers, _ in it.told} == {letter.id, letter_id("two", calling.hook.id)}


def test_a_program_that_is_gone_is_not_called_again(store: Store, tmp_path: Path) -> None:
    with program() as it:
        it.answers = [(410, {})]
        calling = Calling(store, tmp_path, it.url)
        calling.put()
        calling.sender.round()
        assert len(calling.outbox.dead()) == 1


def test_a_redirect_is_not_followed(store: Store, tmp_path: Path) -> None:
    with program() as it:
        it.answers = [(302, {"location": it.url})]
        calling = Calling(store, tmp_path, it.url)
        calling.put()
        calling.sender.round()
    assert len(it.told) == 1


def test_what_waits_for_a_webhook_that_was_removed_is_dropped(store: Store, tmp_path: Path) -> None:
    with program() as it:
        calling = Calling(store, tmp_path, it.url)
        calling.put()
        calling.hooks.remove(calling.hook.id)
        calling.sender.round()
    assert it.told == []
    assert calling.outbox.dead() == ()


def test_nothing_inside_is_called_unless_the_operator_allows_it(store: Store, tmp_path: Path) -> None:
    with program() as it:
        calling = Calling(store, tmp_path, it.url, allow=())
        calling.put()
        calling.sender.round()
    assert it.told == []
    assert "only https" in calling.outbox.dead()[0].error


def test_a_letter_that_was_sent_is_forgotten_after_ninety_days(store: Store, tmp_path: Path) -> None:
    with program() as it:
        calling = Calling(store, tmp_path, it.url)
        letter = calling.put()
        calling.sender.round()
        kept = calling.outbox.calls.get(letter.id)
        assert kept is not None
        assert kept.content is None, "its words are gone at once"
        calling.clock.now += 91 * 86_400 * SECOND
        calling.sender.round()
    assert calling.outbox.calls.get(letter.id) is None


def test_a_mail_server_that_is_down_for_a_day_gets_every_letter_once_afterwards(store: Store, tmp_path: Path) -> None:
    with mail_server() as (postbox, port):
        postbox.refuses = "421 down for repair"
        clock = Clock()
        outbox = Outbox(store, settings(tmp_path, port))
        for number in range(5):
            outbox.put(letter(about=str(number)))
        end = clock.now + 24 * 3_600 * SECOND
        while clock.now < end:
            # A new one each time: what it remembers of a server that is away counts real seconds.
            MailSender(outbox, settings(tmp_path, port), clock).round()
            clock.now += 300 * SECOND
        assert postbox.taken == []
        assert outbox.dead() == (), "a day is no reason to give up"
        postbox.refuses = ""
        for _ in range(24 * 12):
            # A new one each time: what it remembers of a server that is away counts real seconds.
            MailSender(outbox, settings(tmp_path, port), clock).round()
            clock.now += 300 * SECOND
        assert len(postbox.taken) == 5
        assert outbox.dead() == ()


def test_a_program_that_answers_drop_by_drop_holds_nobody_up(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "CALL_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        over = Event()

        def drip() -> None:
            taken, _ = server.accept()
            with taken:
                taken.sendall(b"HTTP/1.1 200 OK\r\n")
                while not over.wait(0.1):
                    try:
                        taken.sendall(b"x-drop: y\r\n")
                    except OSError:
                        return

        thread = Thread(target=drip, daemon=True)
        thread.start()
        calling = Calling(store, tmp_path, f"http://127.0.0.1:{port}/told")
        letter = calling.put()
        began = time.monotonic()
        calling.sender.round()
        assert time.monotonic() - began < 8, "each drop begins the client's own patience anew"
        over.set()
        thread.join()
    kept = calling.outbox.calls.get(letter.id)
    assert kept is not None
    assert kept.tries == 1
    assert kept.error
