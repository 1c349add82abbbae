"""Holds what cfn-lint and checkov say of the templates against findings.toml: `make lint-template`.

python -m tests.project.findings
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[2]
LISTED = Path(__file__).with_name("findings.toml")

#: Every rule of each, those that only inform included; neither asks the network for anything.
CFN_LINT = [".venv-sam/bin/cfn-lint", "--include-checks", "I", "W", "E", "--include-experimental", "--format", "json"]
CHECKOV = [".venv-checkov/bin/checkov", "--framework", "cloudformation", "--skip-download", "--quiet", "--compact"]

#: (tool, check, resource); "" for the resource of what is said of the whole template.
Finding = tuple[str, str, str]


def listed(path: Path = LISTED) -> set[Finding]:
    """What stays. Raises ValueError for one without a reason."""
    found = set()
    for tool, checks in tomllib.loads(path.read_text("utf-8")).items():
        for check, entry in checks.items():
            if len(str(entry.get("reason", "")).split()) < 5:
                raise ValueError(f"{path.name}: {tool}.{check}: say in words why it stays")
            found |= {(tool, check, resource) for resource in entry["resources"]}
    return found


def templates() -> list[Path]:
    """Every template of CloudFormation that is in the repository."""
    found = [ROOT / "template.yaml", *sorted((ROOT / "infra").glob("*.yaml"))]
    return [path for path in found if path.read_text("utf-8").startswith("AWSTemplateFormatVersion")]


def found_by_cfn_lint(*paths: Path) -> set[Finding]:
    """Every match in any of them, with its resource."""

    def finding(match: dict[str, Any]) -> Finding:
        place = match["Location"]["Path"] or []
        return "cfn-lint", match["Rule"]["Id"], place[1] if place[:1] == ["Resources"] else ""

    return {finding(match) for match in _said([*CFN_LINT, "--template", *map(str, paths)])}


def found_by_checkov(*paths: Path) -> set[Finding]:
    """Every failed check in any of them. Raises ValueError if it could not read one."""
    with TemporaryDirectory() as folder:
        files = [Path(folder) / f"{each.parent.name}-{each.name}" for each in paths]
        for template, file in zip(paths, files, strict=True):
            # As if all conditions held: of a resource whose condition does not, by the defaults, it would say nothing.
            text = re.sub(r"^    Condition: \w+\n", "", template.read_text("utf-8"), flags=re.MULTILINE)
            file.write_text(text, "utf-8")
        said = _said([*CHECKOV, "--output", "json", "--file", *map(str, files)])
    if said["summary"]["parsing_errors"] or not said["summary"]["passed"]:
        raise ValueError(f"checkov cannot read {paths}: {said['summary']}")
    failed = said["results"]["failed_checks"]
    return {("checkov", each["check_id"], each["resource"].rpartition(".")[2]) for each in failed}


def _said(command: list[str]) -> Any:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError as error:
        raise ValueError(f"{command[0]} did not answer with JSON: {done.stdout}{done.stderr}") from error


def differences(found: set[Finding], stays: set[Finding]) -> Iterator[str]:
    """In words: what is not listed, and what is listed and no longer found."""
    for tool, check, resource in sorted(found - stays):
        yield f"{tool} {check} {resource}: mend it, or list it in {LISTED.name} with its reason"
    for tool, check, resource in sorted(stays - found):
        yield f"{tool} {check} {resource}: is no longer found; take it out of {LISTED.name}"


if __name__ == "__main__":
    # All at once: to start each tool takes longer than to read a template.
    found = found_by_cfn_lint(*templates()) | found_by_checkov(*templates())
    wrong = list(differences(found, listed()))
    print(*wrong or [f"{len(listed())} findings, each with its reason in {LISTED.name}"], sep="\n")  # noqa: T201  # a command
    sys.exit(bool(wrong))
