"""A stream of records is cut into the exact bytes of each, in bounded memory and without decoding any.

Where a record ends is found in two ways. A guess is quick: bytes that look like the border between two records, far
ahead, are taken for one, and the scanner of msgspec checks in C that what lies before is whole values and nothing
else, which no wrong guess passes. Where the guess fails, every bracket and string is followed, which is exact.
"""

import re
from collections.abc import Generator, Iterator
from typing import BinaryIO, Final

import msgspec

from egnatia.record.record import Invalid, Problem

WINDOW: Final = 1 << 20
OBJECT_LIMIT: Final = 16 << 20
"""Bytes that one object may have, unless the caller says otherwise."""

_GUESSES: Final = 3
_DEPTH_LIMIT: Final = 10_000
_SPACE: Final = re.compile(rb"[ \t\n\r]*+")
_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_UP_TO_BRACKET: Final = re.compile(rb'[^"{}\[\]]*+(?:"(?:[^"\\]++|\\.)*+"[^"{}\[\]]*+)*+', re.DOTALL)
_SCALAR: Final = re.compile(rb'[^ \t\n\r,\]}\[{":]++')
_LITERAL: Final = re.compile(rb"true|false|null|[-+.0-9eE]+")
_BORDER: Final = re.compile(rb'[ \t\n\r]*+,[ \t\n\r]*+\{[ \t\n\r]*+(?:"[^"\\]{0,40}")?')
_CLOSING: Final = {b"{": b"}", b"[": b"]"}
_values: Final = msgspec.json.Decoder(list[msgspec.Raw])
_lines: Final = msgspec.json.Decoder(msgspec.Raw)


class Envelope:
    """What a bundle says about itself: filled in as the splitting meets it, complete when the last object was given."""

    __slots__ = ("id", "spec_version", "type")

    def __init__(self) -> None:
        self.id: str | None = None
        self.type: str | None = None
        self.spec_version: str | None = None


def split(stream: BinaryIO, *, limit_bytes: int = OBJECT_LIMIT, envelope: Envelope | None = None) -> Iterator[bytes]:
    """The objects of a bundle (or TAXII envelope), a JSON array, one object or JSON lines, each as its exact bytes.

    What stands inside an object is not judged, so that one bad object spoils no other. Raises Invalid with the byte
    offset where the stream as a whole is malformed, after giving what came before that.
    """
    return _Splitter(stream, limit_bytes, envelope or Envelope()).records()


