"""Public keys that a sender publishes, for signatures in a header: as JSON Web Keys, or one by one under their ids.

ShipStation and Fal publish a set, Circle answers for each id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from verihook.errors import SecretsUnavailable, SignatureError
from verihook.request import Request
from verihook.senders.schemes import CURRENT, Fetch, Proof
from verihook.senders.schemes.asymmetric import Check, check_with, read_public
from verihook.senders.schemes.fetched_keys import FetchedKeys
from verihook.senders.schemes.headers import one_header
from verihook.senders.schemes.json_web_keys import published_check, published_checks, reply_object
from verihook.senders.schemes.jws import PUBLIC_KEYS
from verihook.senders.schemes.token_keys import KID
from verihook.strict_json import member, split_path

#: ``prove(request, signatures, message, now)``. Raise SignatureError, SecretsUnavailable.
Prove = Callable[[Request, list[bytes], bytes, int], Proof]

#: The JSON Web Algorithm of each algorithm.
_NAMES = {name: jose for jose, name in PUBLIC_KEYS.items()}

#: What an id may be that stands in a URL.
_PATH_ID = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)

#: A set without ids is fetched once more if no key of it fits, at most once in so many seconds.
_AGAIN_S = 300


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
    return _proof_by_id(header, KID, lambda kid: published_check(fetch(url), kid, name))


def asked_proof(url: str, path: str, header: str, algorithm: str, secrets: Sequence[str], fetch: Fetch | None) -> Prove:
    """With the key that ``url`` answers with, in which ``{kid}`` stands for the id in ``header``.

    ``path``: of the key in the answer. ``secrets``: the keys of the API, newest first. Raises ValueError in words.
    """
    if fetch is None:
        raise ValueError("without a network, a source of this sender needs its public key as secret")
    if not secrets:
        raise ValueError("the secret is missing: the key of the sender's API, which its public keys are asked for with")
    places = split_path(path)

    def load(kid: str) -> Check:
        failed: SecretsUnavailable | None = None
        for secret in secrets:
            try:
                document = fetch(url.replace("{kid}", kid), b"", f"Bearer {secret}")
            except SecretsUnavailable as error:
                failed = failed or error  # perhaps the key of the API is another now
                continue
            if not document:
                raise SignatureError("unknown-kid")
            return _answered(member(reply_object(document), places), algorithm)
        raise failed or SecretsUnavailable("The sender's host gave no key; deliver again.")

    return _proof_by_id(header, _PATH_ID, load)


def _answered(text: object, algorithm: str) -> Check:
    try:
        return check_with(read_public(text if isinstance(text, str) else ""), algorithm)
    except ValueError:
        raise SecretsUnavailable("The sender's host gave no key; deliver again.") from None


def _proof_by_id(header: str, form: re.Pattern[str], load: Callable[[str], Check]) -> Prove:
    keys: FetchedKeys[Check] = FetchedKeys()

    def prove(request: Request, signatures: list[bytes], message: bytes, now: int) -> Proof:
        kid = one_header(request, header)
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
