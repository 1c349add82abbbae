"""Structured logs and CloudWatch metrics on AWS, by AWS Lambda Powertools.

A delivery is ONE line: Powertools Metrics writes it in CloudWatch's embedded metric format, in which the log record
(the request id as ``correlation_id``; outcome, status, ids under ``delivery``) stands beside the metrics, to be
searched by Logs Insights. Two lines would say nothing more at twice the price. Failures are lines of the Logger.
No body, no secret and no signature is in any of them.

Metrics: ``Accepted``, ``Duplicate``, ``Ignored``, ``Handshake``, ``Read``, ``Unavailable`` and, with the dimension
``reason``, ``Rejected`` (counts), and ``Latency`` (milliseconds); each with the dimensions ``service`` and ``source``.
https://docs.aws.amazon.com/powertools/python/latest/core/metrics/
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from verihook.ports import Trace


class PowertoolsTelemetry:
    """The Telemetry port over Powertools. Service, namespace and level come from its POWERTOOLS_* variables."""

    def __init__(self) -> None:
        self._logger = Logger()
        self._metrics = Metrics()
        if self._metrics.namespace is None:
            # Without one, Powertools would raise at every delivery.
            self._metrics.namespace = "Verihook"

    def delivery(self, trace: Trace) -> None:
        """See :class:`~verihook.ports.Telemetry`."""
        metrics = self._metrics
        # The source's name comes from hooks.toml, never from the caller, who could make any number of dimensions.
        metrics.add_dimension("source", trace.source or "none")
        if trace.reason:
            metrics.add_dimension("reason", trace.reason)
        metrics.add_metric(trace.outcome.capitalize(), MetricUnit.Count, 1)
        metrics.add_metric("Latency", MetricUnit.Milliseconds, trace.duration_ms)
        metrics.add_metadata("correlation_id", trace.request_id)
        metrics.add_metadata("delivery", _record(trace))
        metrics.flush_metrics()

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
