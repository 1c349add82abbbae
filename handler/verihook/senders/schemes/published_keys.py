"""Public keys that a sender publishes, for signatures in a header: as JSON Web Keys, or one by one under their ids.

ShipStation and Fal publish a set, Circle and eBay answer for each id.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from verihook.errors import SecretsUnavailable, SignatureError
from verihook.request import Request
from verihook.senders.schemes import CURRENT, Fetch, Proof
from verihook.senders.schemes.asymmetric import Check, check_with, read_public
from verihook.senders.schemes.fetched_keys import FetchedKeys
from verihook.senders.schemes.headers import object_of, one_header
from verihook.senders.schemes.json_web_keys import published_check, published_checks, reply_object
from verihook.senders.schemes.jws import PUBLIC_KEYS
from verihook.senders.schemes.token_keys import KID
from verihook.strict_json import member, split_path, text_member

#: ``prove(request, signatures, message, now)``. Raise SignatureError, SecretsUnavailable.
Prove = Callable[[Request, list[bytes], bytes, int], Proof]

#: The JSON Web Algorithm of each algorithm.
_NAMES = {name: jose for jose, name in PUBLIC_KEYS.items()}

#: What an id may be that stands in a URL.
_PATH_ID = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)

#: What a token may be that stands in a header.
_TOKEN = re.compile(r"[!-~]{1,8192}", re.ASCII)

#: A set without ids is fetched once more if no key of it fits, at most once in so many seconds.
_AGAIN_S = 300


@dataclass(frozen=True, slots=True)
class KeyApi:
    """An API that answers ``url``, with a key's id in the place of ``{kid}``, with the key as the member ``path``.

    ``token_url``: at it an application gets a token of ``scope`` to ask with, by its id and secret; "" if the secret
    is the token. https://www.rfc-editor.org/rfc/rfc6749#section-4.4
    """

    url: str
    path: str
    token_url: str = ""
    scope: str = ""

    def authorization(self, secret: str, fetch: Fetch) -> str:
        """Return the header with which the API is asked. Raises SecretsUnavailable."""
        if not self.token_url:
            return f"Bearer {secret}"
        asked = urlencode({"grant_type": "client_credentials", "scope": self.scope}).encode()
        answer = fetch(self.token_url, asked, f"Basic {base64.b64encode(secret.encode()).decode()}")
        token = reply_object(answer).get("access_token")
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise SecretsUnavailable("The sender's host gave no token; deliver again.")
        return f"Bearer {token}"


def id_in(header: str, path: str) -> Callable[[Request], str]:
    """How to read the id of a key: the value of ``header``, or the member ``path`` of the object that is in it."""
    if not path:
        return lambda request: one_header(request, header)
    places = split_path(path)
    return lambda request: text_member(object_of(one_header(request, header)), places, "unknown-kid")


def published_proof(url: str, header: str, algorithm: str, fetch: Fetch | None) -> Prove:
    """With the key of the set at ``url`` whose id is in ``header``, or if that is "" with any of the set.

    Raises ValueError in words without a network, or for an algorithm that no JSON Web Key has.
    """
    if fetch is None:
        raise ValueError("without a network, a source of this sender needs its public key as secret")
    name = _NAMES.get(algorithm)
    if name is None:
        raise ValueError(f"algorithm: no published key is for {algorithm}")
    if not header:
        return _any_proof(lambda: published_checks(fetch(url), name))
    return _proof_by_id(id_in(header, ""), KID, lambda kid: published_check(fetch(url), kid, name))


def asked_proof(
    api: KeyApi, kid_of: Callable[[Request], str], algorithm: str, secrets: Sequence[str], fetch: Fetch | None
) -> Prove:
    """With the key that ``api`` answers with for the id in the delivery.

    ``secrets``: the keys of the API, newest first. Raises ValueError in words.
    """
    if fetch is None:
        raise ValueError("without a network, a source of this sender needs its public key as secret")
    if not secrets:
        raise ValueError("the secret is missing: the key of the sender's API, which its public keys are asked for with")
    if api.token_url and not all(":" in secret for secret in secrets):
        raise ValueError("the secret must be ID:SECRET of an application, or a public key")
    places = split_path(api.path)

    def load(kid: str) -> Check:
        failed: SecretsUnavailable | None = None
        for secret in secrets:
            try:
                document = fetch(api.url.replace("{kid}", kid), b"", api.authorization(secret, fetch))
            except SecretsUnavailable as error:
                failed = failed or error  # perhaps the key of the API is another now
                continue
            if not document:
                raise SignatureError("unknown-kid")
            return _answered(member(reply_object(document), places), algorithm)
        raise failed or SecretsUnavailable("The sender's host gave no key; deliver again.")

    return _proof_by_id(kid_of, _PATH_ID, load)


def _answered(text: object, algorithm: str) -> Check:
    try:
        return check_with(read_public(text if isinstance(text, str) else ""), algorithm)
    except ValueError:
        raise SecretsUnavailable("The sender's host gave no key; deliver again.") from None


def _proof_by_id(kid_of: Callable[[Request], str], form: re.Pattern[str], load: Callable[[str], Check]) -> Prove:
    keys: FetchedKeys[Check] = FetchedKeys()

    def prove(request: Request, signatures: list[bytes], message: bytes, now: int) -> Proof:
        kid = kid_of(request)
        if not form.fullmatch(kid):
            raise SignatureError("unknown-kid")
        check = keys.key(kid, now, lambda: load(kid))
        if not any(check(signature, message) for signature in signatures):
            raise SignatureError("signature-mismatch")
        keys.mark_proven(kid)
        return CURRENT

    return prove


def _any_proof(load: Callable[[], list[Check]]) -> Prove:
    keys: FetchedKeys[list[Check]] = FetchedKeys()

    def prove(_: Request, signatures: list[bytes], message: bytes, now: int) -> Proof:
        # A forged delivery has the set fetched again, too, but seldom.
        for name in ("", str(now // _AGAIN_S)):
            checks = keys.key(name, now, load)
            if any(check(signature, message) for check in checks for signature in signatures):
                keys.mark_proven(name)
                return CURRENT
        raise SignatureError("signature-mismatch")

    return prove
