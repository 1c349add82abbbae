"""Reads XML as JSON: an element is an object of its attributes (``@name``), children and text (``#text``).

With expat, the standard library's own parser, and without any declaration of a document type: no entity can be
defined, so none expands or reaches a file or a host. (defusedxml, which does the same around other parsers, had its
last release in 2021.)
"""

from __future__ import annotations

from typing import Any, NoReturn
from xml.parsers import expat

from verihook.errors import BodyTooLarge, EventMalformed


def read_xml(body: bytes, max_depth: int, max_nodes: int) -> dict[str, Any]:
    """``{ROOT: content}``. Raises EventMalformed if it is no XML, BodyTooLarge if it is larger than the limits."""
    reader = _Reader(max_depth, max_nodes)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.ordered_attributes = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise EventMalformed(f"The body is not XML: {str(error)[:100]}.") from None
    return {reader.root: reader.content}


def _refuse_doctype(*_: object) -> NoReturn:
    raise EventMalformed("The body declares a document type (DOCTYPE), which is not read; send the XML without.")


class _Reader:
    """Builds the content while the parser goes through the document."""

    def __init__(self, max_depth: int, max_nodes: int) -> None:
        self.root, self.content = "", None
        self._max_depth, self._max_nodes = max_depth, max_nodes
        self._nodes = 0
        #: The elements that are open: name, members, pieces of text.
        self._open: list[tuple[str, dict[str, Any], list[str]]] = []

    def start(self, name: str, attributes: list[str]) -> None:
        self._count(1 + len(attributes) // 2)
        if len(self._open) >= self._max_depth:
            raise BodyTooLarge(f"The XML is nested more than {self._max_depth} levels deep.")
        pairs = zip(attributes[::2], attributes[1::2], strict=True)
        self._open.append((name, {f"@{each}": value for each, value in pairs}, []))

    def text(self, text: str) -> None:
        self._count(1)
        self._open[-1][2].append(text)

    def end(self, name: str) -> None:
        _, members, pieces = self._open.pop()
        text = "".join(pieces).strip()
        content: Any = members
        if not members:
            content = text or None
        elif text:
            members["#text"] = text
        if not self._open:
            self.root, self.content = name, content
            return
        parent = self._open[-1][1]
        if name not in parent:
            parent[name] = content
        elif isinstance(parent[name], list):
            parent[name].append(content)
        else:
            parent[name] = [parent[name], content]

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > self._max_nodes:
            raise BodyTooLarge(f"The XML has more than {self._max_nodes} elements, attributes and texts.")
