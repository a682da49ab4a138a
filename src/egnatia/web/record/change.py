"""What differs between two versions of a record, property by property."""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Final

import msgspec

from egnatia.web.language import Speech
from egnatia.web.record.face import Property, Shape
from egnatia.web.record.faces import FACES
from egnatia.web.record.fact import Fact, Naming, Teller
from egnatia.web.record.parts import heading
from egnatia.web.record.properties import PROPERTIES
from egnatia.web.record.text import visible

UNTOLD: Final = frozenset({"modified"})
"""It differs in every version; the heading of the version says it."""

_WORDS: Final = re.compile(r"\s+|\w+|[^\w\s]")
_COMPARED: Final = 5_000
_PAIRS: Final = 250_000
"""Characters of a text, and pairs of its words, that are compared; more is shown as it was and as it is."""


class Stretch(msgspec.Struct, frozen=True):
    """A piece of a text: `kind` is kept, gone or new."""

    kind: str
    text: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One property that differs. For a text the stretches say how; for a list what is gone and new; else both facts."""

    words: str
    kind: str
    stretches: tuple[Stretch, ...] = ()
    gone: tuple[Fact, ...] = ()
    new: tuple[Fact, ...] = ()


def changes(old: Mapping[str, Any], new: Mapping[str, Any], speech: Speech, named: Naming) -> tuple[Change, ...]:
    """What `new` says otherwise than `old`, in the order of `new`, then what is gone."""
    face = FACES.get(str(new.get("type", "")))
    declared = {**PROPERTIES, **(face.by_name if face is not None else {})}
    teller = Teller(speech, named)
    names = [*new, *(name for name in old if name not in new)]
    return tuple(
        _change(name, old.get(name), new.get(name), declared.get(name), teller, speech)
        for name in names
        if name not in UNTOLD and old.get(name) != new.get(name)
    )


def _change(name: str, old: Any, new: Any, declared: Property | None, teller: Teller, speech: Speech) -> Change:
    known = declared.words if declared is not None else heading(name)
    words = visible(speech.gettext(known) if declared is not None or known != name else name)
    if old is None:
        return Change(words=words, kind="new", new=(_fact(name, new, declared, teller),))
    if new is None:
        return Change(words=words, kind="gone", gone=(_fact(name, old, declared, teller),))
    if isinstance(old, str) and isinstance(new, str) and _is_text(declared) and (said := _stretches(old, new)):
        return Change(words=words, kind="text", stretches=said)
    if isinstance(old, list) and isinstance(new, list):
        less = [each for each in old if each not in new]
        more = [each for each in new if each not in old]
        if less or more:
            return Change(
                words=words,
                kind="list",
                gone=(_fact(name, less, declared, teller),) if less else (),
                new=(_fact(name, more, declared, teller),) if more else (),
            )
    return Change(
        words=words,
        kind="changed",
        gone=(_fact(name, old, declared, teller),),
        new=(_fact(name, new, declared, teller),),
    )


def _fact(name: str, value: Any, declared: Property | None, teller: Teller) -> Fact:
    return teller.fact(declared, value) if declared is not None else teller.undeclared(name, value)


def _is_text(declared: Property | None) -> bool:
    return declared is None or declared.shape in {Shape.LINE, Shape.PROSE, Shape.CODE, Shape.PATTERN}


def _stretches(old: str, new: str) -> tuple[Stretch, ...]:
    """How one text became the other; empty where comparing them would take too long."""
    if len(old) + len(new) > _COMPARED:
        return ()
    before, after = _WORDS.findall(visible(old)), _WORDS.findall(visible(new))
    return tuple(_compared(before, after)) if len(before) * len(after) <= _PAIRS else ()


def _compared(before: Sequence[str], after: Sequence[str]) -> Iterator[Stretch]:
    for action, start, end, begin, finish in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if action == "equal":
            yield Stretch("kept", "".join(before[start:end]))
            continue
        if start < end:
            yield Stretch("gone", "".join(before[start:end]))
        if begin < finish:
            yield Stretch("new", "".join(after[begin:finish]))
