"""What waits for room on a full disk goes on by itself: how often that is tried."""

from __future__ import annotations

#: How often it is tried whether writing works again, in seconds.
PACE_S = 5.0
