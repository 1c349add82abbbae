"""``[api]`` of hooks.toml: its defaults, its settings, its mistakes."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from verihook.errors import ConfigurationError
from verihook.hooks.api import read_policy
from verihook.policy import Policy


def policy(text: str) -> Policy:
    return read_policy(Path("hooks.toml"), tomllib.loads(text), {"order", "echo"})


def test_an_empty_table_is_the_defaults() -> None:
    assert policy("") == Policy(auth="open")
    assert (Policy().dapr_components, Policy().dapr_terminate_output) == (("dapr",), False)


def test_what_is_daprs() -> None:
    read = policy('dapr_conflict = 409\ndapr_components = ["dapr", "my.Flow_2"]\ndapr_terminate_output = true')
    assert (read.dapr_conflict, read.dapr_components) == (409, ("dapr", "my.Flow_2"))
    assert read.dapr_terminate_output


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dapr_components = []", "api.dapr_components: name at least one"),
        ('dapr_components = "dapr"', "api.dapr_components: must be a TOML list, not str"),
        ("dapr_components = [1]", "api.dapr_components: must be a list of strings"),
        ('dapr_components = ["a/b"]', "api.dapr_components: 'a/b': a name has letters"),
        ('dapr_components = ["dapr", "order"]', "api.dapr_components: 'order' is a workflow's name, too"),
        ("dapr_terminate_output = 1", "api.dapr_terminate_output: must be a TOML bool, not int"),
        ("dapr_conflict = 200", "api.dapr_conflict: must be 500, as Dapr itself, or 409"),
        ("dapr_component = []", "api.dapr_component: unknown; known are auth,"),
    ],
)
def test_mistakes(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        policy(text)
    assert str(refusal.value).startswith(f"hooks.toml: {message}")
