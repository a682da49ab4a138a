"""About the program and the node, and help."""

from litestar.types import ControllerRouterHandler

from egnatia.web.about.page import about

PAGES: tuple[ControllerRouterHandler, ...] = (about,)
"""Every page of this folder."""
