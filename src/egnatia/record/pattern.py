"""Patterns are accepted exactly as the OASIS grammar accepts them (STIX 2.1 section 9), most without asking it.

The grammar's own parser takes a millisecond per pattern. Nearly all patterns of the world are brackets of plain
comparisons joined by AND and OR: a regular expression recognises these, and only these, in microseconds. All others,
right or wrong, go to the grammar. A test holds both to the same answer.
"""

import binascii
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import msgspec

from egnatia.record.digest import FORMS, algorithm

LENGTH_LIMIT: Final = 32_768
"""Characters of a pattern that is not plain: the grammar's parser would take half a second for more."""

DEPTH_LIMIT: Final = 64
"""Parentheses inside each other."""

Literal = str | int | float | bytes
"""What is compared with; a bool is an int, a timestamp the text between its quotes."""


class Comparison(msgspec.Struct, frozen=True):
    """One comparison of a pattern: `path` as `file:hashes.'SHA-256'`, `operator` as `=`, `IN`, `LIKE`, `EXISTS`.

    `==` reads `=` and `<>` reads `!=`. `values` are what it compares with: one, or several for IN, or none for EXISTS.
    """

    path: str
    operator: str
    values: tuple[Literal, ...]
    negated: bool = False


class BadPattern(ValueError):
    """A pattern that the grammar refuses, with its place and reason as text."""


_KEYWORDS: Final = frozenset(
    "AND OR NOT FOLLOWEDBY LIKE MATCHES ISSUPERSET ISSUBSET EXISTS LAST IN START STOP SECONDS true false WITHIN "  # noqa: SIM905
    "REPEATS TIMES".split()
)
_WS, _GAP = r"[ \t\r\n]*+", r"[ \t\r\n]++"
_TEXT: Final = r"'(?:[^'\\]++|\\['\\])*+'"
_NAME: Final = r"[a-zA-Z_][a-zA-Z0-9_]*+"
_LITERAL: Final = rf"(?:{_TEXT}|-?(?:0|[1-9][0-9]{{0,17}}+)(?![0-9.])|(?:true|false)(?![a-zA-Z0-9_-]))"
_PLAIN: Final = re.compile(
    rf"{_WS}([a-zA-Z_][a-zA-Z0-9_-]*+:(?:{_NAME}|{_TEXT})(?:\.(?:{_NAME}|{_TEXT})|\[(?:\*|0|[1-9][0-9]{{0,8}}+)\])*+)"
    rf"(?:{_WS}(==?|!=|<>|(?:[<>]=?+){_WS}(?![tf])){_WS}({_LITERAL})"
    rf"|{_GAP}(NOT{_GAP})?(?:(LIKE|MATCHES|ISSUBSET|ISSUPERSET){_WS}({_TEXT})"
    rf"|IN{_WS}\({_WS}((?:{_LITERAL}(?:{_WS},{_WS}{_LITERAL})*+)?){_WS}\)))"
    rf"(?:{_WS}(\])|{_GAP}(?:AND|OR)(?={_GAP}))"
)
_OPENING: Final = re.compile(rf"{_WS}\[")
_JOINT: Final = re.compile(rf"{_WS}(?:AND|OR|FOLLOWEDBY){_WS}\[")
_END: Final = re.compile(rf"{_WS}\Z")
_LITERALS: Final = re.compile(_LITERAL)
_PATH_PART: Final = re.compile(rf"{_TEXT}|[^'.:\[\]]+|[.:\[\]]")
_ESCAPED: Final = re.compile(r"\\(['\\])")
_IS_NAME: Final = re.compile(_NAME)
_SAME: Final = {"==": "=", "<>": "!="}


def check_pattern(pattern: str, pattern_type: str) -> str | None:
    """What is wrong with `pattern`, or None: STIX patterns by the grammar, others need only say something."""
    if not pattern.strip():
        return f"a {pattern_type} pattern that is not empty"
    if pattern_type != "stix":
        return None
    try:
        comparisons(pattern)
    except BadPattern as error:
        return str(error)
    return None


def comparisons(pattern: str) -> tuple[Comparison, ...]:
    """The comparisons of a STIX pattern, in its order; raises BadPattern where the grammar refuses it.

    Hashes that are compared for equality must have the form of their algorithm besides.
    """
    found = plain(pattern)
    found = by_grammar(pattern) if found is None else found
    for comparison in found:
        _check_hash(comparison)
    return found


def plain(pattern: str) -> tuple[Comparison, ...] | None:
    """The comparisons of a plain pattern; None for every other, right or wrong."""
    found = []
    opening = _OPENING.match(pattern)
    while opening:
        at = opening.end()
        is_open = True
        while is_open:
            matched = _PLAIN.match(pattern, at)
            path = _path(matched[1]) if matched else None
            if not matched or path is None:
                return None
            found.append(_plain_comparison(matched, path))
            at = matched.end()
            is_open = matched[8] is None
        if _END.match(pattern, at):
            return tuple(found)
        opening = _JOINT.match(pattern, at)
    return None


def _plain_comparison(matched: re.Match[str], path: str) -> Comparison:
    _, symbol, literal, negation, word, text, listed, _ = matched.groups()
    if symbol:
        symbol = symbol.rstrip()  # an order is not asked of true and false, for which the expression looks ahead
        return Comparison(path, _SAME.get(symbol, symbol), (_literal(literal),))
    negated = negation is not None
    if word:
        return Comparison(path, word, (_literal(text),), negated)
    return Comparison(path, "IN", tuple(map(_literal, _LITERALS.findall(listed))), negated)


