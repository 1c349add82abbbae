"""docs/deployment.md, and the commands of AWS and SAM in every page, against the template and the grammars of both."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import xform_name

from tests.project.shell import PAGES, ROOT, blocks, commands
from tests.project.template import RESOURCES, TEMPLATE
from verihook import cli

PAGE = ROOT / "docs" / "deployment.md"
TEXT = PAGE.read_text("utf-8")
PARAMETERS: dict[str, dict[str, Any]] = TEMPLATE["Parameters"]

AWS = [words for page in PAGES for words in commands(page, "aws")]
SAM = [words for page in PAGES for words in commands(page, "sam")]
VERIHOOK = commands(PAGE, "verihook")
UPGRADE = ROOT / "docs" / "upgrade.md"
UPGRADES = commands(UPGRADE, "verihook")

#: Options of every command of the AWS CLI.
#: https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-options.html
GLOBAL_OPTIONS = {"--query", "--output", "--region", "--profile"}
#: What the AWS CLI adds of its own. https://docs.aws.amazon.com/cli/latest/reference/s3/
CUSTOM = {("s3", "rb"): {"--force"}, ("s3", "rm"): {"--recursive"}, ("s3", "ls"): set()}


def options(words: list[str]) -> set[str]:
    return {word.partition("=")[0] for word in words if word.startswith("--")}


def test_the_pages_have_such_commands() -> None:
    assert {("s3", "rb"), ("sts", "get-caller-identity")} <= {(words[0], words[1]) for words in AWS}
    assert {"build", "deploy", "delete"} <= {words[0] for words in SAM}
    assert ["secrets", "put"] in [words[:2] for words in VERIHOOK]


@pytest.mark.parametrize("words", AWS, ids=" ".join)
def test_the_aws_cli_knows_the_command(words: list[str]) -> None:
    service, operation = words[:2]
    given = options(words) - GLOBAL_OPTIONS
    if (service, operation) in CUSTOM:
        assert given <= CUSTOM[service, operation]
        return
    # The CLI makes its commands of the same models.
    client: Any = boto3.client  # of any service
    model = client(service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x").meta
    names = {xform_name(name, "-"): name for name in model.service_model.operation_names}
    shape = model.service_model.operation_model(names[operation]).input_shape
    members = {f"--{xform_name(name, '-')}" for name in shape.members} if shape else set()
    required = {f"--{xform_name(name, '-')}" for name in shape.required_members} if shape else set()
    # What is true or false is said with --no- too.
    said = {f"--{each[5:]}" if each.startswith("--no-") and each not in members else each for each in given}
    assert required <= said <= members


#: Has SAM's own parsers read each line, and prints what they refuse.
ASK_SAM = """
import json, sys
from importlib import import_module
import click
refused = []
for words in json.loads(sys.argv[1]):
    try:
        several = words[0] in ("local", "remote")
        module = ".".join([words[0], words[1].replace("-", "_"), "cli"] if several else words[:1])
        command = import_module(f"samcli.commands.{module}").cli
        rest = list(words[2 if several else 1:])
        left = command.make_parser(click.Context(command)).parse_args(args=rest)[1]
        if left:
            raise ValueError(f"{left} is left over")
    except Exception as error:
        refused.append([words, str(error)])
