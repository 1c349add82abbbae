"""What the environment says."""

from __future__ import annotations

import pytest

from verihook.config.settings import base_path, substitutions
from verihook.errors import ConfigurationError

TAKEN = {"": "", "/": "", "payments": "/payments", "/payments/": "/payments", "/a/b~c": "/a/b~c", "hooksy": "/hooksy"}
REFUSED = ["hooks", "/hooks/", "/hooks/a", "v1", "/v1/b", "/a//b", "/a b", "/%61", "/a?b", "//"]


@pytest.mark.parametrize("value", TAKEN)
def test_base_paths(value: str) -> None:
    assert TAKEN[value] == base_path({"VERIHOOK_BASE_PATH": value})
    assert "" == base_path({})


@pytest.mark.parametrize("value", [value for value in REFUSED if value.strip("/")])
def test_a_base_path_that_cannot_be_told_from_our_paths(value: str) -> None:
    with pytest.raises(ConfigurationError, match="VERIHOOK_BASE_PATH"):
        base_path({"VERIHOOK_BASE_PATH": value})


def test_values_for_state_machines() -> None:
    assert {} == substitutions({}) == substitutions({"VERIHOOK_SUBSTITUTIONS": ""})
    assert {"Url": "http://x"} == substitutions({"VERIHOOK_SUBSTITUTIONS": '{"Url": "http://x"}'})


@pytest.mark.parametrize("value", ["{", "[]", "1", '{"Url": 1}', "Url=http://x"])
def test_values_that_are_none(value: str) -> None:
    with pytest.raises(ConfigurationError, match="VERIHOOK_SUBSTITUTIONS: must be a JSON object of texts"):
        substitutions({"VERIHOOK_SUBSTITUTIONS": value})
