"""What the claims of a token have to say: who made it, for whom, when, and over which body and URL.

https://www.rfc-editor.org/rfc/rfc7519#section-4.1
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verihook.errors import SignatureError
from verihook.senders.schemes import Setting
from verihook.senders.schemes.encoding import decode_base64, decode_base64url, decode_hex, encode_signature
from verihook.senders.schemes.jws import sha256
from verihook.senders.schemes.key_urls import host_matches
from verihook.senders.schemes.timestamp import check_age, whole_seconds
from verihook.senders.schemes.url import registered_url
from verihook.strict_json import member, set_member, split_path

_PARAMETER = re.compile(r"\{parameter:([A-Za-z0-9_]+)(\?)?\}", re.ASCII)


def _padded_or_not(text: str, size: int) -> bytes:
    # Upstash pads it.
    return decode_base64url(text.removesuffix("="), size)


#: How a hash is written in a claim.
HASHES: dict[str, Callable[[str, int], bytes]] = {
    "hex": decode_hex,
    "base64": decode_base64,
    "base64url": _padded_or_not,
}

#: The places of a claim, of which the first that is there counts, and the values that it may have.
Expected = tuple[tuple[tuple[str, ...], ...], tuple[object, ...]]


def check_table(claims: Mapping[str, object]) -> None:
    """Raise ValueError ``KEY: mend`` unless each claim has a value, or a list of them, that can be compared."""
    for name, given in claims.items():
        values = given if isinstance(given, list) else [given]
        if not values or not all(isinstance(value, str | bool | int) and value != "" for value in values):
            raise ValueError(f"claims: {name} must be a text, a number, true or false, or a list of these")


def expected_claims(claims: Mapping[str, object], setting: Setting) -> list[Expected]:
    """Return what a source's tokens have to say. Raises ValueError ``KEY: mend``.

    ``{parameter:NAME}`` is the source's, ``{parameter:NAME?}`` too, and the claim is not looked at if the source has
    none; ``{url}`` is the URL as registered.
    """
    expected: list[Expected] = []
    for name, given in claims.items():
        found = [filled(value, setting) for value in (given if isinstance(given, list) else [given])]
        values = tuple(value for value in found if value is not None)
        if values:
            expected.append((tuple(split_path(path) for path in name.split("|")), values))
    return expected


def filled(value: object, setting: Setting) -> object:
    """Return a value with the source's settings in it; None if it names an optional parameter that is not there.

    Raises ValueError ``KEY: mend``.
    """
    if value == "{url}":
        return registered_url(setting.public_url)
    if not isinstance(value, str):
        return value
    for name, optional in _PARAMETER.findall(value):
        given = setting.parameters.get(name)
        if not given:
            if optional:
                return None
            raise ValueError(f"parameters.{name}: is in the tokens of this sender; write it into the source")
        value = value.replace(f"{{parameter:{name}{optional}}}", given)
    return value


def check_keys_url(url: str, host: str) -> None:
    """Raise ValueError ``KEY: mend`` unless published keys can be fetched from there. "" for none."""
    if url and not url.startswith("https://"):
        raise ValueError("jwks_url: must be https")
    if bool(host) != ("{" in url):
        raise ValueError("jwks_host: goes with a jwks_url with a parameter in it")


def keys_url(template: str, host: str, setting: Setting) -> str:
    """Return the URL of the published keys, "" if there is none. Raises ValueError ``KEY: mend``."""
    url = str(filled(template, setting))
    if host and not host_matches(url.split("/")[2], (host,)):
        name = template.partition("{parameter:")[2].partition("}")[0]
        raise ValueError(f"parameters.{name}: must be the sender's host for this account")
    return url


def check_claims(expected: list[Expected], claims: Mapping[str, Any]) -> None:
    """Raise SignatureError if a claim has none of the values that it may have."""
    for paths, values in expected:
        found = next((value for path in paths if (value := member(claims, path)) is not None), None)
        # An audience may be a list: RFC 7519 section 4.1.3.
        given = found if isinstance(found, list) and paths == (("aud",),) else [found]
        if not any(_same(one, value) for one in given for value in values):
            raise SignatureError("unexpected-claim", f"{'.'.join(paths[0])} is not what the source expects")


def fill_claims(expected: list[Expected], claims: dict[str, Any]) -> None:
    """Put the expected values into ``claims``, as the sender would."""
    for paths, values in expected:
        set_member(claims, ".".join(paths[0]), values[0])


@dataclass(frozen=True, slots=True)
class HashClaim:
    """The claim that has the SHA-256 of something, in an encoding of :data:`HASHES`."""

    name: str
    encoding: str


def check_hash(claim: HashClaim, contents: Sequence[bytes], claims: Mapping[str, Any], absent: str, other: str) -> None:
    """Raise SignatureError ``absent``, or ``other`` unless the claim is the SHA-256 of one of ``contents``.

    A sender may leave the hash of an empty body out.
    """
    given = member(claims, split_path(claim.name))
    if given is None and not any(contents):
        return
    if not isinstance(given, str) or not given.isascii():
        raise SignatureError(absent)
    value = HASHES[claim.encoding](given, 32)
    if not any(hmac.compare_digest(value, sha256(content)) for content in contents):
        raise SignatureError(other)


def write_hash(encoding: str, content: bytes) -> str:
    """Return the SHA-256 of ``content`` as a sender writes it into a claim."""
    return encode_signature(sha256(content), encoding)


@dataclass(frozen=True, slots=True)
class Times:
    """Which claims bound a token's life: ``kind`` is ``iat``, ``exp`` or ``none``; ``tolerance`` in seconds."""

    kind: str
    tolerance: int

    def check(self, claims: Mapping[str, Any], now: int) -> None:
        """Raise SignatureError if the token is too old, has expired, is not valid yet or not even signed yet.

        ``exp`` and ``nbf`` count if they are there, whatever the kind; ``iat`` unless that is ``none``.
        """
        if self.kind == "iat":
            check_age(whole_seconds(claims.get("iat")), now, self.tolerance)
        latest, earliest = claims.get("exp"), claims.get("nbf")
        expires = latest is not None or self.kind == "exp"
        if expires and whole_seconds(latest) <= (now - self.tolerance) * 1000:
            raise SignatureError("token-outside-validity", "its exp is over")
        if earliest is not None and whole_seconds(earliest) > (now + self.tolerance) * 1000:
            raise SignatureError("token-outside-validity", "its nbf is not reached")
        made = claims.get("iat") if self.kind == "exp" else None
        if made is not None and whole_seconds(made) > (now + self.tolerance) * 1000:
            raise SignatureError("token-outside-validity", "its iat is not reached")


def _same(value: object, expected: object) -> bool:
    """Whether both are equal; a parameter of a source is a text, also if the claim is a whole number."""
    if isinstance(expected, str) and isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        value = str(value)
    return type(value) is type(expected) and value == expected
