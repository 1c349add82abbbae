"""The lines of :mod:`verihook.adapters.telemetry.powertools`, without its library: a sender waits for this cold start.

``benchmarks/telemetry.py`` prints what the start of each costs; a test compares their lines.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
https://docs.aws.amazon.com/powertools/python/latest/core/logger/#standard-structured-keys
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from verihook.adapters.printable import words
from verihook.adapters.telemetry.delivery import counts, directives, kind, own_fields
from verihook.model.ports import Trace
from verihook.request import json_writer

if TYPE_CHECKING:
    from verihook.model.measures import Measure

# ASCII alone: a lone surrogate of a sender's cannot break the line.
_text = json_writer(ascii_only=True, default=str)

#: The levels above ERROR; FATAL is Lambda's word for it.
_SILENT = ("CRITICAL", "FATAL")


class CloudWatchTelemetry:
    """The Telemetry port; what is printed, CloudWatch reads.

    ``variables``: the environment, of which the POWERTOOLS_* variables and Lambda's own level count.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._service = variables.get("POWERTOOLS_SERVICE_NAME") or "verihook"
        self._namespace = variables.get("POWERTOOLS_METRICS_NAMESPACE") or "Verihook"
        level = variables.get("AWS_LAMBDA_LOG_LEVEL") or variables.get("POWERTOOLS_LOG_LEVEL") or "INFO"
        self._silent = level.upper() in _SILENT
        #: Kind of delivery -> the part that all its lines have in common, encoded once.
        self._common: dict[tuple[object, ...], str] = {}

    def delivery(self, trace: Trace) -> None:
        """See :class:`~verihook.model.ports.Telemetry`."""
        key = kind(trace)
        common = self._common.get(key)
        if common is None:
            common = self._common[key] = self._define(trace)
        now = trace.received_at + trace.duration_ms
        print(f'{{"_aws":{{"Timestamp":{now},{common},{_text(own_fields(trace))[1:]}')

    def measured(self, measures: Sequence[Measure]) -> None:
        """See :class:`~verihook.model.ports.Telemetry`."""
        from verihook.adapters.telemetry.measured import lines  # a plain delivery measures nothing beside itself

        for each in lines(measures, self._namespace, self._service, int(time.time() * 1000)):
            print(_text(each))

    def failure(self, where: str, error: BaseException) -> None:
        """See :class:`~verihook.model.ports.Telemetry`."""
        if self._silent:
            return
        import traceback  # takes a cold start some milliseconds, and most have no failure

        frames = traceback.extract_tb(error.__traceback__)
        now = time.time()
        content: dict[str, object] = {
            "level": "ERROR",
            "location": f"{frames[-1].name}:{frames[-1].lineno}" if frames else "failure:0",
            "message": "failure",
            "timestamp": f"{time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(now))},{int(now % 1 * 1000):03d}+0000",
            "service": self._service,
            "where": where,
            "detail": words(error),
            "exception": "".join(traceback.format_exception(error)).rstrip("\n"),
            "exception_name": type(error).__name__,
            "exception_notes": getattr(error, "__notes__", None),
            "stack_trace": {
                "type": type(error).__name__,
                "value": words(error),
                "module": type(error).__module__,
                "frames": [
                    {"file": frame.filename, "line": frame.lineno, "function": frame.name, "statement": frame.line}
                    for frame in frames
                ],
            },
            "xray_trace_id": self._trace_id(),
        }
        print(_text({name: value for name, value in content.items() if value is not None}))

    def _define(self, trace: Trace) -> str:
        """Return the part that all lines of such deliveries have in common, with the metrics that they declare."""
        # The source's name comes from hooks.toml, never from the caller, who could make any number of dimensions.
        definition: dict[str, object] = {"source": trace.source or "none", "service": self._service}
        members = _text(definition | {name: [1.0] for name in counts(trace)})
        return f'"CloudWatchMetrics":{_text(directives(trace, self._namespace))}}},{members[1:-1]}'

    def _trace_id(self) -> str | None:
        """X-Ray's id of this invocation, if it is traced."""
        given = self._variables.get("_X_AMZN_TRACE_ID")
        return given.split(";")[0].replace("Root=", "") if given else None
