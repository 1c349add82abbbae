"""Too many values are refused before any is made."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verihook import strict_json
from verihook.errors import BodyTooLarge
from verihook.strict_json import MAX_VALUES, check_size

JSON = st.recursive(
    st.none() | st.integers() | st.text(alphabet='a,[]{}"\\\n', max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('a,[{"\\', max_size=3), inner, max_size=4),
)


def values(content: Any) -> int:
    inner = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    return 1 + sum(map(values, inner))


@given(JSON, st.sampled_from([None, 1]))
def test_every_value_counts_as_one_wherever_it_stands(content: Any, indent: int | None) -> None:
    text, number = json.dumps(content, indent=indent), values(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strict_json, "MAX_VALUES", number)
        check_size(text, "The body")
        patch.setattr(strict_json, "MAX_VALUES", max(1, number - 1))
        if number == 1:
            return
        with pytest.raises(BodyTooLarge):
            check_size(text, "The body")


@pytest.mark.parametrize("one", ["0", "[]", "{}", '""', "[ ]"])
def test_the_edge(one: str) -> None:
    check_size(f"[{','.join([one] * (MAX_VALUES - 1))}]", "The body")
    with pytest.raises(BodyTooLarge, match=r"^The body has more than 500,000 values; deliver less, or in several\.$"):
        check_size(f"[{','.join([one] * MAX_VALUES)}]", "The body")


@pytest.mark.parametrize(
    "text",
    [
        '"' + ",[" * 2_900_000 + '"',
        '"' + "\\\\,[" * 1_500_000 + '"',
        "[" + '"' * 5_900_000,
        '"' + '\\",' * 1_900_000 + "\\",
        "[" + " ," * 400_000 + " " * 5_000_000,
        "[" * 499_999 + " " * 5_000_000,
    ],
)
def test_counting_takes_no_memory_and_comes_to_an_end(text: str) -> None:
    tracemalloc.start()
    try:
        check_size(text, "The body")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**20
