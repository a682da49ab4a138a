"""Constituencies as a picture: on the left who serves, on the right whom, joined by lines."""

from collections.abc import Mapping, Sequence
from typing import Final

import svg
from markupsafe import Markup, escape

from egnatia.store import Known
from egnatia.web.chart import Chart
from egnatia.web.language import Speech

MOST: Final = 40
"""Clients in the picture of one; the list has them all."""

_WIDTH, _ROW, _LEFT, _RIGHT = 760, 28, 300, 460
_NAME = 36


def constituencies(speech: Speech, known: Sequence[Known]) -> Chart | None:
    """The picture; None where nobody is a client of anybody."""
    names = {each.id: each.name for each in known}
    served: dict[str, list[Known]] = {}
    for each in known:
        for provider in each.client_of:
            if provider in names:
                served.setdefault(provider, []).append(each)
    if not served:
        return None
    title = speech.gettext("Constituencies")
    drawn: list[svg.Element] = [svg.Title(text=str(escape(title)))]
    top = 8
    for provider in sorted(served, key=lambda one: names[one].casefold()):
        top = _one(drawn, names[provider], served[provider], top, speech) + 12
    picture = svg.SVG(
        viewBox=svg.ViewBoxSpec(0, 0, _WIDTH, top),
        class_=["drawing", "constituencies"],
        extra={"role": "img", "aria-label": str(escape(title))},
        elements=drawn,
    )
    heads = (speech.gettext("Organisation"), speech.gettext("Serves"))
    return Chart(title=title, drawing=Markup(picture.as_str()), heads=heads, rows=_rows(names, served))  # noqa: S704  our own drawing; its texts are escaped


def _one(drawn: list[svg.Element], name: str, clients: Sequence[Known], top: int, speech: Speech) -> int:
    shown = sorted(clients, key=lambda each: each.name.casefold())[:MOST]
    labels = [each.name for each in shown]
    if len(clients) > MOST:
        left = len(clients) - MOST
        labels.append(speech.ngettext("and %(count)s more", "and %(count)s more", left))
    height = _ROW * len(labels)
    middle = top + height / 2
    for place, label in enumerate(labels):
        y = top + _ROW * place + _ROW / 2
        bend = (_LEFT + _RIGHT) / 2
        drawn.append(
            svg.Path(class_=["join"], extra={"d": f"M{_LEFT} {middle}C{bend} {middle} {bend} {y} {_RIGHT} {y}"})
        )
        drawn.append(svg.Circle(cx=_RIGHT, cy=y, r=4, class_=["client"]))
        drawn.append(svg.Text(x=_RIGHT + 12, y=y + 5, class_=["key"], text=str(escape(_short(label)))))
    drawn.append(svg.Circle(cx=_LEFT, cy=middle, r=7, class_=["provider"]))
    drawn.append(svg.Text(x=_LEFT - 16, y=middle + 5, class_=["key", "serving"], text=str(escape(_short(name)))))
    return top + height


def _rows(names: Mapping[str, str], served: Mapping[str, Sequence[Known]]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (names[provider], ", ".join(sorted(each.name for each in clients))) for provider, clients in served.items()
    )


def _short(name: str) -> str:
    return name if len(name) <= _NAME else name[: _NAME - 1].rstrip() + "…"