class _Splitter:
    """`bytes` were read and start at offset `base` of the stream; `at` is the place reached in them.

    Nothing before `at` is kept, unless `held` is the offset of something to keep.
    """

    def __init__(self, stream: BinaryIO, limit: int, envelope: Envelope) -> None:
        self.stream = stream
        self.limit = limit
        self.envelope = envelope
        self.window = min(WINDOW, limit)
        self.bytes = b""
        self.at = 0
        self.base = 0
        self.held: int | None = None
        self.ended = False
        self.border = b""
        self.exact_until = 0

    def records(self) -> Iterator[bytes]:
        """Every object of the stream."""
        self.more(3)
        if self.bytes.startswith(b"\xef\xbb\xbf"):
            self.at = 3
        match self.next():
            case b"[":
                self.at += 1
                yield from self.elements()
            case b"{":
                alone = yield from self.members()
                if alone:
                    yield alone
                    yield from self.lines()
            case _:
                raise self.invalid("a bundle, a list or objects, in JSON")
        if self.next():
            raise self.invalid("nothing after the end")

    def members(self) -> Generator[bytes, None, bytes]:
        """Inside the first object: gives the list under `objects`; returns the whole object where it is no bundle."""
        self.held = self.base + self.at
        self.at += 1
        listed = False
        following = self.next()
        while following != b"}":
            name = self.name()
            is_list = self.next() == b"[" and name == b'"objects"' and self.envelope.type in {None, "bundle"}
            if is_list and listed:
                raise self.invalid("one list of objects in a bundle")
            if is_list:
                listed = True
                self.held = None
                self.at += 1
                yield from self.elements()
            else:
                self.note(name, self.take())
            following = self.following(b"}")
        self.at += 1
        if listed or self.envelope.type == "bundle":
            if self.envelope.type not in {None, "bundle"}:
                raise self.invalid('a bundle, whose type is "bundle" (STIX 2.1 section 8)')
            self.held = None
            return b""
        assert self.held is not None  # noqa: S101  (for the type checker)
        if self.holds() > self.limit:
            raise self.invalid(f"an object of at most {self.limit} bytes")
        whole = self.bytes[self.held - self.base : self.at]
        self.held = None
        return whole

    def name(self) -> bytes:
        """The name of a member with its quotes; then the place is after the colon."""
        if self.next() != b'"':
            raise self.invalid("the name of a property, in double quotes")
        name = self.take()
        if self.next() != b":":
            raise self.invalid("a colon after the name of a property")
        self.at += 1
        return name

    def note(self, name: bytes, value: bytes) -> None:
        """Remembers what the bundle says about itself."""
        property_ = name[1:-1].decode("utf-8", "replace")
        if property_ in Envelope.__slots__ and value.startswith(b'"'):
            setattr(self.envelope, property_, value[1:-1].decode("utf-8", "replace"))

    def elements(self) -> Iterator[bytes]:
        """Inside a list, up to and with its end."""
        following = self.next()
        while following != b"]":
            if self.border and self.base + self.at >= self.exact_until:
                yield from self.guess()
            value = self.take()
            self.more(256)
            border = _BORDER.match(self.bytes, self.at)
            self.border = b"}" + border[0] if border and value.endswith(b"}") else b""
            yield value
            following = self.following(b"]")
        self.at += 1

    def following(self, end: bytes) -> bytes:
        """The byte after a comma, or `end`."""
        found = self.next()
        if found == end:
            return end
        if found != b",":
            raise self.invalid(f"a comma or {end.decode()}")
        self.at += 1
        if self.next() == end:
            raise self.invalid("a value after the comma")
        return b","

    def guess(self) -> Iterator[bytes]:
        """Whole elements, as many as end within a window at what looks like a border, while that goes well."""
        cut = self.at
        while cut >= 0:
            self.more(self.window)
            cut = until = min(self.at + self.window, len(self.bytes))
            for _ in range(_GUESSES):
                cut = self.bytes.rfind(self.border, self.at, cut)
                if cut < 0:
                    break
                values = _whole(self.bytes[self.at : cut + 1])
                if values:
                    self.at = cut + 1
                    yield from map(bytes, values)
                    self.following(b"]")
                    break
            else:
                cut = -1
        self.exact_until = self.base + until

    def lines(self) -> Iterator[bytes]:
        """After the first object: values with a line break between, or any space or none."""
        while self.next():
            if self.base + self.at >= self.exact_until:
                yield from self.guess_lines()
            if self.next():
                yield self.take()

    def guess_lines(self) -> Iterator[bytes]:
        """Whole values, as many as end at a line break within a window, while that goes well."""
        while True:
            self.more(self.window)
            until = min(self.at + self.window, len(self.bytes))
            cut = self.bytes.rfind(b"\n", self.at, until)
            values = _whole_lines(self.bytes[self.at : cut]) if cut > self.at else []
            if not values:
                self.exact_until = self.base + until
                return
            self.at = cut
            yield from map(bytes, values)
            self.next()

    def take(self) -> bytes:
        """The value that begins here; then the place is after it."""
        length = self.length()
        if length > self.limit or self.holds(length) > self.limit:
            raise self.invalid(f"an object of at most {self.limit} bytes")
        value = self.bytes[self.at : self.at + length]
        self.at += length
        return value

    def holds(self, length: int = 0) -> int:
        """How long what is held grows with `length` bytes more; nothing where nothing is held."""
        return 0 if self.held is None else self.base + self.at + length - self.held

    def length(self) -> int:
        """How long the value is that begins here."""
        first = self.bytes[self.at : self.at + 1]
        if first in _CLOSING:
            return self.bracketed_length()
        form = _STRING if first == b'"' else _SCALAR
        while True:
            found = form.match(self.bytes, self.at)
            if form is _SCALAR and not found:
                raise self.invalid("a value")
            if found and (form is _STRING or found.end() < len(self.bytes) or self.ended):
                if form is _SCALAR and not _LITERAL.fullmatch(found[0]):
                    raise self.invalid("a value")
                return found.end() - self.at
            self.enlarge()

    def bracketed_length(self) -> int:
        """How long the object or list is that begins here, following its brackets and strings."""
        length = 0
        awaited: list[bytes] = []
        while True:
            passed = _UP_TO_BRACKET.match(self.bytes, self.at + length)
            length = passed.end() - self.at if passed else length
            bracket = self.bytes[self.at + length : self.at + length + 1]
            if bracket in (b"", b'"'):  # the end of what was read, or of what was read of a string
                self.enlarge()
                continue
            length += 1
            if bracket in _CLOSING:
                awaited.append(_CLOSING[bracket])
                if len(awaited) > _DEPTH_LIMIT:
                    raise self.invalid(f"at most {_DEPTH_LIMIT} brackets inside each other")
            elif awaited.pop() != bracket:
                self.at += length - 1
                raise self.invalid("brackets that close in the order they opened")
            elif not awaited:
                return length

    def enlarge(self) -> None:
        """Reads more of the value that begins here, as much again each time."""
        had = len(self.bytes) - self.at
        if self.ended:
            raise self.invalid("the end of the value that begins here; the stream ends before it")
        if had > self.limit:
            raise self.invalid(f"an object of at most {self.limit} bytes")
        self.more(2 * had + 1)

    def next(self) -> bytes:
        """The byte after any white space, where the place then is; empty at the end of the stream."""
        while True:
            space = _SPACE.match(self.bytes, self.at)
            self.at = space.end() if space else self.at
            if self.at < len(self.bytes) or self.ended:
                return self.bytes[self.at : self.at + 1]
            self.more(1)

    def more(self, wanted: int) -> None:
        """Reads until at least `wanted` bytes are there from the place on, or the stream ends."""
        have = len(self.bytes) - self.at
        if have >= wanted or self.ended:
            return
        if self.holds() > self.limit:  # space between members, without end
            raise self.invalid(f"an object of at most {self.limit} bytes")
        kept_from = self.at if self.held is None else self.held - self.base
        parts = [self.bytes[kept_from:]]
        while have < wanted and not self.ended:
            chunk = self.stream.read(max(wanted - have, self.window))
            parts.append(chunk)
            have += len(chunk)
            self.ended = not chunk
        self.bytes = b"".join(parts)
        self.base += kept_from
        self.at -= kept_from

    def invalid(self, rule: str) -> Invalid:
        """What is wrong at the place reached."""
        found = self.bytes[self.at : self.at + 40]
        return Invalid((Problem(f"byte {self.base + self.at}", rule, repr(found)[1:] if found else "the end"),))


def _whole(part: bytes) -> list[msgspec.Raw]:
    """The values of which `part` is a list, comma between; none where it is anything else."""
    try:
        return _values.decode(b"[" + part + b"]")
    except (msgspec.DecodeError, RecursionError):
        return []


def _whole_lines(part: bytes) -> list[msgspec.Raw]:
    """The values that follow each other in `part`; none where it is anything else."""
    try:
        return _lines.decode_lines(part)
    except (msgspec.DecodeError, RecursionError):
        return []
