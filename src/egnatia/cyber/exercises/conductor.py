"""One thread lets happen what is due in the exercises that are led here, by their simulated time."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from egnatia.casework.registry import Refused, Unknown
from egnatia.casework.workplace import Workplace
from egnatia.cyber.exercises.exercises import Exercises
from egnatia.cyber.exercises.game import Game
from egnatia.cyber.exercises.scenario import Inject, span
from egnatia.cyber.exercises.score import Book, Evidence
from egnatia.exchange.submission import NotAllowed, Right, Submitter
from egnatia.record import Invalid

log = logging.getLogger(__name__)

_TICK_SECONDS: Final = 1.0
_RIGHTS: Final = frozenset({Right.READ, Right.SUBMIT})


class Conductor:
    """Runs from its making until it is closed."""

    def __init__(self, exercises: Exercises) -> None:
        self._exercises = exercises
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="egnatia-exercises", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """What was begun is finished first."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_TICK_SECONDS):
            try:
                conduct(self._exercises, datetime.now(UTC))
            except Exception:  # the thread must outlive any one exercise
                log.exception("exercises are behind")


async def keep(place: Workplace) -> None:
    """Conducts for as long as the node works."""
    stage = place.casework.stage
    if not isinstance(stage, Exercises):
        return
    conductor = Conductor(stage)
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.to_thread(conductor.close)


def conduct(exercises: Exercises, now: datetime) -> int:
    """Lets happen what is due now; how many things that were."""
    count = 0
    for game in exercises.led_here():
        owner = game.fold.case.created_by_ref
        submitter = Submitter(owner, "clock of the exercise", _RIGHTS)
        waits = any(each.after.startswith(("expectation:", "step:")) for each in _waiting(game))
        evidence = exercises.evidence(owner, game) if waits else Evidence()
        for inject, why in due(game, evidence, now):
            try:
                count += exercises.release(submitter, game.word, inject.name, why)
            except (Invalid, NotAllowed, Refused, Unknown) as error:
                log.warning("%s: %s could not be released: %s", game.word, inject.name, error)
    return count


def due(game: Game, evidence: Evidence, now: datetime) -> Iterator[tuple[Inject, str]]:
    """The injects whose time has come and that have not happened, and why each happens now."""
    time, begun = game.clock.at(now), game.clock.begun
    if time is None or begun is None:
        return
    book = Book(game, evidence, time)
    for inject in _waiting(game):
        if inject.hand:
            continue
        start = begun + span(inject.at) if inject.at else _start(book, inject)
        if start is None:
            continue
        if inject.delay:
            start += span(inject.delay)
        if start <= time:
            yield inject, reason(inject)


def reason(inject: Inject) -> str:
    """What lets an inject happen, in a few characters: `+0:25`, or `i03 +0:15`."""
    after = inject.after.partition(":")[2]
    length = inject.at or inject.delay
    if not length:
        return after
    minutes = round(span(length).total_seconds() / 60)
    return f"{after} +{minutes // 60}:{minutes % 60:02d}".strip()


def _waiting(game: Game) -> list[Inject]:
    happened = {each.name for each in game.received}
    return [each for each in (game.scenario.injects if game.scenario else ()) if each.name not in happened]


def _start(book: Book, inject: Inject) -> datetime | None:
    """When what an inject comes after happened."""
    kind, _, name = inject.after.partition(":")
    match kind:
        case "inject":
            return book.given.get(name)
        case "step":
            return book.stepped(name)
        case _:
            scenario = book.game.scenario
            wanted = next((each for each in scenario.expectations if each.name == name), None) if scenario else None
            return None if wanted is None else book.result(wanted).met
