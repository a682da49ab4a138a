"""One node put together from its settings: the only place that wires everything."""

from egnatia.node.holding import held
from egnatia.node.node import ALL_RIGHTS, ERASURES, Node

__all__ = ["ALL_RIGHTS", "ERASURES", "Node", "held"]
