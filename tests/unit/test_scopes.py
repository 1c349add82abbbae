"""What a key may do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contracts.instances import NOW
from verihook.errors import Forbidden
from verihook.scopes import MEANINGS, SCOPES, ApiKey, is_scope

KEY = ApiKey("0" * 16, "ci", ("workflows:execute", "instances:read"), ("order-*", "log", "v?"), NOW)


def test_every_scope_has_its_words() -> None:
    assert list(SCOPES) == list(MEANINGS)
    assert all(is_scope(scope) for scope in SCOPES)
    assert not is_scope("admin")


@pytest.mark.parametrize("workflow", [None, "order-", "order-created", "log", "v1"])
def test_what_it_may(workflow: str | None) -> None:
    KEY.require("workflows:execute", workflow)
    KEY.require("instances:read", workflow)


@pytest.mark.parametrize("scope", sorted(set(SCOPES) - set(KEY.scopes)))
def test_a_scope_that_it_lacks_is_named(scope: str) -> None:
    with pytest.raises(Forbidden, match=f"lacks the scope {scope}"):
        KEY.require(scope, "log")  # type: ignore[arg-type]


@pytest.mark.parametrize("workflow", ["order", "my-order-created", "Order-created", "log2", "v", "v12", ""])
def test_another_workflow_is_refused(workflow: str) -> None:
    assert not KEY.covers(workflow)
    with pytest.raises(Forbidden, match="workflows:execute"):
        KEY.require("workflows:execute", workflow)


def test_no_patterns_are_all_workflows() -> None:
    assert replace(KEY, workflows=()).covers("anything")