print(json.dumps(refused))
"""


def refused_by_sam(lines: list[list[str]]) -> list[Any]:
    python = ROOT / ".venv-sam" / "bin" / "python"
    if not python.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("there is no .venv-sam: make lint-template")
    output = subprocess.check_output([str(python), "-c", ASK_SAM, json.dumps(lines)], text=True)
    found: list[Any] = json.loads(output.splitlines()[-1])
    return found


def test_sam_knows_the_commands() -> None:
    assert [] == refused_by_sam(SAM)
    assert {"local", "remote", "logs", "sync"} <= {words[0] for words in SAM}
    wrong = [
        ["local", "invoke", "--no-such"],
        ["remote", "nope"],
        ["deploy", "--guide-me"],
        ["remove"],
        ["delete", "--stack-name"],
        ["delete", "verihook"],
    ]
    assert wrong == [words for words, _ in refused_by_sam(wrong)]


@pytest.mark.parametrize("words", VERIHOOK, ids=" ".join)
def test_verihook_knows_the_commands_of_the_page(words: list[str]) -> None:
    # Help comes after everything that was read before it; what is unknown there ends the program first.
    done = subprocess.run(
        [str(ROOT / ".venv" / "bin" / "verihook"), *words, "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert options(words) <= set(re.findall(r"--[a-z-]+", done.stdout))


@pytest.mark.parametrize("words", UPGRADES, ids=" ".join)
def test_verihook_knows_the_commands_of_an_upgrade(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        cli.main([*words, "--help"])
    assert options(words) <= set(re.findall(r"--[a-z-]+", capsys.readouterr().out))


def test_an_upgrade_is_shown_for_each_kind_and_from_each_version() -> None:
    assert {"--stack", "--table", "--data", "--plan", "--rows"} <= {each for words in UPGRADES for each in words}
    assert {"restore-table-to-point-in-time"} <= {words[1] for words in commands(UPGRADE, "aws")}
    assert ["deploy"] == [words[0] for words in commands(UPGRADE, "sam") if words[0] != "build"]


def overrides() -> list[tuple[str, str]]:
    """Every parameter with its value in a command of any page, and in the text of this one."""
    found = [
        word
        for words in SAM
        # Of another template than the stack's: its page is held by test_environments.py.
        if "--parameter-overrides" in words and "--template-file" not in words
        for word in words
        if re.match(r"[A-Z]\w+=", word)
    ]
    prose = re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL)
    found += [pair for code in re.findall(r"`([^`]+)`", prose) for pair in re.findall(r"\b[A-Z][a-z]\w+=[^\s`]+", code)]
    return [(name, value) for name, _, value in (pair.partition("=") for pair in found)]


@pytest.mark.parametrize(("name", "value"), overrides())
def test_a_parameter_that_is_given_exists_and_may_be_that(name: str, value: str) -> None:
    parameter = PARAMETERS[name]
    if "$" in value:
        return
    assert value in parameter.get("AllowedValues", [value])
    assert re.fullmatch(parameter.get("AllowedPattern", ".*"), value)
    if parameter["Type"] == "Number":
        assert int(parameter.get("MinValue", 0)) <= int(value) <= int(parameter.get("MaxValue", value))


def test_the_table_has_every_parameter_with_its_default_and_no_other() -> None:
    table = TEXT.partition("\n## Parameters\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+) \| ([^|]+) \|", table, re.MULTILINE)
    named = {name: default for names, default in rows for name in re.findall(r"`(\w+)`", names)}
    elsewhere = {"InvoiceUrl", "InvoiceConnectionArn", "InvoiceConnectionSecretArn", "ConfirmationFrom"}
    assert named.keys() == PARAMETERS.keys() - elsewhere - {"ConfirmationIdentityArn"}
    for name, told in named.items():
        default = str(PARAMETERS[name].get("Default", ""))
        assert default in told if default else told.startswith("none"), name


def test_an_output_that_is_asked_for_exists() -> None:
    asked = set(re.findall(r"\$\(output (\w+)\)", TEXT))
    assert {"WebhookUrl", "LedgerTable", "PayloadBucket", "InstanceKeyArn", "SourceSecretsArn"} == asked
    assert asked <= TEMPLATE["Outputs"].keys()
    # The name of the stack is that of samconfig.toml, so that `sam deploy` makes the one that is asked.
    assert 'stack_name = "verihook"' in (ROOT / "samconfig.toml").read_text("utf-8")


def test_what_stays_is_told_and_what_is_told_stays() -> None:
    retained = {name for name, each in RESOURCES.items() if each.get("DeletionPolicy", "").startswith("Retain")}
    told = re.search(r"\*\*What stays\*\*:(.*?), which", TEXT, re.DOTALL)
    assert told
    assert retained == set(re.findall(r"`(\w+)`", told[1]))


def test_the_first_delivery_is_signed_as_the_source_asks(tmp_path: Path) -> None:
    (block,) = [each for each in blocks(PAGE) if each.startswith("BODY=")]
    assign = block.partition("curl ")[0]
    done = subprocess.run(
        ["bash", "-euc", f'{assign}printf "%s\\n" "$SIGNATURE" "$BODY"'],
        env={**os.environ, "SECRET": "0123456789abcdef"},
        capture_output=True,
        text=True,
        check=True,
    )
    signature, body = done.stdout.splitlines()
    assert hmac.new(b"0123456789abcdef", body.encode(), hashlib.sha256).hexdigest() == signature
    assert {"id", "type", "orderId", "items"} == json.loads(body).keys()
