"""W3C Trace Context, by the rules of its section 3.2 and the cases of its test harness."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verihook.model.trace_context import trace_id, valid

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
EXACT = f"00-{TRACE}-{PARENT}-01"


@pytest.mark.parametrize("flags", ["00", "01", "03", "ff"])
def test_version_0_stays_as_it_is(flags: str) -> None:
    assert f"00-{TRACE}-{PARENT}-{flags}" == valid(f"00-{TRACE}-{PARENT}-{flags}")


@pytest.mark.parametrize(
    ("later", "flags"), [(f"cc-{TRACE}-{PARENT}-01", "01"), (f"01-{TRACE}-{PARENT}-ff-what-the-future", "01")]
)
def test_a_later_version_is_read_as_version_0(later: str, flags: str) -> None:
    assert f"00-{TRACE}-{PARENT}-{flags}" == valid(later)


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        "",
        EXACT.upper(),
        f" {EXACT}",
        f"{EXACT} ",
        f"{EXACT}\n",
        f"{EXACT}-more",
        f"{EXACT},{EXACT}",
        f"ff-{TRACE}-{PARENT}-01",
        f"cc-{TRACE}-{PARENT}-01.what",
        f"0-{TRACE}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"01-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE[1:]}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}0-01",
        f"00-{TRACE}-{PARENT}-1",
        f"00-{TRACE}-{PARENT}-0g",
        f"00_{TRACE}_{PARENT}_01",
        EXACT.replace("4", "\N{FULLWIDTH DIGIT FOUR}"),
        "<script>alert(1)</script>",
    ],
)
def test_anything_else_is_none(wrong: str | None) -> None:
    assert valid(wrong) is None


@given(st.one_of(st.text(), st.from_regex(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?", fullmatch=True)))
def test_whatever_comes_what_is_passed_on_is_55_harmless_characters(text: str) -> None:
    exact = valid(text)
    assert exact is None or (len(exact) == 55 and set(exact) <= set("0123456789abcdef-") and exact.startswith("00-"))


def test_the_id_is_that_of_the_header() -> None:
    assert TRACE == trace_id({"traceparent": EXACT})
    assert trace_id({}) is None
