"""The trace that a delivery belongs to: W3C Trace Context's ``traceparent``, read strictly.

The header is not signed, so it decides nothing: it is passed on if it is exact, and is as good as absent if it is not.
https://www.w3.org/TR/trace-context/#traceparent-header
"""

from __future__ import annotations

import re
from collections.abc import Mapping

#: The header, in lower case.
HEADER = "traceparent"

_VERSION_0 = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}", re.ASCII)

#: What begins like version 00 is read as that, whatever a later version adds. "ff" is no version.
_LATER = re.compile(r"(?!ff|00)[0-9a-f]{2}(-[0-9a-f]{32}-[0-9a-f]{16}-)([0-9a-f]{2})(-.*)?", re.ASCII)


def valid(value: str | None) -> str | None:
    """Return the header's value in version 00; None for one that is not exact, or whose ids are all zeros.

    Of a later version the part that we know is kept, and of its flags ``sampled``, as the specification asks.
    """
    if value is None:
        return None
    if later := _LATER.fullmatch(value):
        value = f"00{later[1]}{int(later[2], 16) & 1:02x}"
    found = _VERSION_0.fullmatch(value)
    return value if found and found[1].strip("0") and found[2].strip("0") else None


def trace_id(headers: Mapping[str, str]) -> str | None:
    """Return the id of the trace, 32 hex digits, of headers whose ``traceparent`` was valid; None without one."""
    value = headers.get(HEADER)
    return None if value is None else value[3:35]


def xray_id(trace: str) -> str:
    """Return the id of a trace, 32 hexadecimal digits, in X-Ray's form.

    https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html
    """
    return f"1-{trace[:8]}-{trace[8:]}"
