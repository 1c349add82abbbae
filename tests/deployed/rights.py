"""Grants of a role that no test uses, against unused.toml beside it, which says of each why it cannot be used here."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.deployed.emulator import Deployment
from tests.deployed.iam import Grant

LISTED = tomllib.loads((Path(__file__).parent / "unused.toml").read_text("utf-8"))


def check(function: str, aws: Deployment, request: pytest.FixtureRequest) -> None:
    """Fail by grants that the module's tests have not used and that are not listed, and by listed ones that they have.

    The last test of a module asks; it is skipped if not all of them were run.
    """
    module = request.module
    run = {getattr(each, "originalname", "") for each in request.session.items if each.fspath == request.node.fspath}
    if run != {name for name in vars(module) if name.startswith("test_")}:
        pytest.skip("the other tests of this file were not all run")
    role = aws.gateway(function).role
    unused = {_text(grant, aws) for grant in role.grants() - role.used}
    listed = {entry for reason in [*LISTED["every"], *LISTED.get(function, [])] for entry in reason["grants"]}
    every = {entry for reason in LISTED["every"] for entry in reason["grants"]}
    own = {entry for reason in LISTED.get(function, []) for entry in reason["grants"]}
    lines = sorted(
        [f"never used: {text}" for text in unused - listed]
        + [f"listed, but used or not granted: {text}" for text in own - unused]
        + [f"listed twice: {text}" for text in own & every]
    )
    if lines:
        pytest.fail("\n".join([function, *lines]), pytrace=False)


def _text(grant: Grant, aws: Deployment) -> str:
    """The grant with the template's own names for its resources: ``s3:GetObject Payloads/*``."""
    resource = grant.resource
    for name in sorted(aws.stack.resources, key=len, reverse=True):
        if aws.stack.resources[name]["Type"] in aws.stack.known and resource.startswith(aws.stack.arn(name)):
            resource = name + resource.removeprefix(aws.stack.arn(name))
            break
    return " ".join(part for part in (grant.action, resource.rpartition("123456789012:")[2], grant.key) if part)
