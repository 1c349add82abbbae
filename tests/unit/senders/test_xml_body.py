"""XML as JSON, and that none of what makes XML dangerous is read."""

from __future__ import annotations

from typing import Any

import pytest

from verihook.errors import BodyTooLarge, EventMalformed
from verihook.senders.xml_body import read_xml


def read(text: str | bytes, depth: int = 100, nodes: int = 1000) -> Any:
    return read_xml(text.encode() if isinstance(text, str) else text, depth, nodes)


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("<a/>", {"a": None}),
        ("<a>x</a>", {"a": "x"}),
        ("<a> \n </a>", {"a": None}),
        ('<a n="1">x</a>', {"a": {"@n": "1", "#text": "x"}}),
        ("<a><b>1</b><c/><b>2</b><b>3</b></a>", {"a": {"b": ["1", "2", "3"], "c": None}}),
        ("<a>x<b/>y</a>", {"a": {"b": None, "#text": "xy"}}),
        ("<s:a xmlns:s='u'><s:b/></s:a>", {"s:a": {"@xmlns:s": "u", "s:b": None}}),
        ("<a><![CDATA[<&>]]>&lt;&#233;</a>", {"a": "<&><é"}),
        ("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>".encode("latin-1"), {"a": "é"}),
        ("<?xml-stylesheet href='x'?><!-- c --><a/>", {"a": None}),
    ],
)
def test_xml(text: str | bytes, content: object) -> None:
    assert content == read(text)


LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><a>&b;</a>'
FILE = '<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/hostname">]><a>&f;</a>'
EXTERNAL = '<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>'


@pytest.mark.parametrize("text", [LAUGHS, FILE, EXTERNAL, "<!DOCTYPE a><a/>"])
def test_no_document_type_is_read(text: str) -> None:
    with pytest.raises(EventMalformed, match="DOCTYPE"):
        read(text)


@pytest.mark.parametrize("text", ["", "x", "<a>", "<a></b>", "<a/><b/>", "<a>&b;</a>", b"<a>\xff</a>", b"<a>\x00</a>"])
def test_what_is_no_xml(text: str | bytes) -> None:
    with pytest.raises(EventMalformed, match="The body is not XML"):
        read(text)


def test_an_encoding_that_is_not_known() -> None:
    with pytest.raises(EventMalformed, match="The body is not XML"):
        read("<?xml version='1.0' encoding='utf-77'?><a/>")


def test_it_is_bounded() -> None:
    assert read("<a>" * 10 + "</a>" * 10, depth=10)
    with pytest.raises(BodyTooLarge, match="more than 9 levels"):
        read("<a>" * 10 + "</a>" * 10, depth=9)
    assert read('<a b="1"><c/>x</a>', nodes=4)
    with pytest.raises(BodyTooLarge, match="more than 3 elements"):
        read('<a b="1"><c/>x</a>', nodes=3)
