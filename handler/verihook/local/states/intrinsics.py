"""Intrinsic functions in expressions: ``States.Format('{} of {}', $.a, States.ArrayLength($.all))``.

https://states-language.net/spec.html#intrinsic-functions
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from verihook.local.states.data import text_of, value_of
from verihook.local.states.errors import runtime
from verihook.local.states.intrinsic_functions import FUNCTIONS, OF_CHANCE, Failure
from verihook.local.states.path_text import PathText
from verihook.local.states.paths import Missing, Path, compile_path
from verihook.local.states.scope import Scope

#: So deep may functions be nested; AWS takes 10.
MAX_NESTING = 10

_CALL = re.compile(r"States\.(\w+)\s*\(")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_ESCAPES = {"\\\\", "\\{", "\\}"}
_ESCAPED = re.compile(r"\\([{}\\])")
_WORD = re.compile(r"true|false|null")

#: A text that is written out among the arguments is refused before anything runs, as linters do; AWS waits for the run.
_OF_NUMBERS = {"MathAdd"}


@dataclass(frozen=True, slots=True)
class Constant:
    """An argument that is written out."""

    given: Any


@dataclass(frozen=True, slots=True)
class Call:
    """A call of an intrinsic function."""

    text: str
    name: str
    arguments: tuple[Call | Path | Constant, ...]

    def value(self, scope: Scope) -> Any:
        """Return what the function gives. Raises StateError, which names the whole call, not one inside it."""
        try:
            return self._value(scope)
        except Failure as error:
            raise runtime(f"There was an error while evaluating the intrinsic function: {self.text}. {error}") from None
        except (Missing, ValueError, RecursionError) as error:  # of a path among the arguments
            raise runtime(f"The function '{self.text}' had the following error: {error}") from None

    def _value(self, scope: Scope) -> Any:
        given = [_given(argument, scope) for argument in self.arguments]
        fewest, most, function = FUNCTIONS.get(self.name) or OF_CHANCE[self.name]
        try:
            if not fewest <= len(given) <= most:
                raise ValueError
            return function(scope.chance, *given) if self.name in OF_CHANCE else function(*given)
        except Failure:
            raise
        except (ValueError, OverflowError, RecursionError):
            raise Failure(f"Invalid arguments in States.{self.name}") from None


def _given(argument: Call | Path | Constant, scope: Scope) -> Any:
    """The value of an argument. Raises Missing, as AWS words it."""
    if isinstance(argument, Call):
        return argument._value(scope)
    if isinstance(argument, Constant):
        return argument.given
    try:
        return argument.value(scope)
    except Missing as error:
        if str(error).startswith("Filter: "):
            raise
        text = argument.text.removeprefix("$") if argument.root == "context" else argument.text
        cause = f"The JsonPath argument for the field '{text}' could not be found in the input"
        raise Missing(f"{cause} '{text_of(scope.data)}'") from None


def begins_call(text: str) -> bool:
    """Whether a text is meant to be a call."""
    return text.startswith("States.")


@lru_cache(maxsize=2048)
def compile_call(text: str) -> Call:
    """Return the call that the text is. Raises ValueError if it is none."""
    reader = PathText(text)
    call = _call(reader, 1)
    reader.space()
    if not reader.ended:
        raise ValueError(f"unexpected {reader.rest[:10]!r} after {call.text}")
    return call


def _call(reader: PathText, depth: int) -> Call:
    start = reader.at
    found = reader.match(_CALL)
    if not found:
        raise ValueError(f"not a call of an intrinsic function: {reader.text}")
    if depth > MAX_NESTING:
        raise ValueError(f"intrinsic functions are nested {MAX_NESTING} deep at most")
    name = found[1]
    if name not in FUNCTIONS and name not in OF_CHANCE:
        raise ValueError(f"States.{name} is no intrinsic function")
    arguments = _arguments(reader, depth, name)
    if name in _OF_NUMBERS and any(isinstance(item, Constant) and isinstance(item.given, str) for item in arguments):
        raise ValueError(f"the arguments of States.{name} are numbers")
    return Call(reader.text[start : reader.at], name, tuple(arguments))


def _arguments(reader: PathText, depth: int, name: str) -> list[Call | Path | Constant]:
    arguments: list[Call | Path | Constant] = []
    reader.space()
    if reader.take(")"):
        return arguments
    while True:
        arguments.append(_argument(reader, depth, template=name == "Format" and not arguments))
        reader.space()
        if reader.take(")"):
            return arguments
        reader.expect(",")


def _argument(reader: PathText, depth: int, *, template: bool) -> Call | Path | Constant:
    reader.space()
    if reader.rest.startswith("$"):
        return compile_path(_path_text(reader))
    if begins_call(reader.rest):
        return _call(reader, depth + 1)
    if reader.rest.startswith("'"):
        text = _quoted(reader)
        return Constant(text if template else _ESCAPED.sub(r"\1", text))  # a template's escapes are Format's
    if found := reader.match(_NUMBER) or reader.match(_WORD):
        return Constant(value_of(found[0]))
    raise ValueError(f"an argument is missing at character {reader.at} of {reader.text}")


def _quoted(reader: PathText) -> str:
    """A text in single quotes, in which escapes of braces and backslashes are left as they are."""
    read: list[str] = []
    at = reader.at + 1
    while at < len(reader.text):
        character = reader.text[at]
        if character == "'":
            reader.at = at + 1
            return "".join(read)
        if character == "\\" and reader.text[at + 1 : at + 2] == "'":
            at += 1
            character = "'"
        elif character == "\\":
            character = reader.text[at : at + 2]
            if character not in _ESCAPES:
                raise ValueError(f"a backslash stands before a quote, a brace or a backslash alone: {reader.text}")
            at += 1
        read.append(character)
        at += 1
    raise ValueError(f"a quoted text has no end: {reader.text}")


def _path_text(reader: PathText) -> str:
    """The text of a path among arguments: up to a comma or bracket that is not its own."""
    start, depth, quote = reader.at, 0, ""
    while reader.at < len(reader.text):
        character = reader.text[reader.at]
        if quote:
            reader.at += character == "\\"
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "([":
            depth += 1
        elif character in ")]" and depth:
            depth -= 1
        elif character in "),":
            break
        reader.at += 1
    return reader.text[start : reader.at].strip()
