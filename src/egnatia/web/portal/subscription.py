"""Who gets warnings by e-mail: asked for, confirmed from the address itself, ended by one press. An address is kept
sealed under the node's own secret, and not at all once it is unsubscribed. What they are sent is in `mailing`."""

import hashlib
import hmac
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from egnatia.exchange.letter import Letter, Mail, letter_id
from egnatia.store.entry import Batch, Note
from egnatia.web.account.sealing import Seal
from egnatia.web.language import LANGUAGES, speech
from egnatia.web.language.footnote import with_footnote
from egnatia.web.premises import Premises

HOUR: Final = 3_600_000_000
PATIENCE: Final = 48 * HOUR
"""How long an address waits for its confirmation, microseconds."""
MOST: Final = 200_000
PURPOSE: Final = "subscriber"
_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}")


class Subscriber(msgspec.Struct, frozen=True, kw_only=True):
    """An address, sealed, and the language that its letters are in; `at` is when it was asked for, microseconds UTC."""

    id: str
    address: bytes
    language: str
    at: int
    confirmed: bool = False


def is_address(text: str) -> bool:
    """Whether mail can be sent to it."""
    return len(text) <= 254 and _ADDRESS.fullmatch(text) is not None


class Subscriptions:
    """The subscriptions of one node."""

    def __init__(self, premises: Premises) -> None:
        self._premises, self._store = premises, premises.store
        self._kept = premises.store.kept("subscriber", Subscriber)
        self._seal = Seal(premises.secret)

    def ask(self, address: str, language: str, now: int) -> None:
        """Somebody wants letters to this address: it is asked whether that is so. Who is there already is asked in the
        same way, for the language may be another one now; so nobody learns who is there, not even from the time that
        the answer takes."""
        id_ = self._id(address)
        present = self._kept.get(id_)
        if present is None and self._kept.count("", "\x7f") >= MOST:
            return
        sealed = self._seal.close(PURPOSE, address.encode())
        asked = Subscriber(id=id_, address=sealed, language=language, at=now)
        self._kept.put(id_, asked if present is None or not present.confirmed else present)
        say = speech(LANGUAGES[language]).gettext
        name = self._name
        text = "\n\n".join(
            (
                say("Somebody, probably you, wants warnings from %(name)s at this address.", name=name),
                say("Open this page and press the button, and they come:"),
                self.link("confirm", id_, language),
                say("If it was not you, do nothing: an address that nobody confirms is forgotten after two days."),
            )
        )
        text = with_footnote(say, text)
        subject = say("Confirm: warnings from %(name)s", name=name)
        about = letter_id("subscription", id_, language, str(now // HOUR))
        self._premises.outbox.put(Letter(id=about, at=now, content=Mail(to=address, subject=subject, text=text)))

    def confirm(self, id_: str, code: str, language: str) -> bool:
        """The address itself says so, and wants this language; false for a link that is not ours or whose address is
        forgotten."""
        if not self._is(id_, code):
            return False
        found: list[Subscriber] = []

        def said(kept: Subscriber) -> Subscriber:
            found.append(kept)
            return msgspec.structs.replace(kept, confirmed=True, language=language)

        self._kept.change(id_, said)
        if found and not found[0].confirmed:
            self._note("subscribed", id_)
        return bool(found)

    def end(self, id_: str, code: str) -> bool:
        """No more letters, and the address is gone; false for a link that is not ours."""
        if not self._is(id_, code):
            return False
        if self._kept.take(id_) is not None:
            self._note("unsubscribed", id_)
        return True

    def link(self, what: str, id_: str, language: str) -> str:
        """Where an address confirms (`confirm`) or ends (`end`) its subscription."""
        return f"{self._premises.settings.public_url}/public/{language}/subscribe/{what}/{id_}/{self._code(id_)}"

    def confirmed(self) -> Iterator[Subscriber]:
        """Everyone who gets letters."""
        yield from (each for each in self._kept.all().values() if each.confirmed)

    def address(self, who: Subscriber) -> str:
        """Where their letters go; raises NotOurs for one that was sealed under a secret that this node has no more."""
        return self._seal.open(PURPOSE, who.address).decode()

    def forget(self, now: int) -> None:
        """Addresses that did not confirm in time are gone."""
        late = [each.id for each in self._kept.all().values() if not each.confirmed and now - each.at > PATIENCE]
        if late:
            self._kept.remove(*late)

    def _note(self, action: str, id_: str) -> None:
        self._store.append(Batch(notes=(Note("public", action, id_),))).result()

    @property
    def _name(self) -> str:
        return self._premises.settings.portal.title or self._premises.settings.organisation.name

    def _id(self, address: str) -> str:
        return self._hash("subscriber", address.lower())[:24]

    def _code(self, id_: str) -> str:
        return self._hash("subscription", id_)[:32]

    def _is(self, id_: str, code: str) -> bool:
        return hmac.compare_digest(self._code(id_).encode(), code.encode())

    def _hash(self, what: str, about: str) -> str:
        return hmac.new(self._premises.secret, f"{what} {about}".encode(), hashlib.sha256).hexdigest()
