"""JMESPath in hooks.toml: what is refused at load, what it gives, and that no event makes it cost without bound."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.flows.deployment import ROOT
from verihook.errors import InputInvalid
from verihook.model import expression
from verihook.model.expression import Expression
from verihook.strict_json import MAX_JSON, MAX_VALUES

PAGE = (ROOT / "docs" / "filters.md").read_text("utf-8")

ORDER = {
    "customer": {"email": "ada@example.com"},
    "items": [{"product": "Widget", "quantity": 2, "price": 1999}, {"product": "Bolt", "quantity": 3, "price": 10}],
    "total": 100,
    "tags": "vip,new",
}

#: Template of the page -> what it makes of ORDER, by the arithmetic of the one who wrote it down here.
MADE = {
    "{{input}}": ORDER,
    "{{input.customer.email}}": "ada@example.com",
    "{{input.items.0.product}}": "Widget",
    "Order for {{input.items.0.product}}": "Order for Widget",
    "{{input.items | map: 'quantity * price' | sum}}": 4028,
    "{{input.items | map: 'quantity * price' | sum | times: 0.08}}": pytest.approx(322.24),
    "{{input.items | map: 'product'}}": ["Widget", "Bolt"],
    "{{input.items | size}}": 2,
    "{{input.items | where: 'product', 'Widget' | first}}": {"product": "Widget", "quantity": 2, "price": 1999},
    "{{input.customer.name | default: 'friend'}}": "friend",
    "{{input.customer.email | upcase}}": "ADA@EXAMPLE.COM",
    "{{input.total | minus: 5 | plus: 1}}": 96,
    "{{input.total | divided_by: 2}}": 50,
    "{{input.total | modulo: 7}}": 2,
    "{{input.total | times: 1.08 | round: 2}}": 108.0,
    "{{input.tags | split: ','}}": ["vip", "new"],
}


def rows() -> list[tuple[str, str]]:
    """The table of the page: template and expression, as they are read and not as Markdown writes them."""
    table = PAGE.partition("<!-- rows:")[2].partition("The whole of a mapping")[0]
    cells = re.findall(r"^\| `(.+?)` \| (`+)(.+?)\2 \|$", table, re.MULTILINE)
    return [(template.replace("\\|", "|"), written.replace("\\|", "|")) for template, _, written in cells]


def test_the_page_has_every_template() -> None:
    assert list(MADE) == [template for template, _ in rows()]


@pytest.mark.parametrize(("template", "written"), rows())
def test_a_row_of_the_page(template: str, written: str) -> None:
    assert MADE[template] == Expression("transform", written).result(ORDER)


def test_the_mapping_of_the_page() -> None:
    found = re.search(r'transform = """(.+?)"""', PAGE, re.DOTALL)
    assert found
    made = Expression("transform", found[1]).result(ORDER)
    assert {"subtotal": 4028, "tax": 322.24, "to": "ada@example.com"} == made
    assert ["subtotal", "tax", "to"] == list(made)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must be a JMESPath expression of 1 to 2000 characters (it has 0)"),
        ("a" * 2001, "must be a JMESPath expression of 1 to 2000 characters (it has 2001)"),
        ("a b", "is not JMESPath: Unexpected token: b"),
        ("a[", "is not JMESPath: "),
        ("'open", "is not JMESPath: "),
        ("lenght(a)", "there is no function 'lenght'; there are abs, add, "),
        ("a[*].{b: sum(c, d)}", "the function sum takes 1 arguments, not 2"),
        ("not_null()", "the function not_null takes 1 arguments or more, not 0"),
        ("!" * 1999 + "a", "is nested too deep"),
        ("|".join(["[@,@]"] * 300), "is nested too deep: more than 100 levels"),
    ],
)
def test_what_is_wrong_at_load(text: str, words: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(words)):
        Expression("when", text)


@pytest.mark.parametrize("result", ["false", "null", '""', "[]", "{}"])
def test_what_does_not_hold(result: str) -> None:
    assert not Expression("when", f"`{result}`").holds({})


@pytest.mark.parametrize("result", ["true", "0", '" "', "[null]", '{"a": null}'])
def test_what_holds(result: str) -> None:
    assert Expression("when", f"`{result}`").holds({})


@pytest.mark.parametrize(
    ("text", "content", "words"),
    [
        ("length(items)", {}, "In function length(), invalid type"),
        ("divide(n, `0`)", {"n": 1}, "division by zero"),
        ("round(n, d)", {"n": 1, "d": -(10**9)}, "round() takes a number and 0 to 15 digits"),
        ("multiply(n, n)", {"n": 1e308}, "a number of the result is too large for JSON"),
        ("multiply(n, n)", {"n": 10**2000}, "a number of the result is too large for JSON"),
        ("to_number(n)", {"n": "nan"}, "a number of the result is too large for JSON"),
        ("join(a, b)", {"a": "x" * 10_000, "b": ["y"] * 200}, "join() makes a text of more than"),
        (
            "items[*].items[*].n",
            {"items": [{"items": [{"n": 1}] * 1000}] * 1000},
            "it takes more than 500000 evaluations",
        ),
        ("[a, a, a, a]", {"a": "x" * 300_000}, "the result has more than"),
        ("|".join(["[@, @]"] * 60), [1], "the result has more than"),
        ("|".join(["[@, @][]"] * 40), [1] * 1000, "it takes more than 500000 evaluations"),
    ],
)
def test_an_event_that_it_cannot_be_applied_to(text: str, content: Any, words: str) -> None:
    with pytest.raises(InputInvalid) as refused:
        Expression("transform", text).result(content)
    assert f"transform: {words}" in str(refused.value.violations[0]["message"])
    assert len(str(refused.value.violations[0]["message"])) < 250


def test_a_result_that_is_nested_deeper_than_it_is_read_again() -> None:
    deep: Any = []
    for _ in range(expression.MAX_RESULT_DEPTH - 1):
        deep = [deep]
    assert deep == Expression("transform", "@").result(deep)
    with pytest.raises(InputInvalid):
        Expression("transform", "[@]").result(deep)


def test_a_number_of_whole_numbers_stays_whole() -> None:
    made = Expression("transform", "[multiply(n, `3`), divide(n, `2`), divide(n, `4`), round(`2.6`, `0`)]").result(
        {"n": 6}
    )
    assert "[18, 3, 1.5, 3]" == json.dumps(made)


def test_the_numbers_of_the_page() -> None:
    for told in (
        f"at most {expression.MAX_LENGTH} characters and {expression.MAX_DEPTH} levels",
        f"at most {expression.MAX_EVALUATIONS} of its parts",
        f"at most {MAX_JSON} characters, {MAX_VALUES} values and {expression.MAX_RESULT_DEPTH} levels",
    ):
        assert told in " ".join(PAGE.split())


def test_the_functions_of_the_page() -> None:
    ours = {name[6:] for name in vars(expression._Functions) if name.startswith("_func_")} - {"join"}
    text = PAGE.partition("JMESPath cannot calculate.")[2].partition("If an expression")[0]
    assert all(re.search(rf"`{name}[`(]", text) for name in ours)


def test_a_text_is_split_into_no_more_than_a_body_may_have() -> None:
    text = "a " * MAX_VALUES
    with pytest.raises(InputInvalid) as refused:
        Expression("transform", "split(@, ' ')").result(text)
    assert "split() makes more than 500000 texts" in str(refused.value.violations[0]["message"])
    assert MAX_VALUES - 2 == len(Expression("transform", "split(@, ' ')").result("a " * (MAX_VALUES - 3)))
