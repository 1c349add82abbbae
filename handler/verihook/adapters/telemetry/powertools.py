"""Structured logs and CloudWatch metrics on AWS, by AWS Lambda Powertools.

A delivery is ONE line: Powertools Metrics writes it in CloudWatch's embedded metric format, in which the log record
(the request id as ``correlation_id``; outcome, status, ids and what is wrong, in words, under ``delivery``) stands
beside the metrics, to be searched by Logs Insights. Two lines would say nothing more at twice the price. Failures are
lines of the Logger. No body, no secret and no signature is in any of them, but for the value that a violation of a
schema quotes. If a sender waits for the start of the function, :mod:`verihook.adapters.telemetry.cloudwatch` writes
the same lines in a fraction of the time.

Metrics are those of :mod:`verihook.model.measures`: of a delivery its outcome (``Accepted`` and so on), beside it
``VerifiedByPrevious``, ``BodyChanged``, ``Replayed`` and ``Rejected`` with the class of the reason, and ``Latency`` of
what was accepted. Each is there by ``service``, and by ``service`` and ``source``; of the reasons a source has a wrong
signature alone. CloudWatch is paid by name and dimensions, so no dimension has a value that strangers choose:
``tests/observe/test_dashboard.py`` counts the most that there can be. The code of the reason is the field ``reason`` of
the line.
https://docs.aws.amazon.com/powertools/python/latest/core/metrics/
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from verihook.adapters.printable import words
from verihook.adapters.telemetry.delivery import counts, directives, kind, line
from verihook.adapters.telemetry.measured import lines
from verihook.model.measures import Measure
from verihook.model.ports import Trace

# ASCII alone: a lone surrogate of a sender's, or of an error's text, cannot break the line.
_ENCODER = json.JSONEncoder(separators=(",", ":"), default=words)


class PowertoolsTelemetry:
    """The Telemetry port over Powertools. Service, namespace and level come from its POWERTOOLS_* variables."""

    def __init__(self) -> None:
        self._logger = Logger(json_serializer=_ENCODER.encode)
        self._metrics = Metrics()
        self._definitions: dict[tuple[object, ...], dict[str, Any]] = {}
        if self._metrics.namespace is None:
            # Without one, Powertools would raise at every delivery.
            self._metrics.namespace = "Verihook"
        if self._metrics.service is None:
            self._metrics.service = "verihook"

    def delivery(self, trace: Trace) -> None:
        """See :class:`~verihook.model.ports.Telemetry`."""
        key = kind(trace)
        definition = self._definitions.get(key)
        if definition is None:
            definition = self._definitions[key] = self._define(trace)
        moment = {**definition["_aws"], "Timestamp": trace.received_at + trace.duration_ms}
        print(_ENCODER.encode(line(definition, moment, trace)))

    def _define(self, trace: Trace) -> dict[str, Any]:
        """The line of such a delivery, but for its own numbers and names: Powertools makes each kind once."""
        metrics = self._metrics
        # The source's name comes from hooks.toml, never from the caller, who could make any number of dimensions.
        metrics.add_dimension("source", trace.source or "none")
        for name in counts(trace):
            metrics.add_metric(name, MetricUnit.Count, 1)
        metrics.add_metric("Latency", MetricUnit.Milliseconds, 0)
        definition: dict[str, Any] = {**metrics.serialize_metric_set()}
        metrics.clear_metrics()
        definition["_aws"]["CloudWatchMetrics"] = directives(trace, str(metrics.namespace))
        return definition

    def measured(self, measures: Sequence[Measure]) -> None:
        """See :class:`~verihook.model.ports.Telemetry`."""
        namespace, service = str(self._metrics.namespace), str(self._metrics.service)
        for each in lines(measures, namespace, service, int(time.time() * 1000)):
            print(_ENCODER.encode(each))

    def failure(self, where: str, error: BaseException) -> None:
        """See :class:`~verihook.model.ports.Telemetry`."""
        self._logger.error("failure", extra={"where": where, "detail": words(error)}, exc_info=error)
