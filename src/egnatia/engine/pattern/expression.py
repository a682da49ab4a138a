"""A pattern as a tree. The OASIS grammar (STIX 2.1 section 9) says what is one; what it accepts is read without it.

Comparisons: OR binds weaker than AND. Observations: FOLLOWEDBY binds weaker than OR, that weaker than AND, and a
qualifier stronger than all of them.
"""

import base64
import re
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from egnatia.record.pattern import BadPattern, comparisons

Step = str | int | None
"""A key, an index, or None for every element of a list (`[*]`)."""

Literal = str | int | float | bool | bytes | datetime


class Test(msgspec.Struct, frozen=True):
    """One comparison: of an object of `kind`, what is found along `steps`, with `values` (several only for IN)."""

    kind: str
    steps: tuple[Step, ...]
    operator: str
    values: tuple[Literal, ...] = ()
    negated: bool = False


class Every(msgspec.Struct, frozen=True):
    """Comparisons that one and the same object has to pass."""

    parts: tuple["Comparison", ...]


class Some(msgspec.Struct, frozen=True):
    """Comparisons of which one is enough."""

    parts: tuple["Comparison", ...]


Comparison = Test | Every | Some


class Seen(msgspec.Struct, frozen=True):
    """One observation that passes: what stands in brackets. `number` counts the brackets of the pattern from 0."""

    comparison: Comparison
    number: int


class Both(msgspec.Struct, frozen=True):
    """AND of two, by different observations."""

    left: "Expression"
    right: "Expression"


class Either(msgspec.Struct, frozen=True):
    """OR of two."""

    left: "Expression"
    right: "Expression"


class Then(msgspec.Struct, frozen=True):
    """The left FOLLOWEDBY the right, by different observations."""

    left: "Expression"
    right: "Expression"


class Within(msgspec.Struct, frozen=True):
    """All of it within so many seconds."""

    inner: "Expression"
    seconds: float


class Repeats(msgspec.Struct, frozen=True):
    """So many times, each by observations of its own."""

    inner: "Expression"
    times: int


class Between(msgspec.Struct, frozen=True):
    """All of it from `start` on and before `stop`."""

    inner: "Expression"
    start: datetime
    stop: datetime


Expression = Seen | Both | Either | Then | Within | Repeats | Between

_TOKEN: Final = re.compile(
    r"""(?P<skipped>\s+|/\*.*?\*/|//[^\r\n]*)|(?P<text>[thb]?'(?:[^'\\]|\\.)*')|(?P<number>[+-]?\d+(?:\.\d*)?|[+-]?\.\d+)"""
    r"""|(?P<word>[a-zA-Z_][a-zA-Z0-9_-]*)|(?P<sign>==|!=|<>|<=|>=|[][(){}.,:=<>*])""",
    re.DOTALL,
)
_SAME: Final = {"==": "=", "<>": "!="}
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


def compiled(pattern: str) -> Expression:
    """The tree of a STIX pattern; raises BadPattern where the grammar or the meaning of a literal refuses it."""
    comparisons(pattern)  # the grammar decides what is a pattern at all
    try:
        return _Reader(pattern).pattern()
    except (IndexError, ValueError, KeyError) as error:
        raise BadPattern(f"a pattern with a meaning; found {pattern[:80]!r}") from error


