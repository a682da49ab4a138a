"""One measured number, what it is compared with, and whether that was reached."""

from typing import Literal

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """`value` in `unit`; `target` is what was asked of it, and `better` which side of it is the good one."""

    name: str
    value: float
    unit: str
    target: float | None = None
    better: Literal["more", "less"] = "less"

    @property
    def met(self) -> bool | None:
        """Whether the target was reached; None where nothing was asked."""
        if self.target is None:
            return None
        return self.value <= self.target if self.better == "less" else self.value >= self.target

    @property
    def ratio(self) -> float | None:
        """How many times the target it is."""
        return None if not self.target else self.value / self.target

    def __str__(self) -> str:
        line = f"{self.name:72} {number(self.value):>10} {self.unit:10}"
        if self.target is None or self.ratio is None:
            return line.rstrip()
        asked = "at most" if self.better == "less" else "at least"
        return f"{line} {asked} {number(self.target)}: {'met' if self.met else 'MISSED'} ({self.ratio:.2f} x)"


class Skipped(Exception):
    """Something that cannot be measured here, and why."""


def number(value: float) -> str:
    """With as many digits as say something."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.3g}"