@lru_cache(maxsize=1024)
def _path(written: str) -> str | None:
    """An object path in its one spelling; None where a word of it is a keyword of the grammar."""
    parts = _PATH_PART.findall(written)
    return None if _KEYWORDS.intersection(parts) else "".join(map(_path_part, parts))


def _path_part(written: str) -> str:
    """A step with its quotes only where it needs them."""
    if written.startswith("'"):
        name = _unescaped(written)
        return name if _IS_NAME.fullmatch(name) else written
    return written


def _unescaped(written: str) -> str:
    inner = written[1:-1]
    return _ESCAPED.sub(r"\1", inner) if "\\" in inner else inner


def _literal(written: str) -> Literal:
    match written[0]:
        case "'":
            return _unescaped(written)
        case "t" | "f" if written in {"true", "false"}:
            return written == "true"
        case "t":
            return written[2:-1]
        case "h":
            return bytes.fromhex(written[2:-1])
        case "b":
            try:
                return binascii.a2b_base64(written[2:-1])
            except binascii.Error as error:
                raise BadPattern(f"binary in base64; found {written[:80]}") from error
    if "." in written:
        return float(written)
    if len(written) > 400:
        raise BadPattern("a number of at most 400 digits")
    return int(written)


def _check_hash(comparison: Comparison) -> None:
    if comparison.operator not in {"=", "!=", "IN"} or "hashes." not in comparison.path:
        return
    name = algorithm(comparison.path.rpartition(".")[2].strip("'"))
    form = FORMS.get(name)
    for value in comparison.values:
        if form and not (isinstance(value, str) and form.fullmatch(value)):
            raise BadPattern(f"a {name} digest in {comparison.path}; found {str(value)[:80]!r}")


def by_grammar(pattern: str) -> tuple[Comparison, ...]:
    """The comparisons of any STIX pattern by the OASIS grammar; raises BadPattern where that refuses it."""
    answer = _answer(pattern)
    if isinstance(answer, str):
        raise BadPattern(answer)
    return answer


@lru_cache(maxsize=256)
def _answer(pattern: str) -> tuple[Comparison, ...] | str:
    """The comparisons, or why there are none: a refusal costs as much and is asked for as often."""
    try:
        return _parsed(pattern)
    except BadPattern as error:
        return str(error)


def _parsed(pattern: str) -> tuple[Comparison, ...]:
    # Imported where first needed: most nodes never meet a pattern that needs it.
    from stix2patterns.exceptions import ParseException  # type: ignore[import-untyped]  # noqa: PLC0415
    from stix2patterns.v21.pattern import Pattern  # type: ignore[import-untyped]  # noqa: PLC0415

    if len(pattern) > LENGTH_LIMIT:
        raise BadPattern(f"a pattern of at most {LENGTH_LIMIT} characters unless it is plain comparisons")
    if _depth(pattern) > DEPTH_LIMIT:
        raise BadPattern(f"at most {DEPTH_LIMIT} parentheses inside each other")
    try:
        tree = Pattern(pattern).visit(_Keep())
        return tuple(_found(tree))
    except ParseException as error:
        raise BadPattern(f"the STIX pattern grammar at {str(error)[:200]}") from error
    except RecursionError as error:
        raise BadPattern("a pattern that nests less deeply") from error


class _Keep:
    """A visitor that takes the parse tree as it is, to be walked without recursion."""

    def visit(self, tree: Any) -> Any:
        return tree


def _depth(pattern: str) -> int:
    deepest = depth = 0
    for found in re.finditer(rf"{_TEXT}|[()]", pattern):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        deepest = max(deepest, depth)
    return deepest


def _found(tree: Any) -> Iterator[Comparison]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        kind = type(node).__name__
        if kind.startswith("PropTest") and kind != "PropTestParenContext":
            yield _comparison(node)
            continue
        if kind in _QUALIFIED and type(node.parentCtx).__name__ not in _QUALIFIED:
            _check_qualifiers(node)
        waiting.extend(reversed(_children(node)))


_QUALIFIED: Final = {
    "ObservationExpressionWithinContext": "WITHIN",
    "ObservationExpressionRepeatedContext": "REPEATS",
    "ObservationExpressionStartStopContext": "START",
}


def _check_qualifiers(node: Any) -> None:
    """One observation takes each qualifier once (STIX 2.1 section 9.5.1)."""
    met: list[str] = []
    while type(node).__name__ in _QUALIFIED:
        met.append(_QUALIFIED[type(node).__name__])
        node = node.getChild(0)
    if type(node).__name__ == "ObservationExpressionSimpleContext" and len(met) > len(set(met)):
        raise BadPattern("each qualifier once at one observation; found " + " ".join(reversed(met)))


def _comparison(node: Any) -> Comparison:
    path = "".join(map(_path_part, _words(node.objectPath())))
    if type(node).__name__ == "PropTestExistsContext":
        return Comparison(path, "EXISTS", ())
    after = _words(node)[len(_words(node.objectPath())) :]
    negated = after[0] == "NOT"
    operator, *literals = after[negated:]
    values = tuple(_literal(word) for word in literals if word not in {"(", ")", ","})
    return Comparison(path, _SAME.get(operator, operator), values, negated)


def _words(node: Any) -> list[str]:
    """The tokens under `node`, in order."""
    words: list[str] = []
    waiting = [node]
    while waiting:
        here = waiting.pop()
        children = _children(here)
        if children:
            waiting.extend(reversed(children))
        else:
            words.append(here.getText())
    return words


def _children(node: Any) -> list[Any]:
    """What stands under `node`; a token has nothing under it."""
    return getattr(node, "children", None) or []
