"""What is held at TLP:RED because a word on it seems to restrict and nobody has said what it means.

Sources hand in what they read; what was held waits here with the document that it came from. A person says what a word
means, for one document or for all of a source; then the document is read again under that, and what is read later too.
"""

import hashlib
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from egnatia.cyber.intel.overriding import Bases
from egnatia.exchange.formats.bringing import Bringing, Doubt
from egnatia.exchange.formats.conversion import Conversion, Origin
from egnatia.exchange.formats.csaf import read_advisory
from egnatia.exchange.formats.listing import read_held
from egnatia.exchange.formats.misp import Terms, read_events
from egnatia.exchange.formats.restriction import PAP_LEVELS, TLP_LEVELS, spelled
from egnatia.exchange.formats.stix import Marking, Unknown, marking_in, read_object
from egnatia.exchange.four_eyes import FourEyes, Rule
from egnatia.exchange.host import Host
from egnatia.exchange.submission import Handling, Right, Submitter
from egnatia.record.upgrade import upgrade_all
from egnatia.store import Batch, Keep, Note, Store
from egnatia.store.keeping import Kept

MEANINGS: Final = ("", *(f"tlp:{each}" for each in TLP_LEVELS), *(f"pap:{each}" for each in PAP_LEVELS))
"""What a word can be said to mean; empty: it restricts nothing."""

BY_HAND: Final = ""
"""The source of what is imported at the command line."""

AT_ONCE: Final = 20
"""So many documents are read again while whoever decided waits; the rest is the node's own work."""

WORDS: Final = 200
PLACES: Final = 20


class Place(msgspec.Struct, frozen=True):
    """Where in a document a word stands, and what it is put on."""

    path: str
    about: str


class Word(msgspec.Struct, frozen=True):
    """A word in one document: how often, and where first."""

    word: str
    count: int
    places: tuple[Place, ...]


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One document of which something is held. `record` stands for it here, `tlp` is what it says besides the words;
    `community`, `decided`, `applied_tlp` and `applied` are the terms that it was read under; `at` is in
    microseconds UTC."""

    source: str
    form: Literal["misp", "csaf", "list", "stix"]
    key: str
    title: str
    record: str
    tlp: str
    words: tuple[Word, ...]
    community: tuple[str, ...] = ()
    decided: dict[str, str] = {}
    applied_tlp: str | None = None
    applied: tuple[str, ...] = ()
    at: int = 0

    @property
    def place(self) -> str:
        """The key under which it is held."""
        return place_of(self.source, self.key)


class Understood(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody said a word means: in one document (`key`) or in all of a source. Where the organisation wants four
    eyes it counts once another person has `agreed`."""

    source: str
    key: str
    word: str
    meaning: str
    by: str
    at: int
    agreed: str = ""
    title: str = ""

    @property
    def place(self) -> str:
        """The key under which it is remembered."""
        return place_of(self.source, self.key, spelled(self.word))


def place_of(*names: str) -> str:
    """One short key for several names."""
    return hashlib.sha256(msgspec.json.encode(names)).hexdigest()[:32]


