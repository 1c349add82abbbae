"""Keys: cryptography and PyNaCl are imported where one is made, and nowhere else; what is no signature is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verihook.senders.schemes.asymmetric import check_with, ed25519_private, ed25519_public, make_with

#: Ed25519 through libsodium.
KEY = ed25519_private(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
MESSAGE = b"1765432100" + b'{"type":1}'
SIGNATURE = make_with(KEY, "ed25519")(MESSAGE)
CHECK = check_with(ed25519_public(PUBLIC), "ed25519")

#: The order of the group: https://www.rfc-editor.org/rfc/rfc8032#section-5.1
ORDER = 2**252 + 27742317777372353535851937790883648493

#: The points of small order in their encodings, canonical or not: https://eprint.iacr.org/2020/1244 table 6.
SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


@pytest.mark.parametrize("sender", ["rfc9421-hmac", "adyen", "contentful"])
def test_a_shared_secret_does_not_import_cryptography(sender: str) -> None:
    program = (
        "import sys; from verihook.senders import load_sender; from verihook.senders.schemes import Setting;"
        f"load_sender({sender!r}).scheme.bind(('aa',), Setting('https://x.test/'));"
        "print('cryptography' in sys.modules)"
    )
    path = str(Path(__file__).parents[4] / "handler")
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, env={"PYTHONPATH": path}
    )
    assert "False\n" == done.stdout


def test_the_vector_of_the_rfc() -> None:
    # https://www.rfc-editor.org/rfc/rfc8032#section-7.1 test 2
    public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    signature = (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    check = check_with(ed25519_public(bytes.fromhex(public)), "ed25519")
    assert check(bytes.fromhex(signature), b"\x72")
    assert not check(bytes.fromhex(signature), b"\x73")


def test_a_signature_of_another_length_shifts_nothing_into_it_or_out_of_it() -> None:
    assert CHECK(SIGNATURE, MESSAGE)
    for cut in range(1, len(MESSAGE) + 1):
        assert not CHECK(SIGNATURE + MESSAGE[:cut], MESSAGE[cut:]), cut
    for cut in range(len(SIGNATURE)):
        assert not CHECK(SIGNATURE[:cut], SIGNATURE[cut:] + MESSAGE), cut


def test_s_of_the_order_or_above_is_refused() -> None:
    s = int.from_bytes(SIGNATURE[32:], "little")
    for factor in range(1, 16):
        if s + factor * ORDER < 2**256:
            assert not CHECK(SIGNATURE[:32] + (s + factor * ORDER).to_bytes(32, "little"), MESSAGE), factor


@pytest.mark.parametrize("point", SMALL_ORDER)
def test_a_key_of_small_order_verifies_nothing(point: str) -> None:
    # With such a key R = the point and S = 0 hold for one message in 8 at least, for the neutral one for all.
    raw = bytes.fromhex(point)
    check = check_with(ed25519_public(raw), "ed25519")
    for r in (raw, bytes.fromhex(SMALL_ORDER[0])):
        assert not any(check(r + bytes(32), b"%d" % number) for number in range(32))


def test_a_key_of_another_length_is_refused_in_words() -> None:
    for length in (0, 31, 33, 64):
        with pytest.raises(ValueError, match="must have 32 bytes"):
            ed25519_public(bytes(length))


@given(st.binary(max_size=200), st.binary(max_size=80))
def test_no_other_bytes_are_a_signature(signature: bytes, message: bytes) -> None:
    assert not CHECK(signature, message)


@given(st.integers(0, 511))
def test_no_flipped_bit_is_overlooked(bit: int) -> None:
    changed = bytearray(SIGNATURE)
    changed[bit // 8] ^= 1 << bit % 8
    assert not CHECK(bytes(changed), MESSAGE)


@pytest.mark.parametrize(("sender", "imported"), [("github", False), ("discord", True)])
def test_libsodium_is_imported_where_such_a_key_is_bound(sender: str, imported: bool) -> None:
    program = (
        "import sys; from verihook.senders import load_sender;"
        f"load_sender({sender!r}).scheme.bind(({PUBLIC.hex()!r},)); print('nacl' in sys.modules)"
    )
    path = str(Path(__file__).parents[4] / "handler")
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, env={"PYTHONPATH": path}
    )
    assert f"{imported}\n" == done.stdout
