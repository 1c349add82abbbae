"""The key ``entry`` of a source."""

from __future__ import annotations

import re

from verihook.config.table_reader import Reader
from verihook.senders import Sender

_ENTRY = re.compile(r"[a-z][a-z0-9_]{0,62}:[A-Za-z_][A-Za-z0-9_]{0,62}", re.ASCII)

#: The longest body of a source with an entry, in bytes: Lambda takes 6 MB an invocation, and the body comes as base64
#: and, if it is no JSON, also as what was read of it.
MAX_BODY = 2_000_000

#: Keys that go without an entry, and why.
_NOT_WITH = {
    "transform": "goes without entry: the entry makes the input",
    "resume": "goes without entry: what resumes an instance is the event itself",
    "waits": "goes without entry: what a workflow waits for is the event itself",
}


def read_entry(reader: Reader, sender: Sender) -> str:
    """Return ``module:function``, "" if the source has no entry. Raises ConfigurationError."""
    entry: str = reader.get("entry", str, "")
    if not entry:
        if "entry" in reader.table:
            raise reader.error("entry", "is empty; leave it out, or write module:function")
        return ""
    if not _ENTRY.fullmatch(entry):
        raise reader.error(
            "entry",
            f"must be module:function, such as shop_entry:decide of workflows/shop_entry.py (got {entry[:80]!r})",
        )
    for key, mend in _NOT_WITH.items():
        if key in reader.table:
            raise reader.error(key, mend)
    if sender.places.each is not None:
        raise reader.error("each", "goes without entry: the events of a delivery start after its answer")
    if reader.table.get("max_body", 0) > MAX_BODY:
        raise reader.error("max_body", f"must be at most {MAX_BODY} with an entry")
    if reader.table.get("changed") == "reject" and reader.table.get("keep") == "none":
        raise reader.error("changed", 'reject needs keep = "facts" with an entry: bodies are compared by their digests')
    return entry
