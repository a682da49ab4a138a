"""An anchor is what an observation must have for a comparison to pass: what patterns are found by, among many.

Of an AND the most telling part is enough; of an OR every part needs one. Where there is none (an order, NOT, MATCHES)
the comparison is tried on every object of its kind.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from egnatia.engine.pattern.comparing import Key, key_of, network_of
from egnatia.engine.pattern.expression import Comparison, Every, Some, Step, Test
from egnatia.record.pattern import BadPattern

GRAM: Final = 4
"""Letters of a LIKE that are looked up together."""

Form = Literal["equal", "within", "like"]


class Anchor(msgspec.Struct, frozen=True):
    """One thing to look up: a value that is equal, a network that holds it, or letters in a row that it has."""

    kind: str
    steps: tuple[Step, ...]
    form: Form
    key: Key

    @property
    def rank(self) -> int:
        """The lower, the fewer observations have it: text, networks, parts of text, numbers and protocols."""
        if self.form == "equal":
            tells = isinstance(self.key, str) and len(self.key) > 3 and "protocols" not in self.steps
            return 0 if tells else 3
        return 1 if self.form == "within" else 2


def anchors(comparison: Comparison) -> tuple[Anchor, ...] | None:
    """Anchors of which an observation has one if the comparison passes; None where nothing can be said."""
    match comparison:
        case Test():
            return _of_test(comparison)
        case Some(parts):
            found: list[Anchor] = []
            for part in parts:
                own = anchors(part)
                if own is None:
                    return None
                found.extend(own)
            return tuple(found)
        case Every(parts):
            known = [own for part in parts if (own := anchors(part)) is not None]
            return min(known, key=lambda own: (max((each.rank for each in own), default=0), len(own)), default=None)


def kinds(comparison: Comparison) -> Iterator[str]:
    """The kinds of object that a comparison is about."""
    if isinstance(comparison, Test):
        yield comparison.kind
    else:
        for part in comparison.parts:
            yield from kinds(part)


def _of_test(test: Test) -> tuple[Anchor, ...] | None:
    last = test.steps[-1]
    if test.negated or (isinstance(last, str) and last.endswith(("_hex", "_bin"))):
        return None
    match test.operator:
        case "=" | "IN":
            keys = [key_of(value) for value in test.values]
            known = tuple(Anchor(test.kind, test.steps, "equal", key) for key in keys if key is not None)
            return known if len(known) == len(keys) else None
        case "ISSUBSET":
            try:
                network = network_of(str(test.values[0]))
            except BadPattern:
                return None
            return (Anchor(test.kind, test.steps, "within", str(network)),)
        case "LIKE":
            fragment = max(re.split("[%_]", unicodedata.normalize("NFC", str(test.values[0]))), key=len)
            return (Anchor(test.kind, test.steps, "like", fragment),) if len(fragment) >= GRAM else None
    return None