class Waiting:
    """What is held, and what was decided."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.held: Kept[Held] = store.kept("held", Held)
        self.documents: Kept[bytes] = store.kept("held document", bytes)
        self.understood: Kept[Understood] = store.kept("understood", Understood)
        self.due: Kept[bool] = store.kept("held due", bool)
        self.unread: Kept[bool] = store.kept("source unread", bool)
        self.markings: Kept[Marking] = store.kept("foreign marking", Marking)

    def terms(self, source: str, given: Terms, *, second: bool) -> Terms:
        """The terms of a source with what people decided since. `second`: only what a second person agreed to."""
        everywhere, alone = dict(given.decided), dict[str, dict[str, str]]()
        for each in self.understood.all().values():
            if each.source == source and (each.agreed or not second):
                into = alone.setdefault(each.key, {}) if each.key else everywhere
                into[each.word] = each.meaning
        return msgspec.structs.replace(given, decided=everywhere, of_events=alone)

    def doubt(self, source: str, given: Terms, applied: tuple[str, ...] = ()) -> Doubt:
        """What keeps the conversions of a source that hold something, and forgets those that do so no more. `given` are
        the terms without what people decided since."""

        def hear(conversion: Conversion) -> None:
            if conversion.origin is None:
                return
            if not conversion.strange:
                self._forget(place_of(source, conversion.origin.key))
                return
            self._keep(
                Held(
                    source=source, form=conversion.origin.form, key=conversion.origin.key,
                    title=conversion.origin.title, record=conversion.origin.record, tlp=conversion.origin.tlp,
                    words=_words(conversion), community=given.community, decided=dict(given.decided),
                    applied_tlp=given.tlp, applied=applied, at=time.time_ns() // 1_000,
                ),
                conversion.document,
            )  # fmt: skip

        return hear

    def release(self, source: str, key: str) -> None:
        """A document of a source holds nothing any more."""
        self._forget(place_of(source, key))

    def marking(self, host: Host, source: str, name: str) -> Marking | Unknown | None:
        """What a marking says, by what came from the source, else by what is held."""
        kept = self.markings.get(f"{source} {name}")
        if kept is not None:
            return kept
        rows = self._store.get(host.clearance_of(host.own), [name])
        found = next(iter(marking_in(row.body) for row in rows), None)
        return Unknown() if found is None else found[1]

    def counts(self) -> Mapping[str, int]:
        """How many documents are held, by source."""
        found: dict[str, int] = {}
        for each in self.held.all().values():
            found[each.source] = found.get(each.source, 0) + 1
        return found

    def _keep(self, held: Held, document: bytes) -> None:
        before = self.held.get(held.place)
        since = before.at if before is not None and before.words == held.words else held.at
        keeps = (
            self.documents.keep(held.place, document),
            self.held.keep(held.place, msgspec.structs.replace(held, at=since)),
        )
        self._store.append(Batch(keeps=keeps)).result()

    def _forget(self, place: str) -> None:
        if self.held.get(place) is not None:
            self.held.remove(place)
            self.documents.remove(place)


def _words(conversion: Conversion) -> tuple[Word, ...]:
    places: dict[str, list[Place]] = {}
    counts: dict[str, int] = {}
    for each in conversion.strange:
        if each.word not in counts and len(counts) >= WORDS:
            continue
        counts[each.word] = counts.get(each.word, 0) + 1
        several = places.setdefault(each.word, [])
        if len(several) < PLACES:
            several.append(Place(each.path, each.about))
    return tuple(Word(word, count, tuple(places[word])) for word, count in counts.items())


class Settled(msgspec.Struct, frozen=True):
    """What a decision changed: documents read again, and those that the node reads again by itself."""

    documents: int = 0
    later: int = 0


def wants_second(host: Host) -> bool:
    """Whether the node's organisation wants a second person to agree before anything is shown to more people."""
    return FourEyes(host.store).rule(host.own) is not Rule.NEVER


def decide(host: Host, made: Understood) -> Settled:
    """Remember what a word means and read again what waited for it. Raises ValueError for no meaning."""
    if made.meaning not in MEANINGS:
        raise ValueError(f"{made.meaning!r} is none of {', '.join(each or '(nothing)' for each in MEANINGS)}")
    waiting = Waiting(host.store)
    _note(host, made, made.by, f"means {made.meaning or 'nothing'}", keep=(waiting.understood.keep(made.place, made),))
    return _again(host, made)


def agree(host: Host, place: str, by: str) -> Settled:
    """A second person agrees with a decision. Raises LookupError where there is none, PermissionError to its author."""
    waiting = Waiting(host.store)
    held = waiting.understood.get(place)
    if held is None:
        raise LookupError("There is no such decision")
    if held.by == by:
        raise PermissionError("Nobody agrees with themselves")
    made = msgspec.structs.replace(held, agreed=by)
    _note(host, made, by, f"agreed: {made.meaning or 'nothing'}", keep=(waiting.understood.keep(place, made),))
    return _again(host, made)


