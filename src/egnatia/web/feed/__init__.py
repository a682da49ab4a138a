"""The feed as a page, its filters, and the searches that an account keeps."""

from litestar.types import ControllerRouterHandler

from egnatia.web.feed.page import feed
from egnatia.web.feed.saved import forget, opened, save

PAGES: tuple[ControllerRouterHandler, ...] = (feed, save, opened, forget)
"""Every page of this folder."""
