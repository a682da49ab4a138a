"""Who is who: members, clients, groups, and whom this node publishes for."""

from litestar.types import ControllerRouterHandler

PAGES: tuple[ControllerRouterHandler, ...] = ()
"""Every page of this folder."""
