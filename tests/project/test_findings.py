"""A template that is worse or better than findings.toml says; at the template itself `make lint-template` looks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.project.findings import ROOT, differences, found_by_cfn_lint, found_by_checkov, listed, templates

#: A bucket that anybody may reach, and a table without its key's type.
BAD = """
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Open:
    Type: AWS::S3::Bucket
    Properties:
      AccessControl: PublicRead
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: pk }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }]
"""


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    for tool in (".venv-sam/bin/cfn-lint", ".venv-checkov/bin/checkov"):
        if not (ROOT / tool).exists():
            (pytest.fail if os.environ.get("CI") else pytest.skip)(f"there is no {tool}: make lint-template")
    (tmp_path / "template.yaml").write_text(BAD)
    return tmp_path / "template.yaml"


def test_both_tools_look(bad: Path) -> None:
    assert ("cfn-lint", "E3003", "Table") in found_by_cfn_lint(bad)
    assert ("checkov", "CKV_AWS_20", "Open") in found_by_checkov(bad)


def test_a_template_that_cannot_be_read_is_no_clean_one(bad: Path) -> None:
    bad.write_text("Resources: [")
    with pytest.raises(ValueError, match=r"checkov"):
        found_by_checkov(bad)


def test_the_list_and_what_is_found_have_to_agree() -> None:
    one, other = ("checkov", "A", "Receiver"), ("cfn-lint", "B", "")
    assert [] == list(differences({one}, {one}))
    assert ["checkov A Receiver: mend it, or list it in findings.toml with its reason"] == list(
        differences({one}, set())
    )
    assert ["cfn-lint B : is no longer found; take it out of findings.toml"] == list(differences({one}, {one, other}))


def test_what_stays_has_a_reason(tmp_path: Path) -> None:
    assert listed()
    (tmp_path / "findings.toml").write_text('[checkov.A]\nresources = ["Receiver"]\nreason = "no need"\n')
    with pytest.raises(ValueError, match=r"checkov\.A: say in words"):
        listed(tmp_path / "findings.toml")


def test_the_command_and_ci_look_at_the_template() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    recipe = makefile.partition("\nlint-template:")[2].partition("\n\n")[0]
    assert "validate --lint" in recipe
    assert "-m tests.project.findings" in recipe
    assert '\nstage "template" make lint-template\n' in (ROOT / ".ci" / "run").read_text("utf-8")


def test_every_template_is_looked_at() -> None:
    nested = ("deploy-role", "domain", "gateway", "observability", "source-alarms", "workflow-alarms")
    assert {path.name for path in templates()} == {"template.yaml", *(f"{name}.yaml" for name in nested)}
