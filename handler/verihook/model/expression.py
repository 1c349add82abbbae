"""A JMESPath expression of hooks.toml, compiled once and applied to events in bounded time and memory.

https://jmespath.org/specification.html, with the functions of :class:`_Functions` besides: JMESPath cannot calculate.
Only a source that has an expression imports this module, because the library takes some milliseconds to import.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions, signature
from jmespath.parser import Parser
from jmespath.visitor import Options, TreeInterpreter

from verihook.errors import InputInvalid
from verihook.model.delivery import EventFacts
from verihook.strict_json import MAX_JSON, MAX_VALUES

#: The longest expression, in characters.
MAX_LENGTH = 2000

#: How deep an expression may be nested, and how deep its result.
MAX_DEPTH = 100
MAX_RESULT_DEPTH = 500

#: The longest whole number of a result, in bits: about 1200 digits. Python writes no more than 4300.
MAX_BITS = 4096

#: At most so many parts of the expression are evaluated for one event, about half a second's worth. A part inside of
#: ``[*]`` counts once for each member.
MAX_EVALUATIONS = 500_000

#: How much of an error's words is shown: they quote the value that does not fit.
_MAX_WORDS = 200

_NO_FACTS = EventFacts()

_NUMBER, _TEXT = {"types": ["number"]}, {"types": ["string"]}


class Expression:
    """An expression. ``key``: the key of the source that has it, for the words of errors."""

    def __init__(self, key: str, text: str) -> None:
        """Raise ValueError, in words, if it is too long or nested too deep, or is none."""
        if not 0 < len(text) <= MAX_LENGTH:
            raise ValueError(f"must be a JMESPath expression of 1 to {MAX_LENGTH} characters (it has {len(text)})")
        self._key = key
        try:
            self._tree: dict[str, Any] = Parser().parse(text).parsed
        except JMESPathError as error:
            words = " ".join(str(error).split())
            raise ValueError(f"is not JMESPath: {words[:_MAX_WORDS]}; see https://jmespath.org") from None
        except RecursionError:
            raise ValueError("is nested too deep") from None
        for node, depth in _nodes(self._tree):
            if depth > MAX_DEPTH:
                raise ValueError(f"is nested too deep: more than {MAX_DEPTH} levels")
            if node["type"] == "function_expression":
                _check_call(node)

    def holds(self, content: object, facts: EventFacts = _NO_FACTS) -> bool:
        """Whether the result is true as JMESPath has it: not false, null, or an empty text, array or object.

        Raises InputInvalid if the expression cannot be applied to ``content``.
        """
        result = self._applied(content, facts)
        return result is not None and result is not False and result not in ("", [], {})

    def result(self, content: object, facts: EventFacts = _NO_FACTS) -> Any:
        """The result, a JSON value. Raises InputInvalid if there is none, or it is too large."""
        result = self._applied(content, facts)
        self._check_size(result)
        return result

    def _applied(self, content: object, facts: EventFacts) -> Any:
        try:
            return _Interpreter(facts).visit(self._tree, content)
        except (JMESPathError, ArithmeticError, ValueError, TypeError, RecursionError) as error:
            words = "it is nested too deep" if isinstance(error, RecursionError) else " ".join(str(error).split())
            raise self.refusal(words) from None

    def _check_size(self, result: object) -> None:
        """Count what is to be written, as parts of a result may be one and the same object many times."""
        values, characters = MAX_VALUES, MAX_JSON
        left = [(result, 1)]
        while left:
            value, depth = left.pop()
            values -= 1
            if isinstance(value, str):
                characters -= len(value)
            elif isinstance(value, dict):
                characters -= sum(map(len, value))
                left.extend((each, depth + 1) for each in value.values())
            elif isinstance(value, list):
                left.extend((each, depth + 1) for each in value)
            elif (isinstance(value, float) and not math.isfinite(value)) or (
                isinstance(value, int) and value.bit_length() > MAX_BITS
            ):
                raise self.refusal("a number of the result is too large for JSON")
            if min(values - len(left), characters) < 0 or depth > MAX_RESULT_DEPTH:
                raise self.refusal(
                    f"the result has more than {MAX_VALUES} values, {MAX_JSON} characters or {MAX_RESULT_DEPTH} levels"
                )

    def refusal(self, words: str) -> InputInvalid:
        """Return the error of an event to which the expression cannot be applied, for the caller to raise."""
        message = f"{self._key}: {words[:_MAX_WORDS]}"
        violation: dict[str, object] = {"path": [], "pointer": "", "message": message}
        return InputInvalid(f"The source's {self._key} cannot be applied to this event.", violations=[violation])


def _nodes(tree: dict[str, Any]) -> Iterator[tuple[dict[str, Any], int]]:
    """Every part of a parsed expression with its depth."""
    left = [(tree, 1)]
    while left:
        node, depth = left.pop()
        yield node, depth
        left.extend((child, depth + 1) for child in node["children"] if isinstance(child, dict))


def _check_call(node: dict[str, Any]) -> None:
    name = node["value"]
    known = _Functions.FUNCTION_TABLE.get(name)
    if known is None:
        raise ValueError(
            f"there is no function {name[:63]!r}; there are {', '.join(sorted(_Functions.FUNCTION_TABLE))}"
        )
    wanted, given = len(known["signature"]), len(node["children"])
    variadic = wanted and known["signature"][-1].get("variadic")
    if given < wanted or (given > wanted and not variadic):
        raise ValueError(f"the function {name} takes {wanted} arguments{' or more' if variadic else ''}, not {given}")


class _Functions(Functions):
    """JMESPath's functions, and those for numbers and texts that it lacks.

    What would copy one text of a sender for each item of another is bounded. What came beside the body has functions,
    too: a member could not be told from one of the body.
    """

    def __init__(self, facts: EventFacts) -> None:
        self._facts = facts

    @signature()
    def _func_source(self) -> str | None:
        return self._facts.source

    @signature()
    def _func_event_type(self) -> str | None:
        return self._facts.type

    @signature()
    def _func_event_id(self) -> str | None:
        return self._facts.id

    @signature(_TEXT)
    def _func_header(self, name: str) -> str | None:
        return self._facts.headers.get(name.lower())

    @signature(_NUMBER, _NUMBER)
    def _func_add(self, left: float, right: float) -> float:
        return left + right

    @signature(_NUMBER, _NUMBER)
    def _func_subtract(self, left: float, right: float) -> float:
        return left - right

    @signature(_NUMBER, _NUMBER)
    def _func_multiply(self, left: float, right: float) -> float:
        return left * right

    @signature(_NUMBER, _NUMBER)
    def _func_divide(self, left: float, right: float) -> float:
        if isinstance(left, int) and isinstance(right, int) and right and left % right == 0:
            return left // right
        return left / right

    @signature(_NUMBER, _NUMBER)
    def _func_modulo(self, left: float, right: float) -> float:
        return left % right

    @signature(_NUMBER, _NUMBER)
    def _func_round(self, number: float, digits: float) -> float:
        if digits not in range(16):
            raise ValueError("round() takes a number and 0 to 15 digits")
        return round(number, int(digits)) if digits else round(number)

    @signature(_TEXT)
    def _func_lower(self, text: str) -> str:
        return text.lower()

    @signature(_TEXT)
    def _func_upper(self, text: str) -> str:
        return text.upper()

    @signature(_TEXT)
    def _func_trim(self, text: str) -> str:
        return text.strip()

    @signature(_TEXT, _TEXT)
    def _func_split(self, text: str, separator: str) -> list[str]:
        if separator and text.count(separator) >= MAX_VALUES:
            raise ValueError(f"split() makes more than {MAX_VALUES} texts")
        return text.split(separator)

    @signature(_TEXT, {"types": ["array-string"]})
    def _func_join(self, separator: str, texts: list[str]) -> str:
        if len(separator) * len(texts) + sum(map(len, texts)) > MAX_JSON:
            raise ValueError(f"join() makes a text of more than {MAX_JSON} characters")
        return separator.join(texts)


class _Interpreter(TreeInterpreter):
    """Evaluates one expression once, in a bounded number of steps."""

    def __init__(self, facts: EventFacts) -> None:
        super().__init__(Options(custom_functions=_Functions(facts)))
        self._left = MAX_EVALUATIONS

    def visit(self, node: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise ValueError(f"it takes more than {MAX_EVALUATIONS} evaluations")
        return super().visit(node, *args, **kwargs)
