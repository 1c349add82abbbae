"""Structured field values, as far as HTTP message signatures need them, read strictly.

Dictionaries of byte sequences and of inner lists, with parameters. https://www.rfc-editor.org/rfc/rfc9651#section-4.2
Stricter than the RFC in one thing: a key that comes twice is refused; the RFC takes the last.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from verihook.errors import SignatureError
from verihook.senders.schemes.encoding import base64_bytes

T = TypeVar("T")

_KEY = re.compile(r"[a-z*][a-z0-9_.*-]*", re.ASCII)
_INTEGER = re.compile(r"-?[0-9]{1,15}(?![0-9.])", re.ASCII)
_DECIMAL = re.compile(r"(-?)([0-9]{1,12})\.([0-9]{1,3})(?![0-9.])", re.ASCII)
_STRING = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"', re.ASCII)
_TOKEN = re.compile(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*", re.ASCII)
_BYTES = re.compile(r":([^:]*):", re.ASCII)
_BOOLEAN = re.compile(r"\?([01])", re.ASCII)

#: Limits in characters, members and items. Senders stay below them; a value above them is refused.
MAX_LENGTH = 8192
MAX_MEMBERS = 16
MAX_ITEMS = 64


class Token(str):
    """A token, which is another type than a string."""

    __slots__ = ()


class Decimal(str):
    """A number with a fraction, in its canonical form."""

    __slots__ = ()


#: The values of a parameter here.
Bare = int | bool | str | bytes
Parameters = dict[str, Bare]


@dataclass(frozen=True, slots=True)
class InnerList:
    """Items (strings) with their parameters, and the parameters of the list."""

    items: tuple[tuple[str, Parameters], ...]
    parameters: Parameters


def read_signatures(text: str) -> dict[str, bytes]:
    """A dictionary of byte sequences: ``Signature``, ``Content-Digest``. Raises SignatureError."""
    return _Reader(text).dictionary(lambda reader: reader.bytes_with_parameters())


def read_inputs(text: str) -> dict[str, InnerList]:
    """A dictionary of inner lists of strings: ``Signature-Input``. Raises SignatureError."""
    return _Reader(text).dictionary(lambda reader: reader.inner_list())


def canonical(text: str) -> str:
    """The one canonical form of any structured field: https://www.rfc-editor.org/rfc/rfc9421#section-2.1.1 .

    By its form it is a dictionary, or a list, of which an item is one with a single member. Raises SignatureError.
    """
    try:
        return ", ".join(_Reader(text, decimals=True).texts())
    except SignatureError:
        members = _Reader(text, decimals=True).text_members()
        return ", ".join(key + _without_true(value) for key, value in members.items())


def dictionary_member(text: str, key: str) -> str:
    """The canonical form of one member of a dictionary. Raises SignatureError if there is none.

    https://www.rfc-editor.org/rfc/rfc9421#section-2.1.2
    """
    members = _Reader(text, decimals=True).text_members()
    if key not in members:
        raise SignatureError("missing-dictionary-member")
    return members[key]


def _without_true(value: str) -> str:
    """A member's value after its key: a true one is left out."""
    return value.removeprefix("?1") if value == "?1" or value.startswith("?1;") else f"={value}"


def write_inner_list(value: InnerList) -> str:
    """Return the one canonical form of the list: https://www.rfc-editor.org/rfc/rfc9651#section-4.1.1.1 ."""
    items = " ".join([write_string(name) + write_parameters(parameters) for name, parameters in value.items])
    return f"({items}){write_parameters(value.parameters)}"


def write_parameters(parameters: Parameters) -> str:
    """Return ``;name=value`` for each parameter."""
    return "".join([f";{name}" if value is True else f";{name}={_write(value)}" for name, value in parameters.items()])


