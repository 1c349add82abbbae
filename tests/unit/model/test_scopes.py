"""What a key may do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contracts.instances import NOW
from verihook.errors import Forbidden, RequestInvalid
from verihook.model.scopes import MEANINGS, SCOPES, ApiKey, check, is_scope

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


@pytest.mark.parametrize(
    ("scopes", "workflows", "words"),
    [
        (["workflows:execute"], ["order-*"], ""),
        (["workflows:execute", "instances:read"], ["order-created", "log", "v1"], ""),
        (["keys:manage"], ["log"], "lacks the scope keys:manage itself"),
        (["instances:read"], [], "bound to the workflows order-*, log, v?"),
        (["instances:read"], ["order-created", "payroll"], "bound to"),
        (["instances:read"], ["order-c*"], "bound to"),
        (["instances:read"], ["*"], "bound to"),
    ],
)
def test_which_rights_it_has_not_itself(scopes: list[str], workflows: list[str], words: str) -> None:
    lacking = KEY.lacking(scopes, workflows)
    assert (words in lacking) if words else "" == lacking
    other = replace(KEY, scopes=tuple(scopes), workflows=tuple(workflows))  # type: ignore[arg-type]
    assert (words == "") == KEY.holds(other)


def test_a_key_for_all_workflows_holds_any() -> None:
    assert replace(KEY, workflows=()).holds(KEY)
    assert not KEY.holds(replace(KEY, workflows=()))


@pytest.mark.parametrize(("ends", "words"), [(NOW, "in the future"), (10**15, "before the year 10000")])
def test_why_an_end_is_none(ends: int, words: str) -> None:
    with pytest.raises(RequestInvalid, match=words):
        check(replace(KEY, expires_at=ends), NOW)
