"""Exercises: planning one, entering it, the players' page, the facilitator's console, and the report."""

from typing import Final

from litestar.types import ControllerRouterHandler

from egnatia.web.exercises.console import console, control, noted, release
from egnatia.web.exercises.entrance import enter, exercises, leave, new, planned
from egnatia.web.exercises.playing import play
from egnatia.web.exercises.reporting import follow, paper, report
from egnatia.web.language.speech import N_
from egnatia.web.navigation import WORK, Entry
from egnatia.web.permission import Permission

PAGES: tuple[ControllerRouterHandler, ...] = (
    exercises, new, planned, enter, leave, play, console, control, release, noted, report, paper, follow,
)  # fmt: skip
"""Every page of this folder."""

WAYS: Final = (
    Entry(
        path="/exercises",
        words=N_("Exercises"),
        permission=Permission.READ,
        group=WORK,
        icon="exercises",
        key="x",
        after="/cases",
    ),
)
"""The way to them in the navigation."""
