"""What a sender's input makes an intrinsic function format or count takes no more memory than a state's data may."""

from __future__ import annotations

import tracemalloc
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from verihook.local.states.data import MAX_BYTES
from verihook.local.states.intrinsic_functions import FUNCTIONS

TEXTS = st.text(max_size=5) | st.sampled_from(
    ["{}", "{:>300000000}", "{0.__class__.__mro__}", "\\{", "x" * 200_000, "MD5"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.sampled_from([10**9, -(10**9), 2**70]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(FUNCTIONS)), st.lists(VALUES, max_size=4))
def test_any_arguments_have_a_bounded_value_or_are_refused(name: str, arguments: list[Any]) -> None:
    tracemalloc.start()
    try:
        value = FUNCTIONS[name][2](*arguments)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        value = str(error)
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert not isinstance(value, str) or len(value) <= MAX_BYTES
    assert peak < 24 * 2**20
