"""A rule over the facts of a case, in words that an officer can read: `severity >= 'high' and affected_users > 1000`.

Only names, texts, numbers, lists, comparisons, `in`, `and`, `or`, `not`, `known(name)`, `count(name)` and
`count(rule, rule, ...)`, which is how many of them hold, may stand in it. A comparison with a fact that is not known is
false: nothing follows from what nobody said. Names and choices are checked when the rule is declared, so a slip of the
pen never waits for an incident.
"""

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from egnatia.casework.field import Field
from egnatia.record.instant import version_of

Facts = Mapping[str, Any]
Test = Callable[[Facts], Any]

_COMPARISONS: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
}
_ORDERED: Final = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_LIMIT: Final = 2_000
_DEPTH: Final = 20


class Unsound(ValueError):
    """A declaration that contradicts itself, or speaks of what is not declared."""


class Condition(msgspec.Struct, frozen=True, eq=False):
    """A rule that was checked against the fields it speaks of. `names` are the facts it looks at."""

    text: str
    names: frozenset[str]
    test: Test

    def holds(self, facts: Facts) -> bool:
        """Whether the rule is fulfilled by these facts."""
        return bool(self.test(facts))

    def unknown(self, facts: Facts) -> tuple[str, ...]:
        """The facts that it looks at and nobody has said."""
        return tuple(sorted(name for name in self.names if facts.get(name) is None))


def condition(text: str, fields: Mapping[str, Field]) -> Condition:
    """The rule that `text` states about these fields; raises Unsound where it makes no sense."""
    if len(text) > _LIMIT:
        raise Unsound(f"a rule of more than {_LIMIT} characters: {text[:60]!r}...")
    if "\\" in text:
        raise Unsound(f"a rule with a backslash: {text!r}")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Unsound(f"not a rule: {text!r} ({error})") from None
    reader = _Reader(text, fields)
    test = reader.test(tree.body, _DEPTH)
    return Condition(text, frozenset(reader.names), test)


class _Reader:
    """Turns the tree of one rule into a test, and notes the facts that it looks at."""

    def __init__(self, text: str, fields: Mapping[str, Field]) -> None:
        self.text, self.fields = text, fields
        self.names: set[str] = set()

    def test(self, node: ast.expr, depth: int) -> Test:
        if depth == 0:
            raise Unsound(f"a rule nested too deeply: {self.text[:60]!r}...")
        match node:
            case ast.BoolOp(op=ast.And(), values=values):
                return _every([self.test(each, depth - 1) for each in values])
            case ast.BoolOp(values=values):
                return _some([self.test(each, depth - 1) for each in values])
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.test(operand, depth - 1)
                return lambda facts: not inner(facts)
            case ast.Compare(left=left, ops=[comparison], comparators=[right]):
                return self._compare(left, comparison, right, depth - 1)
            case ast.Name(id=name):
                field = self._field(name)
                if field.kind != "flag":
                    raise self._slip(f"{name} is not a flag: compare it, or ask known({name})")
                return lambda facts: facts.get(name) is True
            case ast.Call(func=ast.Name(id="known"), args=[ast.Name(id=name)], keywords=[]):
                self._field(name)
                return lambda facts: facts.get(name) is not None
            case ast.Constant(value=bool() as value):
                return lambda _: value
            case _:
                raise self._slip(f"{ast.unparse(node)!r} has no place in a rule")

    def _compare(self, left: ast.expr, comparison: ast.cmpop, right: ast.expr, depth: int) -> Test:
        compare = _COMPARISONS.get(type(comparison))
        if compare is None:
            raise self._slip(f"{type(comparison).__name__} has no place in a rule")
        scale = self._scale(left, comparison, right)
        one, other = self._value(left, scale, depth), self._value(right, scale, depth)

        def holds(facts: Facts) -> bool:
            a, b = one(facts), other(facts)
            return a is not None and b is not None and bool(compare(a, b))

        return holds

    def _scale(self, left: ast.expr, comparison: ast.cmpop, right: ast.expr) -> Sequence[str]:
        """The choices that both sides are of; checks that constants are among them."""
        fields = [self._field(each.id) for each in (left, right) if isinstance(each, ast.Name)]
        if not fields and not any(isinstance(each, ast.Call) for each in (left, right)):
            raise self._slip("a comparison needs a fact")
        choices = next((field.choices for field in fields if field.choices), ())
        for constant in (each for side in (left, right) for each in ast.walk(side) if isinstance(each, ast.Constant)):
            if choices and constant.value not in choices:
                raise self._slip(f"{constant.value!r} is none of {', '.join(choices)}")
            if any(field.kind == "number" for field in fields) and not isinstance(constant.value, int | float):
                raise self._slip(f"{constant.value!r} is not a number")
        if len(fields) == 2 and fields[0].kind != fields[1].kind and not isinstance(comparison, ast.In | ast.NotIn):
            raise self._slip(f"{fields[0].name} and {fields[1].name} are of different kinds")
        single = all(field.kind == "choice" for field in fields)
        if isinstance(comparison, _ORDERED):
            if any(field.kind not in {"choice", "number", "instant"} for field in fields):
                raise self._slip("only numbers, moments and scales are more or less than each other")
            return choices if single else ()
        return ()

    def _value(self, node: ast.expr, scale: Sequence[str], depth: int) -> Test:
        match node:
            case ast.Name(id=name):
                self._field(name)
                if scale:
                    return lambda facts: scale.index(facts[name]) if facts.get(name) in scale else None
                if self.fields[name].kind == "instant":
                    return lambda facts: version_of(facts.get(name)) or None
                return lambda facts: facts.get(name)
            case ast.Constant(value=str() | int() | float() | bool() as value):
                fixed = scale.index(str(value)) if scale else value
                return lambda _: fixed
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
                return lambda _: -value
            case ast.List(elts=parts) | ast.Tuple(elts=parts) if all(isinstance(each, ast.Constant) for each in parts):
                values = [each.value for each in parts if isinstance(each, ast.Constant)]
                return lambda _: values
            case ast.Call(func=ast.Name(id="count"), args=[ast.Name(id=name)], keywords=[]):
                if self._field(name).kind not in {"choices", "texts", "records"}:
                    raise self._slip(f"{name} is no list to count")
                return lambda facts: len(facts.get(name) or ())
            case ast.Call(func=ast.Name(id="count"), args=[_, _, *_] as rules, keywords=[]):
                return _number([self.test(each, depth) for each in rules])
            case _:
                raise self._slip(f"{ast.unparse(node)!r} has no place in a comparison")

    def _field(self, name: str) -> Field:
        if name not in self.fields:
            raise self._slip(f"there is no fact {name!r}")
        self.names.add(name)
        return self.fields[name]

    def _slip(self, why: str) -> Unsound:
        return Unsound(f"{why}, in the rule {self.text!r}")


def _every(tests: Sequence[Test]) -> Test:
    return lambda facts: all(test(facts) for test in tests)


def _number(tests: Sequence[Test]) -> Test:
    return lambda facts: sum(bool(test(facts)) for test in tests)


def _some(tests: Sequence[Test]) -> Test:
    return lambda facts: any(test(facts) for test in tests)
