"""The audit log: read, verified, taken along."""

from litestar.types import ControllerRouterHandler

PAGES: tuple[ControllerRouterHandler, ...] = ()
"""Every page of this folder."""
