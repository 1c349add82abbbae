"""Every mistake of hooks.toml at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from verihook.config.mistakes import read_all

RIGHT = """
default_source = "good"
[connections.erp]
url = "https://erp.example"
[workflows.w]
engine = "function"
definition = "w"
[sources.good]
sender = "generic"
secrets = ["env:A"]
workflow = "w"
"""
BROKEN = """
default_source = "bad"
retention_days = 0
[api]
auth = "none"
[connections.crm]
url = "ftp://crm"
[workflows.w]
engine = "function"
definition = "w"
connections = ["crm"]
[workflows.v]
engine = "lambda"
definition = "v"
[workflows."No Name"]
engine = "function"
definition = "n"
[sources.bad]
sender = "gihub"
secrets = ["env:A"]
workflow = "w"
[sources.of-v]
sender = "generic"
secrets = ["env:A"]
workflow = "v"
[sources.lost]
sender = "generic"
secrets = ["env:A"]
workflow = "none"
[sources.good]
sender = "generic"
secrets = ["env:A"]
workflow = "w"
"""


def test_a_file_without_a_mistake_is_read_as_always(tmp_path: Path) -> None:
    path = tmp_path / "hooks.toml"
    path.write_text(RIGHT)
    hooks, mistakes = read_all(path)
    assert mistakes == []
    assert hooks is not None
    assert (hooks.default_source, [*hooks.sources], [*hooks.workflows]) == ("good", ["good"], ["w"])


def test_each_table_tells_its_own_mistake_and_the_rest_is_read(tmp_path: Path) -> None:
    """What names a table with a mistake is not blamed for it."""
    path = tmp_path / "hooks.toml"
    path.write_text(BROKEN)
    hooks, mistakes = read_all(path)
    assert {each.key for each in mistakes} == {
        "retention_days", "api.auth", "connections.crm.url", "workflows.v.engine", "workflows.No Name",
        "sources.bad.sender", "sources.lost.workflow",
    }  # fmt: skip
    assert len(mistakes) == 7
    assert hooks is not None
    assert (hooks.default_source, [*hooks.sources], [*hooks.workflows]) == (None, ["good"], ["w"])


@pytest.mark.parametrize("text", ["[", "sources = 7", None])
def test_what_cannot_be_read_at_all_is_one_mistake(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "hooks.toml"
    if text is not None:
        path.write_text(text)
    hooks, mistakes = read_all(path)
    assert (len(mistakes), hooks is None) == (1, text != "sources = 7")
