"""How a table in AWS differs from the one that this version expects: what doctor tells and upgrade mends.

Descriptions are those of DescribeTable and DescribeTimeToLive, under ``Table`` and ``TimeToLiveDescription``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from verihook.adapters.ledgers.table import STREAM_VIEW, TTL_ATTRIBUTE, create_table_request

Change = Literal["add-index", "remove-index", "stream", "time-to-live"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One change that a table needs. ``subject``: the index's name, "" for the stream and the time to live.

    ``what``: what is wrong, in words. ``unused``: an index that is only paid for.
    """

    change: Change
    subject: str
    what: str
    unused: bool = False


#: What is so bad about each.
_CONSEQUENCES = {
    "due": "what was accepted and not started stays so, as reconcile cannot find it",
    "stream": "functions and batches are not started",
    "time-to-live": "rows that have expired stay, and are paid for",
}


def consequence(difference: Difference) -> str:
    """Return what is so bad about a lack, in words."""
    return _CONSEQUENCES.get(difference.subject or difference.change, "lists of the API answer 503")


def unfit(table: Mapping[str, Any]) -> str:
    """Return why no change makes this the table of a ledger: it has other keys. "" if it can be one."""
    expected = create_table_request("")["KeySchema"]
    if _keys(table["KeySchema"]) == _keys(expected):
        return ""
    shown = ", ".join(f"{name} ({kind})" for name, kind in _keys(table["KeySchema"]).items())
    return f"its key is {shown or 'none'}, and a ledger's is pk (HASH), sk (RANGE): it is another table"


def busy(table: Mapping[str, Any]) -> str:
    """Return what AWS is doing with the table just now; "" if nothing."""
    if table["TableStatus"] != "ACTIVE":
        return f"the table is {table['TableStatus']}"
    for index in table.get("GlobalSecondaryIndexes", []):
        # moto says nothing of it.
        if index.get("IndexStatus", "ACTIVE") != "ACTIVE":
            return f"the index {index['IndexName']} is {index['IndexStatus']}"
    return ""


def differences(table: Mapping[str, Any], time_to_live: Mapping[str, Any]) -> list[Difference]:
    """Return what the table lacks or has too much, in the order in which it is to be mended; [] for a table of today.

    An index with other keys is removed and added.
    """
    expected = {index["IndexName"]: index for index in create_table_request("")["GlobalSecondaryIndexes"]}
    there = {index["IndexName"]: index for index in table.get("GlobalSecondaryIndexes", [])}
    other = [name for name in there if name in expected and not _same(there[name], expected[name])]
    found = [Difference("remove-index", name, f"the index {name} has other keys") for name in other]
    found += [
        Difference("add-index", name, f"there is no index {name}")
        for name in expected
        if name not in there or name in other
    ]
    stream = table.get("StreamSpecification", {})
    if not stream.get("StreamEnabled") or stream.get("StreamViewType") != STREAM_VIEW:
        found.append(Difference("stream", "", f"there is no stream of new rows ({STREAM_VIEW})"))
    if time_to_live.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING"):
        found.append(Difference("time-to-live", "", f"rows are not deleted after {TTL_ATTRIBUTE}"))
    elif time_to_live.get("AttributeName") != TTL_ATTRIBUTE:
        found.append(Difference("time-to-live", "", f"rows are deleted after {time_to_live.get('AttributeName')}"))
    return found + [
        Difference("remove-index", name, f"the index {name} is used no more, and paid for", unused=True)
        for name in there
        if name not in expected
    ]


def recovers(described: Mapping[str, Any]) -> bool:
    """Return whether the table can be taken back to an earlier moment. ``described``: by DescribeContinuousBackups."""
    recovery = described["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
    return bool(recovery.get("PointInTimeRecoveryStatus") == "ENABLED")


def index_update(table: Mapping[str, Any], difference: Difference) -> dict[str, Any]:
    """Return the arguments of UpdateTable that add or remove this one index: AWS takes one in each update."""
    if difference.change == "remove-index":
        return {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": difference.subject}}]}
    definitions, index = with_index(table.get("AttributeDefinitions", []), difference.subject)
    return {"AttributeDefinitions": definitions, "GlobalSecondaryIndexUpdates": [{"Create": index}]}


def with_index(definitions: list[dict[str, str]], name: str) -> tuple[list[dict[str, str]], dict[str, Any]]:
    """Return the definitions of attributes that a table with this index more has, and the index."""
    whole = create_table_request("")
    (index,) = [each for each in whole["GlobalSecondaryIndexes"] if each["IndexName"] == name]
    needed, defined = _keys(index["KeySchema"]), {each["AttributeName"] for each in definitions}
    added = [each for each in whole["AttributeDefinitions"] if each["AttributeName"] in needed.keys() - defined]
    return [*definitions, *added], index


def used_definitions(definitions: list[dict[str, str]], keyed: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the definitions that a key needs: DynamoDB refuses others. ``keyed``: the table and its indexes."""
    used = {name for each in keyed for name in _keys(each["KeySchema"])}
    return [each for each in definitions if each["AttributeName"] in used]


def _same(index: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    return _keys(index["KeySchema"]) == _keys(expected["KeySchema"])


def _keys(schema: list[dict[str, str]]) -> dict[str, str]:
    return {each["AttributeName"]: each["KeyType"] for each in schema}
