"""The brackets of a pattern, from the left, however deep it is."""

from collections.abc import Iterator

from egnatia.engine.pattern.expression import Both, Either, Expression, Seen, Then


def brackets(pattern: Expression) -> Iterator[Seen]:
    """Every bracket once."""
    waiting = [pattern]
    while waiting:
        here = waiting.pop()
        match here:
            case Seen():
                yield here
            case Both(left, right) | Either(left, right) | Then(left, right):
                waiting += (right, left)
            case _:
                waiting.append(here.inner)
