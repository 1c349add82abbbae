"""Decrypts what a handshake brings. It imports cryptography, which only sources with such a handshake need."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from verihook.errors import SignatureError
from verihook.senders.schemes.encoding import base64_bytes

#: Bytes of a block of AES, and of an initialisation vector.
BLOCK = 16


def decrypted(text: object, secret: bytes) -> tuple[bytes, bool]:
    """Return what is inside of base64 of IV and AES-256-CBC, and whether it is whole: blocks with the right padding.

    The key is the SHA-256 of the secret. If the padding is wrong, the text comes with it, so that the caller has as
    much to look at: the time of an answer should not tell which padding is right.
    """
    try:
        sent = base64_bytes(text) if isinstance(text, str) else b""
    except SignatureError:
        sent = b""
    if len(sent) < 2 * BLOCK or len(sent) % BLOCK:
        return b"", False
    decryptor = Cipher(algorithms.AES(hashlib.sha256(secret).digest()), modes.CBC(sent[:BLOCK])).decryptor()
    padded = decryptor.update(sent[BLOCK:]) + decryptor.finalize()
    unpadder = PKCS7(BLOCK * 8).unpadder()
    try:
        return unpadder.update(padded) + unpadder.finalize(), True
    except ValueError:
        return padded, False
