"""Exercises: scenarios as data, played with the real protocol on simulated time, scored by what was done."""

from typing import Final

from egnatia.domain import Domain

DOMAIN: Final = Domain(
    name="exercises",
    about="Exercises on simulated time",
    workflows=("egnatia.cyber.exercises.exercises:library",),
    pages=("egnatia.web.exercises:PAGES",),
    ways=("egnatia.web.exercises:WAYS",),
    jobs=("egnatia.cyber.exercises.conductor:keep",),
    commands={"exercise": "egnatia.cli.exercise:exercise"},
)
