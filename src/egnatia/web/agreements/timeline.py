"""When agreements count, as bars over the months: drawn here, so that it needs no script."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

import svg
from markupsafe import Markup, escape

from egnatia.exchange.directory import moment
from egnatia.web.agreements.standing import Seen
from egnatia.web.chart import Chart
from egnatia.web.language import Speech

MOST: Final = 20
"""Bars in one drawing; the list below has them all."""

_WIDTH, _ROW, _TOP, _LEFT = 760, 26, 26, 330
_NAME = 46


def timeline(speech: Speech, agreements: Sequence[Seen], now: datetime) -> Chart | None:
    """The chart of the agreements that are not drafts; None where there is none."""
    shown = [one for one in agreements if one.status != "ended"][:MOST] or list(agreements)[:MOST]
    if not shown:
        return None
    spans = {one.id: _span(one, now) for one in shown}
    first = min(*(begin for begin, _ in spans.values()), now.date() - timedelta(days=60))
    last = max(*(end for _, end in spans.values()), now.date() + timedelta(days=240))
    days = (last - first).days

    def x(at: date) -> float:
        return round(_LEFT + (_WIDTH - _LEFT - 10) * (at - first).days / days, 1)

    height = _TOP + _ROW * len(shown) + 8
    title = speech.gettext("When the agreements count")
    drawn: list[svg.Element] = [svg.Title(text=str(escape(title))), *_years(first, last, x, height)]
    for place, one in enumerate(shown):
        begin, end = spans[one.id]
        y = _TOP + _ROW * place
        words = f"{one.text.terms.name}: {speech.gettext(one.words)}"
        drawn.append(svg.Text(x=0, y=y + 17, class_=["key"], text=str(escape(_short(one.text.terms.name)))))
        drawn.append(
            svg.Rect(
                x=x(begin),
                y=y + 5,
                width=max(x(end) - x(begin), 4),
                height=_ROW - 10,
                rx=4,
                class_=["span", f"span-{one.kind}"],
                elements=[svg.Title(text=str(escape(words)))],
            )
        )
    today = x(now.date())
    drawn.append(svg.Line(x1=today, x2=today, y1=_TOP - 6, y2=height, class_=["today"]))
    drawn.append(svg.Text(x=today, y=12, class_=["axis", "below", "now"], text=str(escape(speech.gettext("today")))))
    picture = svg.SVG(
        viewBox=svg.ViewBoxSpec(0, 0, _WIDTH, height),
        class_=["drawing", "spans"],
        extra={"role": "img", "aria-label": str(escape(title))},
        elements=drawn,
    )
    heads = (
        speech.gettext("Agreement"),
        speech.gettext("State"),
        speech.gettext("From"),
        speech.gettext("Until"),
    )
    return Chart(title=title, drawing=Markup(picture.as_str()), heads=heads, rows=_rows(speech, shown))  # noqa: S704  our own drawing; its texts are escaped


def _rows(speech: Speech, shown: Sequence[Seen]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            one.text.terms.name,
            speech.gettext(one.words),
            speech.day(moment(one.text.terms.valid_from)),
            speech.day(moment(one.text.terms.valid_until)) if one.text.terms.valid_until else "–",
        )
        for one in shown
    )


def _span(one: Seen, now: datetime) -> tuple[date, date]:
    terms = one.text.terms
    begin = moment(terms.valid_from).date()
    end = moment(terms.valid_until).date() if terms.valid_until else max(begin, now.date()) + timedelta(days=365)
    return begin, max(begin, end)


def _years(first: date, last: date, x: Callable[[date], float], height: int) -> list[svg.Element]:
    """A line at the beginning of each year."""
    drawn: list[svg.Element] = []
    for year in range(first.year + 1, last.year + 1):
        at = x(date(year, 1, 1))
        drawn.append(svg.Line(x1=at, x2=at, y1=_TOP - 6, y2=height, class_=["grid"]))
        if at < _WIDTH - 30:  # else it would be cut off
            drawn.append(svg.Text(x=at, y=12, class_=["axis", "below"], text=str(year)))
    return drawn


def _short(name: str) -> str:
    return name if len(name) <= _NAME else name[: _NAME - 1].rstrip() + "…"
