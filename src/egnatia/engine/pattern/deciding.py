"""Which objects of an observation pass what stands in brackets: AND asks it of one and the same object."""

from collections.abc import Callable, Mapping
from typing import assert_never

from egnatia.engine.pattern.comparing import predicate
from egnatia.engine.pattern.expression import Comparison, Every, Some, Test
from egnatia.engine.pattern.observation import Object, found

Decider = Callable[[Mapping[str, Object]], set[str]]


def decider(comparison: Comparison) -> Decider:
    """The ids of the objects that pass, as a function of the objects; raises BadPattern."""
    match comparison:
        case Test():
            return _tested(comparison)
        case Every(parts):
            every = [decider(part) for part in parts]
            return lambda objects: _common(every, objects)
        case Some(parts):
            some = [decider(part) for part in parts]
            return lambda objects: set().union(*(each(objects) for each in some))
    assert_never(comparison)


def _common(deciders: list[Decider], objects: Mapping[str, Object]) -> set[str]:
    passing = deciders[0](objects)
    for each in deciders[1:]:
        if not passing:
            return passing
        passing &= each(objects)
    return passing


def _tested(test: Test) -> Decider:
    passes = predicate(test)

    def decide(objects: Mapping[str, Object]) -> set[str]:
        return {
            name
            for name, each in objects.items()
            if each.get("type") == test.kind and any(passes(value) for value in found(objects, each, test.steps))
        }

    return decide
