"""The matrix as a layer of the ATT&CK Navigator, and a layer of somebody's own held against it: what is told of and not
covered is a gap.

Format 4.5 of the layer file; of what is read only the techniques count, so that older files are read as well.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from egnatia.cyber.intel.matrix import Matrix
from egnatia.exchange.shown import TLP_NAMES

LIMIT_BYTES: Final = 2_000_000
"""The largest layer that is read; one of all techniques has a tenth of that."""

_NUMBER: Final = re.compile(r"T1\d{3}(?:\.\d{3})?\Z")
_COLOURS: Final = ("#fbe9dc", "#c4622d")


class Held(msgspec.Struct, frozen=True):
    """What a layer of somebody's own has: what it is called, and the numbers that it covers."""

    name: str
    covers: frozenset[str]


class BadLayer(ValueError):
    """What was handed over is no layer."""


class _Technique(msgspec.Struct, frozen=True):
    number: str = msgspec.field(name="techniqueID", default="")
    score: float | None = None
    enabled: bool = True
    color: str = ""


class _Layer(msgspec.Struct, frozen=True):
    techniques: list[_Technique]
    name: str = ""


def layer(made: Matrix, name: str, question: str) -> bytes:
    """The techniques of Enterprise ATT&CK that are told of, scored by the records that tell of them, as a layer. The
    strictest TLP of these records stands in its description and metadata."""
    told = {cell.number: cell for cells in made.cells.values() for cell in cells if cell.records}
    told = {number: cell for number, cell in sorted(told.items()) if _NUMBER.match(number)}
    above = {number.partition(".")[0] for number in told if "." in number}
    techniques: list[dict[str, object]] = [
        {
            "techniqueID": number,
            "score": cell.records,
            "comment": f"Records: {cell.records}, of organisations: {cell.organisations}",
            "enabled": True,
            "showSubtechniques": number in above,
        }
        for number, cell in told.items()
    ]
    techniques += [{"techniqueID": each, "showSubtechniques": True} for each in sorted(above - told.keys())]
    tlp = f"TLP:{TLP_NAMES[made.tlp].upper()}"
    return msgspec.json.encode(
        {
            "name": name,
            "versions": {"layer": "4.5", "navigator": "5.1.0"},
            "domain": "enterprise-attack",
            "description": f"{tlp}. {question}".strip(),
            "metadata": [{"name": "TLP", "value": tlp}, {"name": "question", "value": question or "-"}],
            "techniques": techniques,
            "gradient": {
                "colors": list(_COLOURS),
                "minValue": 0,
                "maxValue": max((cell.records for cell in told.values()), default=1),
            },
            "sorting": 3,
            "hideDisabled": False,
        }
    )


def held(document: bytes) -> Held:
    """What a layer covers: techniques with a score above nought or a colour, that are not disabled. Raises BadLayer."""
    try:
        read = msgspec.json.decode(document, type=_Layer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadLayer(str(error)) from error
    return Held(read.name[:200], frozenset(_covered(read)))


def _covered(read: _Layer) -> Iterator[str]:
    for each in read.techniques:
        number = each.number.upper()
        if each.enabled and _NUMBER.match(number) and (each.color or (each.score is not None and each.score > 0)):
            yield number


def covered(held_: Held, number: str) -> bool:
    """Whether a layer covers a technique: itself, or the one that it is under."""
    return number in held_.covers or number.partition(".")[0] in held_.covers
