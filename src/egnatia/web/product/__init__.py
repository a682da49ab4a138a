"""What was written for people to act on: the list, the exploited vulnerabilities, and both as files."""

from litestar.types import ControllerRouterHandler

from egnatia.web.product.pages import advisory, exploited_page, listed, listed_csv, products_page, sheet

PAGES: tuple[ControllerRouterHandler, ...] = (products_page, sheet, advisory, exploited_page, listed, listed_csv)
"""Every page of this folder."""
