"""What the node's operator decided, and how the node is: to be read here, to be changed in the settings file."""

from litestar.types import ControllerRouterHandler

from egnatia.web.settings.page import letters, settings

PAGES: tuple[ControllerRouterHandler, ...] = (settings, letters)
"""Every page of this folder."""
