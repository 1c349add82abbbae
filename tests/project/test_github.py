"""What GitHub and pre-commit read: it parses, and the commands that it names are there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.flows.deployment import ROOT
from tests.project.template import Loader

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")
PRE_COMMIT = ROOT / ".pre-commit-config.yaml"
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
#: Who else than GitHub may run code in a workflow.
CREDENTIALS = "aws-actions"
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))

#: Kinds of fields in a form: https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests
FIELDS = {"markdown", "textarea", "input", "dropdown", "checkboxes"}


def read(path: Path) -> dict[Any, Any]:
    document = yaml.safe_load(path.read_text("utf-8"))
    assert isinstance(document, dict)
    return document


def commands(workflow: Path) -> list[str]:
    return [step["run"] for job in read(workflow)["jobs"].values() for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_reads_and_names_what_it_uses(path: Path) -> None:
    workflow = read(path)
    # YAML 1.1 reads `on` as a boolean.
    assert workflow[True]
    # What a pull request brings may read, and nothing else.
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert re.fullmatch(r"ubuntu-\d\d\.04", job["runs-on"]), "not a moving one"
        assert job["timeout-minutes"] <= 60
        for step in job["steps"]:
            assert "run" in step or re.fullmatch(rf"(actions|{CREDENTIALS})/[a-z-]+@v\d+", step["uses"])


def test_a_deployment_proves_itself_by_a_token_and_what_is_built_has_no_credentials() -> None:
    path = GITHUB / "workflows" / "deploy.yml"
    workflow = read(path)
    assert workflow[True].keys() == {"workflow_dispatch"}, "never by a pull request"
    environments = workflow[True]["workflow_dispatch"]["inputs"]["environment"]["options"]
    assert environments == ["dev", "staging", "prod"]
    (job,) = workflow["jobs"].values()
    assert job["permissions"] == {"contents": "read", "id-token": "write"}
    assert job["environment"] == "${{ inputs.environment }}"
    assert "secrets." not in path.read_text("utf-8")
    # What a person types reaches a shell as a variable alone.
    assert not [command for command in commands(path) if "${{" in command]
    uses = [step.get("uses", step.get("run", "")).split("@")[0] for step in job["steps"]]
    got = uses.index(f"{CREDENTIALS}/configure-aws-credentials")
    assert [at for at, each in enumerate(uses) if each.startswith("make build")] < [got]
    assert workflow["concurrency"]["cancel-in-progress"] is False


def test_the_deploy_role_is_for_one_environment_of_one_repository_and_one_stack() -> None:
    text = (ROOT / "infra" / "deploy-role.yaml").read_text("utf-8")
    resources = yaml.load(text, Loader)["Resources"]
    (trust,) = resources["DeployRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    issuer = "token.actions.githubusercontent.com"
    assert trust["Condition"] == {
        "StringEquals": {
            f"{issuer}:aud": "sts.amazonaws.com",
            f"{issuer}:sub": "repo:${Repository}:environment:${Environment}",
        }
    }
    (policy,) = resources["DeployRole"]["Properties"]["Policies"]
    for statement in policy["PolicyDocument"]["Statement"]:
        allowed = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        assert not [action for action in allowed if "*" in action]
        assert statement["Resource"] != "*"
    (policy,) = resources["ExecutionRole"]["Properties"]["Policies"]
    for statement in policy["PolicyDocument"]["Statement"]:
        allowed = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        if statement["Resource"] == "*":
            assert not [action for action in allowed if "*" in action or action.startswith("iam:")]
        if {"iam:AttachRolePolicy", "iam:PassRole"} & set(allowed):
            assert statement["Condition"]


def test_a_change_passes_what_anybody_can_run_and_the_newest_releases_are_tried_weekly() -> None:
    check, newest = (read(GITHUB / "workflows" / name) for name in ("check.yml", "newest.yml"))
    assert {"push", "pull_request"} <= check[True].keys()
    assert any("./.ci/run" in command for command in commands(GITHUB / "workflows" / "check.yml"))
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    (schedule,) = newest[True]["schedule"]
    assert re.fullmatch(r"\d+ \d+ \* \* [0-6]", schedule["cron"]), "once a week"
    assert commands(GITHUB / "workflows" / "newest.yml") == ["make check-newest"]


@pytest.mark.parametrize("path", [*WORKFLOWS, PRE_COMMIT, *GITHUB.rglob("*.md")], ids=lambda path: path.name)
def test_every_target_of_make_that_is_named_is_there(path: Path) -> None:
    for target in re.findall(r"(?:`|run: |&& )make ([a-z-]+)", path.read_text("utf-8")):
        assert target in TARGETS, target


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_can_be_filled_in(path: Path) -> None:
    form = read(path)
    assert {"name", "description", "body"} <= form.keys()
    assert {field["type"] for field in form["body"]} <= FIELDS
    named = [field["id"] for field in form["body"] if field["type"] != "markdown"]
    assert len(named) == len(set(named)) > 0
    for field in form["body"]:
        assert field["attributes"].get("label" if field["type"] != "markdown" else "value")


def test_security_problems_are_led_elsewhere() -> None:
    links = read(GITHUB / "ISSUE_TEMPLATE" / "config.yml")["contact_links"]
    assert any("security" in link["name"].lower() and "/security/" in link["url"] for link in links)


def test_before_a_commit_the_checks_of_make_check_run() -> None:
    """The same programs, from the same environment."""
    (recipe,) = re.findall(r"^check: .*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    checks = re.findall(r"^\t@\$\(BIN\)/(\w[\w-]*(?: (?:format|check))?)", recipe, re.MULTILINE)
    (repository,) = read(PRE_COMMIT)["repos"]
    assert repository["repo"] == "local"
    entries = [hook["entry"] for hook in repository["hooks"]]
    assert all(hook["language"] == "system" and hook["pass_filenames"] is False for hook in repository["hooks"])
    found = [re.match(r"\.venv/bin/(\w[\w-]*(?: (?:format|check))?)", entry) for entry in entries]
    assert checks == [each[1] for each in found if each]
