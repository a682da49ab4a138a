"""A face is how people see one record type: what it is called, and its properties in order, each under its heading.

The page that shows a record and the form that makes one both follow from it, so neither can forget what the other has.
"""

import enum
from collections.abc import Mapping

import msgspec


class Shape(enum.StrEnum):
    """How a property is shown and asked for."""

    LINE = "line"
    PROSE = "prose"
    CODE = "code"
    VALUE = "value"
    """An observable value: shown defanged, never a link."""
    NUMBER = "number"
    FLAG = "flag"
    MOMENT = "moment"
    WORD = "word"
    """One term of a vocabulary."""
    WORDS = "words"
    LIST = "list"
    REF = "ref"
    REFS = "refs"
    PATTERN = "pattern"
    HASHES = "hashes"
    PHASES = "phases"
    SOURCES = "sources"
    SCORE = "score"
    ECONOMY = "economy"
    BYTES = "bytes"
    TREE = "tree"
    """A dictionary, or whatever nobody declared."""
    PARTS = "parts"
    """One nested struct or several, shown by the headings of their own properties."""


class Property(msgspec.Struct, frozen=True):
    """One property: `words` is its heading, `vocabulary` the list of terms that it is filled from, `hint` helps
    whoever fills it in. Words are marked for translation."""

    name: str
    words: str
    shape: Shape = Shape.LINE
    vocabulary: str = ""
    hint: str = ""


class Face(msgspec.Struct, frozen=True, kw_only=True):
    """One record type as people see it. `about` says in a sentence what it is for."""

    type: str
    words: str
    about: str
    properties: tuple[Property, ...]

    @property
    def by_name(self) -> Mapping[str, Property]:
        """The properties by their STIX names."""
        return {each.name: each for each in self.properties}
