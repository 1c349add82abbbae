"""Where signatures stand."""

from __future__ import annotations

import pytest

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders.schemes import Delivery
from verihook.senders.schemes.candidates import Candidates, Items, in_header, in_headers, in_items
from verihook.senders.schemes.encoding import decode_hex
from verihook.senders.schemes.headers import expand_numbered

GOOD = "0a" * 32
ITEMS = in_items(("x-sig",), Items(",", "=", "v1", "t", spaces=False), decode_hex, 32)
SPACED = in_items(("x-sig",), Items(",", "=", "v1", "", spaces=True), decode_hex, 32)
PREFIXED = in_header(("x-sig",), "v0=", False, decode_hex, 32)
NUMBERED = in_headers(expand_numbered(["X-Sig-{1..100}", "X-Other"]), decode_hex, 32)


def read(candidates: Candidates, *headers: tuple[str, str]) -> tuple[int, str]:
    """How many signatures were found, and the timestamp's text."""
    delivery = Delivery(Request("POST", "/", "", headers, b"", ""))
    return len(candidates(delivery)), delivery.timestamp


def reason(candidates: Candidates, *headers: tuple[str, str]) -> str:
    with pytest.raises(SignatureError) as refusal:
        read(candidates, *headers)
    return refusal.value.reason


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"t=1,v1={GOOD}", (1, "1")),
        (f"v1=zz,v1={GOOD},t=1,v0=,junk,,=", (1, "1")),
        (f"t=1,v1={GOOD},v1={GOOD.upper()},v1=", (2, "1")),
        (",".join(["t=1", *[f"v1={GOOD}"] * 16]), (16, "1")),
    ],
)
def test_items_are_read(text: str, found: tuple[int, str]) -> None:
    assert found == read(ITEMS, ("x-sig", text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "no-signature-with-the-expected-version"),
        (f"t=1,V1={GOOD}", "no-signature-with-the-expected-version"),
        (f"t=1, v1={GOOD}", "no-signature-with-the-expected-version"),
        (",".join(["t=1", *[f"v1={GOOD}"] * 17]), "too-many-signatures"),
        (f"v1={GOOD}", "no-timestamp"),
        (f"t=1,t=1,v1={GOOD}", "duplicate-field"),
        ("t=1,v1=,v1=0a", "not-hex"),
        ("t=1,v1=0a,v1=", "wrong-signature-length"),
        (f"t=1,v1={GOOD} ", "not-hex"),
        (f"t=1,v1={GOOD}é", "non-ascii-header"),
    ],
)
def test_items_that_hold_no_signature_are_refused(text: str, expected: str) -> None:
    assert expected == reason(ITEMS, ("x-sig", text))


def test_spaces_around_items_where_the_sender_writes_them() -> None:
    assert (2, "") == read(SPACED, ("x-sig", f"t=1, v1={GOOD},v1={GOOD}"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", "wrong-prefix"), (GOOD, "wrong-prefix"), (f"V0={GOOD}", "wrong-prefix"), ("v0=", "not-hex")],
)
def test_a_prefix_must_stand(text: str, expected: str) -> None:
    assert (1, "") == read(PREFIXED, ("x-sig", f"v0={GOOD}"))
    assert expected == reason(PREFIXED, ("x-sig", text))


def test_any_of_several_headers_may_stand() -> None:
    assert (1, "") == read(NUMBERED, ("x-sig-100", GOOD), ("x-sig-101", GOOD), ("x-sig-0", GOOD))
    assert (2, "") == read(NUMBERED, ("x-sig-1", "é"), ("x-sig-2", GOOD), ("x-other", GOOD))
    assert (16, "") == read(NUMBERED, *((f"x-sig-{number}", GOOD) for number in range(1, 17)))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], "missing-signature-headers"),
        ([("x-sig-1", GOOD), ("x-sig-1", GOOD)], "duplicate-header"),
        ([(f"x-sig-{number}", GOOD) for number in range(1, 18)], "too-many-signatures"),
        ([("x-sig-1", "é")], "non-ascii-signature"),
        ([("x-sig-1", ""), ("x-other", "0a")], "not-hex"),
    ],
)
def test_several_headers_without_a_signature_are_refused(headers: list[tuple[str, str]], expected: str) -> None:
    assert expected == reason(NUMBERED, *headers)