def forget(host: Host, place: str, by: str) -> None:
    """A decision counts no more for what is read from now on; what it released stays released."""
    waiting = Waiting(host.store)
    held = waiting.understood.get(place)
    if held is not None:
        waiting.understood.remove(place)
        _note(host, held, by, "forgotten")


def _note(host: Host, made: Understood, by: str, detail: str, *, keep: tuple[Keep, ...] = ()) -> None:
    where = made.source or "imported by hand"
    note = Note(by, "restriction", made.word[:200], f"{where}{f' {made.key}' if made.key else ''}: {detail}"[:400])
    host.store.append(Batch(notes=(note,), keeps=keep)).result()


def _again(host: Host, made: Understood) -> Settled:
    if wants_second(host) and not made.agreed:
        return Settled()
    waiting = Waiting(host.store)
    found = [each for each in waiting.held.all().values() if _is_about(each, made)]
    for each in found[:AT_ONCE]:
        read_again(host, each)
    if found[AT_ONCE:]:
        waiting.due.put(made.source, True)
    return Settled(len(found[:AT_ONCE]), len(found[AT_ONCE:]))


def _is_about(held: Held, made: Understood) -> bool:
    is_there = any(spelled(each.word) == spelled(made.word) for each in held.words)
    return held.source == made.source and made.key in {"", held.key} and is_there


def settle(host: Host, stopping: Callable[[], bool] = lambda: False) -> int:
    """Read again what was decided and is still held; how many documents. The node does so beside its sources."""
    waiting = Waiting(host.store)
    done = 0
    for source in waiting.due.all():
        decided = [each for each in waiting.understood.all().values() if each.source == source]
        for held in waiting.held.all().values():
            if stopping():
                return done
            if any(_is_about(held, each) for each in decided):
                read_again(host, held)
                done += 1
        waiting.due.remove(source)
    return done


def read_again(host: Host, held: Held) -> None:
    """Read a held document under what is decided now; a list is read anew from where it comes, within a minute."""
    waiting = Waiting(host.store)
    given = Terms(community=held.community, decided=held.decided, tlp=held.applied_tlp)
    terms = waiting.terms(held.source, given, second=wants_second(host))
    submitter = Submitter(host.own, f"source {held.source}" if held.source else "command line", RIGHTS)
    marks = Handling(held.applied, stays_narrow=True)
    bringing = Bringing(
        host.store,
        host.clearance_of(host.own),
        host.own,
        lambda bodies: host.admission.submit(bodies, submitter, handling=marks),
        doubt=waiting.doubt(held.source, given, held.applied),
    )
    document = waiting.documents.get(held.place) or b""
    match held.form:
        case "misp":
            found = list(read_events(document, terms))
            bringing.bring(found)
            Bases(host.store).note(held.source, found, bringing.versions)
        case "stix":
            bringing.bring([_again_read(document, decided_for(terms, held.key), held, host)])
        case "csaf":
            bringing.bring([read_advisory(document, decided_for(terms, held.key))])
        case "list" if held.source == BY_HAND:
            bringing.bring([read_held(document, datetime.now(UTC), decided_for(terms, held.key))])
        case "list":
            waiting.unread.put(held.source, True)


def _again_read(document: bytes, decided: Mapping[str, str], held: Held, host: Host) -> Conversion:
    """A held object under what is decided; with words that change nothing it is what came."""
    waiting = Waiting(host.store)
    found = read_object(document, decided, lambda name: waiting.marking(host, held.source, name))
    origin = Origin("stix", held.key, held.title, held.record)
    return found or Conversion(upgrade_all(document), origin=origin, retires=False)


def decided_for(terms: Terms, key: str) -> Mapping[str, str]:
    """What words mean in one document."""
    return {**terms.decided, **terms.of_events.get(key, {})}


RIGHTS: Final = frozenset({Right.SUBMIT, Right.RELEASE})
"""Who decided, and the second person where one is wanted, stand for it."""
