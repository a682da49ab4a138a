"""What of a pattern is left to look for when some of its values are benign, as lists say it of single values.

A comparison for equality, or with a network, asks a list about its values; others (LIKE, MATCHES, an order, NOT) ask
none. Of an OR, in brackets or between them, the alternatives that are benign are left out, and of an IN the values. An
AND is looked for while one of its parts that tells something is not benign: a benign name and a malicious digest
together are a sign. Numbers, protocols, what is negated, and file names that are everywhere tell nothing: a public
resolver on port 53 is benign. What an organisation never looks for (`--allow`) is stricter: an AND of which one part is
allowed is not looked for.
"""

from collections.abc import Callable
from typing import assert_never

import msgspec

from egnatia.engine.log.use import is_specific
from egnatia.engine.pattern.expression import (
    Both,
    Comparison,
    Either,
    Every,
    Expression,
    Repeats,
    Seen,
    Some,
    Step,
    Test,
    Then,
    Within,
)
from egnatia.record.values import guessed

Listed = Callable[[str, str], str | None]
"""Of a value (its kind as a STIX path, and itself) the list that it is on; None where it is on none."""


class Benign(msgspec.Struct, frozen=True):
    """Nothing is left to look for, because of this list."""

    list: str


def pruned(pattern: Expression, listed: Listed, *, strict: bool) -> Expression | Benign:
    """The pattern without its benign alternatives, or the list for which nothing of it is left. `strict`: one benign
    part of an AND is enough."""
    match pattern:
        case Seen(comparison, number):
            left = _pruned(comparison, listed, strict=strict)
            return left if isinstance(left, Benign) else Seen(left, number)
        case Either(left_, right_):
            first, second = pruned(left_, listed, strict=strict), pruned(right_, listed, strict=strict)
            if isinstance(first, Benign):
                return second
            return first if isinstance(second, Benign) else Either(first, second)
        case Both(left_, right_) | Then(left_, right_):
            sides = (left_, right_)
            found = [pruned(each, listed, strict=strict) for each in sides]
            over = _over([(each, _tells(side)) for each, side in zip(found, sides, strict=True)], strict=strict)
            if over is not None:
                return over
            one, other = (s if isinstance(f, Benign) else f for f, s in zip(found, sides, strict=True))
            return type(pattern)(one, other)
        case _:
            inner = pruned(pattern.inner, listed, strict=strict)
            return inner if isinstance(inner, Benign) else msgspec.structs.replace(pattern, inner=inner)


def _pruned(comparison: Comparison, listed: Listed, *, strict: bool) -> Comparison | Benign:
    match comparison:
        case Test():
            return _of_test(comparison, listed)
        case Some(parts):
            found = [_pruned(part, listed, strict=strict) for part in parts]
            left = tuple(each for each in found if not isinstance(each, Benign))
            if not left:
                return next(each for each in found if isinstance(each, Benign))
            return left[0] if len(left) == 1 else Some(left)
        case Every(parts):
            found = [_pruned(part, listed, strict=strict) for part in parts]
            over = _over([(each, tells(part)) for each, part in zip(found, parts, strict=True)], strict=strict)
            if over is not None:
                return over
            return Every(tuple(p if isinstance(f, Benign) else f for f, p in zip(found, parts, strict=True)))
    assert_never(comparison)


def _over(parts: list[tuple[object, bool]], *, strict: bool) -> Benign | None:
    """The list for which an AND is not looked for, from what became of its parts and whether each tells something."""
    benign = next((each for each, _ in parts if isinstance(each, Benign)), None)
    if benign is None or strict:
        return benign
    return None if any(tells_ and not isinstance(each, Benign) for each, tells_ in parts) else benign


def _of_test(test: Test, listed: Listed) -> Comparison | Benign:
    if test.negated or test.operator not in {"=", "IN", "ISSUBSET"}:
        return test
    found = [_list_of(test, value, listed) if isinstance(value, str) else None for value in test.values]
    left = tuple(value for value, name in zip(test.values, found, strict=True) if name is None)
    if not left:
        return Benign(next((name for name in found if name is not None), ""))
    return test if len(left) == len(found) else Test(test.kind, test.steps, test.operator, left)


def _list_of(test: Test, value: str, listed: Listed) -> str | None:
    if len(test.steps) > 1 and test.steps[-1] == "value":
        return next((listed(each.kind, value) for each in guessed(value)[:1]), None)
    return listed(f"{test.kind}:{'.'.join(map(_written, test.steps))}", value)


def _written(step: Step) -> str:
    text = "[*]" if step is None else str(step)
    return text if text.replace("_", "a").isalnum() and not text[:1].isdigit() else f"'{text}'"


def tells(comparison: Comparison) -> bool:
    """Whether a comparison that holds is a sign of something by itself."""
    match comparison:
        case Test(kind, steps, operator, values, negated):
            if negated or operator not in {"=", "IN", "LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"}:
                return False
            texts = [each for each in values if isinstance(each, str)]
            if kind == "file" and steps == ("name",) and operator in {"=", "IN"}:
                texts = [each for each in texts if is_specific(each)]
            return bool(texts) and "protocols" not in steps
        case Every(parts) | Some(parts):
            return any(tells(part) for part in parts)
    assert_never(comparison)


def _tells(pattern: Expression) -> bool:
    match pattern:
        case Seen(comparison):
            return tells(comparison)
        case Both(left, right) | Either(left, right) | Then(left, right):
            return _tells(left) or _tells(right)
        case Within() | Repeats():
            return _tells(pattern.inner)
        case _:
            return _tells(pattern.inner)
