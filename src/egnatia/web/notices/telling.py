"""What tells people: it follows cases, deadlines, recalls and saved searches, and writes notices and letters.

Everything of one round is durable together with how far the round went, so nothing is told twice or forgotten by a
restart. A person is told what their organisation may see, and nobody of what they did themselves.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from egnatia.casework.event import Event
from egnatia.casework.fold import Fold
from egnatia.casework.notice import Told, overdue_first, reminded, told
from egnatia.casework.registry import Unknown
from egnatia.casework.span import later, span
from egnatia.cyber.intel.held import Waiting, place_of
from egnatia.exchange.formats.restriction import spelled
from egnatia.exchange.letter import letter_id
from egnatia.exchange.notice import DAY, Kind, Notice, Notices
from egnatia.exchange.review import Reviews
from egnatia.record.marking import TLP2_IDS
from egnatia.store import Batch, Keep
from egnatia.store.query import Query
from egnatia.web.account.account import Account, now
from egnatia.web.account.accounts import Accounts
from egnatia.web.feed.saved import new_in
from egnatia.web.notices.choices import ALWAYS, Chosen
from egnatia.web.notices.letters import Letters
from egnatia.web.permission import Permission
from egnatia.web.premises import Premises
from egnatia.web.record.text import visible

LOOK_SECONDS: Final = 2.0
SAVED_EVERY: Final = 60_000_000
"""Microseconds between two looks at saved searches."""
DIGEST_AT: Final = 6 * 3_600_000_000
"""When digests go out: microseconds after midnight UTC."""
MANY: Final = 20
"""Of more recalls than these in one go, one notice is made."""
_ROWS: Final = 500


class Mark(msgspec.Struct, frozen=True):
    """How far everything was told: a position of the log, and moments in microseconds UTC."""

    position: int
    reminded: int
    looked: int = 0


class Teller:
    """One round after the other; call it from one thread."""

    def __init__(self, premises: Premises, *, clock: Callable[[], int] = now) -> None:
        self.premises, self._clock = premises, clock
        store = premises.store
        self._accounts, self.chosen = Accounts(store), Chosen(store)
        self.notices, self.letters = Notices(store), Letters(premises)
        self._marks = store.kept("notice mark", Mark)

    def once(self) -> int:
        """Tells what is to be told; how many notices that were."""
        at, store = self._clock(), self.premises.store
        mark = self._marks.get("all")
        if mark is None:  # what was before anybody could be told is not told
            self._marks.put("all", Mark(store.position(), at))
            return 0
        round_ = _Round(self, at)
        cases, reached = store.casebook.changed(_ROWS, after=mark.position)
        for case in cases:
            round_.case(case, mark.position)
        for case in self._due(mark.reminded, at):
            round_.reminders(case)
        round_.recalls(mark.position, reached)
        looks = at - mark.looked >= SAVED_EVERY
        if looks:
            round_.saved()
            round_.held()
            round_.reviews()
            round_.digests()
        after = Mark(reached, at, at if looks else mark.looked)
        if round_.keeps or reached != mark.position or looks or cases:
            kept = self._marks.keep("all", after)
            store.append(Batch(keeps=(*round_.keeps, kept))).result()
        return round_.count

    def people(self) -> Mapping[str, list[Account]]:
        """Everybody who can be told, by organisation."""
        found: defaultdict[str, list[Account]] = defaultdict(list)
        for account in self._accounts.all():
            if account.disabled is None:
                found[account.organisation].append(account)
        return found

    def _due(self, since: int, until: int) -> set[str]:
        """The cases in which a reminder fell in this time, of the organisations of this node."""
        found: set[str] = set()
        registry = self.premises.casework
        offsets = {each for book in registry.library for line in book.deadlines.values() for each in line.remind}
        for organisation in registry.hosted():
            clearance = self.premises.clearance_of(organisation)
            for offset in offsets:
                length = span(offset)
                back = msgspec.structs.replace(length, sign=-length.sign)
                # A month before may lie a day off where months differ: the case itself decides.
                slack = 4 * DAY if length.months else 0
                first = _micros(later(_moment(since), back, UTC)) - slack
                last = _micros(later(_moment(until), back, UTC)) + slack
                dues = registry.dues(clearance, after=first, until=last, limit=10_000)
                found.update(each.case for each in dues)
        return found


class _Round:
    """One round: what it has found to tell so far."""

    def __init__(self, teller: Teller, at: int) -> None:
        self._teller, self._at, self.premises = teller, at, teller.premises
        self._people = teller.people()
        self.keeps: list[Keep] = []
        self.count = 0

    def case(self, case: str, after: int) -> None:
        """What is new in a case, for each organisation as it may see it."""
        for organisation in self._hosted():
            found = self._fold(organisation, case, after)
            if found is None:
                continue
            fold, events, is_new = found
            party = fold.state.parties[organisation]
            invited = any(each.party_ref == organisation for each in fold.case.parties)
            if is_new and invited and fold.case.created_by_ref != organisation:
                opened = Told(kind=Kind.PARTY, organisations=frozenset({organisation}), what="opened")
                self._tell(fold, organisation, opened, (case,))
            for event in events:
                place = fold.ordering.keys[event.id][0]
                joins = event.does == "join" and organisation in event.about
                if place < party.joined and not joins:
                    continue  # what was before it came in is no news to it
                for each in told(fold, event):
                    about = (event.id, each.what, *sorted(each.values.values()))
                    self._tell(fold, organisation, each, about, actor=(event.author, event.by))
            self._remind(fold, organisation)

    def reminders(self, case: str) -> None:
        """What is due in a case, or was."""
        for organisation in self._hosted():
            found = self._fold(organisation, case, 1 << 62)
            if found is not None:
                self._remind(found[0], organisation)

    def recalls(self, after: int, until: int) -> None:
        """What was taken back."""
        if until <= after:
            return
        for organisation in self._hosted():
            clearance = self.premises.clearance_of(organisation)
            page = self.premises.store.changes(clearance, after, _ROWS, Query(types=("recall",)))
            rows = [row for row in page.rows if row.owner != organisation and row.position <= until]
            for row in rows[:1] if len(rows) > MANY else rows:
                notice = Notice(
                    id="", kind=Kind.RECALL, at=self._at, subject=row.id, path=f"/records/{row.id}", what="recall"
                )
                for account in self._people[organisation]:
                    if Permission.DRAFT in account.permissions(self.premises.own):
                        self._add(account, notice, (row.id,), words=False)

    def saved(self) -> None:
        """Saved searches that have something new, once until they are opened."""
        for organisation, people in self._people.items():
            for account in people:
                for saved in new_in(self.premises, organisation, account.id, self._at):
                    notice = Notice(
                        id="",
                        kind=Kind.SAVED,
                        at=self._at,
                        subject="",
                        path=f"/saved/{saved.id}",
                        what="saved",
                        values={"name": saved.name},
                    )
                    self._add(account, notice, (saved.id, str(saved.opened)), words=False)

    def held(self) -> None:
        """Words that nobody understands on what a source brought, once for each word of each source."""
        people = [
            account
            for account in self._people.get(self.premises.own, ())
            if Permission.TRIAGE in account.permissions(self.premises.own)
        ]
        if not people:
            return
        for each in Waiting(self.premises.store).held.all().values():
            named = {"name": each.source} if each.source else {}
            what = "held" if each.source else "held-by-hand"
            for word in each.words:
                notice = Notice(
                    id="", kind=Kind.HELD, at=self._at, subject="", path="/intel/held", what=what, values=named
                )
                about = (each.source, place_of(spelled(word.word)))
                for account in people:
                    self._add(account, notice, about, words=False)

    def reviews(self) -> None:
        """What waits for a second person is told to all who may approve it, what became of it to its author."""
        for organisation, people in self._people.items():
            for review in Reviews(self.premises.store, organisation).latest():
                step = review.steps[-1]
                if step.what == "withdrawn" or self._at - step.at > DAY:
                    continue
                waits = step.what == "submitted"
                notice = Notice(
                    id="",
                    kind=Kind.REVIEW,
                    at=self._at,
                    subject="",
                    path=f"/publish/reviews/{review.id}",
                    what=f"review-{step.what}",
                    values={"name": visible(review.title)},
                )
                for account in people:
                    mine = account.name == review.author
                    may = Permission.PUBLISH in account.permissions(self.premises.own)
                    if (may and not mine) if waits else mine:
                        self._add(account, notice, (review.id, step.what), words=False)

    def digests(self) -> None:
        """One letter a day, for who wants that; what is old is forgotten, and an address that nobody confirmed."""
        for people in self._people.values():
            for account in people:
                choices = self._teller.chosen.of(account.id)
                if choices.asked and not choices.waiting(self._at):
                    choices = msgspec.structs.replace(choices, asked="", asked_at=0)
                    self.keeps.append(self._teller.chosen.kept.keep(account.id, choices))
                if not choices.digest or _day(self._at) <= _day(choices.digested):
                    continue
                told_ = [
                    each
                    for each in self._teller.notices.of(account.id, 200)
                    if each.at > choices.digested and each.kind not in ALWAYS and "mail" in choices.by(each.kind)
                ]
                kept = msgspec.structs.replace(choices, digested=self._at)
                self.keeps.append(self._teller.chosen.kept.keep(account.id, kept))
                self.keeps += self._teller.letters.digest(account, choices, told_, self._at)
                self.keeps += self._teller.notices.old(account.id, self._at)

    def _hosted(self) -> list[str]:
        return [each for each in self.premises.casework.hosted() if self._people.get(each)]

    def _fold(self, organisation: str, case: str, after: int) -> tuple[Fold, list[Event], bool] | None:
        """The case as the organisation may see it, where it takes part in it."""
        registry = self.premises.casework
        try:
            found = registry.news(self.premises.clearance_of(organisation), case, after)
        except Unknown:
            return None
        return found if organisation in found[0].state.parties else None

    def _remind(self, fold: Fold, organisation: str) -> None:
        if fold.case.exercise:
            return  # an exercise has a time of its own
        for each in overdue_first(fold, _moment(self._at)):
            owed = each.owed
            about = (fold.case.id, owed.deadline, str(owed.start), str(owed.due), each.offset)
            self._tell(fold, organisation, reminded(fold, each), about)

    def _tell(
        self, fold: Fold, organisation: str, each: Told, about: tuple[str, ...], *, actor: tuple[str, str] = ("", "")
    ) -> None:
        """The people of one organisation whom it concerns, but for who did it."""
        if organisation not in each.organisations:
            return
        tlps = [TLP2_IDS[ref] for ref in fold.case.object_marking_refs if ref in TLP2_IDS]
        words = self._teller.letters.may_say(tlps)
        notice = Notice(
            id="",
            kind=each.kind,
            at=self._at,
            subject=fold.case.id,
            path=f"/cases/{fold.case.id}",
            what=each.what,
            values=dict(each.values),
        )
        for account in self._people[organisation]:
            if actor == (organisation, account.name):
                continue
            if self._concerns(account, each):
                self._add(account, notice, about, words=words, title=fold.case.title)

    def _concerns(self, account: Account, each: Told) -> bool:
        if each.person:
            return each.person.casefold() in {account.name.casefold(), account.display.casefold()}
        return Permission.DRAFT in account.permissions(self.premises.own)

    def _add(self, account: Account, notice: Notice, about: Iterable[str], *, words: bool, title: str = "") -> None:
        ways = self._teller.chosen.of(account.id).by(notice.kind)
        made = msgspec.structs.replace(notice, id=letter_id(account.id, notice.kind, *about)[:24])
        if not ways or self._teller.notices.is_told(account.id, made.id):
            return
        self.count += 1
        choices = self._teller.chosen.of(account.id)
        self.keeps += self._teller.notices.keeps(account.id, made, listed="page" in ways)
        self.keeps += self._teller.letters.of(account, choices, made, words=words, title=title)


def _day(at: int) -> int:
    """The day of a moment, which begins when digests go out."""
    return (at - DIGEST_AT) // DAY


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1_000_000, UTC)


def _micros(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
