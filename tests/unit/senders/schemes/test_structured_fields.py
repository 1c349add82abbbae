"""Structured fields: strict, and what was read is written as it was."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verihook.errors import SignatureError
from verihook.senders.schemes.structured_fields import (
    InnerList,
    Token,
    canonical,
    dictionary_member,
    read_inputs,
    read_signatures,
    write_bytes,
    write_inner_list,
)

KEY = st.from_regex(r"[a-z][a-z0-9_.*-]{0,5}", fullmatch=True)
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8)
BARE = st.one_of(
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.booleans(),
    TEXT,
    st.binary(min_size=1, max_size=9),
    st.from_regex(r"[A-Za-z*][a-z0-9:/-]{0,5}", fullmatch=True).map(Token),
)
PARAMETERS = st.dictionaries(KEY, BARE, max_size=3)
LISTS = st.builds(InnerList, st.lists(st.tuples(TEXT, PARAMETERS), max_size=4).map(tuple), PARAMETERS)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(KEY, LISTS, max_size=3))
def test_inner_lists_are_read_as_they_were_written(lists: dict[str, InnerList]) -> None:
    text = ", ".join(f"{key}={write_inner_list(value)}" for key, value in lists.items())
    assert lists == read_inputs(text)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(KEY, st.binary(min_size=1, max_size=40), max_size=3))
def test_byte_sequences_are_read_as_they_were_written(members: dict[str, bytes]) -> None:
    assert members == read_signatures(",\t".join(f"{key}={write_bytes(value)}" for key, value in members.items()))


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from('ab=(),;:"\\ ?1-.*AZ\t\u00e9'), max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (read_inputs, read_signatures):
        try:
            assert isinstance(read(text), dict)
        except SignatureError as error:
            assert error.reason in ("malformed-structured-field", "not-base64", "non-canonical-base64")  # noqa: PT017


@pytest.mark.parametrize(
    "text",
    [
        "a=(),a=()",
        "a=();b=1;b=2",
        'a=("x""y")',
        "a=(",
        'a=("x"',
        "a=()b=()",
        "a=(),",
        "a",
        "a=1",
        "A=()",
        "a=();b=1.5",
        "a=();b=1234567890123456",
        'a=();b="\\x"',
        'a=();b="x',
        "a=();b=?2",
        "a=(x)",
        "a=();",
        "\u00e9=()",
        ", ".join(f"a{number}=()" for number in range(17)),
        "a=(" + " ".join(['"x"'] * 65) + ")",
        "a=" + "(" * 9000,
    ],
)
def test_what_is_not_strict_is_refused(text: str) -> None:
    with pytest.raises(SignatureError) as refusal:
        read_inputs(text)
    assert "malformed-structured-field" == refusal.value.reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=:AAA:", "not-base64"),
        ("a=:AAB=:", "non-canonical-base64"),
        ("a=::", "non-canonical-base64"),
        ("a=:AAAA:,a=:AAAA:", "malformed-structured-field"),
        ("a=AAAA", "malformed-structured-field"),
    ],
)
def test_a_byte_sequence_has_one_spelling(text: str, expected: str) -> None:
    with pytest.raises(SignatureError) as refusal:
        read_signatures(text)
    assert expected == refusal.value.reason


#: https://www.rfc-editor.org/rfc/rfc9421#section-2.1.1 and the following one.
EXAMPLE = "  a=1,    b=2;x=1;y=2,   c=(a   b   c), d"


def test_the_examples_of_the_rfc() -> None:
    assert "a=1, b=2;x=1;y=2, c=(a b c), d" == canonical(EXAMPLE)
    for key, value in {"a": "1", "d": "?1", "b": "2;x=1;y=2", "c": "(a b c)"}.items():
        assert value == dictionary_member(EXAMPLE, key)
    with pytest.raises(SignatureError, match="could not be verified"):
        dictionary_member(EXAMPLE, "e")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("text/html;q=1.0, text/plain;q=0.500", "text/html;q=1.0, text/plain;q=0.5"),
        ("007", "7"),
        ("-01.50", "-1.5"),
        ("?1;a", "?1;a"),
        ('"a\\"b"', '"a\\"b"'),
        (":AAA=:", ":AAA=:"),
        ("a=?1;b, c=?0", "a;b, c=?0"),
        ('("x"  y);z=1,\t2', '("x" y);z=1, 2'),
        ("sha-256=:AAA=:", "sha-256=:AAA=:"),
    ],
)
def test_the_canonical_form(text: str, expected: str) -> None:
    assert expected == canonical(text)
    assert expected == canonical(expected)


@pytest.mark.parametrize("text", ["", " ", "a=1, a=2", "(a", "a,", "1.2345", "a b", "\u00e9", '"\n"', "a=", "x" * 8193])
def test_what_is_no_structured_field_has_none(text: str) -> None:
    with pytest.raises(SignatureError):
        canonical(text)
