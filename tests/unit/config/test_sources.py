"""The keys by which instances wait for each other: ``ordering`` of a source, ``max_running`` of a workflow."""

from __future__ import annotations

from pathlib import Path

import pytest

from verihook.config import Hooks, load_hooks
from verihook.errors import ConfigurationError

HOOKS = """
[sources.a]
sender = "{sender}"
secrets = ["env:A"]
workflow = "own"
ordering = "order.id"
{more}
[workflows.own]
engine = "stepfunctions"
definition = "own"
{of_workflow}
[workflows.other]
engine = "function"
definition = "other"
"""


def load(folder: Path, more: str = "", of_workflow: str = "", sender: str = "generic") -> Hooks:
    path = folder / "hooks.toml"
    path.write_text(HOOKS.format(more=more, of_workflow=of_workflow, sender=sender))
    return load_hooks(path)


def test_a_source_tells_its_workflows(tmp_path: Path) -> None:
    hooks = load(tmp_path, of_workflow="max_running = 3")
    ordering, own = hooks.sources["a"].ordering, hooks.workflows["own"]
    assert ordering is not None
    assert 7 == ordering.result({"order": {"id": 7}})
    assert (True, 3, True) == (own.ordered, own.max_running, own.in_lines)
    assert not hooks.workflows["other"].in_lines
    assert load(tmp_path, 'workflows = ["other"]').workflows["other"].ordered


@pytest.mark.parametrize(
    ("key", "words", "changes"),
    [
        ("sources.a.ordering", "its end is the answer to the sender", {"of_workflow": "express = true"}),
        ("sources.a.ordering", "leave it out, or waits", {"more": "waits = true"}),
        ("sources.a.ordering", "start after the answer", {"sender": "gocardless", "more": "each = true"}),
        ("workflows.own.max_running", "Express machine", {"of_workflow": "express = true\nmax_running = 1"}),
        ("workflows.own.max_running", "1000", {"of_workflow": "max_running = 1001"}),
        ("workflows.own.max_running", "1", {"of_workflow": "max_running = 0"}),
    ],
)
def test_what_cannot_wait_is_refused_in_words(tmp_path: Path, key: str, words: str, changes: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load(tmp_path, **changes)
    assert key in str(refused.value)
    assert words in str(refused.value)


def test_a_wrong_expression_is_refused_when_it_is_read(tmp_path: Path) -> None:
    load(tmp_path)
    path = tmp_path / "hooks.toml"
    path.write_text(path.read_text().replace("order.id", "order["))
    with pytest.raises(ConfigurationError, match=r"sources\.a\.ordering.*not JMESPath"):
        load_hooks(path)
