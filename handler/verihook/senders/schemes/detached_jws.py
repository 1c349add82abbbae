"""A JSON Web Signature whose payload is the delivery itself: TrueLayer, Saleor.

https://www.rfc-editor.org/rfc/rfc7515#appendix-F and https://www.rfc-editor.org/rfc/rfc7797
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders.schemes import PLAIN, Delivery, Proof, Setting, Verify, digest_of, no_secret
from verihook.senders.schemes.encoding import base64url_text, refuse_empty
from verihook.senders.schemes.headers import one_header, with_headers
from verihook.senders.schemes.jws import PUBLIC_KEYS, Token, encoded, read_detached
from verihook.senders.schemes.message import SIGN_BODY, Message, compile_message, covers, fields_of
from verihook.senders.schemes.token_claims import check_keys_url, keys_url
from verihook.senders.schemes.token_keys import Find, pinned, published
from verihook.senders.schemes.url import Urls, registered_url
from verihook.senders.tables import must_be_one_of

#: The fields of a message that are of other schemes.
_OTHERS = frozenset({"secret", "url", "json", "item", "timestamp", "id", "named_headers"})


@dataclass(frozen=True, slots=True)
class DetachedJwsScheme:
    """The compact form in ``header``, without its payload, signed with ``algorithm`` and no other.

    ``message``: the payload, described in :mod:`verihook.senders.schemes.message`, with ``{path}``, that of the
    source's public_url, with or without a slash at its end. ``unencoded``: the payload is signed as it is (RFC 7797).
    ``names_member``: the member of the protected header that names the headers of ``{header_lines}``. ``protected``:
    what members of the protected header have to be.

    The secrets are public keys (JSON Web Key, PEM, base64 of DER). Without one the keys come from ``jwks_url``, in
    which ``{parameter:NAME}`` may stand; then ``jwks_host``, a regular expression, is what its whole host has to match.
    """

    header: str
    algorithm: str
    message: str = "{body}"
    unencoded: bool = False
    names_member: str = ""
    protected: dict = field(default_factory=dict)  # type: ignore[type-arg]  # the annotation is a TOML type's name
    jwks_url: str = ""
    jwks_host: str = ""

    def __post_init__(self) -> None:
        if not self.header:
            raise ValueError("header: must name the header with the signature")
        if self.algorithm not in PUBLIC_KEYS:
            raise ValueError(f"algorithm: {must_be_one_of(PUBLIC_KEYS, self.algorithm)}")
        names = {name for name, argument in self._fields() if name != "form" or not argument}
        if _OTHERS & names or self.message.startswith("{secret}"):
            raise ValueError(f"message: {{{min(_OTHERS & names or {'secret'})}}} is not for the scheme detached-jws")
        if not set(SIGN_BODY) & names:
            raise ValueError("message: {body} must be in it, so that the body is signed")
        if ("header_lines" in names) != bool(self.names_member):
            raise ValueError("names_member: {header_lines} and names_member go together")
        check_keys_url(self.jwks_url, self.jwks_host)

    @property
    def keyless(self) -> bool:
        """Whether the keys are published."""
        return bool(self.jwks_url)

    @property
    def timed(self) -> bool:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        return False

    @property
    def binds_body(self) -> bool:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        return True

    @property
    def key_hosts(self) -> tuple[str, ...]:
        """The hosts that keys are fetched from, as regular expressions."""
        if self.jwks_host:
            return (self.jwks_host,)
        return (re.escape(self.jwks_url.split("/")[2]),) if self.jwks_url else ()

    def covers(self, header: str, path: tuple[str, ...]) -> bool:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        return covers(self._template(), "", header, path)

    def bind(self, secrets: tuple[str, ...], setting: Setting = PLAIN) -> Verify:
        """See :class:`~verihook.senders.schemes.Scheme`. ``verify`` raises SecretsUnavailable if no key can be had."""
        refuse_empty(*secrets)
        keys_at, message = keys_url(self.jwks_url, self.jwks_host, setting), self._payload(setting)
        if not secrets and not self.keyless:
            return no_secret
        find = pinned(secrets, self.algorithm) if secrets else published(keys_at, setting.fetch, self.algorithm)
        return self._verify(find, message, setting.digests)

    def _verify(self, find: Find, message: Message, digests: bool) -> Verify:
        header, algorithm, unencoded = self.header.lower(), self.algorithm, self.unencoded

        def verify(request: Request, now: int) -> Proof:
            token = read_detached(one_header(request, header), algorithm, unencoded=unencoded)
            signed = list(self._signed(token, message, request))
            for check, proof in find(token, now):
                for one in signed:
                    if check(token.signature, one):
                        return Proof(proof.verified_by, digest_of(one)) if digests else proof
            raise SignatureError("signature-mismatch")

        return verify

    def sign(self, secret: str, request: Request, setting: Setting = PLAIN, *, message_id: str, now: int) -> Request:
        """See :class:`~verihook.senders.schemes.Scheme`. ``secret``: a private key, as PEM or a JSON Web Key."""
        # Imported here: a receiver never signs, and a cold start should not load it.
        from verihook.senders.schemes.token_signer import maker

        more, make = maker(self.algorithm, secret)
        protected = {"alg": self.algorithm, **more, **self.protected}
        if self.unencoded:
            protected |= {"b64": False, "crit": ["b64"]}
        if self.names_member:
            protected[self.names_member] = ""
        token = Token(protected, "", b"", f"{encoded(protected)}.".encode())
        signed = next(self._signed(token, self._payload(setting), request))
        return with_headers(request, [(self.header, f"{encoded(protected)}..{base64url_text(make(signed))}")])

    def _signed(self, token: Token, message: Message, request: Request) -> Iterator[bytes]:
        """Yield what may be signed. Raises SignatureError."""
        if any(token.protected.get(name) != value for name, value in self.protected.items()):
            raise SignatureError("unexpected-claim", "the protected header is not this sender's")
        names = token.protected.get(self.names_member) if self.names_member else ""
        if not isinstance(names, str):
            raise SignatureError("no-list-of-headers")
        for before, body, after, _ in message(Delivery(request, names=names)):
            payload = before + body + after
            yield token.signed + (payload if self.unencoded else base64url_text(payload).encode())

    def _fields(self) -> tuple[tuple[str, str], ...]:
        return fields_of(self.message.replace("{path}", ""))

    def _template(self) -> str:
        return self.message.replace("{path}", "{url}")

    def _payload(self, setting: Setting) -> Message:
        """How to put the payload together. Raises ValueError ``KEY: mend``."""
        return compile_message(self._template(), (), setting, _paths(setting) if "{path}" in self.message else None)


def _paths(setting: Setting) -> Urls:
    path = urlsplit(registered_url(setting.public_url)).path or "/"
    paths = (path, path.rstrip("/") if path.endswith("/") else f"{path}/")
    return lambda _: paths
