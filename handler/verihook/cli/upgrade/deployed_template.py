"""The template that a stack was deployed with, and the same with one change of the table in it."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping
from typing import Any

from verihook.adapters.ledgers.table import STREAM_VIEW, time_to_live_request
from verihook.adapters.ledgers.table_state import Difference, differences, used_definitions, with_index
from verihook.cli.upgrade.asking_aws import Calls
from verihook.errors import ConfigurationError
from verihook.strict_json import parse

#: The logical id of the table.
LEDGER = "Ledger"

Template = dict[str, Any]


def read_template(stack: str, calls: Calls) -> Template:
    """Return the stack's template as SAM's transform has made it, which changes in nothing but what we change.

    Raises ConfigurationError if it has no table of ours, StepFailed.
    """
    answer = calls.call("cloudformation", "get_template", StackName=stack, TemplateStage="Processed")
    body = answer["TemplateBody"]
    try:
        # A client has read what is JSON already.
        content = parse(body) if isinstance(body, str) else copy.deepcopy(dict(body))
    except ValueError:
        mend = "its template is not the JSON that SAM makes; deploy it once with sam deploy, and run this again"
        raise ConfigurationError("--stack", stack, mend) from None
    if content.get("Resources", {}).get(LEDGER, {}).get("Type") != "AWS::DynamoDB::Table":
        raise ConfigurationError("--stack", stack, f"its template has no table {LEDGER}; name Verihook's own stack")
    return dict(content)


def template_differences(template: Template) -> list[Difference]:
    """Return what the template's table lacks or has too much."""
    table = template["Resources"][LEDGER]["Properties"]
    stream = table.get("StreamSpecification", {})
    described = {**table, "StreamSpecification": {"StreamEnabled": bool(stream), **stream}}
    time = table.get("TimeToLiveSpecification", {})
    status = "ENABLED" if time.get("Enabled") else "DISABLED"
    return differences(described, {"TimeToLiveStatus": status, "AttributeName": time.get("AttributeName")})


def changed(template: Template, each: Difference) -> Template:
    """Return the template with this one difference mended."""
    made = copy.deepcopy(template)
    table = made["Resources"][LEDGER]["Properties"]
    indexes, definitions = table.setdefault("GlobalSecondaryIndexes", []), table["AttributeDefinitions"]
    match each.change:
        case "add-index":
            table["AttributeDefinitions"], index = with_index(definitions, each.subject)
            indexes.append(index)
        case "remove-index":
            indexes[:] = [index for index in indexes if index["IndexName"] != each.subject]
            table["AttributeDefinitions"] = used_definitions(definitions, [table, *indexes])
        case "stream":
            table["StreamSpecification"] = {"StreamViewType": STREAM_VIEW}
        case "time-to-live":
            table["TimeToLiveSpecification"] = time_to_live_request("")["TimeToLiveSpecification"]
    return made


def code_place(template: Template) -> tuple[str, str]:
    """Return the bucket and the folder of most functions' code, which sam deploy fills; "" twice if there is none."""
    functions = [each for each in template["Resources"].values() if each["Type"] == "AWS::Lambda::Function"]
    codes: list[Mapping[str, Any]] = [each["Properties"].get("Code", {}) for each in functions]
    places = Counter(
        (code["S3Bucket"], code["S3Key"].rpartition("/")[0]) for code in codes if isinstance(code.get("S3Key"), str)
    )
    return places.most_common(1)[0][0] if places else ("", "")
