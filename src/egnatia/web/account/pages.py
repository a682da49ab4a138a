"""Every page about people, in one list."""

from litestar.types import ControllerRouterHandler

from egnatia.web.account import enrolling, factor, profile, proving, signing_in

PAGES: tuple[ControllerRouterHandler, ...] = (
    *signing_in.PAGES,
    *enrolling.PAGES,
    *profile.PAGES,
    *proving.PAGES,
    *factor.PAGES,
)
