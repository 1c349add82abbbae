"""The operations on Map runs.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListMapRuns.html
"""

from __future__ import annotations

from typing import Any

from verihook.local.runner.arns import ARN_PREFIX, execution_arn, parse_execution_arn
from verihook.local.runner.door.pages import Answer, page, paged, present
from verihook.local.runner.door.validation import ApiError, text
from verihook.local.runner.map_runs import MapRunEntry
from verihook.local.runner.runner import Runner
from verihook.local.states.data import is_number, is_whole
from verihook.local.states.effects import Adjust


class MapRuns:
    """ListMapRuns, DescribeMapRun, UpdateMapRun."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def list(self, parameters: dict[str, Any]) -> Answer:
        """ListMapRuns, the newest first."""
        arn = text(parameters, "executionArn")
        key = parse_execution_arn(arn)
        if key is None or self._runner.store.get(key) is None:
            raise ApiError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        start, size = page(parameters)
        found = self._runner.store.map_runs(key)[start : start + size + 1]
        return paged("mapRuns", [_item(each) for each in found], start, size)

    def describe(self, parameters: dict[str, Any]) -> Answer:
        """DescribeMapRun."""
        found = self._find(parameters)
        item = _item(found)
        del item["stateMachineArn"]
        return item | {"status": found.status, **found.told, "redriveCount": 0}

    def update(self, parameters: dict[str, Any]) -> Answer:
        """UpdateMapRun, of one that goes on. Raises ValidationException otherwise."""
        found = self._find(parameters)
        change = Adjust(
            found.arn,
            _number(parameters, "maxConcurrency"),
            _number(parameters, "toleratedFailureCount"),
            _number(parameters, "toleratedFailurePercentage", most=100),
        )
        if found.status != "RUNNING" or not self._runner.say(found.key, change):
            raise ApiError("ValidationException", f"Map Run is not running: '{found.arn}'")
        return {}

    def _find(self, parameters: dict[str, Any]) -> MapRunEntry:
        arn = text(parameters, "mapRunArn")
        if ":mapRun:" not in arn:
            raise ApiError("InvalidArn", f"Invalid Arn: '{arn}'")
        found = self._runner.store.map_run(arn)
        if found is None:
            raise ApiError("ResourceNotFound", f"Resource not found: '{arn}'")
        return found


def _number(parameters: dict[str, Any], name: str, most: int | None = None) -> Any:
    """A number of at least 0, whole if nothing says how large it may be; None if it is not given."""
    value = parameters.get(name)
    fits = value is None or ((is_whole(value) if most is None else is_number(value)) and value >= 0)
    if not fits or (most is not None and value is not None and value > most):
        raise ApiError("ValidationException", f"1 validation error detected: '{name}' is out of its range")
    return value


def _item(entry: MapRunEntry) -> Answer:
    label = entry.arn.partition(f":mapRun:{entry.machine}/")[2].rpartition(":")[0]
    return {
        "executionArn": execution_arn(entry.machine, entry.name),
        "mapRunArn": entry.arn,
        "stateMachineArn": f"{ARN_PREFIX}{entry.machine}/{label}",
        "startDate": entry.started_at / 1000,
    } | present(stopDate=None if entry.stopped_at is None else entry.stopped_at / 1000)
