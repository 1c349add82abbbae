"""The rows of what was seen within an hour."""

from __future__ import annotations

from itertools import islice
from typing import Any

from verihook.adapters.aws.errors import ServiceError
from verihook.adapters.ledgers import observation_item
from verihook.adapters.ledgers.dynamodb.calls import Calls, translated_errors
from verihook.adapters.ledgers.item import encode
from verihook.model.ports import Observation

#: A row is made or added to in one call. The last time is taken as it comes, which is nearly always the latest.
_OBSERVE = """ADD #count :count
    SET #kind = :kind, #source = :source, #reason = :reason, #requestId = :requestId, #sample = :sample,
        #expiresAt = :expiresAt, #lastAt = :lastAt, #firstAt = if_not_exists(#firstAt, :firstAt)"""


class Observations:
    """The part of :class:`verihook.model.ports.Ledger` that observations are kept with."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    @translated_errors
    def observe(self, observation: Observation) -> None:
        """See :meth:`verihook.model.ports.Ledger.observe`. One UpdateItem, whose counts DynamoDB sums.

        If another process had seen something later or this one something earlier, a second one widens the times.
        If an answer is lost the client sends the call again and ``observation`` counts twice: it is a statistic.
        """
        values = observation_item.values(observation)
        before = self._calls.client.update_item(
            TableName=self._calls.table,
            Key=observation_item.key(observation),
            UpdateExpression=_OBSERVE,
            ExpressionAttributeNames={f"#{name[1:]}": name[1:] for name in values},
            ExpressionAttributeValues=values,
            ReturnValues="ALL_OLD",
        ).get("Attributes", {})
        if before and int(before["lastAt"]["N"]) > observation.last_at:
            self._widen(observation, "lastAt < :at", "SET lastAt = :at", int(before["lastAt"]["N"]))
        if before and int(before["firstAt"]["N"]) > observation.first_at:
            self._widen(observation, "firstAt > :at", "SET firstAt = :at", observation.first_at)

    @translated_errors
    def observations(self, kind: str, source: str | None, limit: int, since_ms: int = 0) -> list[Observation]:
        """See :meth:`verihook.model.ports.Ledger.observations`.

        One Query over the hours of a kind, from the newest back.

        ``since_ms``: nothing that ended before is shown, as an expired row may stay for days until DynamoDB deletes
        it. A page is 1 MB, some thousand rows.
        """
        values = {
            ":pk": encode(observation_item.partition(kind)),
            ":hour": encode(observation_item.hour(since_ms)),
            ":since": encode(since_ms),
        }
        request: dict[str, Any] = {
            "KeyConditionExpression": "pk = :pk AND sk >= :hour",
            "FilterExpression": "lastAt >= :since",
            "ExpressionAttributeValues": values,
            "ScanIndexForward": False,
        }
        if source is not None:
            values[":source"] = encode(source)
            request["FilterExpression"] += " AND #source = :source"
            request["ExpressionAttributeNames"] = {"#source": "source"}
        return [observation_item.from_item(item) for item in islice(self._calls.query(request), max(limit, 0))]

    def _widen(self, observation: Observation, condition: str, update: str, at: int) -> None:
        """Move one end of the times outwards; one that stands further out by now is left."""
        try:
            self._calls.client.update_item(
                TableName=self._calls.table,
                Key=observation_item.key(observation),
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues={":at": encode(at)},
            )
        except ServiceError as error:
            if error.code != "ConditionalCheckFailedException":
                raise
