"""A chart is a drawing and its figures: who cannot see the one reads the other. `egnatia.web.drawing` makes them."""

import msgspec
from markupsafe import Markup


class Series(msgspec.Struct, frozen=True):
    """One row of figures by one name; as many values as the chart has labels."""

    name: str
    values: tuple[float, ...]


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """A drawing, and the same figures as rows: label first, then a text for each series; `keys` name the series where
    there are several."""

    title: str
    drawing: Markup
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    keys: tuple[str, ...] = ()
