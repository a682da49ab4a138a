"""Notices go to an address only after its reader, signed in, has said so from a letter that was sent there: until then
it gets that one letter and nothing else, and after two days it is forgotten."""

import hashlib
import hmac
from typing import Final

import msgspec

from egnatia.exchange.letter import Letter, Mail, letter_id
from egnatia.web.language import Speech
from egnatia.web.notices.choices import Choices, Chosen
from egnatia.web.premises import Premises

EVERY: Final = 60_000_000
"""Microseconds between two letters that one person asks for: no mailbox is filled from here."""


class Mailbox:
    """The address of one account."""

    def __init__(self, premises: Premises, account: str) -> None:
        self._premises, self._account = premises, account
        self._kept = Chosen(premises.store).kept

    def want(self, choices: Choices, address: str, speech: Speech, now: int) -> Choices:
        """The choices with this address: as it is where it is confirmed or none, else waiting, with a letter to it."""
        if address in {"", choices.mail}:
            return msgspec.structs.replace(choices, mail=address, asked="", asked_at=0)
        free = choices.asked_at + EVERY
        if address == choices.asked and now < free:
            return choices
        at = max(now, free)
        self._ask(address, speech, at)
        return msgspec.structs.replace(choices, asked=address, asked_at=at)

    def confirm(self, code: str, now: int) -> bool:
        """Letters go there from now on; false for a link that is not of this account's waiting address."""
        said: list[bool] = []

        def confirmed(kept: Choices) -> Choices:
            waiting = kept.waiting(now)
            if not waiting or not hmac.compare_digest(self._code(waiting).encode(), code.encode()):
                return kept
            said.append(True)
            return msgspec.structs.replace(kept, mail=waiting, asked="", asked_at=0)

        self._kept.change(self._account, confirmed)
        return bool(said)

    def _ask(self, address: str, speech: Speech, at: int) -> None:
        say, settings = speech.gettext, self._premises.settings
        text = "\n\n".join(
            (
                say(
                    "Somebody, probably you, wants notices of %(name)s at this address.",
                    name=settings.organisation.name,
                ),
                say("Open this page, sign in and press the button, and they come:"),
                f"{settings.public_url}/notices/mailbox/{self._code(address)}",
                say("If it was not you, do nothing: the address is forgotten after two days."),
            )
        )
        subject = say("Confirm: notices of %(name)s", name=settings.organisation.name)
        about = letter_id("mailbox", self._account, address, str(at // EVERY))
        self._premises.outbox.put(Letter(id=about, at=at, content=Mail(to=address, subject=subject, text=text)))

    def _code(self, address: str) -> str:
        """What only the letter tells: bound to the account and the address."""
        about = f"mailbox {self._account} {address}".encode()
        return hmac.new(self._premises.secret, about, hashlib.sha256).hexdigest()[:32]
