"""The audit log: read, verified, taken along. Whoever reads it is written down in it."""

from litestar.types import ControllerRouterHandler

from egnatia.web.audit.checking import checked, heads, start
from egnatia.web.audit.log import export, log

PAGES: tuple[ControllerRouterHandler, ...] = (log, export, checked, start, heads)
"""Every page of this folder."""
