"""A JSON Web Token as signature: in a header, with a hash of the body among its claims, or in the body as the event.

https://www.rfc-editor.org/rfc/rfc7519 and https://www.rfc-editor.org/rfc/rfc8725, which says what goes wrong with them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders.schemes import PLAIN, Proof, Setting, Verify, digest_of, no_secret, proof_by
from verihook.senders.schemes.encoding import KEYS, key_of, refuse_empty
from verihook.senders.schemes.headers import one_header
from verihook.senders.schemes.jws import (
    ALGORITHMS,
    HMACS,
    MAX_TOKEN,
    Token,
    hmac_check,
    read_token,
    token_text,
)
from verihook.senders.schemes.timestamp import LONGEST_WINDOW, check_tolerance
from verihook.senders.schemes.token_claims import (
    HASHES,
    HashClaim,
    Times,
    check_claims,
    check_hash,
    check_keys_url,
    check_table,
    expected_claims,
    keys_url,
)
from verihook.senders.schemes.url import Urls, signed_urls
from verihook.senders.tables import must_be_one_of
from verihook.strict_json import MAX_JSON

#: ``check(signature, signed)``.
_Check = Callable[[bytes, bytes], bool]

_Find = Callable[[Token, int], Sequence[tuple[_Check, Proof]]]


@dataclass(frozen=True, slots=True)
class JwtScheme:
    """A compact JWS, signed with ``algorithm`` and no other, whatever it says of itself.

    It is in ``header``, after ``prefix``; or it is the member at the path ``json`` of the body, or the body itself
    (``json = "."``), and its claims are the event.

    ``claims``: what its claims have to be, see :func:`~verihook.senders.schemes.token_claims.expected_claims`.
    ``hash_claim``: the claim with the SHA-256 of the body, as ``hash_encoding``; ``url_hash_claim``: that of the URL,
    or if ``url_hash`` is ``canonical-request``, of what Atlassian makes of method, path and query.
    ``time``: ``iat``, the time of signing, which may be ``tolerance`` seconds from ours, both ways; ``exp``, which must
    be there; or ``none``. ``exp`` and ``nbf`` count in any case, with the tolerance.

    Keys: shared secrets (``key``, ``key_prefix``: see :data:`~verihook.senders.schemes.encoding.KEYS`), or public keys
    as secrets (JSON Web Key, PEM). Without a secret those published at ``jwks_url`` (in which ``{parameter:NAME}`` may
    stand; then ``jwks_host``, a regular expression, is what its whole host has to match), or the certificates in the
    token up to one of ``roots`` (SHA-256 in hex), with the extensions of ``markers`` (an OID each, from the first on).
    With ``key_urls`` each key id is posted, with the source's ``parameters.client_id`` and the API secret as
    ``secret``, to the URL of ``parameters.environment`` (default ``production``).
    """

    header: str = ""
    prefix: str = ""
    json: str = ""
    algorithm: str = "ES256"
    claims: dict = field(default_factory=dict)  # type: ignore[type-arg]  # the annotation is a TOML type's name
    hash_claim: str = ""
    hash_encoding: str = "hex"
    url_hash_claim: str = ""
    url_hash: str = "url"
    time: str = "iat"
    tolerance: int = 300
    key: str = "utf8"
    key_prefix: str = ""
    key_urls: dict = field(default_factory=dict)  # type: ignore[type-arg]
    jwks_url: str = ""
    jwks_host: str = ""
    roots: list = field(default_factory=list)  # type: ignore[type-arg]
    markers: list = field(default_factory=list)  # type: ignore[type-arg]

    #: A document of keys is asked for again after so many seconds if a token names a key that is not in it.
    documents_cached_s: ClassVar[float] = 60.0

    def __post_init__(self) -> None:
        if bool(self.header) == bool(self.json):
            raise ValueError("header: must name the header with the token, or json the member of the body")
        if self.prefix and not self.header:
            raise ValueError("prefix: is for a header")
        for name, known in (
            ("algorithm", ALGORITHMS),
            ("hash_encoding", tuple(HASHES)),
            ("url_hash", ("url", "canonical-request")),
            ("time", ("iat", "exp", "none")),
            ("key", tuple(KEYS)),
        ):
            if getattr(self, name) not in known:
                raise ValueError(f"{name}: {must_be_one_of(known, getattr(self, name))}")
        check_tolerance(self.tolerance)
        check_table(self.claims)
        self._check_keys()

    def _check_keys(self) -> None:
        if not all(str(url).startswith("https://") for url in self.key_urls.values()):
            raise ValueError("key_urls: must be https")
        check_keys_url(self.jwks_url, self.jwks_host)
        places = [key for key in ("key_urls", "jwks_url", "roots") if getattr(self, key)]
        if len(places) > 1 or (places and self._shared):
            raise ValueError(
                f"{places[0]}: a shared secret has none, and a public key one of key_urls, jwks_url, roots"
            )
        if not all(isinstance(root, str) and re.fullmatch("[0-9a-f]{64}", root) for root in self.roots):
            raise ValueError("roots: must be SHA-256 digests in hex, in lower case")
        if bool(self.roots) != bool(self.markers):
            raise ValueError("markers: roots and markers go together")
        if self.roots:
            from verihook.senders.schemes.certificate_chains import check_markers

            check_markers(self.markers)
        elif not self._shared:
            import verihook.senders.schemes.token_keys  # noqa: F401  # without its packages, this fails at load

    @property
    def _shared(self) -> bool:
        return self.algorithm in HMACS

    @property
    def keyless(self) -> bool:
        """Whether the keys are published, or come with the token."""
        return bool(self.jwks_url or self.roots)

    @property
    def timed(self) -> bool:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        return self.time == "exp" or (self.time == "iat" and self.tolerance <= LONGEST_WINDOW)

    @property
    def binds_body(self) -> bool:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        return bool(self.json or self.hash_claim)

    @property
    def event_in_token(self) -> str:
        """Return the path of the token whose claims are the event, "." for the whole body; "" if there is none."""
        return self.json

    @property
    def key_hosts(self) -> tuple[str, ...]:
        """The hosts that keys are fetched from, as regular expressions."""
        if self.jwks_host:
            return (self.jwks_host,)
        urls = [*self.key_urls.values(), *([self.jwks_url] if self.jwks_url else [])]
        return tuple(re.escape(url.split("/")[2]) for url in urls)

    def covers(self, header: str, path: tuple[str, ...]) -> bool:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        return not header and self.binds_body

    def bind(self, secrets: tuple[str, ...], setting: Setting = PLAIN) -> Verify:
        """See :class:`~verihook.senders.schemes.Scheme`.

        ``verify`` raises SecretsUnavailable if no key can be fetched now.
        """
        refuse_empty(*secrets)
        accept, keys_at = self._accept(setting), keys_url(self.jwks_url, self.jwks_host, setting)
        if not secrets and not self.keyless:
            return no_secret
        read, find, digests = self._reader(), self._finder(secrets, setting, keys_at), setting.digests

        def verify(request: Request, now: int) -> Proof:
            token = read(request)
            for check, proof in find(token, now):
                if check(token.signature, token.signed):
                    accept(token, request, now)
                    return Proof(proof.verified_by, digest_of(token.signed)) if digests else proof
            raise SignatureError("signature-mismatch")

        return verify

    def sign(self, secret: str, request: Request, setting: Setting = PLAIN, *, message_id: str, now: int) -> Request:
        """See :class:`~verihook.senders.schemes.Scheme`.

        ``secret``: the shared one, or a private key: a JSON Web Key with ``d``, or PEM, followed by the certificates
        if they are in the token.
        """
        # Imported here: a receiver never signs, and a cold start should not load it.
        from verihook.senders.schemes.token_signer import sign

        return sign(self, secret, request, setting, message_id=message_id, now=now)

    def urls(self, setting: Setting) -> Urls:
        """Return what makes the URLs of which one's hash is in the token. Raises ValueError ``public_url: mend``."""
        if not self.url_hash_claim:
            return lambda _: ()
        if self.url_hash == "canonical-request":
            # Imported here: one sender needs it.
            from verihook.senders.schemes.canonical_requests import canonical_requests

            return canonical_requests(setting)
        return signed_urls(setting.public_url, "delivered", ports=False, unescape=False)

    def shared_key(self, secret: str) -> bytes:
        """Return the key that a shared secret stands for. Raises ValueError in words."""
        if secret.lstrip().startswith("-----BEGIN"):
            # Any reader of a public key could sign with it.
            raise ValueError(f"the secret is a key in PEM: {self.algorithm} takes a shared secret")
        return key_of(secret, self.key, self.key_prefix)

    def _reader(self) -> Callable[[Request], Token]:
        """How to read the token of a delivery. It raises SignatureError."""
        header, prefix, algorithm, path = self.header.lower(), self.prefix, self.algorithm, self.json

        def in_header(request: Request) -> Token:
            text = one_header(request, header)
            if not text.startswith(prefix):
                raise SignatureError("wrong-prefix")
            return read_token(text[len(prefix) :], algorithm, MAX_TOKEN)

        return in_header if header else lambda request: read_token(token_text(request.body, path), algorithm, MAX_JSON)

    def _accept(self, setting: Setting) -> Callable[[Token, Request, int], None]:
        """The checks of a token whose signature is right. Raises ValueError ``KEY: mend``."""
        expected, times = expected_claims(self.claims, setting), Times(self.time, self.tolerance)
        body_hash = HashClaim(self.hash_claim, self.hash_encoding) if self.hash_claim else None
        url_hash = HashClaim(self.url_hash_claim, self.hash_encoding) if self.url_hash_claim else None
        urls = self.urls(setting)

        def accept(token: Token, request: Request, now: int) -> None:
            claims = token.claims()
            if body_hash is not None:
                check_hash(body_hash, (request.body,), claims, "no-body-hash", "body-hash-mismatch")
            if url_hash is not None:
                # A caller's surrogates have no UTF-8; whatever their bytes are, no sender signed them.
                found = [url.encode("utf-8", "surrogatepass") for url in urls(request)]
                check_hash(url_hash, found, claims, "no-url-hash", "url-hash-mismatch")
            check_claims(expected, claims)
            times.check(claims, now)

        return accept

    def _finder(self, secrets: tuple[str, ...], setting: Setting, keys_at: str) -> _Find:
        """How to find the keys for a token. Raises ValueError in words."""
        if self._shared:
            checks = [
                (hmac_check(self.shared_key(secret), self.algorithm), proof_by(index))
                for index, secret in enumerate(secrets)
            ]
            return lambda _token, _now: checks
        if self.roots:
            from verihook.senders.schemes.certificate_chains import chained

            return chained(secrets, self.roots, self.markers, self.algorithm)
        from verihook.senders.schemes.token_keys import asked, pinned, published

        if not secrets:
            return published(keys_at, setting.fetch, self.algorithm)
        if self.key_urls and not all(secret.lstrip().startswith("{") for secret in secrets):
            return asked(self.key_urls, secrets, setting, self.algorithm)
        return pinned(secrets, self.algorithm)
