"""Cases: what is open, what is due, one case with all that was done, and the forms by which one works on it."""

from litestar.types import ControllerRouterHandler

from egnatia.web.cases.bulk import bulk
from egnatia.web.cases.doing import comment, do, facts, file, review, say, step, submit
from egnatia.web.cases.filing import add, download, look
from egnatia.web.cases.listing import calendar, cases, due
from egnatia.web.cases.opening import new, opened
from egnatia.web.cases.partaking import join, joining, leave, leaving
from egnatia.web.cases.reading import case
from egnatia.web.cases.report import report
from egnatia.web.cases.sifting import keep_view
from egnatia.web.cases.subscribing import change, subscribed
from egnatia.web.cases.templating import forget_template, keep_template, open_template, template
from egnatia.web.cases.working import (
    change_task,
    clock,
    link,
    merge,
    merging,
    open_task,
    set_clock,
    task_form,
)

PAGES: tuple[ControllerRouterHandler, ...] = (
    cases, due, calendar, new, opened, case, step, do, file, submit, facts, say, comment, joining, join, leaving, leave,
    review, add, look, download, task_form, open_task, change_task, clock, set_clock, link, merging, merge, report,
    bulk, keep_view, change, subscribed, keep_template, template, open_template, forget_template,
)  # fmt: skip
"""Every page of this folder."""
