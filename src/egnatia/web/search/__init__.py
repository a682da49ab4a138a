"""The search as a page."""

from litestar.types import ControllerRouterHandler

from egnatia.web.search.page import search, suggest

PAGES: tuple[ControllerRouterHandler, ...] = (search, suggest)
"""Every page of this folder."""
