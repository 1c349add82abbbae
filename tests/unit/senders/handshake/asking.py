"""Handshakes bound for a test, and the requests that ask them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import tomllib
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from verihook.request import Request
from verihook.senders.handshake import BoundHandshake, HandshakeContext, read_handshake
from verihook.senders.schemes import Fetch

SECRET = "the sender's secret"
PREVIOUS = "its previous secret"

#: What strangers try to have repeated: script, a break of the line, other alphabets, nothing, too much.
NOT_REPEATED = ["<script>alert(1)</script>", "a\r\nset-cookie: b", "é", "", "x" * 1025, "a b<", "\x00"]


class Store:
    """Secrets in memory: the port's two methods."""

    def __init__(self, **held: str) -> None:
        self.held = {f"env:{name}": value for name, value in held.items()}
        self.writes: list[tuple[str, str]] = []

    def resolve(self, reference: str) -> tuple[str, ...]:
        if reference not in self.held:
            raise KeyError(f"{reference} is not set")
        return (self.held[reference],)

    def store(self, reference: str, value: str) -> None:
        if reference.startswith("env:"):
            raise KeyError("env: cannot be written")
        self.writes.append((reference, value))
        self.held[reference] = value


def bind(table: str, store: Store | None = None, fetch: Fetch | None = None, **rest: Any) -> BoundHandshake:
    """The handshake of a ``[handshake]`` table in TOML; ``rest``: references and parameters."""
    store = store or Store(NEW=SECRET, OLD=PREVIOUS)
    made = read_handshake(tomllib.loads(table))
    assert made is not None
    rest.setdefault("references", ("env:NEW", "env:OLD"))
    return made.bind(HandshakeContext(resolve=store.resolve, store=store.store, fetch=fetch, **rest))


def get(query: str = "", *headers: tuple[str, str], method: str = "GET") -> Request:
    return Request(method, "/hooks/source", query, headers, b"", "request-1")


def post(body: bytes = b"", *headers: tuple[str, str]) -> Request:
    return Request("POST", "/hooks/source", "", headers, body, "request-1")


def encrypted(text: bytes, key: str, iv: bytes, padding: bytes | None = None) -> str:
    """As Lark encrypts: base64 of IV and AES-256-CBC under the key's SHA-256. ``padding``: None for the right one."""
    lacks = 16 - len(text) % 16
    encryptor = Cipher(algorithms.AES(hashlib.sha256(key.encode()).digest()), modes.CBC(iv)).encryptor()
    padded = text + (bytes([lacks]) * lacks if padding is None else padding)
    return base64.b64encode(iv + encryptor.update(padded) + encryptor.finalize()).decode()


def mac(message: bytes, secret: str = SECRET) -> bytes:
    return hmac.new(secret.encode(), message, hashlib.sha256).digest()
