"""JSONata with the library's faults mended, and bounded."""

from __future__ import annotations

import random
import tracemalloc
from typing import Any

import pytest

from verihook.local.states.errors import StateError
from verihook.local.states.jsonata import compile_expression, evaluate
from verihook.local.states.jsonata_dialect import number_text
from verihook.local.states.scope import Scope


def value(expression: str, **variables: Any) -> Any:
    scope = Scope(
        None, lambda: {"Execution": {"Name": "n"}}, variables, {"input": {"a": [1, None]}}, 1.5, random.Random(1)
    )
    return evaluate(expression, scope, "Output")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("10.5 % 1", 0.5),
        ("-7 % 3", -1),
        ("7.5 % -2", 1.5),
        ("$string(12345678901234567890)", "12345678901234600000"),
        ("$string(1e21)", "1e+21"),
        ("$string(0.1 + 0.2)", "0.3"),
        ("$string(1e-7)", "1e-7"),
        ("'n' & 12345678901234567890", "n12345678901234600000"),
        ("$v = '\"'", True),
        ("$states.context.Execution.Name", "n"),
        ("$states.input.a[1]", None),
        ("$millis()", 1500),
        ("$now()", "1970-01-01T00:00:01.500Z"),
        ("$parse('null')", None),
        ("$range(1, 9, 9)", 1),
        ("[1..3].($ * 2)", [2, 4, 6]),
        ("[0]", [0]),
        ("4 / 2", 2),
        ("[1 / 0, -1 / 0, 0 / 0, 1e308 * 10]", ["Infinity", "-Infinity", "NaN", "Infinity"]),
        ("$random(42)", 0.7275636800328681),
        ("$hash('a')", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
        ("$number('0x1f') + $number('-1.5e1')", 16),
        ("$replace('abc', /(b)(c)/, function($m) { $m.groups[1] & $m.groups[0] })", "acb"),
        ("$replace('a.b.c', '.', '$0', 1)", "a$0b.c"),
        ("$replace('abc', /(b)/, '[$1$$$0$2]')", "a[b$b]c"),
        ("$sort([{'n': 2, 'k': 1}, {'n': 1}, {'n': 2, 'k': 2}], function($a, $b) { $a.n > $b.n }).k", [1, 2]),
        ("$distinct([1, 1])", [1]),
        ("$distinct([1, true, 1.0])", [1, True]),
        ("$distinct($states.input.a[$ = 1])", 1),
        ("[1 in [true], 1 in [2, 1], 'a' in 'a']", [False, True, True]),
        ("$toMillis('1970-01-01T00:00:02Z')", 2000),
        ("false and $number('x') > 1", False),
    ],
)
def test_a_value(expression: str, expected: Any) -> None:
    assert value(expression, v='"') == expected


def test_chance_is_the_executions() -> None:
    assert value("$uuid()") == value("$uuid()")
    assert value("$random()") == value("$random()")
    assert 0 <= value("$random()") < 1


@pytest.mark.parametrize(
    "expression",
    ["$none", "1 / 0 + 1", "$eval('1')", "$parse('{')", "$range(1, 5000, 1)", "$hash('a', 'x')", "function($x){$x}",
     "[1..999999]", "$pad('', 999999999)", "$partition(1, 2)"],
)  # fmt: skip
def test_what_has_no_value_is_an_error_of_its_field(expression: str) -> None:
    with pytest.raises(StateError) as caught:
        value(expression)
    assert (caught.value.name, caught.value.location) == ("States.QueryEvaluationError", "Output")
    assert "specified for the field 'Output'" in str(caught.value.cause)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("$sum('a')", '. T0412: Argument 1 of function "sum" must be an array of "numbers"'),
        ("$abs('a')", '. T0410: Argument 1 of function "abs" does not match function signature'),
        ("'a' + 1", '. T2001: The left side of the "+" operator must evaluate to a number'),
        ("$number('a')", '. D3030: Unable to cast value to a number: "a"'),
        ("true or $number('a') > 0 ? $number('a') : 0", '. D3030: Unable to cast value to a number: "a"'),
        ("$eval('1 + 1')", ". T1006: Attempted to invoke a non-function"),
        ("$error('no')", ". D3137: no"),
        (
            "$toMillis('x')",
            '. D3110: The argument of the toMillis function must be an ISO 8601 formatted timestamp. Given "x"',
        ),
        ("$replace('a', '', 'b')", ". D3010: Second argument of replace function cannot be an empty string"),
        ("$range(1)", '. T0410: Argument 2 of function "range" does not match function signature'),
        ("1 + ".join(["1"] * 120), ": Stack overflow error: Check for non-terminating recursive function. Consider"),
        ("$count([1..873783])", ": Expression evaluation memory limit exceeded: Check for excessive memory usage"),
    ],
)
def test_an_error_has_the_words_of_the_reference(expression: str, words: str) -> None:
    with pytest.raises(StateError) as caught:
        value(expression)
    assert f"specified for the field 'Output' threw an error during evaluation{words}" in str(caught.value.cause)


def test_the_steps_of_an_expression_are_counted() -> None:
    """A tail call is a loop in the library, which no depth of recursion ends."""
    with pytest.raises(StateError, match="Expression evaluation timeout"):
        value("($f := function($n){$n > 60000 ? $n : $f($n + 1)}; $f(1))")


@pytest.mark.parametrize("expression", ["420.", "10 + * 2", "", "(", "'a"])
def test_what_is_no_expression(expression: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the library's words
        compile_expression(expression)


def test_numbers_are_written_as_javascript_writes_them() -> None:
    numbers = [0.0, -0.0, 1.0, 100.0, 0.00001, 123456.789, 1e20, 1.5e300, 1e-9, -2.5]
    texts = ["0", "0", "1", "100", "0.00001", "123456.789", "100000000000000000000", "1.5e+300", "1e-9", "-2.5"]
    assert [number_text(number) for number in numbers] == texts


@pytest.mark.parametrize(
    "expression",
    [
        "$range(1, 1000000000, 1)",
        "$pad('', 300000000)",
        "$pad('', -300000000, '0')",
        "[1..1000000]",
        "$pad('', 262145)",
    ],
)
def test_what_would_take_the_memory_of_the_machine_is_refused(expression: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(StateError):
            value(expression)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 * 2**20
