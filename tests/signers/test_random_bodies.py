"""Any body, both ways: what a library signs is genuine for us, what we sign for it, and one changed bit for neither.

The bodies are made by chance (bodies.py). Libraries that cannot sign verify what we sign.
"""

from __future__ import annotations

import base64
import os
import random
import time
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.signers.bodies import SEED, bodies
from tests.signers.libraries import EVERY, LIBRARIES, QUICK
from tests.signers.library import Headers, Library
from verihook.request import from_lambda
from verihook.senders import load_sender

#: So many times all kinds of bodies: once for each change, as CI has little time.
ROUNDS = 3 if os.environ.get("VERIHOOK_ALL_SIGNERS") else 1

#: Those whose sender may sign several times in one header.
SEVERAL = [name for name, each in LIBRARIES.items() if getattr(load_sender(each.sender).scheme, "separator", "")]

#: Where a library takes one of two signatures alone, and why. Verihook takes either.
ONE_ALONE = {
    ("@workos-inc/node", "last"): "the library looks at the second item alone",
    ("@paddle/paddle-node-sdk", "first"): "the library takes the last h1 alone",
    **{("@sanity/webhook", place): "the library compares the whole header" for place in ("first", "last")},
    **{("@hygraph/utils", place): "the library takes the items by their places" for place in ("first", "last")},
    **{("retell-sdk", place): "the library takes a header of two items" for place in ("first", "last")},
}


def test_forty_libraries_and_some_for_each_kind_of_body() -> None:
    """A library that is taken out, or given easier bodies, is noticed here: of ``make signers`` itself."""
    assert len(QUICK) >= 45
    takes = [library.takes for library in QUICK]
    assert [True] * 3 == [takes.count("bytes") >= 7, takes.count("text") >= 15, takes.count("form") >= 2]


def test_forty_libraries_sign_themselves_and_the_others_say_why_they_do_not() -> None:
    """Any other one verifies what we sign, and refuses what is altered of it."""
    assert len([library for library in QUICK if not library.only_verifies]) >= 40
    assert not [library.name for library in EVERY if library.sign is None and not library.only_verifies]


@pytest.mark.parametrize("name", LIBRARIES)
@pytest.mark.parametrize("number", range(ROUNDS))
def test_any_body(name: str, number: int) -> None:
    library, chance = LIBRARIES[name], random.Random(f"{SEED} {name} {number}")
    for what, body in bodies(library.takes, number):
        at = int(time.time()) - 1
        for who, sign in (("the library", library.signed), ("Verihook", library.signed_by_us)):
            if who == "the library" and library.sign is None:
                continue
            told = f"{what}, signed by {who}, seed {SEED} {number}"
            headers, sent = sign(body, at)
            assert ("accepts", "accepts") == (library.verdict(headers, sent), library.ours(headers, sent)), told
            if library.binds_body:
                changed = _one_bit_changed(sent, chance)
                theirs, ours = library.verdict(headers, changed), library.ours(headers, changed)
                # Some bits of an escape in a form are those of the same text.
                same = library.takes == "form" and theirs == "accepts"
                assert ours == ("accepts" if same else "refuses"), told
                assert same or theirs != "accepts", told
            forged = {**headers, library.signature: _one_character_changed(headers[library.signature], chance)}
            assert library.ours(forged, sent) == "refuses", told
            assert library.verdict(forged, sent) != "accepts", told


@pytest.mark.parametrize("name", LIBRARIES)
def test_names_of_headers_in_any_case(name: str) -> None:
    library, chance = LIBRARIES[name], random.Random(f"{SEED} {name}")
    for _, made in islice(bodies(library.takes, 0), 2):
        headers, body = library.signed(made, int(time.time()) - 1)
        written = {"".join(chance.choice((c.upper(), c)) for c in header): value for header, value in headers.items()}
        request = from_lambda(_event(library, written, body))
        assert "current" == library.check()(request, int(time.time())).verified_by


@pytest.mark.parametrize("place", ["first", "last"])
@pytest.mark.parametrize("name", SEVERAL)
def test_the_right_one_of_two_signatures(name: str, place: str) -> None:
    """As while a secret is rotated."""
    library, at = LIBRARIES[name], int(time.time()) - 1
    (right, body), (wrong, _) = (library.signed_by_us(library.body(at), at, secret) for secret in ("", library.other))
    scheme: Any = load_sender(library.sender).scheme
    items, others = (each[library.signature].split(scheme.separator) for each in (right, wrong))
    own, other = (next(item for item in found if item.strip().startswith(scheme.label)) for found in (items, others))
    rest = [item for item in items if item is not own]
    both = scheme.separator.join([*rest, *([own, other] if place == "first" else [other, own])])
    headers = {**right, library.signature: both}
    assert library.ours(headers, body) == "accepts"
    assert ("refuses" if (name, place) in ONE_ALONE else "accepts") == library.verdict(headers, body)


def _event(library: Library, headers: Headers, body: bytes) -> dict[str, Any]:
    """What an API of API Gateway makes of a delivery; the case of names is the sender's there."""
    url = urlsplit(library.url)
    return {
        "version": "2.0",
        "rawPath": url.path,
        "rawQueryString": url.query,
        "headers": headers,
        "requestContext": {"http": {"method": "POST"}, "requestId": "r"},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def _one_bit_changed(body: bytes, chance: random.Random) -> bytes:
    if not body:
        return b"\x01"
    at = chance.randrange(len(body))
    return body[:at] + bytes([body[at] ^ 1 << chance.randrange(7)]) + body[at + 1 :]


def _one_character_changed(signature: str, chance: random.Random) -> str:
    """Another digit among the last twenty but some: of whatever encoding, other bytes."""
    at = len(signature) - chance.randint(8, 20)
    return signature[:at] + ("0" if signature[at] != "0" else "1") + signature[at + 1 :]
