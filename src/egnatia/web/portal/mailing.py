"""What subscribers are sent: each new warning once, again where it says something else, and that it was taken back.

Of what was sent only the record's id, a digest and the time are kept: what its owner erases stays nowhere.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from egnatia.cyber.intel.product import Kind, Product, kind_of, product
from egnatia.exchange.letter import Letter, Mail, letter_id
from egnatia.policy import PUBLIC
from egnatia.store import Known
from egnatia.store.entry import Row
from egnatia.store.query import LAST, Query
from egnatia.web.account.sealing import NotOurs
from egnatia.web.language import LANGUAGES, speech
from egnatia.web.language.footnote import with_footnote
from egnatia.web.portal.subscription import HOUR, Subscriber, Subscriptions
from egnatia.web.premises import Premises
from egnatia.web.product.content import bulletin, reason_of
from egnatia.web.record.name import decoded

SENT: Final = frozenset({Kind.ALERT, Kind.ADVISORY, Kind.AWARENESS})
"""What is sent by e-mail; situation reports are read where they are."""
QUIET: Final = HOUR
"""How long after a letter a change of what it said waits for more changes, microseconds."""
REMEMBERED: Final = 90 * 24 * HOUR
"""How long after its last letter a product's changes are told, microseconds; the outbox knows its letters as long."""
READ: Final = 1_000
_SAID: Final = ("name", "description", "labels", "object_refs", "report_types")
"""What a reader would notice to be another; that only a translation or a marking is new is told to nobody."""


class Told(msgspec.Struct, frozen=True):
    """What subscribers were sent of a record: when last, microseconds UTC, and the digests of what was said, the newest
    last."""

    owner: str
    at: int
    said: tuple[str, ...]


class Mailing:
    """The letters to the subscribers of one node."""

    def __init__(self, premises: Premises) -> None:
        self._premises, self._store = premises, premises.store
        self._subscriptions = Subscriptions(premises)
        self._cursor = premises.store.kept("subscriber-cursor", int)
        self._told = premises.store.kept("subscriber-told", Told)

    def round(self, now: int) -> int:
        """Puts what is new into the outbox for each subscriber, and forgets addresses that did not confirm; how many
        letters that were."""
        if not self._premises.outbox.sends_mail:
            return 0
        self._subscriptions.forget(now)
        position, before = self._store.position(), self._cursor.get("products")
        if before is None:
            self._cursor.put("products", position)
            return 0
        letters = self._changes(now)
        return letters + self._news(before, position, now) if position != before else letters

    def _news(self, before: int, position: int, now: int) -> int:
        """What nobody was told of yet."""
        query = Query(types=("report",), versions=(LAST,))
        rows = self._store.changes(PUBLIC, before, READ, query).rows
        letters = 0
        for row in rows:
            made = self._product(row) if row.position <= position else None
            if made is None or made.revoked or self._told.get(row.id) is not None:
                continue
            letters += self._tell(made, (), now)
        self._cursor.put("products", min(position, rows[-1].position) if len(rows) == READ else position)
        return letters

    def _changes(self, now: int) -> int:
        """What became of what they were told of."""
        told = self._told.all()
        rows = {(row.id, row.owner): row for row in self._store.get(PUBLIC, list(told))} if told else {}
        letters = 0
        for record, kept in told.items():
            row = rows.get((record, kept.owner))
            made = self._product(row) if row is not None else None
            if made is None or made.revoked:
                letters += self._take_back(record, made, kept, now)
            elif now - kept.at > REMEMBERED:
                self._told.remove(record)
            elif _digest(made) != kept.said[-1] and now - kept.at >= QUIET:
                letters += self._tell(made, kept.said, now)
        return letters

    def _product(self, row: Row) -> Product | None:
        """What is sent; None for any other record."""
        return product(self._store, PUBLIC, row) if kind_of(decoded(row)) in SENT else None

    def _tell(self, made: Product, before: Sequence[str], now: int) -> int:
        known, digest, letters = self._known(), _digest(made), 0
        for who in self._subscriptions.confirmed():
            language = LANGUAGES[who.language]
            spoken = speech(language)
            told = bulletin(made, language, spoken, known)
            title = spoken.gettext("Changed: %(title)s", title=told.title) if before else told.title
            url = self._url(who, made.id)
            letters += self._put(who, made.id, digest, f"[{told.kind_words}] {title}", (title, told.lead, url), now)
        self._told.put(made.id, Told(made.owner, now, (*before, digest)[-20:]))
        return letters

    def _take_back(self, record: str, made: Product | None, kept: Told, now: int) -> int:
        """Whoever has got a letter learns that it holds no longer; of one that still waits the outbox finds that out
        itself. As long as one waits, this is looked at again."""
        letters, waits = 0, False
        for who in self._subscriptions.confirmed():
            states = {self._state(record, said, who) for said in kept.said}
            waits = waits or "waiting" in states
            if "sent" in states:
                subject, words = self._taken_back(who, record, made, kept)
                letters += self._put(who, record, f"taken back {kept.said[-1]}", subject, words, now, stands=False)
        if not waits:
            self._told.remove(record)
        return letters

    def _taken_back(self, who: Subscriber, record: str, made: Product | None, kept: Told) -> tuple[str, list[str]]:
        """Subject and words. Of what nobody may read any more not even the title is said again."""
        language = LANGUAGES[who.language]
        say = (spoken := speech(language)).gettext
        told = bulletin(made, language, spoken, self._known()) if made is not None else None
        title = told.title if told is not None else say("a warning of %(day)s", day=spoken.day(kept.at))
        subject = say("Taken back: %(title)s", title=title)
        words = [subject, say("Do not act on it any more, and do not pass it on.")]
        if made is not None:
            words += filter(None, (reason_of(self._store, PUBLIC, made), self._url(who, record)))
        return subject, words

    def _put(
        self,
        who: Subscriber,
        record: str,
        about: str,
        subject: str,
        words: Sequence[str],
        now: int,
        *,
        stands: bool = True,
    ) -> int:
        try:
            address = self._subscriptions.address(who)
        except NotOurs:  # sealed under a secret that this node has no more
            return 0
        say = speech(LANGUAGES[who.language]).gettext
        end = self._subscriptions.link("end", who.id, who.language)
        told = with_footnote(say, "\n\n".join(words), subject)
        text = "\n\n".join((told, "-- \n" + say("No more letters: %(link)s", link=end)))
        mail = Mail(
            to=address,
            subject=subject,
            text=text,
            thread=letter_id(record),
            unsubscribe=end,
            public_record=record if stands else "",
        )
        letter = Letter(id=_letter(record, about, who), at=now, content=mail)
        return int(self._premises.outbox.put(letter))

    def _state(self, record: str, said: str, who: Subscriber) -> str:
        """What became of a letter; empty for one that was never written."""
        letter = self._premises.outbox.mail.get(_letter(record, said, who))
        return letter.state if letter is not None else ""

    def _url(self, who: Subscriber, record: str) -> str:
        return f"{self._premises.settings.public_url}/public/{who.language}/records/{record}"

    def _known(self) -> dict[str, Known]:
        return {each.id: each for each in self._premises.organisations()}


def _letter(record: str, about: str, who: Subscriber) -> str:
    return letter_id("product", record, about, who.id)


def _digest(made: Product) -> str:
    """Of what a product says, in the language of its author."""
    said: list[Any] = [made.stix.get(name) for name in _SAID]
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:32]
