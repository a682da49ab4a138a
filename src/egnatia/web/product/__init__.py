"""What was written for people to act on: the list, the exploited vulnerabilities, and both as files."""

from typing import Final

from litestar.types import ControllerRouterHandler

from egnatia.web.language.speech import N_
from egnatia.web.navigation import WORK, Entry
from egnatia.web.permission import Permission
from egnatia.web.product.pages import advisory, exploited_page, listed, listed_csv, products_page, sheet

PAGES: tuple[ControllerRouterHandler, ...] = (products_page, sheet, advisory, exploited_page, listed, listed_csv)
"""Every page of this folder."""

WAYS: Final = (
    Entry(
        path="/products",
        words=N_("Publications"),
        permission=Permission.READ,
        group=WORK,
        icon="bell",
        key="b",
        after="/publish",
    ),
)
"""The way to them in the navigation."""
