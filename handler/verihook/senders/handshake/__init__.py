"""Handshakes: requests by which a sender proves that the URL is ours, as data.

Two rules. A handshake that the sender signs is answered only after verification. And no answer contains the MAC of a
text that could be a delivery, because a caller could send that delivery with the MAC as its signature.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verihook.senders.handshake.binding import BoundHandshake, Handshake, HandshakeContext
from verihook.senders.handshake.confirmation import ConfirmGet
from verihook.senders.handshake.hashed import HashChallenge, MacChallenge
from verihook.senders.handshake.pairing import PairByHeader, PairByJson
from verihook.senders.handshake.signed import EchoByHeader, EchoJson, Fixed, HmacJson
from verihook.senders.handshake.unsigned import (
    AllowOrigin,
    Crc,
    EchoBody,
    EchoEncrypted,
    EchoQuery,
    FormPing,
    GetOk,
    HeaderToJson,
    HeadOk,
)
from verihook.senders.tables import must_be_one_of, needs_package, read_table

__all__ = ["KINDS", "BoundHandshake", "Handshake", "HandshakeContext", "read_handshake"]

#: The kinds that a ``[handshake]`` table can name.
KINDS: dict[str, type[Any]] = {
    "allow-origin": AllowOrigin,
    "confirm-get": ConfirmGet,
    "crc": Crc,
    "echo-body": EchoBody,
    "echo-by-header": EchoByHeader,
    "echo-encrypted": EchoEncrypted,
    "echo-json": EchoJson,
    "echo-query": EchoQuery,
    "fixed": Fixed,
    "form-ping": FormPing,
    "get-ok": GetOk,
    "hash-challenge": HashChallenge,
    "head-ok": HeadOk,
    "header-to-json": HeaderToJson,
    "hmac-json": HmacJson,
    "mac-challenge": MacChallenge,
    "pair-by-header": PairByHeader,
    "pair-by-json": PairByJson,
}


def read_handshake(table: Mapping[str, Any]) -> Handshake | None:
    """The handshake of a sender's ``[handshake]`` table, None if it is empty. Raises ValueError ``KEY: mend``."""
    if not table:
        return None
    kind = KINDS.get(str(table.get("kind")))
    if kind is None:
        raise ValueError(f"kind: {must_be_one_of(sorted(KINDS), table.get('kind'))}")
    try:
        made: Handshake = read_table(kind, table, "kind")
    except ModuleNotFoundError as error:
        raise ValueError(f"kind: {needs_package(table['kind'], error)}") from error
    return made