class _Reader:
    """Reads one accepted pattern from its tokens, from the left."""

    def __init__(self, pattern: str) -> None:
        self._tokens = [
            (str(found.lastgroup), found[0]) for found in _TOKEN.finditer(pattern) if found.lastgroup != "skipped"
        ]
        self._tokens.append(("end", ""))
        self._at = 0
        self._brackets = 0

    def pattern(self) -> Expression:
        """The whole of it."""
        made = self._then()
        if self._peek() != "":
            raise BadPattern(f"the end of the pattern; found {self._peek()!r}")
        return made

    def _peek(self) -> str:
        return self._tokens[self._at][1]

    def _take(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _takes(self, token: str) -> bool:
        if self._tokens[self._at][1] != token:
            return False
        self._at += 1
        return True

    def _expect(self, token: str) -> None:
        if not self._takes(token):
            raise BadPattern(f"{token!r}; found {self._peek()!r}")

    def _then(self) -> Expression:
        made = self._either()
        while self._takes("FOLLOWEDBY"):
            made = Then(made, self._either())
        return made

    def _either(self) -> Expression:
        made = self._both()
        while self._takes("OR"):
            made = Either(made, self._both())
        return made

    def _both(self) -> Expression:
        made = self._qualified()
        while self._takes("AND"):
            made = Both(made, self._qualified())
        return made

    def _qualified(self) -> Expression:
        if self._takes("("):
            made: Expression = self._then()
            self._expect(")")
        else:
            self._expect("[")
            number, self._brackets = self._brackets, self._brackets + 1
            made = Seen(self._some(), number)
            self._expect("]")
        while True:
            if self._takes("WITHIN"):
                seconds = float(self._take())
                self._expect("SECONDS")
                if seconds <= 0:
                    raise BadPattern("WITHIN more than 0 seconds")
                made = Within(made, seconds)
            elif self._takes("REPEATS"):
                times = int(self._take())
                self._expect("TIMES")
                if times < 1:
                    raise BadPattern("REPEATS at least 1 TIMES")
                made = Repeats(made, times)
            elif self._takes("START"):
                start = _literal(self._take())
                self._expect("STOP")
                stop = _literal(self._take())
                if not isinstance(start, datetime) or not isinstance(stop, datetime):
                    raise BadPattern("START and STOP with timestamps")
                made = Between(made, start, stop)
            else:
                return made

    def _some(self) -> Comparison:
        parts = [self._every()]
        while self._takes("OR"):
            parts.append(self._every())
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _every(self) -> Comparison:
        parts = [self._test()]
        while self._takes("AND"):
            parts.append(self._test())
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _test(self) -> Comparison:
        if self._takes("("):
            made = self._some()
            self._expect(")")
            return made
        if self._takes("EXISTS"):
            kind, steps = self._path()
            return Test(kind, steps, "EXISTS")
        kind, steps = self._path()
        negated = self._takes("NOT")
        operator = self._take()
        operator = _SAME.get(operator, operator)
        if operator == "IN":
            return Test(kind, steps, operator, self._set(), negated)
        return Test(kind, steps, operator, (_literal(self._take()),), negated)

    def _set(self) -> tuple[Literal, ...]:
        self._expect("(")
        values: list[Literal] = []
        while not self._takes(")"):
            values.append(_literal(self._take()))
            self._takes(",")
        return tuple(values)

    def _path(self) -> tuple[str, tuple[Step, ...]]:
        kind = self._take()
        self._expect(":")
        steps: list[Step] = [self._key()]
        while self._peek() in {".", "["}:
            if self._take() == ".":
                steps.append(self._key())
                continue
            steps.append(None if self._takes("*") else int(self._take()))
            self._expect("]")
        return kind, tuple(steps)

    def _key(self) -> str:
        form, written = self._tokens[self._at]
        self._at += 1
        return _text(written) if form == "text" else written


def _text(written: str) -> str:
    inner = written[1:-1]
    return _ESCAPED.sub(r"\1", inner) if "\\" in inner else inner


def _literal(written: str) -> Literal:
    match written[0]:
        case "'":
            return _text(written)
        case "t" if written[1] == "'":
            return instant(written[2:-1])
        case "h" if written[1] == "'":
            return bytes.fromhex(written[2:-1])
        case "b" if written[1] == "'":
            return base64.standard_b64decode(written[2:-1])
    if written in {"true", "false"}:
        return written == "true"
    return float(written) if "." in written else int(written)


_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d+))?Z")


def instant(text: Any) -> datetime:
    """A STIX timestamp, to the microsecond; raises ValueError."""
    if not isinstance(text, str) or not (found := _INSTANT.fullmatch(text)):
        raise ValueError(f"a timestamp, not {text!r}")
    whole = datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    return whole.replace(microsecond=int(f"{found[1] or 0:0<6}"[:6]))
