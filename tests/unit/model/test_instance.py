"""Instance ids and execution names."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from verihook.model.instance import INSTANCE_ID, derive_id, execution_name, parse_execution_name


def test_the_id_of_an_event_is_stable_and_keyed() -> None:
    # Fixed: a change of the derivation would start every redelivered event again.
    assert "d41a0479abee4d4bb02950cc2222ee789a989fee" == derive_id(b"key", "orders", "evt_1")
    assert derive_id(b"key", "orders", "evt_1") != derive_id(b"another", "orders", "evt_1")


@given(st.text(), st.text(), st.text(), st.text())
def test_two_events_never_share_an_id(source: str, event: str, other_source: str, other_event: str) -> None:
    same = (source, event) == (other_source, other_event)
    assert same == (derive_id(b"k", source, event) == derive_id(b"k", other_source, other_event))


def test_concatenation_is_delimited() -> None:
    assert derive_id(b"k", "ab", "c") != derive_id(b"k", "a", "bc")
    assert derive_id(b"k", "1:a", "b") != derive_id(b"k", "1", "a:b")


@given(st.text(), st.text())
def test_every_derived_id_is_an_instance_id(source: str, event: str) -> None:
    assert INSTANCE_ID.fullmatch(derive_id(b"k", source, event))


@given(st.from_regex(INSTANCE_ID, fullmatch=True), st.integers(1, 999_999_999))
def test_execution_names_come_back(instance_id: str, attempt: int) -> None:
    name = execution_name(instance_id, attempt)
    assert (instance_id, attempt) == parse_execution_name(name)
    assert len(name) <= 80


@given(st.text())
def test_names_that_are_not_ours_are_none(name: str) -> None:
    parsed = parse_execution_name(name)
    assert parsed is None or execution_name(*parsed) == name


def test_a_dot_stands_in_no_id() -> None:
    assert not any(INSTANCE_ID.fullmatch(id) for id in (".", ".a", "a.", "a.b", "a.2", "a.2.3"))


def test_strange_names() -> None:
    for name in ("", ".2", "a.", "a.0", "a.02", "a.1", "a.x", "a.\u0662", "a b", "-a", "a" * 65, "a.b.2"):
        assert parse_execution_name(name) is None, name
