"""The real clock."""

from __future__ import annotations

import time


class SystemClock:
    """The Clock port over the machine's clock."""

    def now_ms(self) -> int:
        """See :class:`~verihook.model.ports.Clock`."""
        return time.time_ns() // 1_000_000
