"""The situation: the first page of a node."""

from litestar.types import ControllerRouterHandler

from egnatia.web.situation.page import situation

PAGES: tuple[ControllerRouterHandler, ...] = (situation,)
"""Every page of this folder."""
