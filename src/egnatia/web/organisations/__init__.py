"""Who is who: members, clients, groups, and whom this node publishes for."""

from litestar.types import ControllerRouterHandler

from egnatia.web.organisations.changing import add, adding, change, changing, forget, host
from egnatia.web.organisations.listing import organisation, organisations

PAGES: tuple[ControllerRouterHandler, ...] = (
    organisations,
    adding,
    add,
    organisation,
    changing,
    change,
    forget,
    host,
)
"""Every page of this folder."""
