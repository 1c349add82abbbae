"""Why a delivery was refused, in words: the likely cause and the mend for every reason code of senders/schemes/.

A code that is not in the table is looked up by its beginning: ``unexpected-box-signature-version`` as ``unexpected``.
"""

from __future__ import annotations

REASONS: dict[str, str] = {
    # Secrets and keys.
    "no-secret": "There is no secret to check with. Set the secret that the source names.",
    "bad-key": "The secret or the public key cannot be used. Copy it again from the sender's console, whole.",
    "unknown-kid": (
        "The delivery names a key that the sender does not publish, or not to this account. Check that the source has"
        " the keys of the right environment (sandbox or live)."
    ),
    "expired-kid": (
        "The key that signed has expired: an old delivery was captured or sent again, or the sender rotates its keys."
    ),
    "certificate-outside-validity": (
        "The certificate that signed is not valid at this time: an old delivery was captured or sent again (judge it"
        " with --at SECONDS), a clock is wrong, or the sender's certificate ran out."
    ),
    "unknown-certificate": (
        "The source does not know the certificate that signed. Check the configured one, or leave it out and let"
        " Verihook fetch the sender's."
    ),
    "untrusted": (
        "The delivery names a key at an address that is not the sender's. Nothing was fetched from there: an attacker"
        " would have put a key of their own at it."
    ),
    "alg": "The token is signed with an algorithm that this sender does not use. It is made up, or not this sender's.",
    # The signature does not match.
    "signature-mismatch": (
        "The signature is well-formed, but does not match these bytes and this source's secrets. Likely causes, in"
        " this order: another secret (of another endpoint, or test for live); a body that was parsed and written"
        " again, or decoded, on its way; for a sender that signs the URL, a public_url that is not the one"
        " registered with it."
    ),
    "timestamp-outside-tolerance": (
        "The signature is right and the timestamp too far from the clock: an old delivery was captured or sent"
        " again, or a clock is wrong. Judge a captured one with --at SECONDS; else set the clock."
    ),
    "body-hash-mismatch": (
        "What is signed names another hash of the body: the body was changed on its way, or is of another delivery."
    ),
    "url-hash-mismatch": (
        "What is signed names the hash of another URL: public_url is not the one that is registered with the sender."
    ),
    "no-url-hash": "What is signed names no hash of the URL. It is not this sender's.",
    "unexpected-claim": (
        "A claim of the token is not what the source expects: the issuer, the audience, the account or the app. Check"
        " the source's parameters; any customer of this sender can have a token signed that names another one."
    ),
    "token-outside-validity": (
        "The token has expired, or is not valid yet: an old delivery was captured or sent again, or a clock is wrong."
        " Judge a captured one with --at SECONDS; else set the clock."
    ),
    "untrusted-certificate": (
        "The certificates in the token do not lead to the sender's root, or were issued for another use. It is made up."
    ),
    "no-body-hash": "What is signed names no hash of the body, so the body is not proven. It is not this sender's.",
    "required-components-not-covered": (
        "The signature leaves out what it must cover (method, URL, body digest, or the headers that are read). Have the"
        " sender sign them; what is not covered could be changed on its way."
    ),
    "unsupported-component": (
        "The signature covers a part of the request that Verihook does not rebuild (RFC 9421 trailers, request-response"
        " binding or alike). Have the sender leave it out."
    ),
    "no-content-digest": (
        "The Content-Digest header has no digest of a kind that counts (sha-256, sha-512), so the body is not proven."
        " Have the sender add one and sign it."
    ),
    "content-digest-mismatch": (
        "The Content-Digest header is not the digest of this body: the body was changed on its way, often by a proxy"
        " that compresses, decodes or reformats."
    ),
    "token-mismatch": "The token is not this source's. Copy the one that the sender's console shows into the secret.",
    # Headers.
    "missing-header": (
        "A header that the signature needs is not there: the request is not from this sender, signing is switched off"
        " in the sender's console, or a proxy takes the header away."
    ),
    "missing-signature-headers": (
        "The headers with the signature are not there: the request is not from this sender, signing is switched off"
        " in the sender's console, or a proxy takes them away."
    ),
    "duplicate-header": (
        "A header that the signature depends on came more than once, so a proxy and Verihook might each choose"
        " another. Look for a proxy that adds it again."
    ),
    "missing": (
        "Something that the signature needs is not in the body or the headers. Check that the source names the right"
        " sender; if so, the body was cut or rewritten on its way."
    ),
    "duplicate-field": "The signature header has a field twice that may stand in it once. No known sender does that.",
    "non-ascii": "A header of the signature has characters beyond ASCII. It was damaged on its way, or is made up.",
    "wrong-prefix": (
        "The signature does not begin as this sender's does (sha256=, v0= or alike). It may be the one of another"
        " version or algorithm: check that the source names the right sender."
    ),
    "unexpected": (
        "A header or a field has a value that this sender never uses (another version or algorithm, or a certificate"
        " from elsewhere). Check that the source names the right sender; if the sender has begun a new version,"
        " Verihook does not know it yet."
    ),
    # How the signature is written.
    "no-signature": (
        "There is no signature where this sender puts it. Check that signing is switched on in the sender's console"
        " and that the source names the right sender."
    ),
    "no-signature-with-the-expected-version": (
        "The signature header has no signature of the version that this sender's scheme checks (such as v1). It may"
        " be cut off, or written for another scheme."
    ),
    "no-signed-item": (
        "The signature header lacks an item that is signed beside the signature. Check that it is this sender's"
        " delivery."
    ),
    "body-is-not-utf-8": "The body is no text in UTF-8, which this sender signs as one. Check that nothing changes it.",
    "no-items": "The body has no item with a signature. Check that it is this sender's notification.",
    "too-many-signatures": "There are more signatures in one delivery than any sender makes. It is made up.",
    "exactly-one-signature-expected": "There is not exactly one signature with the expected label.",
    "signature-is-not-text": "The signature in the body is not a string. The body is not this sender's.",
    "signed-member-is-not-text": (
        "A member of the body that is signed is not text. The body is not this sender's, or was rewritten on its way."
    ),
    "body-is-not-json": (
        "The signature of this sender stands in a JSON body, and the body is not JSON. Check that the source names the"
        " right sender, and that nothing on the way decodes or compresses."
    ),
    "body-too-long": "The body is longer than any that this sender sends. It is made up.",
    "too-many": "The delivery has more items or fields than any that this sender sends. It is made up.",
    "not-json": "A token or a part of it is not JSON. It was damaged on its way, or is not this sender's.",
    "not-base64url": "The token is not base64url. It was damaged on its way, or is not this sender's.",
    "non-canonical-base64url": "The token is base64url in a spelling that no sender makes. It was changed on its way.",
    "not-hex": "The signature is not hexadecimal. It was damaged on its way, or is of another scheme (base64?).",
    "not-base64": "The signature is not base64. It was damaged on its way, or is of another scheme (hex?).",
    "non-canonical-base64": "The signature is base64 in a spelling that no sender makes. It was changed on its way.",
    "wrong-signature-length": "The signature is cut off, or made with another algorithm than this sender's.",
    "malformed": "The signature, or what is signed, is not of the form that this sender's scheme prescribes.",
    "no-token": "The token is not in the body, or not in each element of its list, as this sender puts it there.",
    "no-list-of-headers": "The signature does not list the headers that it covers. It may be cut off.",
    # Timestamps and ids.
    "bad-timestamp": "The timestamp is not written as this sender writes it. It was changed on its way, or is made up.",
    "no-timestamp": "There is no timestamp where this sender puts it. It may be cut off, or of another scheme.",
    "duplicate-timestamp": "The signature header has two timestamps. No known sender does that.",
    "empty-id": "The message id is empty, and it is part of what is signed. The delivery is made up.",
}


def in_words(reason: str) -> str:
    """The sentence for a reason code. Raises KeyError if there is none."""
    code = reason
    while code not in REASONS:
        code, hyphen, _ = code.rpartition("-")
        if not hyphen:
            raise KeyError(reason)
    return REASONS[code]


def meaning_of(reason: str | None) -> str | None:
    """Return the sentence for a reason code; None if there is none, as for codes that say all."""
    try:
        return in_words(reason) if reason else None
    except KeyError:
        return None
