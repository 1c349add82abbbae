"""Where the keys of a token's scheme come from: pinned as secrets, asked for by their id, published, or in the token.

A token in which certificates come is described in :mod:`verihook.senders.schemes.certificate_chains`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence

from verihook.errors import SecretsUnavailable, SignatureError
from verihook.senders.schemes import CURRENT, Fetch, Proof, Setting, proof_by
from verihook.senders.schemes.asymmetric import Check
from verihook.senders.schemes.fetched_keys import FetchedKeys
from verihook.senders.schemes.json_web_keys import jwk_check, key_check, published_check, reply_object
from verihook.senders.schemes.jws import Token
from verihook.senders.tables import must_be_one_of

#: ``find(token, now)``: the checks to try, with the proof of each. Raise SignatureError, SecretsUnavailable.
Find = Callable[[Token, int], Sequence[tuple[Check, Proof]]]

#: What the id of a key may be: it is looked up, and told to the sender.
KID = re.compile(r"[A-Za-z0-9._~:/+=@-]{1,128}", re.ASCII)


def pinned(secrets: Sequence[str], algorithm: str) -> Find:
    """Return a function that finds a key among the secrets, newest first. Raises ValueError in words.

    A key without an id is tried for every token, one with an id for the tokens that name it.
    """
    keys = [(*key_check(secret, algorithm), proof_by(index)) for index, secret in enumerate(secrets)]
    named = all(kid is not None for kid, _, _ in keys)

    def find(token: Token, _now: int) -> list[tuple[Check, Proof]]:
        kid = _kid(token) if named else token.protected.get("kid")
        found = [(check, proof) for own, check, proof in keys if own is None or own == kid]
        if not found:
            raise SignatureError("unknown-kid")
        return found

    return find


def asked(key_urls: Mapping[str, str], secrets: Sequence[str], setting: Setting, algorithm: str) -> Find:
    """Return a function that asks the sender's endpoint for a key by its id, as Plaid has it. Raises ValueError."""
    if setting.fetch is None:
        raise ValueError("without a network, a source of this sender needs its JSON Web Key as secret")
    environment = setting.parameters.get("environment", "production")
    url = key_urls.get(environment)
    if url is None:
        raise ValueError(f"parameters.environment: {must_be_one_of(key_urls, environment)}")
    client_id = setting.parameters.get("client_id")
    if not client_id:
        raise ValueError("parameters.client_id: is needed, beside the secret, to ask the sender for its keys")
    fetch = setting.fetch

    def load(kid: str) -> Check:
        unknown = False
        for secret in secrets:
            content = json.dumps({"client_id": client_id, "secret": secret, "key_id": kid}).encode()
            answer = reply_object(fetch(url, content))
            if "key" in answer:
                return _answered_check(answer["key"], algorithm)
            # A 400 for another reason (a wrong API secret) is our failure, not the delivery's.
            unknown = unknown or answer.get("error_code") == "INVALID_WEBHOOK_VERIFICATION_KEY_ID"
        if not unknown:
            raise SecretsUnavailable("The sender's host gave no key; deliver again.")
        raise SignatureError("unknown-kid")

    return _cached(load)


def published(url: str, fetch: Fetch | None, algorithm: str) -> Find:
    """Return a function that finds a key by its id in the set at a URL. Raises ValueError without a network."""
    if fetch is None:
        raise ValueError("without a network, a source of this sender needs its JSON Web Key as secret")
    return _cached(lambda kid: published_check(fetch(url), kid, algorithm))


def _cached(load: Callable[[str], Check]) -> Find:
    keys: FetchedKeys[Check] = FetchedKeys()

    def find(token: Token, now: int) -> list[tuple[Check, Proof]]:
        kid = _kid(token)
        check = keys.key(kid, now, lambda: load(kid))

        def proven(signature: bytes, signed: bytes) -> bool:
            right = check(signature, signed)
            if right:
                keys.mark_proven(kid)
            return right

        return [(proven, CURRENT)]

    return find


def _kid(token: Token) -> str:
    kid = token.protected.get("kid")
    if not isinstance(kid, str) or not KID.fullmatch(kid):
        raise SignatureError("unknown-kid")
    return kid


def _answered_check(jwk: object, algorithm: str) -> Check:
    """Return the check with the key that the host answered with.

    Raises SignatureError for a key that the sender has withdrawn, SecretsUnavailable for what is no key.
    """
    try:
        check = jwk_check(jwk, algorithm)
    except ValueError:
        raise SecretsUnavailable(f"The sender's host gave no key for {algorithm}; deliver again.") from None
    if isinstance(jwk, Mapping) and jwk.get("expired_at") is not None:
        raise SignatureError("expired-kid")
    return check
