"""Every page about people, in one list."""

from litestar.types import ControllerRouterHandler

from egnatia.web.account import enrolling, signing_in

PAGES: tuple[ControllerRouterHandler, ...] = (
    *signing_in.PAGES,
    *enrolling.PAGES,
)
