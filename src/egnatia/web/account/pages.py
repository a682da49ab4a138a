"""Every page about people, in one list."""

from litestar.types import ControllerRouterHandler

from egnatia.web.account import enrolling, factor, people, profile, provider, proving, signing_in, tokens

PAGES: tuple[ControllerRouterHandler, ...] = (
    *signing_in.PAGES,
    *provider.PAGES,
    *enrolling.PAGES,
    *profile.PAGES,
    *proving.PAGES,
    *factor.PAGES,
    *people.PAGES,
    *tokens.PAGES,
)
