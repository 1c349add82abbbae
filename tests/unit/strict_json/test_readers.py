"""Every reader takes strict JSON alone, and blames the author of the text that it is named for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from verihook.errors import EventMalformed, RecordDamaged, RequestInvalid, SignatureError
from verihook.strict_json import (
    parse,
    parse_json,
    parse_kept,
    parse_request,
    parse_sent,
    parse_unverified,
    parse_written,
)

#: Each reader with the error that it raises for a text that is no JSON.
READERS: dict[str, tuple[Callable[[str], Any], type[Exception]]] = {
    "parse_unverified": (lambda text: parse_unverified(text.encode()), SignatureError),
    "parse_sent": (lambda text: parse_sent(text, "The body"), EventMalformed),
    "parse_request": (lambda text: parse_request(text.encode()), RequestInvalid),
    "parse_json": (lambda text: parse_json(text, "The output"), EventMalformed),
    "parse_written": (parse_written, ValueError),
    "parse_kept": (lambda text: parse_kept(text, "The row", lambda content: content), RecordDamaged),
    "parse": (parse, ValueError),
}
NO_JSON = ["", "{", '{"a": NaN}', '{"a": -Infinity}', '{"a": 1} x', "{'a': 1}", '{"a": ' * 100_000]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("text", NO_JSON, ids=lambda text: text[:20])
def test_what_is_no_json_is_refused(reader: str, text: str) -> None:
    read, error = READERS[reader]
    with pytest.raises(error):
        read(text)


@pytest.mark.parametrize("reader", READERS)
def test_what_is_json_is_read(reader: str) -> None:
    read, _ = READERS[reader]
    assert {"a": [1, 2.5, None, "ü"]} == read('{"a": [1, 2.5, null, "ü"]}')


@pytest.mark.parametrize("reader", sorted(READERS.keys() - {"parse_unverified"}))
def test_a_number_that_would_be_infinite_is_refused(reader: str) -> None:
    read, error = READERS[reader]
    with pytest.raises(error, match="1e999"):
        read('{"a": 1e999}')


@pytest.mark.parametrize("reader", READERS)
def test_a_member_twice_is_refused_if_two_readers_could_choose_differently(reader: str) -> None:
    read, error = READERS[reader]
    if reader in ("parse_unverified", "parse_request", "parse_written"):
        with pytest.raises(error, match=None if reader == "parse_unverified" else "the member 'b' stands twice"):
            read('{"a": 1, "b": 2, "b": 3, "a": 4, "c": {}}')
    else:
        assert {"a": 2} == read('{"a": 1, "a": 2}')


@pytest.mark.parametrize(
    ("reader", "words"),
    [
        ("parse", "is not JSON: Expecting property name enclosed in double quotes at character 3"),
        ("parse_written", "line 2, column 1 is not JSON: Expecting property name enclosed in double quotes"),
        ("parse_sent", "The body is not JSON: Expecting property name enclosed in double quotes at character 3."),
        ("parse_request", "The body is not JSON: Expecting property name enclosed in double quotes at character 3."),
        ("parse_json", "The output is not JSON: Expecting property name enclosed in double quotes at character 3."),
        (
            "parse_kept",
            "The row cannot be read, it is damaged: ValueError: is not JSON: Expecting property name enclosed in "
            "double quotes at character 3",
        ),
    ],
)
def test_the_words_say_where(reader: str, words: str) -> None:
    read, error = READERS[reader]
    with pytest.raises(error) as raised:
        read("{ \nx")
    assert words == str(raised.value)


@pytest.mark.parametrize("read", [parse, parse_request])
def test_bytes_have_to_be_utf_8(read: Callable[[bytes], Any]) -> None:
    assert "ü" == read('"ü"'.encode())
    with pytest.raises((ValueError, RequestInvalid), match="is not UTF-8: byte 1"):
        read(b'"\xff"')


def test_a_hook_makes_something_else_of_every_object() -> None:
    def number(content: dict[str, Any]) -> Any:
        return int(content["N"]) if "N" in content else content

    assert [1, {"b": 2}] == parse('[{"N": "1"}, {"b": 2}]', number)


def test_a_damaged_shape_is_ours_too() -> None:
    for shape in (lambda content: content["b"], lambda content: content.b, lambda content: int(content["a"])):
        with pytest.raises(RecordDamaged, match="The row cannot be read"):
            parse_kept('{"a": "x"}', "The row", shape)
