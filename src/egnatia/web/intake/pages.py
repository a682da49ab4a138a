"""Every page of reports but those of the public, which are the portal's."""

from litestar.types import ControllerRouterHandler

from egnatia.web.intake.member import asked, program, reported, standing
from egnatia.web.intake.queue import queue
from egnatia.web.intake.triage import decided, file, tip

PAGES: tuple[ControllerRouterHandler, ...] = (asked, reported, program, standing, queue, tip, decided, file)
