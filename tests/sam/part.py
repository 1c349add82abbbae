"""The part of the built template that `sam local` can run here.

`sam local` pulls an emulator if it sees a DurableConfig, does not look at the conditions of resources, and loses what
hangs on an alias: the durable functions are left out, and everything of which the condition does not hold; what leads
to an alias leads to its function. The functions are found wherever the part is written, and have the variable that
leads them to what stands behind (SAM sets those alone that the template names).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.deployed.stack import Stack

#: boto3's, and our own client's.
ENDPOINT = "AWS_ENDPOINT_URL"


def part(built: Path, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The template that `sam build` wrote here, with these parameters, as far as `sam local` goes."""
    template: dict[str, Any] = yaml.load(built.read_text("utf-8"), yaml.CSafeLoader)
    stack = Stack(built, parameters)
    template["Resources"] = {
        name: _unaliased(_located(resource, built.parent))
        for name, resource in template["Resources"].items()
        if "DurableConfig" not in resource["Properties"] and stack.has(name)
    }
    # What is said of the resources that are left out would lead nowhere.
    del template["Outputs"], template["Rules"]
    template["Globals"]["Function"]["Environment"]["Variables"][ENDPOINT] = ""
    return template


def _located(resource: dict[str, Any], folder: Path) -> dict[str, Any]:
    given = dict(resource["Properties"])
    for key in ("CodeUri", "DefinitionUri"):
        if key in given:
            given[key] = str((folder / given[key]).resolve())
    return {key: value for key, value in resource.items() if key != "Condition"} | {"Properties": given}


def _unaliased(node: Any) -> Any:
    match node:
        case {"Ref": str(name)} if name.endswith(".Alias"):
            return {"Fn::GetAtt": [name.removesuffix(".Alias"), "Arn"]}
        case dict():
            return {key: _unaliased(each) for key, each in node.items()}
        case list():
            return [_unaliased(each) for each in node]
    return node
