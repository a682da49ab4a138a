"""STIX of others on its way in: what says nothing of its handling in words passes as it came, the rest is read.

What marking-definitions of a source say is remembered for it, also where the gate takes none of them: an object may
come long after the marking that it bears, or before.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from egnatia.cyber.intel.held import Held, Waiting, decided_for, read_again
from egnatia.exchange.formats.bringing import Bringing
from egnatia.exchange.formats.conversion import remark
from egnatia.exchange.formats.misp import Terms
from egnatia.exchange.formats.restriction import meaning
from egnatia.exchange.formats.stix import Marking, Unknown, marking_in, read_object
from egnatia.exchange.host import Host
from egnatia.exchange.importing import Finding, Tally
from egnatia.record.record import Invalid

UNDERSTOOD: Final = "a TLP under an identifier of its own: what bears it gets the one that TLP has"


class Sifting:
    """One reading of one source (empty for what is imported by hand) under its terms."""

    def __init__(
        self,
        host: Host,
        source: str,
        terms: Terms,
        bringing: Bringing,
        tally: Tally,
        on_finding: Callable[[Finding], None] = lambda _: None,
    ) -> None:
        self._host, self._source, self._terms, self._bringing = host, source, terms, bringing
        self._tally, self._on_finding = tally, on_finding
        self._waiting = Waiting(host.store)
        self._held = {each.key for each in self._held_here()}
        self._known: dict[str, Marking | Unknown | None] = {}
        self._learnt: set[str] = set()

    def learn(self, bodies: Iterable[bytes]) -> None:
        """What the marking-definitions among these say; what bears them may stand before them."""
        with suppress(Invalid):  # whoever brings them in is told
            for body in bodies:
                found = marking_in(body)
                if found is not None and isinstance(self._known.get(found[0], Unknown()), Unknown):
                    self._define(*found)

    def _define(self, name: str, marking: Marking | None) -> None:
        self._known[name] = marking
        self._learnt.add(name)
        if marking is not None:
            self._waiting.markings.add(f"{self._source} {name}", marking)

    def sift(self, index: int, body: bytes) -> Sequence[bytes] | None:
        """What is handed in for the object at this place; None where it passes as it came."""
        self.learn((body,))
        found = marking_in(body)
        if found is not None:
            return () if self._is_refused(index, found[1]) else None
        name = _name(body)
        conversion = read_object(body, decided_for(self._terms, name), self._marking)
        if conversion is None:
            if name in self._held:
                self._waiting.release(self._source, name)
            return None
        for problem in conversion.remarks:
            self._tell(Finding(index, name, problem, refused=False))
        self._bringing.doubt(conversion)
        fresh, present = self._bringing.fresh(conversion)
        self._tally.read += present
        self._tally.present += present
        return fresh

    def finish(self) -> None:
        """Read what waited for a marking to be defined."""
        for each in self._held_here():
            if any(word.word in self._learnt for word in each.words):
                read_again(self._host, each)

    def _held_here(self) -> list[Held]:
        return [
            each for each in self._waiting.held.all().values() if each.source == self._source and each.form == "stix"
        ]

    def _is_refused(self, index: int, marking: Marking | None) -> bool:
        """A TLP that is not under its fixed identifier would be refused at the gate; it is understood here instead."""
        is_tlp = marking is not None and meaning(marking.word)[0] == "tlp"
        if is_tlp and marking is not None:
            self._tell(Finding(index, None, remark("$", UNDERSTOOD, marking.word), refused=False))
        return is_tlp

    def _tell(self, finding: Finding) -> None:
        self._tally.note(finding)
        self._on_finding(finding)

    def _marking(self, name: str) -> Marking | Unknown | None:
        if name not in self._known:
            self._known[name] = self._waiting.marking(self._host, self._source, name)
        return self._known[name]


class _Named(msgspec.Struct):
    id: str = ""


def _name(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Named).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
