"""Telemetry that never fails its caller: an answer is not lost because its line could not be written."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from verihook.model.ports import Telemetry, Trace

if TYPE_CHECKING:
    from verihook.model.measures import Measure


class UnreportableError(Exception):
    """Stands for an error that could not be reported as it is: its text or its stack cannot be made."""


class NeverRaisingTelemetry:
    """The Telemetry port over another implementation, whose errors are never raised to the caller."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def delivery(self, trace: Trace) -> None:
        """See :class:`~verihook.model.ports.Telemetry`."""
        with suppress(Exception):
            self._telemetry.delivery(trace)

    def failure(self, where: str, error: BaseException) -> None:
        """See :class:`~verihook.model.ports.Telemetry`."""
        try:
            self._telemetry.failure(where, error)
        except Exception as why:  # noqa: BLE001  # a closed stream, or an error of the operator's that has no text
            with suppress(Exception):
                what = f"{type(error).__name__} (not shown: {type(why).__name__})"
                self._telemetry.failure(where, UnreportableError(what))

    def measured(self, measures: Sequence[Measure]) -> None:
        """See :class:`~verihook.model.ports.Telemetry`."""
        with suppress(Exception):
            self._telemetry.measured(measures)