def write_string(value: str) -> str:
    """A quoted string."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def write_bytes(value: bytes) -> str:
    """A byte sequence."""
    return f":{base64.b64encode(value).decode()}:"


def _write(value: Bare) -> str:
    if isinstance(value, bool):
        return "?1" if value else "?0"
    if isinstance(value, bytes):
        return write_bytes(value)
    if isinstance(value, int):
        return str(value)
    return str(value) if isinstance(value, Token | Decimal) else write_string(value)


class _Reader:
    """Reads one value from left to right."""

    def __init__(self, text: str, *, decimals: bool = False) -> None:
        if len(text) > MAX_LENGTH or not text.isascii():
            raise SignatureError("malformed-structured-field")
        self._text = text.strip(" ")
        self._at = 0
        self._decimals = decimals

    def dictionary(self, member: Callable[[_Reader], T]) -> dict[str, T]:
        members: dict[str, T] = {}
        while self._at < len(self._text):
            if members:
                self._skip(" \t")
                self._expect(",")
                self._skip(" \t")
            key = self._match(_KEY)[0]
            if key in members or len(members) >= MAX_MEMBERS:
                raise SignatureError("malformed-structured-field")
            self._expect("=")
            members[key] = member(self)
        return members

    def texts(self) -> list[str]:
        """The canonical forms of the members of a list."""
        texts: list[str] = []
        while self._at < len(self._text) or not texts:
            if texts:
                self._skip(" \t")
                self._expect(",")
                self._skip(" \t")
            if len(texts) >= MAX_ITEMS:
                raise SignatureError("malformed-structured-field")
            texts.append(self._member_text())
        return texts

    def text_members(self) -> dict[str, str]:
        """The canonical forms of the members of a dictionary, in their order."""
        members: dict[str, str] = {}
        while self._at < len(self._text) or not members:
            if members:
                self._skip(" \t")
                self._expect(",")
                self._skip(" \t")
            key = self._match(_KEY)[0]
            if key in members or len(members) >= MAX_ITEMS:
                raise SignatureError("malformed-structured-field")
            if self._next() == "=":
                self._expect("=")
                members[key] = self._member_text()
            else:
                members[key] = "?1" + write_parameters(self._parameters())
        return members

    def _member_text(self) -> str:
        """An item or an inner list of items, with parameters."""
        if self._next() != "(":
            return self._item_text()
        self._expect("(")
        items: list[str] = []
        while True:
            spaces = self._skip(" ")
            if self._next() == ")":
                break
            if (items and not spaces) or len(items) >= MAX_ITEMS:
                raise SignatureError("malformed-structured-field")
            items.append(self._item_text())
        self._expect(")")
        return f"({' '.join(items)}){write_parameters(self._parameters())}"

    def _item_text(self) -> str:
        return _write(self._bare()) + write_parameters(self._parameters())

    def bytes_with_parameters(self) -> bytes:
        value = base64_bytes(self._match(_BYTES)[1])
        self._parameters()
        return value

    def inner_list(self) -> InnerList:
        self._expect("(")
        items: list[tuple[str, Parameters]] = []
        while True:
            spaces = self._skip(" ")
            if self._next() == ")":
                break
            if (items and not spaces) or len(items) >= MAX_ITEMS:
                raise SignatureError("malformed-structured-field")
            items.append((self._string(), self._parameters()))
        self._expect(")")
        return InnerList(tuple(items), self._parameters())

    def _parameters(self) -> Parameters:
        parameters: Parameters = {}
        while self._next() == ";":
            self._expect(";")
            self._skip(" ")
            key = self._match(_KEY)[0]
            if key in parameters or len(parameters) >= MAX_MEMBERS:
                raise SignatureError("malformed-structured-field")
            parameters[key] = True
            if self._next() == "=":
                self._expect("=")
                parameters[key] = self._bare()
        return parameters

    def _bare(self) -> Bare:
        start = self._next()
        if start == '"':
            return self._string()
        if start == ":":
            return base64_bytes(self._match(_BYTES)[1])
        if start == "?":
            return self._match(_BOOLEAN)[1] == "1"
        if self._decimals and (decimal := _DECIMAL.match(self._text, self._at)):
            self._at = decimal.end()
            sign, whole, fraction = decimal.groups()
            return Decimal(f"{sign}{int(whole)}.{fraction.rstrip('0') or '0'}")
        if start == "-" or start.isdigit():
            return int(self._match(_INTEGER)[0])
        return Token(self._match(_TOKEN)[0])

    def _string(self) -> str:
        return re.sub(r"\\(.)", r"\1", self._match(_STRING)[1])

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip(self, characters: str) -> int:
        start = self._at
        while self._next() and self._next() in characters:
            self._at += 1
        return self._at - start

    def _expect(self, character: str) -> None:
        if self._next() != character:
            raise SignatureError("malformed-structured-field")
        self._at += 1

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise SignatureError("malformed-structured-field")
        self._at = found.end()
        return found
