"""``verihook check``: hooks.toml and the files that it names, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from verihook import cli

HOOKS = """
[sources.orders]
sender = "generic"
secrets = ["env:A"]
workflow = "pays"

[workflows.pays]
engine = "stepfunctions"
definition = "pays"

[workflows.gone]
engine = "stepfunctions"
definition = "gone"
"""


@pytest.fixture
def hooks(tmp_path: Path) -> Path:
    (tmp_path / "handler").mkdir()
    (tmp_path / "infra" / "workflows").mkdir(parents=True)
    queue = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Next": "B"}
    write(tmp_path, {"A": queue, "B": {"Type": "Pass", "Next": "C"}})
    (tmp_path / "handler" / "hooks.toml").write_text(HOOKS)
    return tmp_path / "handler" / "hooks.toml"


def write(folder: Path, states: object) -> None:
    path = folder / "infra" / "workflows" / "pays.asl.json"
    path.write_text(json.dumps({"StartAt": "A", "States": states}))


def test_every_finding_has_its_file_and_its_key_or_path(hooks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hooks.write_text(HOOKS + '[sources.x]\nsender = "nobodys"\nsecrets = ["env:A"]\nworkflow = "pays"\n')
    assert 1 == cli.main(["check", "--json", "--hooks", str(hooks)])
    told = json.loads(capsys.readouterr().out)
    places = {(each["file"], each["subject"]) for each in told["findings"]}
    assert {
        ("hooks.toml", "sources.x.sender"),
        ("hooks.toml", "workflows.gone.definition"),
        ("infra/workflows/pays.asl.json", "States.A.Resource"),
        ("infra/workflows/pays.asl.json", "States.B.Next"),
    } <= places
    assert str(hooks) == told["hooks"]
    assert cli.main(["check", "--hooks", str(hooks)]) == 1
    out = capsys.readouterr().out
    assert "fault: configuration: infra/workflows/pays.asl.json: States.A.Resource: arn:aws:states:::sqs:sendM" in out
    assert "workflow pays runs in AWS alone" in out
    assert "fault: configuration: hooks.toml: sources.x.sender: " in out


def test_for_aws_what_one_machine_alone_cannot_run_is_left_out(hooks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hooks.write_text(HOOKS.partition("[workflows.gone]")[0])
    write(hooks.parent.parent, {"A": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True}})
    assert 1 == cli.main(["check", "--hooks", str(hooks)])
    assert 0 == cli.main(["check", "--aws", "--strict", "--hooks", str(hooks)])
    assert "Nothing is wrong." in capsys.readouterr().out
    write(hooks.parent.parent, {"A": {"Type": "Pass", "Next": "B"}})
    assert 1 == cli.main(["check", "--aws", "--hooks", str(hooks)])


def test_what_aws_takes_and_is_hardly_meant_is_a_warning(hooks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hooks.write_text(HOOKS.partition("[workflows.gone]")[0])
    write(hooks.parent.parent, {"A": {"Type": "Pass", "Parameters": {"id": "$.orderId"}, "End": True}})
    assert 0 == cli.main(["check", "--hooks", str(hooks)])
    told = capsys.readouterr().out
    assert (
        "warning: configuration: infra/workflows/pays.asl.json: States.A.Parameters.id: The value '$.orderId' is"
        in told
    )
    assert 1 == cli.main(["check", "--strict", "--hooks", str(hooks)])


def test_the_file_that_was_read_is_named(
    hooks: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERIHOOK_HOOKS", str(hooks))
    assert 1 == cli.main(["check"])
    assert capsys.readouterr().err.endswith(f". Read: {hooks}\n")
    hooks.write_text(HOOKS.partition("[workflows.gone]")[0])
    write(hooks.parent.parent, {"A": {"Type": "Pass", "End": True}})
    assert 0 == cli.main(["check"])
    assert capsys.readouterr().out == f"Nothing is wrong. Read: {hooks}\n"


def test_without_hooks_toml_it_is_wrong_use(tmp_path: Path) -> None:
    assert 2 == cli.main(["check", "--hooks", str(tmp_path / "none.toml")])
