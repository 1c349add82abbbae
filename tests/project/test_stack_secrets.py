"""Where template.yaml keeps secrets: in Secrets Manager, and in no parameter and no variable of a function."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.project.template import ENVIRONMENT, FUNCTIONS, HOOKS, RESOURCES, SOURCE_SECRETS, TEMPLATE, VERIFYING
from verihook.cli.secret_values import OUTPUT


def test_no_parameter_asks_for_a_secret() -> None:
    """`sam deploy --guided` asks for every parameter: what it is given stands in its own file and in the console."""
    parameters = TEMPLATE["Parameters"]
    assert not [name for name, parameter in parameters.items() if parameter.get("NoEcho")]
    assert not [name for name in parameters if re.search(r"(Secret|Key|Token|Password)$", name)]
    # A first deployment with GitHub alone asks nothing about Stripe: nothing of a source is asked at all.
    of_sources = {*HOOKS.sources, *(source.sender.id for source in HOOKS.sources.values())}
    assert not [name for name in parameters if any(source.partition("-")[0] in name.lower() for source in of_sources)]
    assert not [name for name, parameter in parameters.items() if "Default" not in parameter]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_variable_holds_a_secret_or_lets_cloudformation_read_one(name: str) -> None:
    assert not [value for value in ENVIRONMENT[name].values() if "{{resolve:" in str(value)]
    assert not SOURCE_SECRETS & ENVIRONMENT[name].keys()
    for variable, value in ENVIRONMENT[name].items():
        for one in texts_in(value):
            assert not TEMPLATE["Parameters"].get(one, {}).get("NoEcho"), variable


def texts_in(value: Any) -> list[str]:
    """The texts of a value: of an !If, a list, its condition and its two values, which may be another."""
    if isinstance(value, list):
        return [text for one in value for text in texts_in(one)]
    return [value] if isinstance(value, str) else []


def test_the_secret_of_all_sources_has_no_value_here() -> None:
    """It is filled by a command: a value in the template would come back with a deployment."""
    properties = RESOURCES["SourceSecrets"]["Properties"]
    assert not properties.keys() & {"SecretString", "GenerateSecretString"}
    assert {name for name in FUNCTIONS if "VERIHOOK_SECRETS" in ENVIRONMENT[name]} == set(VERIFYING)
    assert {ENVIRONMENT[name]["VERIHOOK_SECRETS"] for name in VERIFYING} == {"SourceSecrets"}
    assert TEMPLATE["Outputs"][OUTPUT]["Value"] == "SourceSecrets"
    assert RESOURCES["InstanceKey"]["Properties"]["GenerateSecretString"]["PasswordLength"] >= 32
