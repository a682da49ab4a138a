"""Exercises: planning one, entering it, the players' page, the facilitator's console, and the report."""

from litestar.types import ControllerRouterHandler

from egnatia.web.exercises.console import console, control, noted, release
from egnatia.web.exercises.entrance import enter, exercises, leave, new, planned
from egnatia.web.exercises.playing import play
from egnatia.web.exercises.reporting import follow, paper, report

PAGES: tuple[ControllerRouterHandler, ...] = (
    exercises, new, planned, enter, leave, play, console, control, release, noted, report, paper, follow,
)  # fmt: skip
"""Every page of this folder."""
