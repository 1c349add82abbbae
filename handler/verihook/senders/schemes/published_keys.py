"""Public keys that a sender publishes as JSON Web Keys, for signatures with the key's id beside them: ShipStation."""

from __future__ import annotations

from collections.abc import Callable

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders.schemes import CURRENT, Fetch, Proof
from verihook.senders.schemes.asymmetric import Check
from verihook.senders.schemes.fetched_keys import FetchedKeys
from verihook.senders.schemes.headers import one_header
from verihook.senders.schemes.json_web_keys import published_check
from verihook.senders.schemes.jws import PUBLIC_KEYS
from verihook.senders.schemes.token_keys import KID

#: The JSON Web Algorithm of each algorithm.
_NAMES = {name: jose for jose, name in PUBLIC_KEYS.items()}


def published_proof(
    url: str, header: str, algorithm: str, fetch: Fetch | None
) -> Callable[[Request, list[bytes], bytes, int], Proof]:
    """How a signature is proven with the key at ``url`` whose id is in ``header``.

    Raises ValueError in words without a network, or for an algorithm that no JSON Web Key has.
    """
    if fetch is None:
        raise ValueError("without a network, a source of this sender needs its public key as secret")
    name = _NAMES.get(algorithm)
    if name is None:
        raise ValueError(f"algorithm: no published key is for {algorithm}")
    keys: FetchedKeys[Check] = FetchedKeys()

    def prove(request: Request, signatures: list[bytes], message: bytes, now: int) -> Proof:
        kid = one_header(request, header)
        if not KID.fullmatch(kid):
            raise SignatureError("unknown-kid")
        check = keys.key(kid, now, lambda: published_check(fetch(url), kid, name))
        if not any(check(signature, message) for signature in signatures):
            raise SignatureError("signature-mismatch")
        keys.mark_proven(kid)
        return CURRENT

    return prove
