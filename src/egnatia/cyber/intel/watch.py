"""What an organisation's own logs are matched with: all live indicators that it may see and use for detection, from a
score on, without what is on a warning list or on its own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from egnatia.cyber.intel.benign import Benign, Listed, pruned
from egnatia.cyber.intel.board import EVERYTHING, NOTHING_KNOWN, Detected, Scored, survey
from egnatia.cyber.intel.language import Term
from egnatia.cyber.intel.matching import Known
from egnatia.cyber.intel.output import allowing
from egnatia.cyber.intel.score import Reliability
from egnatia.cyber.intel.warning_index import WarningLists
from egnatia.engine.log.meaning import meant
from egnatia.engine.log.use import is_specific
from egnatia.engine.pattern import Matcher, compiled
from egnatia.engine.pattern.expression import Expression, Seen, Test
from egnatia.exchange.formats.defence.lists import on_the_wire
from egnatia.policy import Action, Clearance
from egnatia.record.pattern import BadPattern
from egnatia.store import Store

LEAST: Final = 20
"""The score from which on an indicator is looked for, as in outputs."""


class Watched(msgspec.Struct, frozen=True):
    """One value or pattern that is looked for. `kind` is the STIX path of the value, or `stix` for a pattern."""

    indicator: str
    name: str
    kind: str
    value: str
    score: int


class Watch(msgspec.Struct, frozen=True):
    """All that is looked for, ready, and what is not and why."""

    matcher: Matcher[Watched]
    left_out: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.matcher)


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What narrows a watch: the least score, the values that are never looked for, the lists, a search."""

    least: int = LEAST
    allow: tuple[str, ...] = ()
    warnings: WarningLists
    term: Term = EVERYTHING
    known: Known = NOTHING_KNOWN
    reliabilities: Mapping[str, Reliability] = {}


def watch(store: Store, clearance: Clearance, now: datetime, terms: Terms) -> Watch:
    """What one reader looks for now. The PAP counts: detection in own logs is shown to nobody, so all of it may."""
    matcher: Matcher[Watched] = Matcher()
    allowed = allowing(terms.allow)
    left_out: dict[str, int] = {}
    paths: dict[str, Test] = {}
    for scored in survey(
        store,
        clearance,
        now,
        action=Action.DETECT,
        term=terms.term,
        known=terms.known,
        reliabilities=terms.reliabilities,
    ):
        reason = _reason(scored, terms, allowed) or _taken(matcher, scored, paths, (allowed, terms.warnings))
        if reason is not None:
            left_out[reason] = left_out.get(reason, 0) + 1
    return Watch(matcher, left_out)


def _reason(scored: Scored, terms: Terms, allowed: WarningLists) -> str | None:
    """Why it is not looked for; None where nothing stands against it."""
    kind, value = scored.detected.kind, scored.detected.value
    if scored.score.value < terms.least:
        return "score"
    if ":" in kind:
        if allowed.warned(kind, value) is not None:
            return "allowed"
        if (warned := terms.warnings.warned(kind, value)) is not None:
            return f"warning list: {warned.list}"
        if kind == "file:name" and not is_specific(value):
            return "a file name that is everywhere"
        if value.isdecimal() and "hashes" not in kind:
            return "a number alone"
    elif kind != "stix":
        return f"a {kind} rule"
    return None


def _taken(
    matcher: Matcher[Watched], scored: Scored, paths: dict[str, Test], lists: tuple[WarningLists, WarningLists]
) -> str | None:
    """Adds it; why that cannot be. `lists` are what is never looked for, and what is benign."""
    detected = scored.detected
    watched = Watched(scored.indicator, scored.name, detected.kind, detected.value, scored.score.value)
    try:
        if detected.kind == "stix":
            left = _left(meant(compiled(detected.value)), *lists)
            if isinstance(left, str):
                return left
            matcher.add(watched, left)
            return None
        test = _of_path(detected.kind, paths)
        made = meant(Seen(Test(test.kind, test.steps, "=", (detected.value,)), 0))
        assert isinstance(made, Seen)  # noqa: S101  (it was one)
        assert isinstance(made.comparison, Test)  # noqa: S101
        value: Any = made.comparison.values[0]
        if made.comparison.operator == "=":
            kind, steps = made.comparison.kind, made.comparison.steps
            for each in _spellings(detected, value):
                matcher.add_value(watched, kind, steps, each)
        else:
            matcher.add(watched, made)
    except BadPattern:
        return "a pattern that cannot be compared"
    return None


def _spellings(detected: Detected, value: Any) -> tuple[Any, ...]:
    """A value as logs may have it: of a URL most see only what goes over the wire."""
    return tuple(dict.fromkeys((value, on_the_wire(value)))) if detected.kind == "url:value" else (value,)


def _left(pattern: Expression, allowed: WarningLists, warnings: WarningLists) -> Expression | str:
    """What of a pattern is to be looked for, or why nothing is."""
    left = pruned(pattern, listed(allowed), strict=True)
    if isinstance(left, Benign):
        return "allowed"
    left = pruned(left, listed(warnings), strict=False)
    return f"warning list: {left.list}" if isinstance(left, Benign) else left


def listed(lists: WarningLists) -> Listed:
    """What lists say of a value, as patterns ask it."""

    def list_of(kind: str, value: str) -> str | None:
        warned = lists.warned(kind, value)
        return None if warned is None else warned.list

    return list_of


def _of_path(kind: str, paths: dict[str, Test]) -> Test:
    """The object and the steps of a STIX path."""
    if kind not in paths:
        made = compiled(f"[{kind} = 'x']") if "hashes." not in kind else compiled(f"[{kind} LIKE 'x']")
        assert isinstance(made, Seen)  # noqa: S101  (one bracket)
        assert isinstance(made.comparison, Test)  # noqa: S101
        paths[kind] = made.comparison
    return paths[kind]
