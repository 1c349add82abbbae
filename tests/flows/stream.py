"""What DynamoDB Streams does in AWS: brings ``main.work`` and ``main.feed`` the rows that wait for them."""

from __future__ import annotations

from typing import Any

import boto3

from verihook import main


class Stream:
    """The stream of a table of DynamoDB Local, from its beginning; the filters are those of template.yaml."""

    def __init__(self, url: str, table: str) -> None:
        self._client: Any = boto3.client("dynamodbstreams", endpoint_url=url)
        # A table of this name may have been there before, whose stream is still listed.
        described = boto3.client("dynamodb", endpoint_url=url).describe_table(TableName=table)["Table"]
        self._arn = described["LatestStreamArn"]
        self._places: dict[str, str | None] = {}

    def deliver(self, context: Any) -> None:
        """Bring what has been written since the last call, until nothing comes any more. What fails is left to
        reconcile."""
        for shard in self._client.describe_stream(StreamArn=self._arn)["StreamDescription"]["Shards"]:
            name = shard["ShardId"]
            if name not in self._places:
                self._places[name] = self._client.get_shard_iterator(
                    StreamArn=self._arn, ShardId=name, ShardIteratorType="TRIM_HORIZON"
                )["ShardIterator"]
            while records := self._next(name):
                for engine, take in (("function", main.work), ("batch", main.feed)):
                    waiting = [record for record in records if _waits(record, engine)]
                    if waiting:
                        take({"Records": waiting}, context)

    def _next(self, shard: str) -> list[dict[str, Any]]:
        place = self._places[shard]
        if place is None:
            return []
        answer = self._client.get_records(ShardIterator=place)
        self._places[shard] = answer.get("NextShardIterator")
        records: list[dict[str, Any]] = answer["Records"]
        return records


def _waits(record: dict[str, Any], engine: str) -> bool:
    row = record["dynamodb"].get("NewImage", {})
    return (row.get("engine"), row.get("status")) == ({"S": engine}, {"S": "queued"})
