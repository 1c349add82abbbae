"""Cursors of deliveries: they come back, tell nothing, and none can be made up."""

from __future__ import annotations

import base64

import pytest

from verihook.errors import RequestInvalid
from verihook.model.listing import Position
from verihook.webhooks.cursors import open_cursor, seal_cursor

KEY = b"k" * 32
PLACE = Position(1_790_000_000_000, "3f1c9a0e5b7d2486f1c9a0e5b7d24863f1c9a0e5")


@pytest.mark.parametrize("id", [PLACE.id, "", "rejected:497222:orders:a b", "\u00e9" * 100])
def test_it_comes_back(id: str) -> None:
    place = Position(PLACE.created_at, id)
    assert place == open_cursor(seal_cursor(place, KEY), KEY)


def test_it_tells_nothing() -> None:
    one, other = seal_cursor(PLACE, KEY), seal_cursor(PLACE, KEY)
    for cursor in (one, other):
        raw = base64.urlsafe_b64decode(cursor + "===")
        assert PLACE.id.encode() not in raw
        assert str(PLACE.created_at).encode() not in raw
    # Not even that two of them end at one place.
    assert one[12:] != other[12:]


def test_none_is_made_up_or_changed() -> None:
    made = seal_cursor(PLACE, KEY)
    raw = base64.urlsafe_b64decode(made + "===")
    changed = [raw[:number] + bytes([raw[number] ^ 1]) + raw[number + 1 :] for number in range(len(raw))]
    plain = f"{PLACE.created_at} {PLACE.id}".encode()
    texts = [base64.urlsafe_b64encode(each).decode().rstrip("=") for each in (*changed, plain, raw[:-1], raw[16:], b"")]
    for text in (*texts, "AAAA", "*", "\u00e9"):
        with pytest.raises(RequestInvalid, match="cursor: invalid or from another list"):
            open_cursor(text, KEY)
    with pytest.raises(RequestInvalid):
        open_cursor(made, b"x" * 32)
