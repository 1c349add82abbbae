"""A static token somewhere in a delivery: nothing is signed, the sender only shows that it has the secret."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from verihook.errors import SignatureError
from verihook.records import replace
from verihook.request import Request, json_text
from verihook.senders.schemes import PLAIN, Proof, Setting, Verify, no_secret, proof_by
from verihook.senders.schemes.encoding import refuse_empty
from verihook.senders.schemes.form_values import form_value, query_value, with_field, with_form
from verihook.senders.schemes.headers import one_header, with_headers
from verihook.senders.tables import must_be_one_of
from verihook.strict_json import member, parse_unverified, set_member, split_path, text_member

#: The most elements of a list that each have the token.
MAX_ELEMENTS = 1000


@dataclass(frozen=True, slots=True)
class TokenScheme:
    """The header holds ``prefix`` + the secret, as it is. Case counts in the prefix and the secret.

    Or the member at the path ``json`` of the body is the secret: ``passcode``, or ``value[].clientState`` if each
    element of a list has it. Or the parameter ``query`` of the URL, or the field ``form`` of the body.
    ``hashed``: not the secret is shown but its digest in hex, ``sha256``.
    """

    header: str = ""
    prefix: str = ""
    json: str = ""
    query: str = ""
    form: str = ""
    hashed: str = ""

    keyless: ClassVar[bool] = False
    timed: ClassVar[bool] = False
    binds_body: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if [bool(place) for place in (self.header, self.json, self.query, self.form)].count(True) != 1:
            raise ValueError("header: name one place of the token: header, json, query or form")
        if self.prefix and not self.header:
            raise ValueError("prefix: is for a header")
        if self.hashed not in ("", "sha256"):
            raise ValueError(f"hashed: {must_be_one_of(('sha256',), self.hashed)}")

    def covers(self, header: str, path: tuple[str, ...]) -> bool:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        return False

    def bind(self, secrets: tuple[str, ...], setting: Setting = PLAIN) -> Verify:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        read, prefix = self._reader(), self.prefix
        # Digests are compared, so that the time does not show the length of the secret.
        digests = tuple(hashlib.sha256(self._token(secret)).digest() for secret in secrets)
        sha256, same = hashlib.sha256, hmac.compare_digest
        if not digests:
            return no_secret

        def verify(request: Request, now: int) -> Proof:  # noqa: ARG001  a token has no time
            texts = read(request)
            if not all(text.startswith(prefix) for text in texts):
                raise SignatureError("wrong-prefix")
            # Of a list each element has the same secret.
            shown = [sha256(text[len(prefix) :].encode("utf-8", "surrogatepass")).digest() for text in texts]
            for index, digest in enumerate(digests):
                if sum([same(digest, each) for each in shown]) == len(shown):
                    return proof_by(index)
            raise SignatureError("signature-mismatch")

        return verify

    def _reader(self) -> Callable[[Request], list[str]]:
        """How to read the tokens of a delivery: one, or those of a list, which is not empty. Raises SignatureError."""
        if self.header:
            header = self.header.lower()
            return lambda request: [one_header(request, header)]
        if self.query or self.form:
            value, name = (query_value, self.query) if self.query else (form_value, self.form)
            return lambda request: [value(request, name)]
        before, listed, after = self.json.partition("[].")
        path, inner = split_path(before), split_path(after)

        def read(request: Request) -> list[str]:
            content: object = member(parse_unverified(request.body), path)
            if listed and not (isinstance(content, list) and 0 < len(content) <= MAX_ELEMENTS):
                raise SignatureError("no-token")
            elements = content if isinstance(content, list) and listed else [content]
            return [text_member(element, inner, "no-token") for element in elements]

        return read

    def sign(self, secret: str, request: Request, setting: Setting = PLAIN, *, message_id: str, now: int) -> Request:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        token = self._token(secret).decode()
        if self.header:
            return with_headers(request, [(self.header, self.prefix + token)])
        if self.query:
            return replace(request, query=with_field(request.query, self.query, token))
        if self.form:
            body = with_field(request.body.decode("utf-8", "surrogateescape"), self.form, token)
            return replace(with_form(request), body=body.encode("utf-8", "surrogateescape"))
        try:
            content = parse_unverified(request.body or b"{}")
        except SignatureError as error:
            raise ValueError("the body must be a JSON object: this sender puts its token into it") from error
        before, listed, after = self.json.partition("[].")
        if listed and not member(content, split_path(before)):
            set_member(content, before, [{}])
        elements = member(content, split_path(before)) if listed else [content]
        for element in elements if isinstance(elements, list) else []:
            set_member(element, after or before, token)
        return replace(request, body=json_text(content).encode())

    def _token(self, secret: str) -> bytes:
        refuse_empty(secret)
        if not secret.isascii() or not secret.isprintable():
            raise ValueError("the secret must be printable ASCII: it is compared as such")
        token = secret.encode()
        return hashlib.sha256(token).hexdigest().encode() if self.hashed else token
