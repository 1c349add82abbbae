"""Errors of a library become ours, and no others do."""

from __future__ import annotations

import pytest

from verihook.adapters.translation import ErrorTranslation
from verihook.errors import LedgerUnavailable

_translated_errors = ErrorTranslation(OSError, lambda error: LedgerUnavailable(f"The ledger: {error}."))


def test_their_error_is_raised_as_ours_with_its_cause() -> None:
    theirs = FileNotFoundError("gone")
    with pytest.raises(LedgerUnavailable, match=r"^The ledger: gone\.$") as raised, _translated_errors:
        raise theirs
    assert raised.value.__cause__ is theirs


def test_any_other_passes() -> None:
    with pytest.raises(KeyError), _translated_errors:
        raise KeyError("a")


def test_a_function_is_decorated_and_answers_as_before() -> None:
    @_translated_errors
    def read(name: str) -> str:
        if not name:
            raise OSError("no name")
        return name

    assert read("a") == "a"
    with pytest.raises(LedgerUnavailable, match="no name"):
        read("")
