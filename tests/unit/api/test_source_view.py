"""How a source is listed: whether it can verify, and when the first of its secrets ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.webhooks.test_keeping import source
from verihook.api.source_view import listed
from verihook.model.source import SecretReference


@pytest.mark.parametrize(
    ("ends", "until"),
    [
        ((None,), None),
        ((None, 100, 60), "1970-01-01T00:01:00.000Z"),
        ((None, 50), None),
        ((50, 100), "1970-01-01T00:01:40.000Z"),
    ],
)
def test_the_first_end_of_those_that_verify_is_told(ends: tuple[int | None, ...], until: str | None) -> None:
    secrets = tuple(SecretReference("env:A", each) for each in ends)
    listing = listed(replace(source(), secrets=secrets), (), 50)
    assert (until, True) == (listing["secretUntil"], listing["usable"])


def test_one_that_cannot_verify_is_told() -> None:
    found = source()
    assert not listed(found, [found.name], 50)["usable"]
