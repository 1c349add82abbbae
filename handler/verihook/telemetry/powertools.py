"""Structured logs and CloudWatch metrics on AWS, by AWS Lambda Powertools.

A delivery is ONE line: Powertools Metrics writes it in CloudWatch's embedded metric format, in which the log record
(the request id as ``correlation_id``; outcome, status, ids under ``delivery``) stands beside the metrics, to be
searched by Logs Insights. Two lines would say nothing more at twice the price. Failures are lines of the Logger.
No body, no secret and no signature is in any of them.

Metrics: ``Accepted``, ``Duplicate``, ``Ignored``, ``Handshake``, ``Read``, ``Rejected`` and ``Unavailable`` (counts);
beside any of them ``VerifiedByPrevious`` (count) if an older secret verified, ``BodyChanged`` (count) if a redelivery
had another body, and ``Latency`` (milliseconds). Each is there by ``service``, and by ``service`` and ``source``.
CloudWatch is paid by name and dimensions: ten names make at most ten series, and ten more for every source of
hooks.toml, whatever strangers send. Why a delivery was refused is the field ``reason`` of the line, and no dimension.
https://docs.aws.amazon.com/powertools/python/latest/core/metrics/
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from verihook.ports import Trace

_ENCODER = json.JSONEncoder(separators=(",", ":"))


class PowertoolsTelemetry:
    """The Telemetry port over Powertools. Service, namespace and level come from its POWERTOOLS_* variables."""

    def __init__(self) -> None:
        self._logger = Logger()
        self._metrics = Metrics()
        #: By source, outcome, whether an old secret was used and whether a redelivery had another body.
        self._definitions: dict[tuple[str | None, str, bool, bool], dict[str, Any]] = {}
        if self._metrics.namespace is None:
            # Without one, Powertools would raise at every delivery.
            self._metrics.namespace = "Verihook"
        if self._metrics.service is None:
            self._metrics.service = "verihook"

    def delivery(self, trace: Trace) -> None:
        """See :class:`~verihook.ports.Telemetry`."""
        key = (trace.source, trace.outcome, trace.verified_by == "previous", trace.changed)
        definition = self._definitions.get(key)
        if definition is None:
            definition = self._definitions[key] = self._define(trace)
        line = {
            **definition,
            "_aws": {**definition["_aws"], "Timestamp": trace.received_at + trace.duration_ms},
            "Latency": [trace.duration_ms],
            "correlation_id": trace.request_id,
            **({"reason": trace.reason} if trace.reason else {}),
            "delivery": _record(trace),
        }
        print(_ENCODER.encode(line))

    def _define(self, trace: Trace) -> dict[str, Any]:
        """The line of such a delivery, but for its own numbers and names: Powertools makes each kind once."""
        metrics = self._metrics
        # The source's name comes from hooks.toml, never from the caller, who could make any number of dimensions.
        metrics.add_dimension("source", trace.source or "none")
        metrics.add_metric(trace.outcome.capitalize(), MetricUnit.Count, 1)
        if trace.verified_by == "previous":
            # A metric and not a dimension: whoever sums Accepted over a rotation must not have two of them.
            metrics.add_metric("VerifiedByPrevious", MetricUnit.Count, 1)
        if trace.changed:
            metrics.add_metric("BodyChanged", MetricUnit.Count, 1)
        metrics.add_metric("Latency", MetricUnit.Milliseconds, 0)
        definition: dict[str, Any] = {**metrics.serialize_metric_set()}
        metrics.clear_metrics()
        (declared,) = definition["_aws"]["CloudWatchMetrics"]
        # An alarm over everything needs the first; what belongs to no source is counted there alone.
        declared["Dimensions"] = [["service"], ["service", "source"]] if trace.source else [["service"]]
        return definition

    def failure(self, where: str, error: BaseException) -> None:
        """See :class:`~verihook.ports.Telemetry`."""
        self._logger.error("failure", extra={"where": where, "detail": str(error)}, exc_info=error)


def _record(trace: Trace) -> dict[str, str | int]:
    """What the log says of a delivery, without what is not known of it."""
    record: dict[str, str | int | None] = {
        "outcome": trace.outcome,
        "status": trace.status,
        "verified_by": trace.verified_by,
        "event_id": trace.event_id,
        "event_type": trace.event_type,
        "instance_id": trace.instance_id,
    }
    return {name: value for name, value in record.items() if value is not None}
