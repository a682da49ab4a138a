"""How facts, clocks, tasks, reports and deeds of a case are said in a reader's language."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from egnatia.casework.clock import Review, Timeliness, moment
from egnatia.record.instant import is_instant, utc_of
from egnatia.web.cases.form import zone_in
from egnatia.web.language import Speech
from egnatia.web.language.choice import chosen
from egnatia.web.language.speech import N_
from egnatia.web.visit import Visit

TIMELINESS: Mapping[Timeliness, tuple[str, str]] = {
    Timeliness.NOT_DUE: ("plain", N_("not due")),
    Timeliness.ON_TIME: ("good", N_("on time")),
    Timeliness.LATE: ("warn", N_("late")),
    Timeliness.OVERDUE: ("bad", N_("overdue")),
}
"""How what is owed stands: the kind of mark, and its words."""

REVIEWS: Mapping[Review, tuple[str, str]] = {
    Review.NONE: ("plain", ""),
    Review.DRAFT: ("plain", N_("not filed")),
    Review.SUBMITTED: ("info", N_("filed")),
    Review.UNDER_REVIEW: ("info", N_("under review")),
    Review.REVISION_REQUIRED: ("warn", N_("sent back")),
    Review.ACCEPTED: ("good", N_("accepted")),
}
"""How far a report is."""


PROGRESS: Mapping[str, str] = {
    "to-do": N_("to do"),
    "in-progress": N_("in progress"),
    "on-hold": N_("on hold"),
    "done": N_("done"),
    "cancelled": N_("cancelled"),
}
"""How a task stands, in words."""

FIELD_WORDS: Mapping[str, str] = {
    "title": N_("Task"),
    "responsible": N_("Responsible"),
    "accountable": N_("Accountable"),
    "consulted": N_("Consulted"),
    "informed": N_("Informed"),
    "person": N_("Person"),
    "due": N_("Due"),
    "status": N_("How it stands"),
    "answer": N_("Answer"),
    "roles": N_("Roles"),
    "economy": N_("Economy"),
    "outcome": N_("Outcome"),
    "until": N_("Until when (UTC)"),
}
"""What the deeds that every case knows say, besides facts."""

DEED_WORDS: Mapping[str, str] = {
    "comment": N_("Comment"),
    "attach": N_("Attachment"),
    "link": N_("Linked records"),
    "leave": N_("A party left"),
    "join": N_("A party came in"),
    "set": N_("New facts"),
    "review": N_("Review"),
    "pause": N_("A clock stands still"),
    "resume": N_("A clock goes on"),
    "extend": N_("More time"),
    "task": N_("Task"),
    "assign": N_("A task was given to somebody"),
    "progress": N_("How a task stands"),
    "duplicate": N_("The same matter as another case"),
    "merge": N_("Merged with another case"),
    "unmerge": N_("A merging was taken back"),
}
"""What the deeds are called on the timeline."""


def told(visit: Visit, value: Any, choices: Sequence[str] = ()) -> str:
    """A fact in words; `choices` are what it could be, where it was chosen."""
    return worded(visit.speech, value, choices)


def worded(speech: Speech, value: Any, choices: Sequence[str] = ()) -> str:
    """A fact in the words of a language."""
    if choices and value is not None:
        return ", ".join(chosen(str(each), speech) for each in (value if isinstance(value, list) else [value]))
    match value:
        case bool():
            return speech.gettext("yes") if value else speech.gettext("no")
        case list():
            return ", ".join(map(str, value))
        case None:
            return ""
        case int() | float():
            return speech.number(value)
        case str() if (zoned := in_its_zone(value)) is not None:
            return f"{speech.local(zoned)} UTC{zone_in(value)}"
        case _:
            return str(value)


def in_its_zone(text: str) -> datetime | None:
    """A moment by the clock by which it was said; None for what is no moment."""
    if is_instant(text):
        return moment(text)
    return datetime.fromisoformat(text) if utc_of(text) is not None else None


def micros(at: datetime) -> int:
    """Microseconds UTC, as pages count."""
    return int(at.timestamp() * 1_000_000)
