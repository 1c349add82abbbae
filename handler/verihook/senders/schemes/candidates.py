"""Reads the signatures of a delivery: from a header, items of a header, several headers, or the JSON body."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders.schemes import Delivery
from verihook.senders.schemes.encoding import Decode
from verihook.senders.schemes.headers import lone_header, one_header
from verihook.strict_json import member

#: More signatures than this in one delivery are refused: each costs a comparison, and a caller chooses how many.
MAX_CANDIDATES = 16

#: The decoded signatures of a delivery. Raise SignatureError.
Candidates = Callable[[Delivery], list[bytes]]


@dataclass(frozen=True, slots=True)
class Items:
    """The grammar of a header of items, each label + ``assign`` + value; ``spaces``: whether they may surround an item.

    Without a label each item is a value.
    ``timestamp_label``: the label of the timestamp, "" if none of the items is one. ``names_label``: the same for the
    names of headers that are signed. ``signed``: the labels of what else is signed.
    """

    separator: str
    assign: str
    label: str
    timestamp_label: str
    spaces: bool
    names_label: str = ""
    signed: tuple[str, ...] = ()


def in_header(names: tuple[str, ...], prefix: str, optional: bool, decode: Decode, size: int) -> Candidates:
    """Return a reader of one header: ``prefix`` + signature (``optional``: or the signature without the prefix)."""

    def read(delivery: Delivery) -> list[bytes]:
        text = one_header(delivery.request, *names)
        if text.startswith(prefix):
            text = text[len(prefix) :]
        elif not optional:
            raise SignatureError("wrong-prefix")
        return [decode(text, size)]

    return read


def in_value(value: Callable[[Request], str], prefix: str, decode: Decode, size: int) -> Candidates:
    """Return a reader of one signature after a prefix; ``value``: where it is, if not in a header."""

    def read(delivery: Delivery) -> list[bytes]:
        text = signature_text(value(delivery.request))
        if not text.startswith(prefix):
            raise SignatureError("wrong-prefix")
        return [decode(text[len(prefix) :], size)]

    return read


def in_items(
    names: tuple[str, ...],
    grammar: Items,
    decode: Decode,
    size: int,
    value: Callable[[Request], str] | None = None,
) -> Candidates:
    """Return a reader of one header of items: the signatures with the label. It sets the delivery's timestamp.

    ``value``: where the items are, if not in a header.
    """
    separator, assign, label = grammar.separator, grammar.assign, grammar.label
    timestamp_label, names_label, spaces = grammar.timestamp_label, grammar.names_label, grammar.spaces
    signed = grammar.signed
    decode_one = _sized(decode, size)

    def read(delivery: Delivery) -> list[bytes]:
        text = one_header(delivery.request, *names) if value is None else value(delivery.request)
        items = text.split(separator)
        if not label:
            return decode_any([item.strip(" ") if spaces else item for item in items], decode_one)
        labelled = [(item.strip(" ") if spaces else item).partition(assign) for item in items]
        signatures = decode_any([value for name, _, value in labelled if name == label], decode_one)
        if signed:
            delivery.items = {name: _lone_item(labelled, name, "no-signed-item") for name in signed}
        if timestamp_label:
            delivery.timestamp = _lone_item(labelled, timestamp_label, "no-timestamp")
        if names_label:
            delivery.names = _lone_item(labelled, names_label, "no-list-of-headers")
        return signatures

    return read


def _lone_item(labelled: list[tuple[str, str, str]], label: str, absent: str) -> str:
    values = [value for name, _, value in labelled if name == label]
    # Two timestamps are refused: official libraries differ in whether the first or the last counts.
    if len(values) != 1:
        raise SignatureError("duplicate-field" if values else absent)
    return values[0]


def in_headers(names: tuple[str, ...], decode: Decode, size: int) -> Candidates:
    """Return a reader of several headers with one signature each, of which at least one must have come."""
    known, decode_one = frozenset(names), _sized(decode, size)

    def read(delivery: Delivery) -> list[bytes]:
        # There may be a hundred names: only those that came are read.
        came = [name for name, _ in delivery.request.headers if name in known]
        if not came:
            raise SignatureError("missing-signature-headers")
        return decode_any([lone_header(delivery.request, name) or "" for name in came], decode_one)

    return read


def in_json(path: tuple[str, ...], decode: Decode, size: int) -> Candidates:
    """Return a reader of one signature, a text in the JSON body."""

    def read(delivery: Delivery) -> list[bytes]:
        text = member(delivery.content, path)
        if not isinstance(text, str):
            raise SignatureError("signature-is-not-text")
        return [decode(text, size)]

    return read


def _sized(decode: Decode, size: int) -> Callable[[str], bytes]:
    return lambda text: decode(text, size)


def signature_text(value: object) -> str:
    """The text of a signature. Raises SignatureError if it is not text, or not ASCII."""
    if not isinstance(value, str):
        raise SignatureError("no-signature")
    if not value.isascii():
        raise SignatureError("non-ascii-signature")
    return value


def decode_any(texts: list[str], decode: Callable[[str], bytes]) -> list[bytes]:
    """Return the well-formed signatures. Raises SignatureError if there is none.

    A malformed signature is passed over, so that it does not hide a good one beside it.
    """
    if not texts:
        raise SignatureError("no-signature-with-the-expected-version")
    if len(texts) > MAX_CANDIDATES:
        raise SignatureError("too-many-signatures")
    signatures: list[bytes] = []
    first_error: SignatureError | None = None
    for text in texts:
        try:
            signatures.append(decode(signature_text(text)))
        except SignatureError as error:
            first_error = first_error or error
    if not signatures and first_error:
        raise first_error
    return signatures
