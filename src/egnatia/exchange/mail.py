"""E-mail by SMTP (RFC 5321), with TLS: one connection for all that is due."""

import smtplib
import ssl
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from types import TracebackType
from typing import Final, Self

from egnatia.exchange.letter import Letter, Mail, Undeliverable
from egnatia.settings import Settings

SECONDS: Final = 20.0
"""How long the server may take for one answer."""


class Connection:
    """A conversation with the mail server. Entering and sending raise OSError for what may go better later."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._mail = settings, settings.mail
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        server = self._connected()
        try:
            if self._mail.tls == "starttls":
                server.starttls(context=self._context())
            if self._mail.user:
                server.login(self._mail.user, self._settings.mail_password())
        except BaseException:
            server.close()
            raise
        self._server = server
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            try:
                self._server.quit()
            except OSError:  # it has hung up already
                self._server.close()

    def send(self, letter: Letter, mail: Mail) -> None:
        """The server has taken the letter over when this returns. Raises Undeliverable or OSError."""
        if self._server is None:
            raise OSError("the mail server is not connected")
        try:
            self._server.send_message(message(letter, mail, self._settings))
        except smtplib.SMTPRecipientsRefused as refused:
            code, words = next(iter(refused.recipients.values()))
            self._answered(code, words, refused)
        except smtplib.SMTPDataError as refused:
            self._answered(refused.smtp_code, refused.smtp_error, refused)
        except ValueError as error:  # an address that no message can bear
            raise Undeliverable(str(error)) from error

    def _answered(self, code: int, words: str | bytes, error: OSError) -> None:
        said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
        if code >= 500:
            raise Undeliverable(f"{code} {said}") from error
        self._reset()
        raise Postponed(f"{code} {said}") from error

    def _reset(self) -> None:
        if self._server is not None:
            self._server.rset()

    def _connected(self) -> smtplib.SMTP:
        mail = self._mail
        if mail.tls == "tls":
            return smtplib.SMTP_SSL(mail.host, mail.port, timeout=SECONDS, context=self._context())
        return smtplib.SMTP(mail.host, mail.port, timeout=SECONDS)

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._settings.mail_ca_file)


class Postponed(OSError):
    """The server wants this one letter later."""


def message(letter: Letter, mail: Mail, settings: Settings) -> EmailMessage:
    """The letter as a message: its id and its date stay the same however often it is sent. Raises ValueError."""
    sender = settings.mail.sender
    domain = sender.rpartition("@")[2]
    made = EmailMessage(policy=SMTP)
    made["From"] = Address(_line(settings.organisation.name), addr_spec=sender)
    made["To"] = mail.to
    made["Subject"] = _line(mail.subject)
    made["Date"] = format_datetime(datetime.fromtimestamp(letter.at // 1_000_000, UTC))
    made["Message-ID"] = f"<{letter.id}@{domain}>"
    if mail.thread:
        made["References"] = f"<{mail.thread}@{domain}>"
    if mail.unsubscribe:
        made["List-Unsubscribe"] = f"<{mail.unsubscribe}>"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    made.set_content(mail.text)
    return made


def _line(text: str) -> str:
    """On one line: whatever a person wrote, it ends no header."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:200]
