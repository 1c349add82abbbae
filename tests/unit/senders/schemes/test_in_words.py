from __future__ import annotations

import pytest

from verihook.senders import load_sender, sender_ids
from verihook.senders.schemes.in_words import in_words, signed_parts


@pytest.mark.parametrize(
    ("sender", "words"),
    [
        ("github", "HMAC-SHA256 of {body} as hex in X-Hub-Signature-256"),
        ("stripe", "HMAC-SHA256 of {timestamp}.{body} as hex in Stripe-Signature, ±300 s"),
        ("gitlab-token", "a secret token in the header X-Gitlab-Token; neither body nor time is signed"),
        ("mailgun", "in signature.signature"),
        ("discord", "ed25519 of {timestamp}{body} as hex in X-Signature-Ed25519"),
    ],
)
def test_a_scheme_in_words(sender: str, words: str) -> None:
    assert words in in_words(load_sender(sender).scheme)


@pytest.mark.parametrize("sender", sender_ids())
def test_every_sender_has_words_on_one_line(sender: str) -> None:
    words = in_words(load_sender(sender).scheme)
    assert 10 < len(words) < 400
    assert words.isprintable()


@pytest.mark.parametrize(
    ("sender", "parts"),
    [
        ("github", ["{body}"]),
        ("stripe", ["{timestamp}", ".", "{body}"]),
        ("slack", ["v0:", "{timestamp}", ":", "{body}"]),
        ("gitlab-token", []),
    ],
)
def test_what_is_signed_by_its_parts(sender: str, parts: list[str]) -> None:
    assert parts == signed_parts(load_sender(sender).scheme)
