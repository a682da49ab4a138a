"""What the jobs and routes of a domain are given: the node, with its cases."""

from collections.abc import Sequence
from typing import Protocol

from egnatia.casework.registry import Registry
from egnatia.exchange.host import Host
from egnatia.store import Known


class Workplace(Host, Protocol):
    """A running node, as the domains see it."""

    @property
    def casework(self) -> Registry: ...

    def organisations(self) -> Sequence[Known]:
        """Every organisation that is known, by name."""
        ...
