"""Cases: what is open, what is due, one case with all that was done, and the forms by which one works on it."""

from litestar.types import ControllerRouterHandler

from egnatia.web.cases.doing import comment, do, facts, file, join, joining, review, say, step, submit
from egnatia.web.cases.listing import calendar, cases, due
from egnatia.web.cases.opening import new, opened
from egnatia.web.cases.reading import case

PAGES: tuple[ControllerRouterHandler, ...] = (
    cases, due, calendar, new, opened, case, step, do, file, submit, facts, say, comment, joining, join, review,
)  # fmt: skip
"""Every page of this folder."""
