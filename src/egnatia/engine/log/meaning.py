"""What a pattern means for logs: its values in the form in which those of a log are, and a network that stands where an
address could is every address in it."""

from typing import assert_never

import msgspec

from egnatia.engine.pattern.expression import (
    Both,
    Comparison,
    Either,
    Every,
    Expression,
    Literal,
    Seen,
    Some,
    Test,
    Then,
)
from egnatia.record.digest import algorithm
from egnatia.record.values import guessed, normalised


def meant(pattern: Expression) -> Expression:
    """The pattern as logs are matched with it."""
    match pattern:
        case Seen(comparison, number):
            return Seen(meant_by(comparison), number)
        case Both(left, right) | Either(left, right) | Then(left, right):
            return type(pattern)(meant(left), meant(right))
        case _:
            return msgspec.structs.replace(pattern, inner=meant(pattern.inner))


def meant_by(comparison: Comparison) -> Comparison:
    """One comparison, or several, as logs are matched with it."""
    match comparison:
        case Test():
            return _test(comparison)
        case Every(parts):
            return Every(tuple(meant_by(part) for part in parts))
        case Some(parts):
            return Some(tuple(meant_by(part) for part in parts))
    assert_never(comparison)


def _test(test: Test) -> Test:
    steps = test.steps
    if len(steps) > 1 and steps[-2] == "hashes" and isinstance(steps[-1], str):
        steps = (*steps[:-1], algorithm(steps[-1]))
    if test.operator not in {"=", "!=", "IN"}:
        return msgspec.structs.replace(test, steps=steps)
    values = tuple(_value(test.kind, steps, value) for value in test.values)
    if test.operator == "=" and steps[-1] == "value" and isinstance(values[0], str) and _is_network(values[0]):
        return Test(test.kind, steps, "ISSUBSET", values, test.negated)
    return Test(test.kind, steps, test.operator, values, test.negated)


def _is_network(value: str) -> bool:
    address, slash, length = value.partition("/")
    return bool(slash) and length.isdecimal() and (":" in address or address.replace(".", "").isdecimal())


def _value(kind: str, steps: tuple[object, ...], value: Literal) -> Literal:
    if not isinstance(value, str):
        return value
    if "hashes" in steps:
        return value.lower()
    if steps[-1] == "value" and len(steps) > 1:
        found = guessed(value)
        return found[0].value if found else value
    return normalised(f"{kind}:{'.'.join(str(step) for step in steps)}", value)
