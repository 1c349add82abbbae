"""A static token in a header: nothing is signed, the sender only shows that it has the secret."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import ClassVar

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders.schemes import PLAIN, Proof, Setting, Verify, no_secret, proof_by
from verihook.senders.schemes.encoding import refuse_empty
from verihook.senders.schemes.headers import one_header, with_headers


@dataclass(frozen=True, slots=True)
class TokenScheme:
    """The header holds ``prefix`` + the secret, as it is. Case counts in the prefix and the secret."""

    header: str
    prefix: str = ""

    keyless: ClassVar[bool] = False
    timed: ClassVar[bool] = False
    binds_body: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not self.header:
            raise ValueError("header: must name the header with the token")

    def covers(self, header: str, path: tuple[str, ...]) -> bool:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        return False

    def bind(self, secrets: tuple[str, ...], setting: Setting = PLAIN) -> Verify:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        header, prefix = self.header.lower(), self.prefix
        # Digests are compared, so that the time does not show the length of the secret.
        digests = tuple(hashlib.sha256(self._token(secret)).digest() for secret in secrets)
        sha256, same = hashlib.sha256, hmac.compare_digest
        if not digests:
            return no_secret

        def verify(request: Request, now: int) -> Proof:  # noqa: ARG001  a token has no time
            text = one_header(request, header)
            if not text.startswith(prefix):
                raise SignatureError("wrong-prefix")
            shown = sha256(text[len(prefix) :].encode()).digest()
            for index, digest in enumerate(digests):
                if same(digest, shown):
                    return proof_by(index)
            raise SignatureError("signature-mismatch")

        return verify

    def sign(self, secret: str, request: Request, setting: Setting = PLAIN, *, message_id: str, now: int) -> Request:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        return with_headers(request, [(self.header, self.prefix + self._token(secret).decode())])

    def _token(self, secret: str) -> bytes:
        refuse_empty(secret)
        if not secret.isascii() or not secret.isprintable():
            raise ValueError("the secret must be printable ASCII: it is the value of a header")
        return secret.encode()
