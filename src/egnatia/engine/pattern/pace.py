"""How long each pattern took that tries values one by one, and which is being tried: an expression of somebody's can
take for ever on one value, and then nobody else can say so."""

import time
from collections.abc import Callable, Mapping

from egnatia.engine.pattern.deciding import Decider
from egnatia.engine.pattern.observation import Object


class Pace:
    """Seconds by the number of a pattern. `trying` is called with the number before each trial, and with None after."""

    def __init__(self) -> None:
        self.spent: dict[int, float] = {}
        self.trying: Callable[[int | None], None] | None = None

    def of(self, number: int, decide: Decider) -> Decider:
        """The same decision, measured."""
        spent = self.spent

        def measured(objects: Mapping[str, Object]) -> set[str]:
            trying = self.trying
            if trying is not None:
                trying(number)
            began = time.perf_counter()
            passing = decide(objects)
            spent[number] = spent.get(number, 0.0) + time.perf_counter() - began
            if trying is not None:
                trying(None)
            return passing

        return measured
